//! `model.kind = "linear"`: closed forms alone. A key that only a network reads is refused, not passed over.

use super::{Check, fail};
use crate::config::model::ModelKind;
use crate::config::project::Project;
use crate::config::task::{LinearMode, TaskConfig};
use crate::config::{GradientConfig, QuantizationMode, WeightingConfig, WeightsConfig};

pub(super) fn check(project: &Project) -> Check {
    if project.model.kind == ModelKind::Network {
        return Ok(());
    }
    let (model, training) = (&project.model, &project.training);
    let keys = [
        ("model.head", !model.head.is_empty()),
        ("model.groups", !model.groups.is_empty()),
        ("model.grouping", model.grouping.is_some()),
        ("model.branches", !model.branches.is_empty()),
        ("training.input_noise", training.input_noise != 0.0),
        ("training.dropout", training.dropout != 0.0),
        ("training.modality_dropout", training.modality_dropout != 0.0),
        ("training.mixup", training.mixup != 0.0),
        ("training.weighting", training.weighting != WeightingConfig::Fixed),
        ("training.gradient", training.gradient != GradientConfig::Sum),
        ("training.distillation", training.distillation.is_some()),
        ("quantization.weights", project.quantization.weights != WeightsConfig::Int8),
        ("quantization.mode", project.quantization.mode == QuantizationMode::Qat),
    ];
    keys.into_iter().try_for_each(|(key, set)| unread(key.to_owned(), set))?;
    project.tasks.iter().enumerate().try_for_each(|(index, task)| task_keys(index, task))
}

fn task_keys(index: usize, task: &TaskConfig) -> Check {
    if task.linear.mode == LinearMode::Off {
        return fail(
            format!("tasks[{index}].linear.mode"),
            "model.kind = \"linear\" has nothing but linear paths, and this task has none",
            "remove linear = { mode = \"off\" }, or set model.kind = \"network\"",
        );
    }
    let keys = [
        ("hidden", task.hidden.is_some()),
        ("reads", !task.reads.is_empty()),
        ("loss", task.loss.is_some()),
        ("weight", task.weight != 1.0),
        ("linear.mode", task.linear.mode == LinearMode::Zero),
        ("linear.scale", task.linear.scale != 1.0),
        ("linear.l2", task.linear.l2 != 0.0),
    ];
    keys.into_iter().try_for_each(|(key, set)| unread(format!("tasks[{index}].{key}"), set))
}

fn unread(key: String, set: bool) -> Check {
    if !set {
        return Ok(());
    }
    fail(
        key,
        "model.kind = \"linear\" is a closed form, in which this key has no part",
        "remove the key, or set model.kind = \"network\"",
    )
}
