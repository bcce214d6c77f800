//! `[training.distillation]`.

use super::{Check, fail, within};
use crate::config::project::Project;
use crate::config::suggest;

/// Most trees of an output.
const MOST_TREES: usize = 10_000;
/// Most networks of an ensemble.
const MOST_MEMBERS: usize = 100;
/// Most inner folds.
const MOST_FOLDS: usize = 20;

pub(super) fn check(project: &Project) -> Check {
    let Some(distillation) = &project.training.distillation else { return Ok(()) };
    let key = |name: &str| format!("training.distillation.{name}");
    within(key("trees"), distillation.trees as f64, 1.0, MOST_TREES as f64)?;
    within(key("members"), distillation.members as f64, 1.0, MOST_MEMBERS as f64)?;
    within(key("folds"), distillation.folds as f64, 2.0, MOST_FOLDS as f64)?;
    within(key("weight"), distillation.weight, 0.0, 1.0)?;
    within(key("temperature"), distillation.temperature, 0.1, 100.0)?;
    for (index, name) in distillation.tasks.iter().enumerate() {
        let key = format!("training.distillation.tasks[{index}]");
        let known: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
        if !known.contains(&name.as_str()) {
            return fail(key, format!("no task is named \"{name}\""), suggest(name, &known));
        }
        if distillation.tasks[..index].contains(name) {
            return fail(key, format!("task \"{name}\" stands twice"), "name each task once");
        }
    }
    Ok(())
}
