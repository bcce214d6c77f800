//! One run of gradient epochs on the network, in alternation with the step on the relation.

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::TrainError;
use super::alternate::Alternation;
use super::early_stopping::{EarlyStopping, Validation};
use super::fit::Weights;
use super::log::{AlternationRecord, EpochRecord};
use super::objective::Objective;
use super::problem::Problem;
use super::progress::{EpochReport, Phase, Progress};
use super::quantization_aware::{self, Awareness};
use super::schedule::Schedule;
use super::step::Stepper;
use crate::config::TrainingConfig;
use crate::model::fully_connected::with_f32;
use crate::model::init::{Stream, generator};
use crate::model::net::Net;
use crate::model::{LayerPlace, Standardized};

/// How to run.
pub(crate) struct RunPlan<'a> {
    /// Rates, batches, noise, relation, patience.
    pub(crate) training: &'a TrainingConfig,
    /// Weight of each task (T).
    pub(crate) task_weights: Vec<f32>,
    /// What learns at a fraction of the learning rate; `None` where all learns alike.
    pub(crate) slowed: Option<Slowed>,
    /// Epochs to run, over which the learning rate falls to 0.
    pub(crate) epochs: usize,
    /// How to run further epochs on the numbers of the integer network.
    pub(crate) awareness: Option<Awareness<'a>>,
    /// Seed of batches, noise and dropout.
    pub(crate) seed: u64,
    /// What to call the run.
    pub(crate) phase: Phase,
    /// Who hears of it.
    pub(crate) progress: &'a dyn Progress,
}

/// A learning rate for everything but what one task has of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slowed {
    /// Factor on the learning rate.
    pub(crate) factor: f64,
    /// The task, by index, whose own weights learn at the full rate.
    pub(crate) all_but: usize,
}

/// What a run leaves.
pub(crate) struct Outcome {
    pub(crate) epochs: Vec<EpochRecord>,
    /// How many of them, the last ones, knew of the integer network.
    pub(crate) quantized_epochs: usize,
    /// The layers that had weights of 4 bits in these; `None` without any.
    pub(crate) narrow: Option<Vec<LayerPlace>>,
    pub(crate) alternations: Vec<AlternationRecord>,
    pub(crate) relation_converged: bool,
}

/// A step that is about to be taken.
pub(crate) struct NextStep<'n> {
    /// Its number, counted from 0.
    pub(crate) index: usize,
    /// Steps of the run.
    pub(crate) count: usize,
    /// The training rows.
    pub(crate) z: &'n Standardized,
    /// Those of the step, by index.
    pub(crate) rows: &'n [u32],
}

/// Trains `net` on the rows of `problem`. With `validation` the state after each epoch is scored and shown to the stopper,
/// which may end the run. `before_step` is called before each step. The further epochs that the plan knows of have a learning rate of their
/// own, which falls to 0 again.
pub(crate) fn descend(
    net: &Net,
    problem: &Problem,
    objective: &Arc<Objective>,
    plan: &RunPlan<'_>,
    mut validation: Option<(&Validation, &mut EarlyStopping<'_>)>,
    mut before_step: impl FnMut(&mut Stepper<'_>, &NextStep<'_>) -> Result<(), TrainError>,
) -> Result<Outcome, TrainError> {
    let training = plan.training;
    let rows = problem.rows.z.rows;
    let batch = training.batch.clamp(1, rows);
    let steps_per_epoch = rows.div_ceil(batch);
    let schedule = Schedule {
        peak: training.learning_rate,
        warmup_steps: training.warmup_epochs * steps_per_epoch,
        steps: plan.epochs * steps_per_epoch,
    };
    let quantized_epochs = plan.awareness.as_ref().map_or(0, |awareness| awareness.epochs);
    let quantized = Schedule {
        peak: training.learning_rate * quantization_aware::RATE,
        warmup_steps: 0,
        steps: quantized_epochs * steps_per_epoch,
    };
    let mut stepper = Stepper::new(net, problem, objective, plan)?;
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let mut batches = generator(plan.seed, Stream::Batches);
    let mut epochs = Vec::new();
    for epoch in 1..=plan.epochs + quantized_epochs {
        if epoch > plan.epochs {
            stepper.begin_quantized_epoch()?;
        }
        order.shuffle(&mut batches);
        let mut mean = MeanLosses::new(problem.wiring.len());
        for (index, chosen) in order.chunks(batch).enumerate() {
            let index = (epoch - 1) * steps_per_epoch + index;
            let further = index.checked_sub(schedule.steps);
            let rate = further.map_or_else(|| schedule.rate(index), |index| quantized.rate(index));
            before_step(&mut stepper, &NextStep { index, count: schedule.steps, z: &problem.rows.z, rows: chosen })?;
            let (losses, label_counts) = stepper.step(&problem.rows.z, chosen, rate)?;
            if let Some(task) = losses.iter().position(|loss| !loss.is_finite()) {
                return Err(TrainError::NonFinite { task: problem.wiring[task].task.clone(), epoch });
            }
            mean.add(&losses, &label_counts);
        }
        let losses = mean.finish();
        check_weights(net, problem, epoch)?;
        stepper.after_epoch(epoch, &losses)?;
        let score = validation.as_ref().map(|(validation, _)| validation.score(net)).transpose()?;
        plan.progress.epoch(&EpochReport {
            phase: plan.phase,
            epoch,
            epochs: plan.epochs + quantized_epochs,
            losses: &losses,
            validation: score,
        });
        epochs.push(EpochRecord { epoch, losses, validation: score });
        if let (Some((_, stopper)), Some(score)) = (&mut validation, score)
            && stopper.observe(epoch, score, || Weights::of(net, problem))?
        {
            break;
        }
    }
    let narrow = stepper.narrow();
    let (alternations, relation_converged) =
        stepper.into_alternation().map(Alternation::into_records).unwrap_or_default();
    Ok(Outcome { epochs, quantized_epochs, narrow, alternations, relation_converged })
}

/// Refuses weights that are not finite: the losses before the last step have not seen them yet.
fn check_weights(net: &Net, problem: &Problem, epoch: usize) -> Result<(), TrainError> {
    for (_, var) in net.variables() {
        if !with_f32(var, |values| Ok(values.iter().all(|value| value.is_finite())))? {
            let model = net.to_float(&problem.normalization)?;
            let task = model.first_not_finite().unwrap_or(&problem.wiring[0].task);
            return Err(TrainError::NonFinite { task: task.to_owned(), epoch });
        }
    }
    Ok(())
}

/// Mean loss of each task over the labels of an epoch, by their weights.
struct MeanLosses(Vec<(f64, usize)>);

impl MeanLosses {
    fn new(tasks: usize) -> Self {
        Self(vec![(0.0, 0); tasks])
    }

    fn add(&mut self, losses: &[f32], counts: &[usize]) {
        for ((sum, total), (loss, count)) in self.0.iter_mut().zip(losses.iter().zip(counts)) {
            *sum += f64::from(*loss) * *count as f64;
            *total += count;
        }
    }

    fn finish(self) -> Vec<f32> {
        self.0.into_iter().map(|(sum, total)| (sum / total.max(1) as f64) as f32).collect()
    }
}
