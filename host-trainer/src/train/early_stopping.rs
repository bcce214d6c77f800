//! When to stop: validation on whole groups held out of the training rows.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

use super::loss::Loss;
use super::objective::Objective;
use super::problem::{Problem, Rows};
use crate::model::FloatModel;
use crate::model::net::Net;

/// Held-out rows and the measure on them.
pub(crate) struct Validation {
    objective: Arc<Objective>,
    z: Tensor,
    rows: Vec<u32>,
    /// Loss of the best constant of the training rows on the held-out rows (T); `None` where a task has no label there.
    constant_losses: Vec<Option<f64>>,
}

impl Validation {
    /// Measures on `held_out`, rows on the scales of `problem`, with one loss a task.
    pub(crate) fn new(problem: &Problem, held_out: &Rows, losses: Vec<Box<dyn Loss>>) -> Result<Self> {
        let constant_losses = (0..problem.wiring.len())
            .map(|task| {
                let constant = best_constant(&problem.rows.labels[task], problem.wiring[task].outputs);
                constant_loss(problem.losses[task].as_ref(), &constant, &held_out.labels[task])
            })
            .collect();
        let outputs: Vec<usize> = problem.wiring.iter().map(|task| task.outputs).collect();
        let z = Tensor::from_slice(&held_out.z.data, (held_out.z.rows, held_out.z.columns), &Device::Cpu)?;
        let rows = (0..held_out.z.rows as u32).collect();
        Ok(Self { objective: Arc::new(Objective::new(held_out, &outputs, losses)), z, rows, constant_losses })
    }

    /// Mean over the tasks of the loss as a share of the constant's: 0 is perfect, 1 as good as a constant.
    pub(crate) fn score(&self, net: &Net) -> Result<f64> {
        let outputs = net.forward(&self.z, &self.z)?.detach();
        let losses = self.objective.losses(&outputs, self.rows.clone())?.to_vec1::<f32>()?;
        let shares: Vec<f64> = losses
            .iter()
            .zip(&self.constant_losses)
            .filter_map(|(loss, constant)| constant.map(|constant| f64::from(*loss) / constant))
            .collect();
        Ok(shares.iter().sum::<f64>() / shares.len().max(1) as f64)
    }
}

/// Best outputs that do not look at the features: log shares of the classes (half a row added to each), or the mean, 0.
fn best_constant(labels: &[f32], outputs: usize) -> Vec<f32> {
    let known: Vec<f32> = labels.iter().copied().filter(|label| !label.is_nan()).collect();
    let log_count = |class: usize| {
        let count = known.iter().filter(|label| **label as usize == class).count();
        (count as f32 + 0.5).ln()
    };
    match outputs {
        1 => vec![log_count(1) - log_count(0)],
        _ => (0..outputs).map(log_count).collect(),
    }
}

/// Mean loss of `constant` on the known ones of `labels`; `None` where there is none.
fn constant_loss(loss: &dyn Loss, constant: &[f32], labels: &[f32]) -> Option<f64> {
    let mut gradient = vec![0.0; constant.len()];
    let known = labels.iter().filter(|label| !label.is_nan());
    let losses: Vec<f64> = known.map(|label| f64::from(loss.row(constant, *label, &mut gradient))).collect();
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    (mean > 0.0).then_some(mean)
}

/// Keeps the best weights and says when to end.
pub(crate) struct EarlyStopping {
    patience: usize,
    best: Option<Best>,
}

/// The best state so far.
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) score: f64,
    pub(crate) model: FloatModel,
}

impl EarlyStopping {
    /// Ends after `patience` epochs without improvement.
    pub(crate) fn new(patience: usize) -> Self {
        Self { patience, best: None }
    }

    /// Takes the score after epoch `epoch` (counted from 1; 0 is the state before training); `model` is asked for where it is
    /// the best so far. True where training should end.
    pub(crate) fn observe(
        &mut self,
        epoch: usize,
        score: f64,
        model: impl FnOnce() -> Result<FloatModel>,
    ) -> Result<bool> {
        match &self.best {
            Some(best) if score >= best.score => Ok(epoch - best.epoch >= self.patience.max(1)),
            _ => {
                self.best = Some(Best { epoch, score, model: model()? });
                Ok(false)
            }
        }
    }

    /// The best state.
    pub(crate) fn into_best(self) -> Option<Best> {
        self.best
    }
}
