//! The tasks' outputs are the last tensors, in task order, and can be read in one way only.

use crate::model::header::{DeviceHeader, Task, TaskKind};
use crate::model::tensor::TensorTable;
use crate::model::{ModelError, TaskField};

/// Checks the tasks; the number of outputs of all of them.
pub(super) fn check(header: &DeviceHeader<'_>, tensors: TensorTable<'_>) -> Result<usize, ModelError> {
    // A count of at most MAX_TASKS.
    let tasks = header.tasks.len() as u8;
    let Some(first) = tensors.len().checked_sub(tasks) else {
        return Err(ModelError::TaskTensors { expected: tasks, found: tensors.len() });
    };
    for ((index, output), task) in (0u8..).zip(first..).zip(header.tasks.iter()) {
        if let Some(field) = unsuitable(&task, output, tensors) {
            return Err(ModelError::Task { task: index, field });
        }
    }
    Ok(tensors.last(usize::from(tasks)).map(|span| usize::from(span.elements)).sum())
}

/// The first field of `task`, whose output should be tensor `output`, that does not suit its kind.
fn unsuitable(task: &Task<'_>, output: u8, tensors: TensorTable<'_>) -> Option<TaskField> {
    let regression = task.kind == TaskKind::Regression;
    let (classes, elements) = match task.kind {
        TaskKind::Binary => (task.classes.len() == 2, 1),
        TaskKind::MultiClass => (task.classes.len() >= 2, task.classes.len()),
        TaskKind::Regression => (task.classes.is_empty(), 1),
    };
    [
        (TaskField::Classes, classes),
        (TaskField::Unit, regression || task.unit.is_empty()),
        (TaskField::Output, task.output == output),
        (TaskField::Elements, tensors.get(output).is_some_and(|span| usize::from(span.elements) == elements)),
        (TaskField::Scale, task.scale.is_finite() && task.scale > 0.0),
        (TaskField::Offset, if regression { task.offset.is_finite() } else { task.offset == 0.0 }),
        (TaskField::Threshold, task.kind == TaskKind::Binary || task.threshold == 0),
        (TaskField::Period, task.period > 0),
    ]
    .into_iter()
    .find(|(_, suits)| !suits)
    .map(|(field, _)| field)
}
