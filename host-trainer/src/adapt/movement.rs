//! How far the old tasks' answers moved when the trunk was tuned.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::{Model, TaskKind, validate};

use crate::config::kind_name;
use crate::evaluate::{EvaluateError, predicted_class, run_integers};
use crate::features::Windows;
use crate::report::tables::grid;

/// How far the answers of one old task moved, as the device gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// Name of the task.
    pub task: String,
    /// binary, multi-class or regression.
    pub kind: String,
    /// Unit of the differences: that of a regression, `logit` for classes.
    pub unit: String,
    /// Largest absolute difference between an output before and after.
    pub largest: f64,
    /// Mean absolute difference.
    pub mean: f64,
    /// Share of the rows to which another class is answered; `None` for a regression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_changed: Option<f64>,
}

/// How far `new` answers the tasks of `old` from where `old` did, on the rows `rows` of `windows`; one a task of `old`.
///
/// # Errors
/// [`EvaluateError::Model`] for bytes that are no artifact, [`EvaluateError::Run`] for windows of another length.
pub fn movements(
    old: &Model<'_>,
    new: &[u8],
    windows: &Windows,
    rows: &[usize],
) -> Result<Vec<Movement>, EvaluateError> {
    let (before, after) = (run_integers(old, windows, rows)?, run_integers(&validate(new)?, windows, rows)?);
    let tasks = old.tasks().zip(before.tasks.iter().zip(&after.tasks));
    let movement = tasks.map(|((task, _), (before, after))| {
        let (mut largest, mut sum, mut outputs, mut changed, mut answered) = (0.0f64, 0.0, 0usize, 0usize, 0usize);
        for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
            for (before, after) in before.outputs.iter().zip(&after.outputs) {
                let difference = (f64::from(*after) - f64::from(*before)).abs();
                largest = largest.max(difference);
                sum += difference;
                outputs += 1;
            }
            answered += 1;
            changed += usize::from(predicted_class(task.kind, before) != predicted_class(task.kind, after));
        }
        let regression = task.kind == TaskKind::Regression;
        Movement {
            task: task.name.to_owned(),
            kind: kind_name(task.kind).to_owned(),
            unit: if regression { task.unit.to_owned() } else { "logit".to_owned() },
            largest,
            mean: sum / outputs.max(1) as f64,
            class_changed: (!regression).then(|| changed as f64 / answered.max(1) as f64),
        }
    });
    Ok(movement.collect())
}

/// The movements as a table.
pub fn movement_table(movements: &[Movement]) -> String {
    let row = |movement: &Movement| {
        let changed = movement.class_changed.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", 100.0 * share));
        let number = |value: f64| format!("{value:.4}");
        vec![movement.task.clone(), number(movement.mean), number(movement.largest), movement.unit.clone(), changed]
    };
    grid(&["old task", "moved by (mean)", "at most", "unit", "rows of another class"], movements.iter().map(row))
}
