//! Dynamic weight average: Liu, Johns & Davison, "End-to-End Multi-Task Learning with Attention", CVPR 2019, section 3.3.

use super::Weighting;
use crate::model::softmax;

/// Temperature of the softmax; the paper's.
const TEMPERATURE: f64 = 2.0;
/// Largest ratio of two losses. A task whose loss has risen further already has nearly all of the weight.
const MOST_RATIO: f64 = 100.0;

/// A task whose loss has fallen less between the last two epochs counts more: `T softmax(r / 2)` with
/// `r_i = L_i(e - 1) / L_i(e - 2)`. All tasks count the same in the first two epochs.
#[derive(Debug, Clone)]
pub struct Dwa {
    weights: Vec<f32>,
    /// Factor of each task in this epoch (T).
    factors: Vec<f64>,
    /// Losses of the epoch before.
    previous: Option<Vec<f32>>,
}

impl Dwa {
    /// For tasks with `weights` in the project file (T).
    pub fn new(weights: Vec<f32>) -> Self {
        let tasks = weights.len();
        Self { weights, factors: vec![1.0; tasks], previous: None }
    }
}

impl Weighting for Dwa {
    fn weights(&mut self, _losses: &[Option<f32>], _rate: f64) -> Vec<f32> {
        self.weights.iter().zip(&self.factors).map(|(weight, factor)| weight * *factor as f32).collect()
    }

    fn after_epoch(&mut self, losses: &[f32]) {
        if let Some(previous) = &self.previous {
            // A task without labels, or one already solved, neither rises nor falls.
            let ratio = |(now, before): (&f32, &f32)| {
                if *before > 0.0 { (f64::from(*now) / f64::from(*before)).min(MOST_RATIO) } else { 1.0 }
            };
            self.factors = losses.iter().zip(previous).map(|losses| ratio(losses) / TEMPERATURE).collect();
            softmax(&mut self.factors);
            let tasks = losses.len() as f64;
            self.factors.iter_mut().for_each(|factor| *factor *= tasks);
        }
        self.previous = Some(losses.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_that_fell_less_counts_more() {
        let mut dwa = Dwa::new(vec![1.0, 2.0]);
        let mut weights = |told: &[f32]| {
            dwa.after_epoch(told);
            dwa.weights(&[None, None], 0.1)
        };
        assert_eq!(weights(&[4.0, 1.0]), vec![1.0, 2.0]);
        // Ratios 0.5 and 1: factors 2 / (1 + e^(1/4)) and 2 / (1 + e^(-1/4)).
        let found = weights(&[2.0, 1.0]);
        let expected = [2.0 / (1.0 + 0.25f32.exp()), 4.0 / (1.0 + (-0.25f32).exp())];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        // Equal ratios: equal factors again.
        assert_eq!(weights(&[1.0, 0.5]), vec![1.0, 2.0]);
    }

    #[test]
    fn solved_and_unlabelled_tasks_and_explosions_stay_finite() {
        let mut dwa = Dwa::new(vec![1.0; 3]);
        // The quotient 1e8 / 1e-40 is beyond f32.
        for least in [1e-30, 1e-40] {
            dwa.after_epoch(&[0.0, least, 1.0]);
            dwa.after_epoch(&[0.0, 1e8, 1.0]);
            let weights = dwa.weights(&[None; 3], 0.1);
            assert!(weights.iter().all(|weight| weight.is_finite()), "{weights:?}");
            assert!((weights.iter().sum::<f32>() - 3.0).abs() < 1e-5);
        }
    }
}
