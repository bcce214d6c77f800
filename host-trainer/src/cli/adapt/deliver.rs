//! What is written and said of a new task.

use serde::Serialize;
use trunkline_trainer::adapt::{Candidate, Movement, movement_table};
use trunkline_trainer::artifact::safetensors;
use trunkline_trainer::model::FloatModel;
use trunkline_trainer::report::tables::grid;
use trunkline_trainer::train::TaskCalibration;

use crate::cli::failure::Failure;
use crate::cli::output::{ADAPT, MODEL, Output, PROJECT, WEIGHTS};
use crate::cli::{print_json, print_text};

/// What `adapt.json` says of a new head.
#[derive(Debug, Serialize)]
pub(super) struct Adapted {
    /// Version of this form.
    pub(super) schema_version: u32,
    /// Version of Trunkline.
    pub(super) trunkline_version: &'static str,
    /// The new task.
    pub(super) task: String,
    /// Labelled rows that it was learnt from.
    pub(super) labelled_rows: usize,
    /// What the head reads.
    pub(super) inputs: String,
    /// What it might have read, with the errors by which it was chosen.
    pub(super) candidates: Vec<Candidate>,
    /// How its logits were calibrated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) calibration: Vec<TaskCalibration>,
    /// The old tasks whose outputs are those of the old model: all of them, unless the trunk was tuned.
    pub(super) unchanged: Vec<String>,
    /// How the trunk was tuned, and what that did to the old tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tuned: Option<Tuned>,
    /// Rows on which old and new outputs were compared, to the bit.
    pub(super) checked_rows: usize,
    /// Windows that the firmware answered as the runtime does, in every bit.
    pub(super) replayed_windows: usize,
    /// Checksum of the old artifact.
    pub(super) old_crc: String,
    /// Size of the old artifact and of the new one.
    pub(super) bytes: [usize; 2],
    /// SHA-256 of the project with its defaults.
    pub(super) config_sha256: String,
    /// SHA-256 of everything read from the data.
    pub(super) data_sha256: String,
}

/// What `adapt.json` says of a tuned trunk.
#[derive(Debug, Serialize)]
pub(super) struct Tuned {
    /// Factor on the learning rate of what the old model had.
    pub(super) factor: f64,
    /// Epochs of training; 0 where held-out rows said that none is best.
    pub(super) epochs: usize,
    /// How far the old tasks' answers moved.
    pub(super) old_tasks: Vec<Movement>,
}

/// Writes the folder and prints what is in it; `bytes` are the artifact of `float`.
pub(super) fn deliver(
    record: &Adapted,
    float: &FloatModel,
    bytes: &[u8],
    project: &str,
    output: &Output,
    json: bool,
) -> Result<(), Failure> {
    let weights = safetensors(float).map_err(|error| Failure::inside("write the float weights", error))?;
    let text = serde_json::to_vec_pretty(record).map_err(|error| Failure::inside("write adapt.json", error))?;
    let files: [(&str, &[u8]); 4] =
        [(MODEL, bytes), (WEIGHTS, &weights), (PROJECT, project.as_bytes()), (ADAPT, &text)];
    let placed = output.commit(&files)?;
    placed.warning.iter().for_each(|warning| eprintln!("warning: {warning}"));
    if json {
        return print_json(record);
    }
    let candidates = record.candidates.iter().map(|candidate| {
        let error = candidate.error.map_or_else(|| "-".to_owned(), |error| format!("{error:.4}"));
        let chosen = if candidate.inputs == record.inputs { "chosen" } else { "" };
        vec![candidate.inputs.clone(), error, chosen.to_owned()]
    });
    let out = placed.folder.display();
    let [source, old_tasks] = record.tuned.as_ref().map_or_else(|| frozen(record), |tuned| of_tuned(record, tuned));
    print_text(&format!(
        "New task `{}` from {} labelled rows.\n\n{}\n\nThe errors are those of rows held out inside the labelled ones (squared error over \
         the variance, 1 - AUC, or balanced share of wrong classes). {source}The trunk has seen these rows with the old labels: for figures on \
         unseen rows run trunkline adapt --curve.\n\n{old_tasks}\nmodel.tlm: {} bytes, before {}.\n\nWritten to {out}: {MODEL}, {WEIGHTS}, \
         {PROJECT}, {ADAPT}\nNext: trunkline inspect {out}/{MODEL}",
        record.task,
        record.labelled_rows,
        grid(&["head reads", "inner error", ""], candidates),
        record.bytes[1],
        record.bytes[0],
    ))
}

/// What is said of a frozen trunk, beside the figures and of the old tasks.
fn frozen(record: &Adapted) -> [String; 2] {
    let unchanged = record.unchanged.join(", ");
    [String::new(), format!("Unchanged in every bit on {} rows: {unchanged}.", record.checked_rows)]
}

/// The same of a tuned one.
fn of_tuned(record: &Adapted, tuned: &Tuned) -> [String; 2] {
    let Tuned { factor, epochs, old_tasks } = tuned;
    let source = if *epochs == 0 {
        "Training on did not help on rows held out of the labelled ones: no epoch was run. ".to_owned()
    } else {
        format!(
            "They are of the closed form that the training started from: {epochs} epochs, what is old at {factor} of the learning rate. "
        )
    };
    let moved = format!(
        "How far the old tasks' answers moved, of the integer models before and after, on {} rows:\n{}",
        record.checked_rows,
        movement_table(old_tasks)
    );
    [source, moved]
}
