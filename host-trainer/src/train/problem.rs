//! From rows of features and labels to what a run needs: standardised, with the linear paths fitted.

use std::sync::Arc;

use trunkline_shared::model::TaskKind;

use super::TrainError;
use super::distill::SoftTargets;
use super::loss::{Loss, class_weights, loss_for, training_only_outputs};
use super::modality::OptionalChannels;
use crate::config::{LinearMode, Project, TaskConfig, kind_name};
use crate::data::{Labels, TaskLabels};
use crate::features::FeatureMatrix;
use crate::linear::fit_linear;
use crate::model::net::{LinearWiring, TaskWiring};
use crate::model::{Dense, Normalization, Standardized, TargetScale};

/// A task of the project file with its labels.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// How to learn it.
    pub config: &'a TaskConfig,
    /// One label a row of the data set.
    pub labels: &'a TaskLabels,
}

/// The rows to train on. Nothing is fitted on any other.
#[derive(Debug, Clone)]
pub struct TrainingSet<'a> {
    /// Features of every row of the data set.
    pub features: &'a FeatureMatrix,
    /// Tasks to learn, in the order of the model's heads; a single one gives a single-task model.
    pub tasks: Vec<Task<'a>>,
    /// Training rows.
    pub rows: &'a [usize],
    /// Unit of every row of the data set (see [`crate::data::split::units`]): units are never parted when the epoch or a penalty is
    /// chosen.
    pub units: Option<&'a [u32]>,
    /// How many times every row of the data set counts, 0 or more, in losses, closed forms and temperatures; `None` where all count
    /// alike. A row of weight 0 has no label.
    pub weights: Option<&'a [f32]>,
}

impl Task<'_> {
    /// Labels of `rows`: class numbers, or values in the task's unit; NaN where missing.
    pub(crate) fn raw_labels(&self, rows: &[usize]) -> Vec<f32> {
        match &self.labels.labels {
            Labels::Classes(classes) => rows.iter().map(|row| classes[*row].map_or(f32::NAN, f32::from)).collect(),
            Labels::Values(values) => rows.iter().map(|row| values[*row].unwrap_or(f32::NAN)).collect(),
        }
    }

    /// Checks that labels, loss and paths make sense before anything is fitted; `labels` are those of `rows`.
    fn check(&self, rows: &[usize], labels: &[f32], has_trunk: bool) -> Result<(), TrainError> {
        let task = || self.labels.name.clone();
        if labels.iter().all(|label| label.is_nan()) {
            return Err(TrainError::NoLabels { task: task(), rows: rows.len() });
        }
        let classes = self.classes();
        let valid =
            |label: f32| label.is_nan() || if classes == 0 { label.is_finite() } else { label < classes as f32 };
        if let Some(at) = labels.iter().position(|label| !valid(*label)) {
            return Err(TrainError::Label { task: task(), row: rows[at], label: labels[at], classes });
        }
        if self.loss(labels).is_none() {
            return Err(TrainError::LossKind { task: task(), kind: kind_name(self.labels.kind) });
        }
        if self.config.linear.mode == LinearMode::Off && !(has_trunk && self.config.trunk_head) {
            return Err(TrainError::NoPath { task: task() });
        }
        Ok(())
    }

    /// Number of classes; 0 for a regression.
    fn classes(&self) -> usize {
        match self.labels.kind {
            TaskKind::Regression => 0,
            TaskKind::Binary => 2,
            TaskKind::MultiClass => self.labels.class_names.len(),
        }
    }

    /// The task's loss, with classes balanced by the training labels `labels`; `None` where it does not fit the kind.
    pub(crate) fn loss(&self, labels: &[f32]) -> Option<Arc<dyn Loss>> {
        loss_for(self.labels.kind, self.config.loss.as_ref(), self.classes(), labels)
    }

    /// How many times the rows of each class count in the task's loss, by the training labels `labels`; `None` where all count alike.
    pub(crate) fn class_weights(&self, labels: &[f32]) -> Option<Vec<f32>> {
        let config = self.config.loss.as_ref()?.class_weights()?;
        Some(class_weights(config, self.classes(), labels))
    }

    /// Outputs of the network in training: those of the model, and what the loss needs beside them.
    pub(crate) fn training_outputs(&self) -> usize {
        self.labels.outputs() + training_only_outputs(self.config.loss.as_ref())
    }

    /// Mean and standard deviation of the known values of `labels` (sd 1 where they do not vary); the identity for classes.
    pub(crate) fn target_scale(&self, labels: &[f32]) -> TargetScale {
        let identity = TargetScale { mean: 0.0, sd: 1.0 };
        let known: Vec<f64> = labels.iter().filter(|label| !label.is_nan()).map(|label| f64::from(*label)).collect();
        if self.labels.kind != TaskKind::Regression || known.is_empty() {
            return identity;
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let sd = (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len() as f64).sqrt();
        let varies = sd > mean.abs() * 4.0 * f64::from(f32::EPSILON);
        TargetScale { mean: mean as f32, sd: if varies { sd as f32 } else { 1.0 } }
    }
}

impl TrainingSet<'_> {
    /// Checks everything that can be wrong with the set, for a network with or without a trunk.
    pub(crate) fn check(&self, has_trunk: bool) -> Result<(), TrainError> {
        if self.rows.is_empty() || self.tasks.is_empty() {
            return Err(TrainError::Empty { rows: self.rows.len(), tasks: self.tasks.len() });
        }
        self.tasks.iter().try_for_each(|task| task.check(self.rows, &self.labels(task, self.rows), has_trunk))
    }

    /// Labels of `task` in `rows`: class numbers, or values in the task's unit; NaN where missing or of weight 0.
    pub(crate) fn labels(&self, task: &Task<'_>, rows: &[usize]) -> Vec<f32> {
        let mut labels = task.raw_labels(rows);
        if let Some(weights) = self.weights {
            labels
                .iter_mut()
                .zip(rows)
                .filter(|(_, row)| weights[**row] == 0.0)
                .for_each(|(label, _)| *label = f32::NAN);
        }
        labels
    }

    /// The set with the rows `rows`, and with those of its tasks that have a label there, which are given by index.
    pub(crate) fn labelled_part<'r>(&'r self, rows: &'r [usize]) -> (Vec<usize>, TrainingSet<'r>) {
        let is_labelled = |task: &usize| self.labels(&self.tasks[*task], rows).iter().any(|label| !label.is_nan());
        let known: Vec<usize> = (0..self.tasks.len()).filter(is_labelled).collect();
        let tasks = known.iter().map(|task| self.tasks[*task]).collect();
        (known, TrainingSet { tasks, rows, ..self.clone() })
    }

    /// Weights of `rows`.
    pub(crate) fn weights_of(&self, rows: &[usize]) -> Option<Vec<f32>> {
        self.weights.map(|weights| rows.iter().map(|row| weights[*row]).collect())
    }
}

/// Rows ready for a network: features standardised, labels on the loss's scale, frozen paths worked out.
pub(crate) struct Rows {
    /// Clean features (n x F), with raw samples after them where branches convolve some.
    pub(crate) z: Standardized,
    /// Labels of each task (T x n): class numbers or standardised values, NaN where missing.
    pub(crate) labels: Vec<Vec<f32>>,
    /// Outputs of the frozen linear paths (n x K).
    pub(crate) frozen: Vec<f32>,
    /// How many times each row counts (n); `None` where all count alike.
    pub(crate) weights: Option<Vec<f32>>,
}

/// What is fitted on the training rows before the first gradient step.
pub(crate) struct Problem {
    /// Standardisation of the features.
    pub(crate) normalization: Normalization,
    /// Wiring of each task, linear paths included.
    pub(crate) wiring: Vec<TaskWiring>,
    /// Loss of each task.
    pub(crate) losses: Vec<Arc<dyn Loss>>,
    /// The training rows.
    pub(crate) rows: Rows,
    /// The channels that may be missing in a training row; `None` where none may.
    pub(crate) optional: Option<OptionalChannels>,
    /// What teachers say of the training rows, for each task that is taught (T).
    pub(crate) soft_targets: Vec<Option<SoftTargets>>,
}

impl Problem {
    /// Fits standardisation, target scales and closed-form linear paths to `rows` of a set that has passed its check, by the
    /// `[model]` and `[training]` sections of `project`. No task has a head or reads
    /// another yet: that is the architecture's affair.
    pub(crate) fn fit(project: &Project, set: &TrainingSet<'_>, rows: &[usize], seed: u64) -> Self {
        let mut normalization = Normalization::fit(set.features, rows, project.model.clip_sd);
        let optional = OptionalChannels::new(project, set.features, rows, seed, &mut normalization);
        Self::fit_with(set, rows, normalization, optional, |task, closed_form| {
            let scaled = |dense: Dense| {
                let scale = |value: &f32| (f64::from(*value) * task.config.linear.scale) as f32;
                Dense {
                    weight: dense.weight.iter().map(scale).collect(),
                    bias: dense.bias.iter().map(scale).collect(),
                    ..dense
                }
            };
            let l2 = task.config.linear.l2;
            match task.config.linear.mode {
                LinearMode::Off => LinearWiring::None,
                LinearMode::Frozen => LinearWiring::Frozen(scaled(closed_form())),
                LinearMode::Trained => LinearWiring::Trained { start: scaled(closed_form()), l2 },
                LinearMode::Zero => {
                    LinearWiring::Trained { start: Dense::zeros(task.training_outputs(), set.features.columns), l2 }
                }
            }
        })
    }

    /// The same with the unscaled closed form, frozen, for every task: the linear baseline.
    pub(crate) fn fit_linear(set: &TrainingSet<'_>, clip_sd: f64) -> Self {
        let normalization = Normalization::fit_features(set.features, set.rows, clip_sd);
        let frozen = |_: &Task<'_>, closed_form: &dyn Fn() -> Dense| LinearWiring::Frozen(closed_form());
        Self::fit_with(set, set.rows, normalization, None, frozen)
    }

    fn fit_with(
        set: &TrainingSet<'_>,
        rows: &[usize],
        normalization: Normalization,
        optional: Option<OptionalChannels>,
        wire: impl Fn(&Task<'_>, &dyn Fn() -> Dense) -> LinearWiring,
    ) -> Self {
        let z = normalization.apply_rows(set.features, rows);
        let features = (z.columns > set.features.columns).then(|| z.first_columns(set.features.columns));
        let features = features.as_ref().unwrap_or(&z);
        let (all, copies) = optional.as_ref().map(|optional| optional.with_masked_copies(features)).unzip();
        let (all, copies) = (all.as_ref().unwrap_or(features), copies.unwrap_or_default());
        let fitted: Vec<usize> = rows.iter().copied().chain(copies.iter().map(|copy| rows[*copy])).collect();
        let units: Option<Vec<u32>> = set.units.map(|units| fitted.iter().map(|row| units[*row]).collect());
        let weights = set.weights_of(&fitted);
        let wire_task = |task: &Task<'_>| {
            let own_labels = set.labels(task, rows);
            let target = task.target_scale(&own_labels);
            let class_weights = task.class_weights(&own_labels);
            let (kind, outputs) = (task.labels.kind, task.labels.outputs());
            let labels = standardized(&set.labels(task, &fitted), target);
            let closed_form = || {
                let (units, weights, class_weights) = (units.as_deref(), weights.as_deref(), class_weights.as_deref());
                fit_linear(kind, outputs, all, &labels, units, weights, class_weights)
                    .with_outputs(task.training_outputs())
            };
            let linear = wire(task, &closed_form);
            TaskWiring {
                task: task.labels.name.clone(),
                kind,
                outputs: task.training_outputs(),
                kept: outputs,
                head: None,
                reads: Vec::new(),
                linear,
                target,
            }
        };
        let wiring: Vec<TaskWiring> = set.tasks.iter().map(wire_task).collect();
        // One a task: the set's check has made sure that each has one.
        let losses = set.tasks.iter().filter_map(|task| task.loss(&set.labels(task, rows))).collect();
        let rows = assemble(set, rows, z, &wiring);
        Self { normalization, soft_targets: vec![None; wiring.len()], wiring, losses, rows, optional }
    }

    /// Nothing is fitted: `rows` on the scales and with the linear paths of a model that exists, its tasks (T) wired as in `wiring`.
    pub(crate) fn on_scales(
        set: &TrainingSet<'_>,
        rows: &[usize],
        normalization: Normalization,
        wiring: Vec<TaskWiring>,
        losses: Vec<Arc<dyn Loss>>,
        optional: Option<OptionalChannels>,
    ) -> Self {
        let rows = assemble(set, rows, normalization.apply_rows(set.features, rows), &wiring);
        Self { normalization, soft_targets: vec![None; wiring.len()], wiring, losses, rows, optional }
    }

    /// Other rows of the same set, on the scales fitted here.
    pub(crate) fn other_rows(&self, set: &TrainingSet<'_>, rows: &[usize]) -> Rows {
        assemble(set, rows, self.normalization.apply_rows(set.features, rows), &self.wiring)
    }
}

fn assemble(set: &TrainingSet<'_>, rows: &[usize], z: Standardized, wiring: &[TaskWiring]) -> Rows {
    let tasks = set.tasks.iter().zip(wiring);
    let labels = tasks.map(|(task, wiring)| standardized(&set.labels(task, rows), wiring.target)).collect();
    let mut frozen = Vec::with_capacity(rows.len() * wiring.iter().map(|task| task.outputs).sum::<usize>());
    for row in 0..z.rows {
        for task in wiring {
            match &task.linear {
                LinearWiring::Frozen(dense) => frozen.extend(dense.apply(&z.row(row)[..dense.inputs])),
                _ => frozen.extend(std::iter::repeat_n(0.0, task.outputs)),
            }
        }
    }
    Rows { z, labels, frozen, weights: set.weights_of(rows) }
}

/// `labels` on the scale `target`.
pub(crate) fn standardized(labels: &[f32], target: TargetScale) -> Vec<f32> {
    labels.iter().map(|label| (label - target.mean) / target.sd).collect()
}
