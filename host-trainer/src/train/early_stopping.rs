//! When to stop: validation on whole units (groups, folds or blocks of rows) held out of the training rows.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use trunkline_shared::model::TaskKind;

use super::fit::Weights;
use super::loss::Loss;
use super::objective::Objective;
use super::problem::{Problem, Rows};
use crate::config::EarlyStoppingConfig;
use crate::model::net::{Net, Rounding};

/// Added to each task's share, so that a solved task does not rule the mean.
const SHARE_FLOOR: f64 = 0.01;

/// Held-out rows and the measure on them.
pub(crate) struct Validation {
    objective: Arc<Objective>,
    z: Tensor,
    rows: Vec<u32>,
    /// Weighted mean loss of the best constant of the training rows on the held-out rows (T); `None` where a task has no label there.
    constant_losses: Vec<Option<f64>>,
}

impl Validation {
    /// Measures on `held_out`, rows on the scales of `problem`, with its losses.
    pub(crate) fn new(problem: &Problem, held_out: &Rows) -> Result<Self> {
        let constant_losses = (0..problem.wiring.len())
            .map(|task| {
                let wiring = &problem.wiring[task];
                let known = weighted_labels(&problem.rows, task);
                let constant = best_constant(wiring.kind, &known, wiring.outputs);
                constant_loss(problem.losses[task].as_ref(), &constant, &weighted_labels(held_out, task))
            })
            .collect();
        let outputs: Vec<usize> = problem.wiring.iter().map(|task| task.outputs).collect();
        let z = Tensor::from_slice(&held_out.z.data, (held_out.z.rows, held_out.z.columns), &Device::Cpu)?;
        let rows = (0..held_out.z.rows as u32).collect();
        Ok(Self { objective: Arc::new(Objective::new(held_out, &outputs, &problem.losses)), z, rows, constant_losses })
    }

    /// Geometric mean over the tasks of the loss as a share of the constant's: near 0 is perfect, 1 as good as a constant. Being
    /// geometric, it weighs a change by a tenth the same in a task that is nearly solved and in one that is hard.
    pub(crate) fn score(&self, net: &Net) -> Result<f64> {
        let shares = self.shares(net, None)?;
        Ok((shares.iter().map(|share| share.ln()).sum::<f64>() / shares.len().max(1) as f64).exp())
    }

    /// The loss of each task that has a label there as a share of the constant's, a little above it; with `rounding` on the grids of an
    /// integer network.
    pub(crate) fn shares(&self, net: &Net, rounding: Option<&Rounding>) -> Result<Vec<f64>> {
        let outputs = net.forward_on(&self.z, &self.z, &[], rounding)?.detach();
        let losses = self.objective.losses(&outputs, self.rows.clone())?.to_vec1::<f32>()?;
        let shares = losses.iter().zip(&self.constant_losses);
        let share = |(loss, constant): (&f32, &Option<f64>)| Some(SHARE_FLOOR + f64::from(*loss) / (*constant)?);
        Ok(shares.filter_map(share).collect())
    }
}

/// The known labels of task `task` in `rows`, each with how many times it counts.
fn weighted_labels(rows: &Rows, task: usize) -> Vec<(f32, f64)> {
    let weight = |row: usize| rows.weights.as_ref().map_or(1.0, |weights| f64::from(weights[row]));
    let labels = rows.labels[task].iter().enumerate().filter(|(_, label)| !label.is_nan());
    labels.map(|(row, label)| (*label, weight(row))).collect()
}

/// Best outputs that do not look at the features: log shares of the classes among the `labels` with their weights (half a row added to
/// each), or the mean, 0 (and the logarithm of the variance, 0 too, where the network learns it).
fn best_constant(kind: TaskKind, labels: &[(f32, f64)], outputs: usize) -> Vec<f32> {
    let log_count = |class: usize| {
        let of_class = labels.iter().filter(|(label, _)| *label as usize == class);
        (of_class.map(|(_, weight)| weight).sum::<f64>() as f32 + 0.5).ln()
    };
    match kind {
        TaskKind::Regression => vec![0.0; outputs],
        TaskKind::Binary => vec![log_count(1) - log_count(0)],
        TaskKind::MultiClass => (0..outputs).map(log_count).collect(),
    }
}

/// Weighted mean loss of `constant` on `labels`, given with their weights; `None` where there is none.
fn constant_loss(loss: &dyn Loss, constant: &[f32], labels: &[(f32, f64)]) -> Option<f64> {
    let mut gradient = vec![0.0; constant.len()];
    let losses = labels.iter().map(|(label, weight)| weight * f64::from(loss.row(constant, *label, &mut gradient)));
    let (sum, total) = (losses.sum::<f64>(), labels.iter().map(|(_, weight)| weight).sum::<f64>());
    let mean = sum / total;
    (mean > 0.0).then_some(mean)
}

/// Keeps the best weights and says when to end.
///
/// A score on few held-out groups is noisy, and the late epochs of a falling learning rate are the better averages: a later
/// epoch wins as long as its score lies within `tolerance` of the least one.
pub(crate) struct EarlyStopping<'a> {
    config: &'a EarlyStoppingConfig,
    least: f64,
    best: Option<Best>,
}

/// The best state so far.
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) weights: Weights,
}

impl<'a> EarlyStopping<'a> {
    /// By the patience and tolerance of `config`.
    pub(crate) fn new(config: &'a EarlyStoppingConfig) -> Self {
        Self { config, least: f64::INFINITY, best: None }
    }

    /// Takes the score after epoch `epoch` (counted from 1; 0 is the state before training); `weights` are asked for where the
    /// epoch is the best so far. True where training should end.
    pub(crate) fn observe(
        &mut self,
        epoch: usize,
        score: f64,
        weights: impl FnOnce() -> Result<Weights>,
    ) -> Result<bool> {
        // Not a number is no better than any score.
        let good = score.is_finite() && score <= self.least * (1.0 + self.config.tolerance);
        match &self.best {
            Some(best) if !good => Ok(epoch - best.epoch >= self.config.patience.max(1)),
            _ => {
                self.least = self.least.min(score);
                self.best = Some(Best { epoch, weights: weights()? });
                Ok(false)
            }
        }
    }

    /// The best state.
    pub(crate) fn into_best(self) -> Option<Best> {
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::matrix;
    use crate::model::{FloatModel, Normalization};
    use crate::train::loss::{BinaryCrossEntropy, CrossEntropy, Huber};

    fn weights() -> Result<Weights> {
        let normalization = Normalization { mean: Vec::new(), gain: Vec::new(), clip_sd: 8.0, raw: vec![] };
        let model = FloatModel { normalization, trunks: Vec::new(), heads: Vec::new(), narrow: Vec::new() };
        Ok(Weights { model, all_outputs: None })
    }

    fn alike(labels: &[f32]) -> Vec<(f32, f64)> {
        labels.iter().map(|label| (*label, 1.0)).collect()
    }

    /// Epoch that wins and epoch after which training ends.
    fn course(tolerance: f64, patience: usize, scores: &[f64]) -> (usize, Option<usize>) {
        let config = EarlyStoppingConfig { tolerance, patience, ..EarlyStoppingConfig::default() };
        let mut stopper = EarlyStopping::new(&config);
        let end = scores.iter().enumerate().find(|(epoch, score)| stopper.observe(*epoch, **score, weights).unwrap());
        let end = end.map(|(epoch, _)| epoch);
        (stopper.into_best().unwrap().epoch, end)
    }

    #[test]
    fn without_tolerance_the_least_score_wins_and_patience_ends_the_run() {
        assert_eq!(course(0.0, 3, &[1.0, 0.5, 0.4, 0.45, 0.41, 0.42, 0.1]), (2, Some(5)));
        assert_eq!(course(0.0, 9, &[1.0, 0.5, 0.4, 0.45, 0.41, 0.42, 0.1]), (6, None));
    }

    #[test]
    fn a_score_that_is_not_finite_never_wins() {
        assert_eq!(course(0.05, 3, &[1.0, 0.5, f64::NAN, f64::INFINITY, 0.6]), (1, Some(4)));
        assert_eq!(course(0.0, 9, &[f64::NAN, f64::NAN, 0.7, f64::NAN]), (2, None));
    }

    #[test]
    fn the_latest_epoch_within_the_tolerance_of_the_least_score_wins() {
        assert_eq!(course(0.05, 9, &[1.0, 0.4, 0.41, 0.43, 0.415, 0.44]), (4, None));
        // The tolerance never adds up: it counts from the least score.
        assert_eq!(course(0.05, 9, &[0.400, 0.415, 0.430, 0.445]), (1, None));
    }

    #[test]
    fn the_constant_is_the_best_guess_that_does_not_look_at_the_features() {
        let shares = best_constant(TaskKind::MultiClass, &alike(&[0.0, 0.0, 1.0]), 3);
        assert!((shares[0] - 2.5f32.ln()).abs() < 1e-6 && (shares[2] - 0.5f32.ln()).abs() < 1e-6);
        let odds = |labels: &[(f32, f64)]| best_constant(TaskKind::Binary, labels, 1)[0];
        assert!((odds(&alike(&[1.0, 0.0, 1.0, 1.0])) - (3.5f32 / 1.5).ln()).abs() < 1e-6);
        assert_eq!(odds(&alike(&[1.0, 0.0, 1.0, 1.0])), odds(&[(1.0, 2.0), (0.0, 1.0), (1.0, 1.0)]));
        assert_eq!(best_constant(TaskKind::Regression, &alike(&[1.0, -1.0]), 1), vec![0.0]);
    }

    #[test]
    fn the_constants_loss_is_taken_over_the_known_labels() {
        let huber = Huber { delta: 1.0 };
        let rows = Rows {
            z: matrix(1, &[0.0; 3]),
            labels: vec![vec![1.0, f32::NAN, 2.0]],
            frozen: vec![0.0; 3],
            weights: None,
        };
        assert_eq!(constant_loss(&huber, &[0.0], &weighted_labels(&rows, 0)), Some(1.0));
        // 0.5 three times and 1.5 once.
        let weighted = Rows { weights: Some(vec![3.0, 5.0, 1.0]), ..rows };
        assert_eq!(constant_loss(&huber, &[0.0], &weighted_labels(&weighted, 0)), Some(0.75));
        assert_eq!(constant_loss(&BinaryCrossEntropy::default(), &[0.0], &[]), None);
        let uniform = constant_loss(&CrossEntropy::default(), &[0.0; 4], &alike(&[2.0])).unwrap();
        assert!((uniform - 4f64.ln()).abs() < 1e-6);
    }
}
