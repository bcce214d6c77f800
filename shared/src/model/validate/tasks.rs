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
    let mut outputs = 0usize;
    header.tasks.try_each(|index, task| {
        let output = first.wrapping_add(index);
        let elements = tensors.get(output).map_or(0, |span| usize::from(span.elements));
        outputs = outputs.saturating_add(elements);
        match unsuitable(task, output, elements) {
            Some(field) => Err(ModelError::Task { task: index, field }),
            None => Ok(()),
        }
    })?;
    Ok(outputs)
}

/// The first field of `task`, whose output should be tensor `output` of `elements` elements, that does not suit its kind.
fn unsuitable(task: &Task<'_>, output: u8, elements: usize) -> Option<TaskField> {
    let regression = task.kind == TaskKind::Regression;
    let classes = task.classes.len();
    let (suits, expected) = match task.kind {
        TaskKind::Binary => (classes == 2, 1),
        TaskKind::MultiClass => (classes >= 2, classes),
        TaskKind::Regression => (classes == 0, 1),
    };
    if !suits {
        return Some(TaskField::Classes);
    }
    if !regression && !task.unit.is_empty() {
        return Some(TaskField::Unit);
    }
    if task.output != output {
        return Some(TaskField::Output);
    }
    if elements != expected {
        return Some(TaskField::Elements);
    }
    // Above 0 and finite: such bits lie between those of both.
    if !(1..f32::INFINITY.to_bits()).contains(&task.scale.to_bits()) {
        return Some(TaskField::Scale);
    }
    if !(if regression { task.offset.is_finite() } else { task.offset == 0.0 }) {
        return Some(TaskField::Offset);
    }
    if task.kind != TaskKind::Binary && task.threshold != 0 {
        return Some(TaskField::Threshold);
    }
    if task.period == 0 { Some(TaskField::Period) } else { None }
}
