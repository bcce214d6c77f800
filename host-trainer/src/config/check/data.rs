//! `[data]` and `[split]`.

use super::{Check, fail, unused, within};
use crate::config::data::Loader;
use crate::config::project::Project;
use crate::config::split::{LEAST_WITHIN, SplitMethod};

/// Longest window, in seconds.
const LONGEST_WINDOW_S: f64 = 86_400.0;
/// What the rows of the simulated plant are grouped by.
const PLANT_GROUP: &str = "machine";
/// Most folds.
const MOST_FOLDS: usize = 1_000;

pub(super) fn check(project: &Project) -> Check {
    let data = &project.data;
    match data.loader {
        Loader::Cycles => {
            file(&data.file, "the file of labels, one row a cycle, with a header line")?;
            match data.window_s {
                Some(window_s) if whole_milliseconds(window_s) && window_s <= LONGEST_WINDOW_S => {}
                Some(window_s) => {
                    return fail(
                        "data.window_s",
                        format!("a window of {window_s} s"),
                        format!("whole milliseconds, written in seconds: at least 0.001, at most {LONGEST_WINDOW_S}"),
                    );
                }
                None => {
                    return fail(
                        "data.window_s",
                        "loader = \"cycles\" needs the length of the window",
                        "add window_s = SECONDS, counted from the start of each cycle",
                    );
                }
            }
            unused(&data.header, "data.header", "loader = \"table\"")?;
            unused(&data.plant, "data.plant", "loader = \"plant\"")?;
        }
        Loader::Table => {
            file(&data.file, "the table")?;
            unused(&data.window_s, "data.window_s", "loader = \"cycles\"")?;
            unused(&data.plant, "data.plant", "loader = \"plant\"")?;
        }
        Loader::Plant => {
            unused(&data.file, "data.file", "loader = \"cycles\" or \"table\"")?;
            unused(&data.header, "data.header", "loader = \"table\"")?;
            unused(&data.window_s, "data.window_s", "loader = \"cycles\"")?;
            unused(&data.row_weight, "data.row_weight", "loader = \"cycles\" or \"table\"")?;
            if let Some(plant) = &data.plant {
                within("data.plant.machines", plant.machines as f64, 2.0, 10_000.0)?;
                within("data.plant.windows_per_machine", plant.windows_per_machine as f64, 2.0, 100_000.0)?;
                within("data.plant.warning_horizon_h", plant.warning_horizon_h, 1.0, 10_000.0)?;
            }
        }
    }
    if data.row_weight.is_some() && project.personalize.is_some() {
        return fail(
            "data.row_weight",
            "personal heads count rows alike",
            "remove the key, or the section [personalize]",
        );
    }
    split(project)
}

/// Whether `seconds` is at least one millisecond and a whole number of them, as far as decimal fractions can be.
fn whole_milliseconds(seconds: f64) -> bool {
    let milliseconds = seconds * 1e3;
    milliseconds.round() >= 1.0 && (milliseconds - milliseconds.round()).abs() < 1e-6
}

fn file(file: &Option<String>, what: &str) -> Check {
    match file.as_deref() {
        Some(name) if !name.trim().is_empty() => Ok(()),
        _ => fail("data.file", format!("this loader needs {what}"), "add file = \"NAME\", relative to the data folder"),
    }
}

fn split(project: &Project) -> Check {
    let split = &project.split;
    if project.data.loader == Loader::Plant {
        if split.method == SplitMethod::Folds {
            return fail("split.method", "the simulated plant has no column of folds", "choose method = \"grouped\"");
        }
        if split.group.as_deref().is_some_and(|group| group != PLANT_GROUP) {
            return fail(
                "split.group",
                "the simulated plant is grouped by machine",
                format!("write group = \"{PLANT_GROUP}\""),
            );
        }
    }
    if split.method != SplitMethod::Within {
        unused(&split.share, "split.share", "split.method = \"within\"")?;
        unused(&split.rows, "split.rows", "split.method = \"within\"")?;
        unused(&split.least, "split.least", "split.method = \"within\"")?;
    }
    match split.method {
        SplitMethod::Folds => {
            if split.column.is_none() {
                return fail(
                    "split.column",
                    "method = \"folds\" needs the column that holds each row's fold",
                    "add column = \"NAME\", or choose method = \"grouped\", \"random\" or \"blocked\"",
                );
            }
        }
        SplitMethod::Within => {
            unused(&split.column, "split.column", "method = \"folds\"")?;
            if project.data.loader != Loader::Plant && split.group.is_none() {
                return fail(
                    "split.group",
                    "method = \"within\" needs the column of groups, of each of which some rows train",
                    "add group = \"NAME\"",
                );
            }
            match (split.share, split.rows) {
                (Some(share), None) => {
                    within("split.share", share, 1e-6, 0.999)?;
                    within("split.least", split.least.unwrap_or(LEAST_WITHIN) as f64, 1.0, 1e6)?;
                }
                (None, Some(rows)) => {
                    within("split.rows", rows as f64, 1.0, 1e6)?;
                    unused(&split.least, "split.least", "split.share")?;
                }
                _ => {
                    return fail(
                        "split.share",
                        "method = \"within\" needs either the share or the number of each group's rows that train",
                        "write share = 0.1 (with least = 4), or rows = 10",
                    );
                }
            }
        }
        method => {
            unused(&split.column, "split.column", "method = \"folds\"")?;
            if split.folds < 2 || split.folds > MOST_FOLDS {
                return fail(
                    "split.folds",
                    format!("{} folds", split.folds),
                    format!(
                        "at least 2, at most {MOST_FOLDS}: every row is tested once, by a model that has not seen it"
                    ),
                );
            }
            if method == SplitMethod::Random && split.group.is_some() {
                return fail(
                    "split.group",
                    "method = \"random\" parts the rows of a group, and a model would be tested on groups that it has seen",
                    "choose method = \"grouped\", or remove the key if rows are independent",
                );
            }
            if method == SplitMethod::Grouped && split.group.is_none() {
                return fail(
                    "split.group",
                    "method = \"grouped\" needs the column whose rows are never parted",
                    "add group = \"NAME\", or choose method = \"random\" if rows are independent",
                );
            }
        }
    }
    Ok(())
}
