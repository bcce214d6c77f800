//! What can be wrong with a data folder. Every message says which file, line and column, what is wrong, and what to do.

use std::path::PathBuf;

use thiserror::Error;

/// Data that cannot be used. Lines count from 1, the header included; `key` is the project file's key that asked for it.
#[derive(Debug, Error)]
pub enum DataError {
    /// No data folder was named.
    #[error("loader = \"{loader}\" reads files, but no data folder was given; add --data DIR")]
    NoFolder {
        /// The loader.
        loader: &'static str,
    },
    /// A file is not there or cannot be read.
    #[error("{}: cannot be read: {source}; {key} names it; {holds}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The key that names it.
        key: String,
        /// What the folder holds.
        holds: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// A weight that is missing or negative.
    #[error(
        "{}:{line}: column {column}: \"{text}\" is no weight of a row; write 0 to leave the row out of training, 1 to count it once, \
         2 to count it twice", path.display()
    )]
    RowWeight {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: Box<str>,
    },
    /// Weights that count all rows for next to nothing, or for very many.
    #[error(
        "{}: column {column}: the weights are {mean:.3e} in the mean; a weight of 2 counts as the row twice: divide all of them by their \
         mean (data.row_weight names the column)", path.display()
    )]
    RowWeights {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Mean weight.
        mean: f64,
    },
    /// A file that is not text.
    #[error("{}:{line}: not UTF-8 text; save the file as UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
    },
    /// A file without a row of data.
    #[error("{}: holds no row of data; {key} names it: name another file, or mend this one", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// The key that names it.
        key: String,
    },
    /// A row of another length.
    #[error("{}:{line}: {found} values where {expected} were expected; mend or remove the row{hint}", path.display())]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// Values in the row.
        found: usize,
        /// Values in the header or first row.
        expected: usize,
        /// What else may be the cause.
        hint: &'static str,
    },
    /// A cell that should hold a number.
    #[error(
        "{}:{line}: column {column}: \"{text}\" is not a finite number; write it with a decimal point, or leave it empty (or NaN, \
         NA, ?) if it is missing", path.display()
    )]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// Name or number (from 1) of the column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// Files of one data set with different numbers of rows.
    #[error("{}: {found} rows, but {other} has {expected}; {key} names it: every file needs one row a cycle", path.display())]
    RowCounts {
        /// The file.
        path: PathBuf,
        /// Its rows.
        found: usize,
        /// The file it should match.
        other: String,
        /// That file's rows.
        expected: usize,
        /// The key that names it.
        key: String,
    },
    /// Cycles shorter than the window.
    #[error(
        "{}: {found} samples a cycle, but the window takes {wanted}; lower data.window_s or correct {key}.rate_hz", path.display()
    )]
    ShortCycles {
        /// The file.
        path: PathBuf,
        /// Samples a row.
        found: usize,
        /// Samples a window.
        wanted: usize,
        /// The channel's entry.
        key: String,
    },
    /// A column that the header does not have, or has twice.
    #[error("{}:1: {problem} \"{column}\", which {key} names; {remedy}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: &'static str,
        /// The key that names it.
        key: String,
        /// What to do.
        remedy: String,
    },
    /// A label that is none of the classes.
    #[error(
        "{}:{line}: column {column}: label \"{text}\" is none of the classes; {key} lists: {known}; list it there, or empty the cell if \
         the label is not known",
        path.display()
    )]
    UnknownLabel {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: Box<str>,
        /// The key of the classes.
        key: String,
        /// The classes.
        known: Box<str>,
    },
    /// A class that no row has.
    #[error("task \"{task}\": no row has class \"{class}\"; {key} lists it: remove it there, or correct its spelling")]
    EmptyClass {
        /// The task.
        task: String,
        /// The class.
        class: String,
        /// The key of the class.
        key: String,
    },
    /// A task without any label.
    #[error("task \"{task}\": every label is missing; check {key}")]
    NoLabels {
        /// The task.
        task: String,
        /// The target's key.
        key: String,
    },
    /// A value that never changes.
    #[error("task \"{task}\": the target is {value} in every row: there is nothing to learn; check {key}")]
    ConstantTarget {
        /// The task.
        task: String,
        /// The one value.
        value: f32,
        /// The target's key.
        key: String,
    },
    /// A row whose group or fold is missing.
    #[error("{}:{line}: column {column}, which {key} names, is empty; every row needs a value there", path.display())]
    NoGroup {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// The column.
        column: String,
        /// The key that names it.
        key: String,
    },
    /// A group in two folds.
    #[error(
        "{}:{line}: group \"{group}\" of column {group_column} is in fold \"{fold}\" here and in fold \"{earlier_fold}\" above, but \
         split.group says that its rows belong together; give all of them one fold in column {fold_column}, or remove split.group if \
         rows are independent", path.display()
    )]
    PartedGroup {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// The group.
        group: Box<str>,
        /// Its column.
        group_column: Box<str>,
        /// The fold of this line.
        fold: Box<str>,
        /// The fold of the group's first line.
        earlier_fold: Box<str>,
        /// The folds' column.
        fold_column: Box<str>,
    },
    /// A channel without any value.
    #[error("channel \"{channel}\": every value is missing; check {key}, or remove the channel")]
    NoValues {
        /// The channel.
        channel: String,
        /// The key that names its source.
        key: String,
    },
    /// Fewer rows or groups than folds.
    #[error("{found} {what} cannot fill {folds} folds; {remedy}")]
    Folds {
        /// How many there are.
        found: usize,
        /// Of what.
        what: &'static str,
        /// Folds asked for.
        folds: usize,
        /// What to do.
        remedy: &'static str,
    },
    /// A channel or task of the project file that the simulated plant does not have, or has in another form.
    #[error("{key}: {problem}; {remedy}")]
    Plant {
        /// The key at fault.
        key: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
}
