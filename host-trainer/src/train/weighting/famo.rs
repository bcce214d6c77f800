//! Liu, Feng, Stone & Liu, "FAMO: Fast Adaptive Multitask Optimization", NeurIPS 2023.

use super::Weighting;
use super::adam::Adam;
use crate::model::softmax;

/// Learning rate of the logits; the paper's.
const RATE: f64 = 0.025;
/// Decay of the logits towards equal weights; the paper's gamma.
const DECAY: f64 = 1e-3;
/// Added to a loss, whose bound b from below is 0 for every loss here.
const FLOOR: f64 = 1e-8;

/// Makes the *logarithms* of all losses fall at the same rate: descends on `c sum_i z_i log D_i` with `z = softmax(xi)` and
/// `D = L + 1e-8`, and after each step moves xi towards the tasks whose `log D` fell least. With `c = 1 / sum(z_i / D_i)` the
/// weights `c z_i / D_i` would sum to 1; here they sum to T, like equal ones, so that the penalties keep their strength.
///
/// The paper has every label in every batch. Where some are missing, the step on xi is taken among the tasks that are there: z is their
/// softmax, and the xi of the others stay where they are.
#[derive(Debug, Clone)]
pub struct Famo {
    weights: Vec<f32>,
    logits: Vec<f64>,
    adam: Adam,
    /// Losses of the batch before the step.
    before: Vec<Option<f32>>,
}

impl Famo {
    /// For tasks with `weights` in the project file (T).
    pub fn new(weights: Vec<f32>) -> Self {
        let tasks = weights.len();
        Self { weights, logits: vec![0.0; tasks], adam: Adam::new(tasks), before: vec![None; tasks] }
    }

    /// z of the tasks `tasks`.
    fn shares(&self, tasks: &[usize]) -> Vec<f64> {
        let mut shares: Vec<f64> = tasks.iter().map(|task| self.logits[*task]).collect();
        softmax(&mut shares);
        shares
    }
}

fn floored(loss: f32) -> f64 {
    f64::from(loss).max(0.0) + FLOOR
}

impl Weighting for Famo {
    fn weights(&mut self, losses: &[Option<f32>], _rate: f64) -> Vec<f32> {
        self.before = losses.to_vec();
        // A task without a label in the batch has no loss to be weighed; its weight multiplies a gradient of 0.
        let share = |(z, loss): (f64, &Option<f32>)| loss.map_or(0.0, |loss| z / floored(loss));
        let all: Vec<usize> = (0..losses.len()).collect();
        let shares: Vec<f64> = self.shares(&all).into_iter().zip(losses).map(share).collect();
        let labelled = losses.iter().flatten().count() as f64;
        let scale = labelled / shares.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        shares.iter().zip(&self.weights).map(|(share, weight)| (share * scale) as f32 * weight).collect()
    }

    fn wants_losses_after_step(&self) -> bool {
        true
    }

    fn after_step(&mut self, losses: &[Option<f32>]) {
        let fall = |(before, after): (&Option<f32>, &Option<f32>)| match (before, after) {
            (Some(before), Some(after)) if after.is_finite() => Some(floored(*before).ln() - floored(*after).ln()),
            _ => None,
        };
        let falls = self.before.iter().zip(losses).map(fall).enumerate();
        let (present, falls): (Vec<usize>, Vec<f64>) = falls.filter_map(|(task, fall)| Some((task, fall?))).unzip();
        let z = self.shares(&present);
        let mean: f64 = z.iter().zip(&falls).map(|(z, fall)| z * fall).sum();
        let mut gradient = vec![None; losses.len()];
        for ((task, z), fall) in present.into_iter().zip(z).zip(falls) {
            // The fall's derivative through the softmax, and the decay.
            gradient[task] = Some(z * (fall - mean) + DECAY * self.logits[task]);
        }
        self.adam.step(&mut self.logits, &gradient, RATE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_weigh_by_the_reciprocal_loss_and_the_weights_sum_to_the_tasks() {
        let mut famo = Famo::new(vec![1.0, 1.0]);
        // 1/1 and 1/3, scaled to sum 2: 1.5 and 0.5.
        let weights = famo.weights(&[Some(1.0), Some(3.0)], 0.1);
        assert!((weights[0] - 1.5).abs() < 1e-6 && (weights[1] - 0.5).abs() < 1e-6, "{weights:?}");
        let weights = famo.weights(&[Some(1.0), None], 0.1);
        assert_eq!(weights, vec![1.0, 0.0]);
    }

    #[test]
    fn the_task_that_fell_less_gains_by_the_papers_rate() {
        let mut famo = Famo::new(vec![1.0, 1.0]);
        famo.weights(&[Some(1.0), Some(1.0)], 0.1);
        famo.after_step(&[Some(0.5), Some(1.0)]);
        // Gradients ln 2 / 4 and -ln 2 / 4: Adam's first step is the rate against their signs.
        assert!((famo.logits[0] + RATE).abs() < 1e-6 && (famo.logits[1] - RATE).abs() < 1e-6, "{:?}", famo.logits);
    }

    /// All tasks fall alike, but the third has a label in every tenth batch only.
    #[test]
    fn a_task_whose_labels_are_rare_gains_nothing_by_that() {
        let mut famo = Famo::new(vec![1.0; 3]);
        for step in 0..2000 {
            let rare = |loss: f32| (step % 10 == 0).then_some(loss);
            famo.weights(&[Some(1.0), Some(1.0), rare(1.0)], 0.1);
            famo.after_step(&[Some(0.9), Some(0.9), rare(0.9)]);
        }
        assert!(famo.logits.iter().all(|logit| logit.abs() < 0.05), "{:?}", famo.logits);
        let before = famo.logits[2];
        famo.weights(&[Some(1.0), Some(1.0), None], 0.1);
        famo.after_step(&[Some(0.5), Some(1.0), None]);
        assert_eq!(famo.logits[2], before);
        assert!(famo.logits[0] < famo.logits[1], "{:?}", famo.logits);
        // A batch without any label moves nothing.
        let before = famo.logits.clone();
        famo.weights(&[None; 3], 0.1);
        famo.after_step(&[None; 3]);
        assert_eq!(famo.logits, before);
    }

    #[test]
    fn solved_tasks_stay_finite() {
        let mut famo = Famo::new(vec![1.0, 1.0]);
        for _ in 0..1000 {
            let weights = famo.weights(&[Some(0.0), Some(2.0)], 0.1);
            assert!(weights.iter().all(|weight| weight.is_finite()), "{weights:?}");
            famo.after_step(&[Some(0.0), Some(1.9)]);
        }
    }
}
