//! Kendall, Gal & Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics", CVPR 2018.

use super::Weighting;
use super::adam::Adam;

/// Largest magnitude of a logarithm of a variance: weights stay within a factor of e^4 of their start.
const BOUND: f64 = 4.0;

/// Minimises `sum_i L_i / (2 e^s_i) + s_i / 2` over the network and the s_i, the logarithms of the tasks' noise variances: at rest
/// `e^s_i` is the loss of task i, so that a noisy task counts less. The s_i start at 0, follow Adam at the network's learning
/// rate, and stay within -4..=4.
#[derive(Debug, Clone)]
pub struct Uncertainty {
    weights: Vec<f32>,
    log_variances: Vec<f64>,
    adam: Adam,
}

impl Uncertainty {
    /// For tasks with `weights` in the project file (T).
    pub fn new(weights: Vec<f32>) -> Self {
        let tasks = weights.len();
        Self { weights, log_variances: vec![0.0; tasks], adam: Adam::new(tasks) }
    }
}

impl Weighting for Uncertainty {
    fn weights(&mut self, losses: &[Option<f32>], rate: f64) -> Vec<f32> {
        let factors = self.log_variances.iter().map(|s| 0.5 * (-s).exp());
        let weights = factors.zip(&self.weights).map(|(factor, weight)| factor as f32 * weight).collect();
        // Network and variances move together: the gradient is taken before the step of either.
        let slope = |(s, loss): (&f64, &Option<f32>)| loss.map(|loss| 0.5 - 0.5 * f64::from(loss) * (-s).exp());
        let gradient: Vec<Option<f64>> = self.log_variances.iter().zip(losses).map(slope).collect();
        self.adam.step(&mut self.log_variances, &gradient, rate);
        self.log_variances.iter_mut().for_each(|s| *s = s.clamp(-BOUND, BOUND));
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_start_at_one_half_and_settle_where_the_variance_equals_the_loss() {
        let losses = [Some(4.0), Some(0.25), None];
        let mut method = Uncertainty::new(vec![1.0, 1.0, 3.0]);
        assert_eq!(method.weights(&losses, 0.01), vec![0.5, 0.5, 1.5]);
        (0..3000).for_each(|_| drop(method.weights(&losses, 0.01)));
        let settled = method.weights(&losses, 0.0);
        // 1 / (2 L); a task that is never seen keeps its weight.
        for (weight, expected) in settled.iter().zip([0.125, 2.0, 1.5]) {
            assert!((weight / expected - 1.0).abs() < 0.01, "{settled:?}");
        }
    }

    #[test]
    fn a_solved_task_and_a_lost_one_reach_the_bounds_and_no_further() {
        let mut method = Uncertainty::new(vec![1.0, 1.0]);
        (0..2000).for_each(|_| drop(method.weights(&[Some(0.0), Some(1e6)], 0.01)));
        let weights = method.weights(&[Some(0.0), Some(1e6)], 0.0);
        assert_eq!(weights, vec![0.5 * 4f64.exp() as f32, 0.5 * (-4f64).exp() as f32]);
    }
}
