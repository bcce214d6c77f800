//! Heads of each group's own for a model that all groups share.
//!
//! A personal head is an ordinary layer of the artifact: beside a network it is the task's head with a correction added, learnt from
//! what the shared model leaves (its residuals, or its logits as offset) of rows that it has not seen, so that it costs the device
//! nothing; a linear model's paths are learnt whole.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use trunkline_shared::model::TaskKind;

use super::choose::choose;
use super::group::Fitted;
use super::learn::{Alternation, Sharing};
use super::sample::{Sample, Target};
use super::unseen::UnseenAnswers;
use crate::config::{ModelKind, PersonalizeConfig, Project};
use crate::data::Labels;
use crate::model::{Decision, Dense, FloatModel, TaskHead};
use crate::train::{Task, TrainingSet};

/// The heads of all groups for all tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonalHeads {
    /// One a task, in task order.
    pub tasks: Vec<PersonalTask>,
}

/// One task's heads.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonalTask {
    /// The strength chosen; `None` where the shared head was the better choice for every group, or no group has rows enough.
    pub strength: Option<f64>,
    /// The task's layers for each group that has its own.
    pub groups: BTreeMap<u32, TaskHead>,
}

impl PersonalHeads {
    /// The shared model with the heads of group `group`; `None` if it has none of its own.
    pub fn model(&self, shared: &FloatModel, group: u32) -> Option<FloatModel> {
        let mut model = shared.clone();
        let mut any = false;
        for (head, task) in model.heads.iter_mut().zip(&self.tasks) {
            if let Some(own) = task.groups.get(&group) {
                *head = own.clone();
                any = true;
            }
        }
        any.then_some(model)
    }
}

/// What a task's heads read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// What the shared head's last layer reads.
    Trunk,
    /// The standardised features.
    Features,
}

/// The model that all groups share, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    /// Trained on all training rows.
    pub model: &'a FloatModel,
    /// What models of its kind answer to these rows unseen.
    pub unseen: &'a UnseenAnswers,
}

/// Learns the heads of all groups of `groups` (one number a row of the data set) on the rows of `set` beside `shared`, which was
/// trained on these rows.
///
/// With [`Sharing::Related`] and [`Sharing::Pooled`] they stand on the shared model; with [`Sharing::Separate`] each is a linear
/// model of the group's own rows. `seed` deals the halves that judge the strengths.
pub fn personalize(
    project: &Project,
    config: &PersonalizeConfig,
    shared: Shared<'_>,
    set: &TrainingSet<'_>,
    groups: &[u32],
    sharing: Sharing,
    seed: u64,
) -> PersonalHeads {
    let beside = project.model.kind == ModelKind::Network && sharing != Sharing::Separate;
    let tasks = set.tasks.iter().zip(&shared.model.heads).enumerate();
    let tasks = tasks.map(|(index, (task, head))| {
        let learner = Learner { config, shared, set, task, head, index, beside };
        learner.learn(groups, sharing, seed)
    });
    PersonalHeads { tasks: tasks.collect() }
}

/// One task on its way to personal heads.
struct Learner<'a> {
    config: &'a PersonalizeConfig,
    shared: Shared<'a>,
    set: &'a TrainingSet<'a>,
    task: &'a Task<'a>,
    head: &'a TaskHead,
    /// Of the task in the model.
    index: usize,
    /// Whether the heads correct the shared model.
    beside: bool,
}

impl Learner<'_> {
    fn learn(&self, groups: &[u32], sharing: Sharing, seed: u64) -> PersonalTask {
        let mut rows_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for row in self.set.rows.iter().filter(|row| self.is_learnt_from(**row)) {
            rows_of.entry(groups[*row]).or_default().push(*row);
        }
        rows_of.retain(|_, rows| rows.len() >= self.config.min_rows.max(2));
        if rows_of.is_empty() {
            return PersonalTask { strength: None, groups: BTreeMap::new() };
        }
        let frequencies = self.log_frequencies();
        let samples: Vec<Sample> = rows_of.values().map(|rows| self.sample(rows, &frequencies)).collect();
        let alternation = Alternation { epsilon: self.config.epsilon, steps: self.config.alternations };
        let chosen = choose(&samples, sharing, &self.config.strengths, alternation, self.beside, seed);
        let heads = chosen.heads.map_or_else(Vec::new, |heads| heads.groups);
        let groups =
            rows_of.into_keys().zip(heads).map(|(group, outputs)| (group, self.layers(&outputs, &frequencies)));
        PersonalTask { strength: chosen.strength, groups: groups.collect() }
    }

    fn reads(&self) -> Reads {
        if self.beside && self.head.head.is_some() { Reads::Trunk } else { Reads::Features }
    }

    /// Whether the row has a label, and an answer to correct.
    fn is_learnt_from(&self, row: usize) -> bool {
        let is_labelled = match &self.task.labels.labels {
            Labels::Classes(classes) => classes[row].is_some(),
            Labels::Values(values) => values[row].is_some(),
        };
        is_labelled && (!self.beside || self.base(row).is_some())
    }

    /// What a network of the shared one's kind answers to the row unseen: logits, or the value in the task's unit.
    fn base(&self, row: usize) -> Option<&[f32]> {
        self.shared.unseen.of(row, self.index)
    }

    /// Logits of the classes' frequencies over all training rows, each counted once more than it came; empty for a regression.
    fn log_frequencies(&self) -> Vec<f64> {
        let Labels::Classes(classes) = &self.task.labels.labels else { return Vec::new() };
        let mut counts = vec![1.0; self.task.labels.class_names.len().max(2)];
        for class in self.set.rows.iter().filter_map(|row| classes[*row]) {
            if let Some(count) = counts.get_mut(usize::from(class)) {
                *count += 1.0;
            }
        }
        let total: f64 = counts.iter().sum();
        match (self.task.labels.kind, counts.as_slice()) {
            (TaskKind::Binary, [no, yes, ..]) => vec![f64::ln(yes / no)],
            _ => counts.iter().map(|count| (count / total).ln()).collect(),
        }
    }

    fn sample(&self, rows: &[usize], frequencies: &[f64]) -> Sample {
        let inputs: Vec<Vec<f32>> = rows.iter().map(|row| self.inputs(*row)).collect();
        let width = inputs.first().map_or(0, Vec::len);
        // Classes have an intercept that is penalised with the rest: an input that is 1.
        let is_values = frequencies.is_empty();
        let columns = if is_values { width } else { width + 1 };
        let inputs = DMatrix::from_fn(rows.len(), columns, |row, column| {
            inputs[row].get(column).map_or(1.0, |value| f64::from(*value))
        });
        let target = match &self.task.labels.labels {
            Labels::Values(values) => {
                let scale = self.head.target;
                // Each network has a scale of its own, fitted to its rows: values are subtracted in the task's unit.
                let value = |row: &usize| {
                    let base = self.base(*row).and_then(|answer| answer.first()).filter(|_| self.beside);
                    let base = f64::from(*base.unwrap_or(&scale.mean));
                    (f64::from(values[*row].unwrap_or(scale.mean)) - base) / f64::from(scale.sd)
                };
                Target::Values(DVector::from_iterator(rows.len(), rows.iter().map(value)))
            }
            Labels::Classes(classes) => {
                let mut offset = DMatrix::zeros(rows.len(), frequencies.len());
                for (place, row) in rows.iter().enumerate() {
                    let logits = if self.beside {
                        self.base(*row).unwrap_or_default().iter().map(|logit| f64::from(*logit)).collect()
                    } else {
                        frequencies.to_vec()
                    };
                    offset.row_mut(place).iter_mut().zip(logits).for_each(|(to, from)| *to = from);
                }
                Target::Classes { labels: rows.iter().map(|row| classes[*row].unwrap_or(0)).collect(), offset }
            }
        };
        Sample { inputs, target }
    }

    /// What a personal head reads of row `row`.
    fn inputs(&self, row: usize) -> Vec<f32> {
        let mut z = self.shared.model.normalization.apply(self.set.features.row(row));
        let activations = (self.reads() != Reads::Features).then(|| self.shared.model.activations(&z));
        z.truncate(self.shared.model.feature_count());
        let Some(activations) = activations else { return z };
        let hidden = activations.hidden.get(self.index).and_then(|layers| layers.last());
        let trunk = activations.trunks.get(self.head.trunk).and_then(|layers| layers.last());
        hidden.or(trunk).cloned().unwrap_or(z)
    }

    /// The task's layers with what was learnt for a group.
    fn layers(&self, outputs: &[Fitted], frequencies: &[f64]) -> TaskHead {
        let own = |base: Option<&Dense>| {
            let inputs =
                outputs.first().map_or(0, |fitted| fitted.weights.len()) - usize::from(!frequencies.is_empty());
            let mut dense = base.cloned().unwrap_or_else(|| Dense::zeros(outputs.len(), inputs));
            for (output, fitted) in outputs.iter().enumerate() {
                let weights = dense.weight.iter_mut().skip(output * inputs).take(inputs);
                weights.zip(&fitted.weights).for_each(|(to, from)| *to = (f64::from(*to) + from) as f32);
                let constant = fitted.weights.get(inputs).copied().unwrap_or(0.0);
                dense.bias[output] = (f64::from(dense.bias[output]) + fitted.intercept + constant) as f32;
            }
            dense
        };
        let mut head = self.head.clone();
        match (self.beside, self.reads()) {
            (true, Reads::Trunk) => head.head = Some(own(head.head.as_ref())),
            (true, Reads::Features) => head.linear = Some(own(head.linear.as_ref())),
            (false, _) => {
                let mut dense = own(None);
                dense.bias.iter_mut().zip(frequencies).for_each(|(bias, log)| *bias += *log as f32);
                head.head = None;
                head.hidden.clear();
                head.decision = Decision::default();
                head.linear = Some(dense);
            }
        }
        head
    }
}

#[cfg(test)]
mod tests;
