//! The loss of a task.

use trunkline_shared::model::TaskKind;

use super::{Check, fail, within};
use crate::config::loss::{ClassWeights, LossConfig};
use crate::config::task::{TaskConfig, kind_name};

/// Largest exponent of the focal loss.
const LARGEST_GAMMA: f64 = 10.0;
/// Most of a label that is spread over the classes.
const MOST_SMOOTHING: f64 = 0.9;
/// Largest weight of a class.
const LARGEST_CLASS_WEIGHT: f64 = 1e6;

pub(super) fn check(task: &TaskConfig, key: &str) -> Check {
    let Some(loss) = &task.loss else { return Ok(()) };
    let suits = match task.kind {
        TaskKind::Regression => matches!(loss, LossConfig::Mse | LossConfig::Huber { .. } | LossConfig::GaussianNll),
        TaskKind::Binary => matches!(loss, LossConfig::BinaryCrossEntropy { .. } | LossConfig::Focal { .. }),
        TaskKind::MultiClass => matches!(loss, LossConfig::CrossEntropy { .. } | LossConfig::Focal { .. }),
    };
    if !suits {
        let remedy = match task.kind {
            TaskKind::Regression => {
                "{ name = \"mse\" }, { name = \"huber\", delta = 0.5 } or { name = \"gaussian-nll\" }"
            }
            TaskKind::Binary => "{ name = \"binary-cross-entropy\" } or { name = \"focal\", gamma = 2.0 }",
            TaskKind::MultiClass => "{ name = \"cross-entropy\" } or { name = \"focal\", gamma = 2.0 }",
        };
        return fail(key, format!("this loss does not suit a {} task", kind_name(task.kind)), remedy);
    }
    match loss {
        LossConfig::Huber { delta } => within(format!("{key}.delta"), *delta, 1e-3, 1e3)?,
        LossConfig::Focal { gamma, .. } => within(format!("{key}.gamma"), *gamma, 0.0, LARGEST_GAMMA)?,
        LossConfig::BinaryCrossEntropy { smoothing, .. } | LossConfig::CrossEntropy { smoothing, .. } => {
            within(format!("{key}.smoothing"), *smoothing, 0.0, MOST_SMOOTHING)?;
        }
        LossConfig::Mse | LossConfig::GaussianNll => {}
    }
    let Some(ClassWeights::Given(weights)) = loss.class_weights() else { return Ok(()) };
    let key = format!("{key}.class_weights");
    if weights.len() != task.classes.len() {
        return fail(
            key,
            format!("{} weights for {} classes", weights.len(), task.classes.len()),
            "one a class, in the order of classes, or \"balanced\"",
        );
    }
    match weights.iter().position(|weight| !(*weight > 0.0 && *weight <= LARGEST_CLASS_WEIGHT)) {
        Some(class) => fail(
            format!("{key}[{class}]"),
            format!("a weight of {}", weights[class]),
            format!("above 0, at most {LARGEST_CLASS_WEIGHT:e}"),
        ),
        None => Ok(()),
    }
}
