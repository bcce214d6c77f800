//! Losses of one row, each with its gradient by hand: stable at extreme logits, and one graph node for all tasks.

mod binary_cross_entropy;
mod cross_entropy;
mod huber;
mod mse;

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use cross_entropy::CrossEntropy;
pub use huber::Huber;
pub use mse::MeanSquaredError;
use trunkline_shared::model::TaskKind;

use crate::config::LossConfig;

/// A task's loss, row by row; masks, means over rows and task weights are applied outside.
pub trait Loss: Send + Sync {
    /// Loss of one row with `outputs` (K) at `label`: a class number, or a standardised value for a regression. Writes the
    /// derivative by each output to `gradient` (K). Finite for all finite arguments.
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32;
}

/// The loss that `config` names; without one, cross-entropy for classes and the squared error for values. `None` where the
/// loss does not fit the kind of the task.
pub fn loss_for(kind: TaskKind, config: Option<LossConfig>) -> Option<Box<dyn Loss>> {
    match (kind, config) {
        (TaskKind::Regression, None | Some(LossConfig::Mse)) => Some(Box::new(MeanSquaredError)),
        (TaskKind::Regression, Some(LossConfig::Huber { delta })) => Some(Box::new(Huber { delta: delta as f32 })),
        (TaskKind::Binary, None | Some(LossConfig::BinaryCrossEntropy)) => Some(Box::new(BinaryCrossEntropy)),
        (TaskKind::MultiClass, None | Some(LossConfig::CrossEntropy)) => Some(Box::new(CrossEntropy)),
        _ => None,
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
        assert!(loss_for(TaskKind::Binary, Some(LossConfig::Mse)).is_none());
        assert!(loss_for(TaskKind::Regression, Some(LossConfig::CrossEntropy)).is_none());
        assert!(loss_for(TaskKind::MultiClass, Some(LossConfig::BinaryCrossEntropy)).is_none());
        for kind in [TaskKind::Binary, TaskKind::MultiClass, TaskKind::Regression] {
            assert!(loss_for(kind, None).is_some());
        }
    }
}
