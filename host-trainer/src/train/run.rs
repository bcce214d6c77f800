//! One run of gradient epochs on the network, in alternation with the step on the relation.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::TrainError;
use super::alternate::Alternation;
use super::dropout::Dropout;
use super::early_stopping::{EarlyStopping, Validation};
use super::log::{AlternationRecord, EpochRecord};
use super::modality::ModalityDropout;
use super::objective::Objective;
use super::optimizer::AdamW;
use super::problem::Problem;
use super::progress::{EpochReport, Phase, Progress};
use super::schedule::Schedule;
use super::weighting::{Weighting, weighting_for};
use crate::config::TrainingConfig;
use crate::model::Standardized;
use crate::model::init::{Stream, generator};
use crate::model::net::{Net, Part};

/// How to run.
pub(crate) struct RunPlan<'a> {
    /// Rates, batches, noise, relation, patience.
    pub(crate) training: &'a TrainingConfig,
    /// Weight of each task (T).
    pub(crate) task_weights: Vec<f32>,
    /// Epochs to run, over which the learning rate falls to 0.
    pub(crate) epochs: usize,
    /// Seed of batches, noise and dropout.
    pub(crate) seed: u64,
    /// What to call the run.
    pub(crate) phase: Phase,
    /// Who hears of it.
    pub(crate) progress: &'a dyn Progress,
}

/// What a run leaves.
pub(crate) struct Outcome {
    pub(crate) epochs: Vec<EpochRecord>,
    pub(crate) alternations: Vec<AlternationRecord>,
    pub(crate) relation_converged: bool,
}

/// Trains `net` on the rows of `problem`. With `validation` the state after each epoch is scored and shown to the stopper,
/// which may end the run.
pub(crate) fn descend(
    net: &Net,
    problem: &Problem,
    objective: &Arc<Objective>,
    plan: &RunPlan<'_>,
    mut validation: Option<(&Validation, &mut EarlyStopping<'_>)>,
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
    let decay = |part| if part == Part::Weight { training.weight_decay } else { 0.0 };
    let variables = net.variables().into_iter().map(|(part, var)| (var.clone(), decay(part)));
    let mut stepper = Stepper {
        net,
        objective,
        optimizer: AdamW::new(variables),
        weighting: weighting_for(training.weighting, plan.task_weights.clone()),
        alternation: Alternation::new(&training.relation, net)?,
        modality: ModalityDropout::new(problem),
        noise: Noise { sd: training.input_noise as f32, random: generator(plan.seed, Stream::Noise) },
        dropout: Dropout::new(training.dropout as f32, plan.seed),
    };
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let mut batches = generator(plan.seed, Stream::Batches);
    let mut epochs = Vec::new();
    for epoch in 1..=plan.epochs {
        order.shuffle(&mut batches);
        let mut mean = MeanLosses::new(problem.wiring.len());
        for (index, chosen) in order.chunks(batch).enumerate() {
            let rate = schedule.rate((epoch - 1) * steps_per_epoch + index);
            let losses = stepper.step(&problem.rows.z, chosen, rate)?;
            if let Some(task) = losses.iter().position(|loss| !loss.is_finite()) {
                return Err(TrainError::NonFinite { task: problem.wiring[task].task.clone(), epoch });
            }
            mean.add(&losses, &objective.label_counts(chosen));
        }
        if let Some(alternation) = &mut stepper.alternation {
            alternation.after_epoch(epoch, net)?;
        }
        let losses = mean.finish();
        let score = validation.as_ref().map(|(validation, _)| validation.score(net)).transpose()?;
        plan.progress.epoch(&EpochReport {
            phase: plan.phase,
            epoch,
            epochs: plan.epochs,
            losses: &losses,
            validation: score,
        });
        epochs.push(EpochRecord { epoch, losses, validation: score });
        if let (Some((_, stopper)), Some(score)) = (&mut validation, score)
            && stopper.observe(epoch, score, || net.to_float(&problem.normalization))?
        {
            break;
        }
    }
    let (alternations, relation_converged) = stepper.alternation.map(Alternation::into_records).unwrap_or_default();
    Ok(Outcome { epochs, alternations, relation_converged })
}

/// All that a step needs.
struct Stepper<'a> {
    net: &'a Net,
    objective: &'a Arc<Objective>,
    optimizer: AdamW,
    weighting: Box<dyn Weighting>,
    alternation: Option<Alternation<'a>>,
    modality: Option<ModalityDropout<'a>>,
    noise: Noise,
    dropout: Option<Dropout>,
}

impl Stepper<'_> {
    /// One step on the rows `chosen` of `z`; returns the tasks' losses before it.
    fn step(&mut self, z: &Standardized, chosen: &[u32], rate: f64) -> Result<Vec<f32>, TrainError> {
        let mut clean: Vec<f32> = chosen.iter().flat_map(|row| z.row(*row as usize)).copied().collect();
        let shape = (chosen.len(), z.columns);
        let mut noisy = self.noise.on(&clean);
        let modality = self.modality.as_mut();
        let frozen_change = modality.map(|modality| modality.mask(z.columns, &mut clean, noisy.as_deref_mut()));
        let noisy = noisy.map(|noisy| Tensor::from_vec(noisy, shape, &Device::Cpu)).transpose()?;
        let clean = Tensor::from_vec(clean, shape, &Device::Cpu)?;

        let masks = self.dropout.as_mut().map(|dropout| dropout.masks(chosen.len(), self.net.trunk_widths()));
        let masks = masks.transpose()?.unwrap_or_default();
        let mut outputs = self.net.forward(&clean, noisy.as_ref().unwrap_or(&clean), &masks)?;
        if let Some(change) = frozen_change.transpose()?.flatten() {
            outputs = (outputs + change)?;
        }
        let losses = self.objective.losses(&outputs, chosen.to_vec())?;
        let values = losses.to_vec1::<f32>()?;
        let weights = Tensor::from_vec(self.weighting.weights(&values), values.len(), &Device::Cpu)?;
        let mut total = (losses * weights)?.sum_all()?;
        let relation =
            self.alternation.as_ref().map(|alternation| alternation.penalty(self.net)).transpose()?.flatten();
        for penalty in relation.into_iter().chain(self.net.linear_penalty()?) {
            total = (total + penalty)?;
        }
        self.optimizer.step(&total.backward()?, rate)?;
        Ok(values)
    }
}

/// Gaussian noise on the trunk's input.
struct Noise {
    sd: f32,
    random: ChaCha8Rng,
}

impl Noise {
    /// `values` with noise; `None` where the noise is 0.
    fn on(&mut self, values: &[f32]) -> Option<Vec<f32>> {
        let mut draw = || Distribution::<f32>::sample(&StandardNormal, &mut self.random);
        (self.sd > 0.0).then(|| values.iter().map(|value| value + self.sd * draw()).collect())
    }
}

/// Mean loss of each task over the labels of an epoch.
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
