//! `[personalize]`.

use super::{Check, fail, within};
use crate::config::project::Project;
use crate::config::split::SplitMethod;

/// Most strengths tried.
const MOST_STRENGTHS: usize = 64;

pub(super) fn check(project: &Project) -> Check {
    let Some(personalize) = &project.personalize else { return Ok(()) };
    if project.split.method != SplitMethod::Within {
        return fail(
            "split.method",
            "a personal head cannot be judged on groups that were not trained on",
            "set split.method = \"within\" with rows = 10 or share = 0.1: some rows of each group train, the others test",
        );
    }
    if project.split.group.as_deref() != Some(personalize.by.as_str()) {
        return fail(
            "personalize.by",
            format!("heads by \"{}\", but rows are grouped by another column", personalize.by),
            "name the same column in split.group and personalize.by",
        );
    }
    within("personalize.min_rows", personalize.min_rows as f64, 2.0, 1e6)?;
    if let Some(rows) = project.split.rows.filter(|rows| *rows < personalize.min_rows) {
        return fail(
            "split.rows",
            format!("{rows} training rows a group, but a head of a group's own takes {}", personalize.min_rows),
            "raise split.rows, or lower personalize.min_rows",
        );
    }
    combinations(project)?;
    if personalize.strengths.is_empty() || personalize.strengths.len() > MOST_STRENGTHS {
        return fail(
            "personalize.strengths",
            format!("{} strengths", personalize.strengths.len()),
            format!("1 to {MOST_STRENGTHS} values to choose from, such as [0.01, 0.1, 1.0]"),
        );
    }
    for (index, strength) in personalize.strengths.iter().enumerate() {
        within(format!("personalize.strengths[{index}]"), *strength, 1e-9, 1e9)?;
    }
    within("personalize.epsilon", personalize.epsilon, 1e-6, 1.0)?;
    within("personalize.alternations", personalize.alternations as f64, 1.0, 1000.0)
}

/// What is fitted to the shared heads alone does not hold for a group's own.
fn combinations(project: &Project) -> Check {
    if project.training.calibration.is_some() {
        return fail(
            "training.calibration",
            "temperatures and thresholds are fitted to the shared heads: they do not hold for a group's own",
            "remove [training.calibration], or [personalize]",
        );
    }
    for (index, task) in project.tasks.iter().enumerate() {
        if !task.reads.is_empty() {
            return fail(
                format!("tasks[{index}].reads"),
                "the task reads another whose head differs from group to group",
                "remove the key, or [personalize]",
            );
        }
    }
    Ok(())
}
