//! `[model.grouping]`.

use super::{Check, fail, within};
use crate::config::project::Project;

/// Most trunks.
const MOST_GROUPS: usize = 16;
/// Most trainings that are measured.
const MOST_SEEDS: usize = 20;

pub(super) fn check(project: &Project) -> Check {
    let model = &project.model;
    let Some(grouping) = &model.grouping else { return Ok(()) };
    if !model.groups.is_empty() {
        return fail(
            "model.grouping",
            "groups are to be found, but model.groups names them already",
            "remove one of the two",
        );
    }
    let heads = project.tasks.iter().filter(|task| task.trunk_head).count();
    let readers = if project.trunk().is_empty() { 0 } else { heads };
    if readers < 2 {
        return fail(
            "model.grouping",
            format!("tasks with a head on the trunk: {readers}; groups are of two or more"),
            "give model.trunk a layer and two tasks trunk_head = true, or remove the section",
        );
    }
    within("model.grouping.max_groups", grouping.max_groups as f64, 2.0, MOST_GROUPS as f64)?;
    within("model.grouping.seeds", grouping.seeds as f64, 1.0, MOST_SEEDS as f64)
}
