//! One step of training: a batch through the network, its losses weighed, their gradients combined, the variables moved.

use std::sync::Arc;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::TrainError;
use super::alternate::Alternation;
use super::dropout::Dropout;
use super::gradient::{GradientMethod, TaskGradients, chosen_loss, method_for};
use super::mixup::{Blend, Mixup};
use super::modality::ModalityDropout;
use super::narrow::narrow_layers;
use super::objective::Objective;
use super::optimizer::AdamW;
use super::problem::Problem;
use super::quantization_aware::{Awareness, Rounded, Rounder};
use super::run::{RunPlan, Slowed};
use super::weighting::{Weighting, weighting_for};
use crate::model::init::{Stream, generator};
use crate::model::net::{Net, Part};
use crate::model::{LayerPlace, Standardized};

/// A result of tensor operations, or another where that is said.
type Result<T, E = candle_core::Error> = std::result::Result<T, E>;

/// All that a step needs, and what it leaves for the next.
pub(crate) struct Stepper<'a> {
    net: &'a Net,
    objective: &'a Arc<Objective>,
    optimizer: AdamW,
    weighting: Box<dyn Weighting>,
    /// How the tasks' gradients on the trunk are combined; `None` for the plain sum.
    method: Option<Box<dyn GradientMethod>>,
    alternation: Option<Alternation<'a>>,
    mixup: Option<Mixup>,
    modality: Option<ModalityDropout<'a>>,
    noise: Noise,
    dropout: Option<Dropout>,
    problem: &'a Problem,
    awareness: Option<&'a Awareness<'a>>,
    /// The layers with weights of 4 bits, chosen when the first epoch begins that knows of them.
    narrow: Option<Vec<LayerPlace>>,
    /// What the integer network of the present epoch is made by; `None` in epochs that know of none.
    rounder: Option<Rounder<'a>>,
    /// The network on its integer weights, in the course of a step.
    rounded: Option<Rounded>,
}

/// What goes through the network in one step.
pub(crate) struct Batch {
    /// The rows, by index, mixed or not.
    rows: Blend,
    /// Their features (B, F), with raw samples after them where branches convolve some.
    clean: Tensor,
    /// The features that the trunk reads, with noise.
    trunk_input: Tensor,
    /// Factors on the trunk's activations.
    masks: Vec<Tensor>,
    /// Change of the frozen paths' outputs (B, K) where channels are left out.
    frozen_change: Option<Tensor>,
    /// Labels of each task among the rows (T).
    label_counts: Vec<usize>,
}

impl<'a> Stepper<'a> {
    /// For `net`, trained on the rows of `problem` by `objective` as `plan` says.
    pub(crate) fn new(
        net: &'a Net,
        problem: &'a Problem,
        objective: &'a Arc<Objective>,
        plan: &'a RunPlan<'a>,
    ) -> Result<Self> {
        let training = plan.training;
        let decay = |part| if part == Part::Weight { training.weight_decay } else { 0.0 };
        let variables = net.variables().into_iter().map(|(part, var)| (var.clone(), decay(part)));
        let mut optimizer = AdamW::new(variables);
        if let Some(Slowed { factor, all_but }) = plan.slowed {
            let own = net.own_elements(all_but).into_iter();
            let others = own.map(|marks| marks.into_iter().map(|own| !own).collect());
            optimizer = optimizer.slowed(factor, others.collect());
        }
        Ok(Self {
            net,
            objective,
            optimizer,
            weighting: weighting_for(training.weighting, plan.task_weights.clone()),
            method: method_for(training.gradient, plan.seed),
            alternation: Alternation::new(&training.relation, net)?,
            mixup: Mixup::new(training.mixup, plan.seed),
            modality: ModalityDropout::new(problem),
            noise: Noise { sd: training.input_noise as f32, random: generator(plan.seed, Stream::Noise) },
            dropout: Dropout::new(training.dropout as f32, plan.seed),
            problem,
            awareness: plan.awareness.as_ref(),
            narrow: None,
            rounder: None,
            rounded: None,
        })
    }

    /// One step on the rows `chosen` of `z` at learning rate `rate`; returns the tasks' losses before it (T) and their numbers of
    /// labels (T).
    ///
    /// # Errors
    /// [`TrainError::Tensor`]; [`TrainError::Quantize`] in quantization-aware epochs.
    pub(crate) fn step(
        &mut self,
        z: &Standardized,
        chosen: &[u32],
        rate: f64,
    ) -> Result<(Vec<f32>, Vec<usize>), TrainError> {
        let batch = self.batch(z, chosen)?;
        self.round()?;
        let losses = self.losses(&batch)?;
        let values = losses.to_vec1::<f32>()?;
        let weights = self.weights(&batch, &values, rate);
        let gradients = self.gradients(&batch, &losses, &weights)?;
        self.undo_rounding()?;
        self.optimizer.step(&gradients, rate)?;
        if self.weighting.wants_losses_after_step() {
            self.round()?;
            let after = self.losses(&batch)?.to_vec1::<f32>()?;
            self.undo_rounding()?;
            self.weighting.after_step(&batch.known(&after));
        }
        Ok((values, batch.label_counts))
    }

    /// Begins an epoch whose steps are taken on the numbers of the integer network, if the plan knows of one.
    ///
    /// # Errors
    /// As [`Rounder::new`].
    pub(crate) fn begin_quantized_epoch(&mut self) -> Result<(), TrainError> {
        let (net, problem) = (self.net, self.problem);
        let Some(form) = self.awareness.map(|awareness| &awareness.form) else { return Ok(()) };
        let narrow = match self.narrow.take() {
            Some(narrow) => narrow,
            None => narrow_layers(net, problem, form)?,
        };
        self.narrow = Some(narrow.clone());
        self.rounder = Some(Rounder::new(net, problem, form, narrow)?);
        Ok(())
    }

    /// The layers with weights of 4 bits; `None` before the first quantized epoch.
    pub(crate) fn narrow(&self) -> Option<Vec<LayerPlace>> {
        self.narrow.clone()
    }

    /// Puts the network on its integer weights, in an epoch that knows of them.
    fn round(&mut self) -> Result<(), TrainError> {
        self.rounded = self.rounder.as_ref().map(Rounder::round).transpose()?;
        Ok(())
    }

    /// Takes it off them again.
    fn undo_rounding(&mut self) -> Result<()> {
        self.rounded.take().map_or(Ok(()), |rounded| rounded.undo(self.net))
    }

    /// Ends epoch `epoch` (counted from 1), whose mean losses were `losses` (T).
    pub(crate) fn after_epoch(&mut self, epoch: usize, losses: &[f32]) -> Result<()> {
        self.weighting.after_epoch(losses);
        self.alternation.as_mut().map_or(Ok(()), |alternation| alternation.after_epoch(epoch, self.net))
    }

    /// The relation's course.
    pub(crate) fn into_alternation(self) -> Option<Alternation<'a>> {
        self.alternation
    }

    /// Draws partners, noise and dropped activations for the rows `chosen` of `z`.
    pub(crate) fn batch(&mut self, z: &Standardized, chosen: &[u32]) -> Result<Batch> {
        let mixup = self.mixup.as_mut();
        let rows = mixup.map_or_else(|| Blend::from(chosen.to_vec()), |mixup| mixup.blend(chosen));
        let mut values = rows.features(z);
        let (count, features) = (chosen.len(), self.problem.normalization.mean.len());
        let mut noisy = self.noise.on(&values, z.columns, features);
        let modality = self.modality.as_mut();
        let frozen_change = modality.map(|modality| modality.mask(count, &mut values, noisy.as_deref_mut()));
        let noisy = noisy.map(|noisy| Tensor::from_vec(noisy, (count, features), &Device::Cpu)).transpose()?;
        let clean = Tensor::from_vec(values, (count, z.columns), &Device::Cpu)?;
        let masks = self.dropout.as_mut().map(|dropout| dropout.masks(chosen.len(), self.net.trunk_widths()));
        Ok(Batch {
            rows,
            trunk_input: noisy.unwrap_or_else(|| clean.clone()),
            clean,
            masks: masks.transpose()?.unwrap_or_default(),
            frozen_change: frozen_change.transpose()?.flatten(),
            label_counts: self.objective.label_counts(chosen),
        })
    }

    /// The tasks' losses on a batch (T), with their graph.
    pub(crate) fn losses(&self, batch: &Batch) -> Result<Tensor> {
        let rounding = self.rounded.as_ref().map(|rounded| &rounded.rounding);
        let mut outputs = self.net.forward_on(&batch.clean, &batch.trunk_input, &batch.masks, rounding)?;
        if let Some(change) = &batch.frozen_change {
            outputs = (outputs + change)?;
        }
        self.objective.losses(&outputs, batch.rows.clone())
    }

    /// The weight of each task (T) in a step on `batch`, on which the losses are `losses` (T).
    pub(crate) fn weights(&mut self, batch: &Batch, losses: &[f32], rate: f64) -> Vec<f32> {
        self.weighting.weights(&batch.known(losses), rate)
    }

    /// The tasks' gradients one by one, of their `losses` on `batch` times `weights` (T): of the tasks that read the trunk and have
    /// a label in the batch; `None` where there is none.
    pub(crate) fn task_gradients(
        &self,
        batch: &Batch,
        losses: &Tensor,
        weights: &[f32],
    ) -> Result<Option<TaskGradients>> {
        let mut tasks = self.net.trunk_tasks();
        tasks.retain(|task| batch.label_counts[*task] > 0);
        let shared: Vec<Var> = self.net.shared_variables().cloned().collect();
        let wanted = !tasks.is_empty() && !shared.is_empty();
        wanted.then(|| TaskGradients::of(losses, weights, &tasks, shared)).transpose()
    }

    /// The gradients to follow: on the trunk the tasks' by the method, everywhere else their sum; and those of the penalties.
    pub(crate) fn gradients(&mut self, batch: &Batch, losses: &Tensor, weights: &[f32]) -> Result<GradStore> {
        let penalties = self.penalties()?;
        let plus_penalties = |total: Tensor| penalties.iter().try_fold(total, |total, penalty| total + penalty);
        let one_by_one = match self.method {
            Some(_) => self.task_gradients(batch, losses, weights)?,
            None => None,
        };
        let (Some(method), Some(one_by_one)) = (&mut self.method, one_by_one) else {
            let all: Vec<usize> = (0..weights.len()).collect();
            return plus_penalties(chosen_loss(losses, weights, &all)?.sum_all()?)?.backward();
        };
        let apart = |task: &usize| batch.label_counts[*task] > 0 && !one_by_one.tasks().contains(task);
        let beside_trunk: Vec<usize> = (0..weights.len()).filter(apart).collect();
        let mut gradients = one_by_one.combine(|gram| method.weights(gram))?;
        if self.net.trains_beside_trunk(&beside_trunk) {
            gradients.extend(chosen_loss(losses, weights, &beside_trunk)?.backward()?)?;
        }
        penalties.iter().try_for_each(|penalty| gradients.extend(penalty.backward()?))?;
        Ok(gradients)
    }

    /// The penalties on heads and linear paths, scalars of the graph.
    fn penalties(&self) -> Result<Vec<Tensor>> {
        let relation =
            self.alternation.as_ref().map(|alternation| alternation.penalty(self.net)).transpose()?.flatten();
        Ok(relation.into_iter().chain(self.net.linear_penalty()?).collect())
    }
}

impl Batch {
    /// `losses` (T) of the tasks that have a label in the batch.
    fn known(&self, losses: &[f32]) -> Vec<Option<f32>> {
        losses.iter().zip(&self.label_counts).map(|(loss, count)| (*count > 0).then_some(*loss)).collect()
    }
}

/// Gaussian noise on the features that the trunk reads.
struct Noise {
    sd: f32,
    random: ChaCha8Rng,
}

impl Noise {
    /// The first `features` of each of `columns` columns, with noise; `None` where the noise is 0.
    fn on(&mut self, rows: &[f32], columns: usize, features: usize) -> Option<Vec<f32>> {
        let mut draw = || Distribution::<f32>::sample(&StandardNormal, &mut self.random);
        let values = rows.chunks_exact(columns).flat_map(|row| &row[..features]);
        (self.sd > 0.0).then(|| values.map(|value| value + self.sd * draw()).collect())
    }
}
