//! Losses of one row, each with its gradient by hand: stable at extreme logits, and one graph node for all tasks.

mod binary_cross_entropy;
mod class_weighted;
mod cross_entropy;
mod focal;
mod gaussian_nll;
mod huber;
mod mse;

use std::sync::Arc;

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use class_weighted::ClassWeighted;
pub(crate) use class_weighted::class_weights;
pub use cross_entropy::CrossEntropy;
pub use focal::{BinaryFocal, Focal};
pub use gaussian_nll::GaussianNll;
pub use huber::Huber;
pub use mse::MeanSquaredError;
use trunkline_shared::model::TaskKind;

use crate::config::{ClassWeights, LossConfig};

/// A task's loss, row by row; masks, means over rows and task weights are applied outside.
pub trait Loss: Send + Sync {
    /// Loss of one row with `outputs` (K) at `label`: a class number, or a standardised value for a regression. Writes the
    /// derivative by each output to `gradient` (K). Finite for all finite arguments.
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32;
}

/// The loss that `config` names; without one, cross-entropy for classes and the squared error for values. `None` where the
/// loss does not fit the kind of the task.
///
/// `labels` are those of the training rows (NaN where missing), by which classes are balanced; `classes` is their number, 0 for a
/// regression.
pub fn loss_for(kind: TaskKind, config: Option<&LossConfig>, classes: usize, labels: &[f32]) -> Option<Arc<dyn Loss>> {
    let weights = |config: &Option<ClassWeights>| Some(class_weights(config.as_ref()?, classes, labels));
    Some(match (kind, config) {
        (TaskKind::Regression, None | Some(LossConfig::Mse)) => Arc::new(MeanSquaredError),
        (TaskKind::Regression, Some(LossConfig::Huber { delta })) => Arc::new(Huber { delta: *delta as f32 }),
        (TaskKind::Regression, Some(LossConfig::GaussianNll)) => Arc::new(GaussianNll),
        (TaskKind::Binary, None) => Arc::new(BinaryCrossEntropy::default()),
        (TaskKind::Binary, Some(LossConfig::BinaryCrossEntropy { smoothing, class_weights })) => {
            weighted(BinaryCrossEntropy { smoothing: *smoothing as f32 }, weights(class_weights))
        }
        (TaskKind::Binary, Some(LossConfig::Focal { gamma, class_weights })) => {
            weighted(BinaryFocal { gamma: *gamma as f32 }, weights(class_weights))
        }
        (TaskKind::MultiClass, None) => Arc::new(CrossEntropy::default()),
        (TaskKind::MultiClass, Some(LossConfig::CrossEntropy { smoothing, class_weights })) => {
            weighted(CrossEntropy { smoothing: *smoothing as f32 }, weights(class_weights))
        }
        (TaskKind::MultiClass, Some(LossConfig::Focal { gamma, class_weights })) => {
            weighted(Focal { gamma: *gamma as f32 }, weights(class_weights))
        }
        _ => return None,
    })
}

/// Outputs that a network has in training beyond those of the model: the log variance of [`GaussianNll`].
pub fn training_only_outputs(config: Option<&LossConfig>) -> usize {
    usize::from(config == Some(&LossConfig::GaussianNll))
}

fn weighted(loss: impl Loss + 'static, weights: Option<Vec<f32>>) -> Arc<dyn Loss> {
    match weights {
        Some(weights) => Arc::new(ClassWeighted { loss, weights }),
        None => Arc::new(loss),
    }
}

/// Compares the gradient that `loss` writes with central differences.
#[cfg(test)]
pub(crate) fn assert_gradient(loss: &dyn Loss, outputs: &[f32], label: f32) {
    let mut gradient = vec![0.0; outputs.len()];
    loss.row(outputs, label, &mut gradient);
    for output in 0..outputs.len() {
        let at = |step: f32| {
            let mut moved = outputs.to_vec();
            moved[output] += step;
            loss.row(&moved, label, &mut vec![0.0; outputs.len()])
        };
        let numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
        assert!((numeric - gradient[output]).abs() < 2e-3, "output {output}: {numeric} {gradient:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_of_another_kind_is_refused() {
        let of = |kind, config: Option<LossConfig>| loss_for(kind, config.as_ref(), 2, &[]);
        assert!(of(TaskKind::Binary, Some(LossConfig::Mse)).is_none());
        let cross_entropy = LossConfig::CrossEntropy { smoothing: 0.0, class_weights: None };
        assert!(of(TaskKind::Regression, Some(cross_entropy.clone())).is_none());
        assert!(of(TaskKind::Binary, Some(cross_entropy)).is_none());
        assert!(of(TaskKind::Regression, Some(LossConfig::Focal { gamma: 2.0, class_weights: None })).is_none());
        for kind in [TaskKind::Binary, TaskKind::MultiClass, TaskKind::Regression] {
            assert!(of(kind, None).is_some());
        }
    }
}
