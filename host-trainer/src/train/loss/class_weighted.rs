//! A loss whose rows count by their class.

use super::Loss;
use crate::config::{ClassWeighting, ClassWeights};

/// The loss of each row times the weight of its class.
///
/// The mean over a batch is taken over its rows, not over their weights: weights that average 1 over the rows ("balanced" ones
/// do) keep the loss's scale among the tasks.
pub struct ClassWeighted<L> {
    /// The loss.
    pub loss: L,
    /// Weight of each class.
    pub weights: Vec<f32>,
}

impl<L: Loss> Loss for ClassWeighted<L> {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let weight = self.weights.get(label as usize).copied().unwrap_or(1.0);
        let loss = self.loss.row(outputs, label, gradient);
        gradient.iter_mut().for_each(|value| *value *= weight);
        weight * loss
    }
}

/// Weights of `classes` classes, of which the training rows have the labels `labels` (NaN where missing). Balanced ones are
/// n / (K n_k), a class without a row counting as one with a single row.
pub(crate) fn class_weights(config: &ClassWeights, classes: usize, labels: &[f32]) -> Vec<f32> {
    match config {
        ClassWeights::Given(weights) => weights.iter().map(|weight| *weight as f32).collect(),
        ClassWeights::Rule(ClassWeighting::Balanced) => {
            let known = labels.iter().filter(|label| !label.is_nan()).count();
            let count = |class: usize| labels.iter().filter(|label| **label == class as f32).count().max(1);
            (0..classes).map(|class| (known as f64 / (classes * count(class)) as f64) as f32).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CrossEntropy, assert_gradient};
    use super::*;

    #[test]
    fn balanced_weights_give_every_class_the_same_sum() {
        let labels = [0.0, 0.0, 0.0, 1.0, f32::NAN, 2.0, 2.0, 0.0];
        let weights = class_weights(&ClassWeights::Rule(ClassWeighting::Balanced), 3, &labels);
        assert_eq!(weights, [7.0 / 12.0, 7.0 / 3.0, 7.0 / 6.0]);
        let sum: f32 = labels.iter().filter(|label| !label.is_nan()).map(|label| weights[*label as usize]).sum();
        assert!((sum - 7.0).abs() < 1e-6, "the mean over the rows is 1: {sum}");
    }

    #[test]
    fn a_class_without_a_row_has_a_finite_weight() {
        let balanced = ClassWeights::Rule(ClassWeighting::Balanced);
        assert!(class_weights(&balanced, 3, &[0.0, 1.0]).iter().all(|weight| weight.is_finite()));
        assert!(class_weights(&balanced, 2, &[]).iter().all(|weight| weight.is_finite()));
    }

    #[test]
    fn loss_and_gradient_are_scaled_by_the_weight_of_the_label() {
        let weighted = ClassWeighted { loss: CrossEntropy::default(), weights: vec![1.0, 3.0] };
        let (mut plain, mut scaled) = ([0.0; 2], [0.0; 2]);
        let loss = CrossEntropy::default().row(&[0.4, -0.2], 1.0, &mut plain);
        assert_eq!(weighted.row(&[0.4, -0.2], 1.0, &mut scaled), 3.0 * loss);
        assert_eq!(scaled, plain.map(|value| 3.0 * value));
        assert_gradient(&weighted, &[0.4, -0.2], 1.0);
    }
}
