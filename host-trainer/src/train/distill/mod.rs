//! Distillation: soft targets for the training rows from stronger models that were fitted without them.
//!
//! Out-of-fold answers are the point: on rows that it was fitted on a forest grown to pure leaves, or a network after many epochs,
//! repeats the labels. When the number of epochs is chosen on held-out rows, the teachers of that run have not seen those either.

mod ensemble;
mod soft_targets;

use rand::Rng;
use trunkline_shared::model::TaskKind;

pub(crate) use soft_targets::SoftTargets;

use super::TrainError;
use super::out_of_fold::out_of_fold;
use super::problem::{Problem, TrainingSet};
use crate::config::{DistillationConfig, Project, TeacherConfig};
use crate::model::FloatModel;
use crate::model::init::{Stream, generator};
use crate::teachers::{Boosting, ExtraTrees, Teacher, TeacherError};

/// Outputs of one row for each taught task, in the network's form; `None` where no teacher could be fitted.
type Answers = Vec<Option<Vec<f32>>>;

/// Soft targets of the rows `rows`, on whose scales `problem` was fitted, for each task of `set` (T): `None` for a task that is not
/// taught.
///
/// `fit_network` trains the project's own network, without distillation, on other rows of the set with a seed.
///
/// # Errors
/// A single unit of rows, which cannot be parted; a teacher that refuses its rows; whatever `fit_network` says.
pub(crate) fn soft_targets(
    project: &Project,
    set: &TrainingSet<'_>,
    rows: &[usize],
    problem: &Problem,
    seed: u64,
    fit_network: impl Fn(&Project, &TrainingSet<'_>, u64) -> Result<FloatModel, TrainError>,
) -> Result<Vec<Option<SoftTargets>>, TrainError> {
    let mut targets = vec![None; set.tasks.len()];
    let Some(config) = &project.training.distillation else { return Ok(targets) };
    let named = |task: &usize| config.tasks.is_empty() || config.tasks.contains(&set.tasks[*task].config.name);
    let taught: Vec<usize> = (0..set.tasks.len()).filter(named).collect();
    if taught.is_empty() {
        return Ok(targets);
    }
    let class = Class { config, set, rows, problem, taught: &taught };
    let mut seeds = generator(seed, Stream::Teachers);
    let answers = out_of_fold(rows, set.units, config.folds, seed, |fitted, held_out| match config.teacher {
        TeacherConfig::ExtraTrees => class.ask(&ExtraTrees { trees: config.trees }, fitted, held_out, seeds.next_u64()),
        TeacherConfig::Boosting => class.ask(&Boosting::new(config.trees), fitted, held_out, seeds.next_u64()),
        TeacherConfig::Ensemble => class.ask_networks(project, fitted, held_out, &mut seeds, &fit_network),
    })?;
    for (at, task) in taught.iter().enumerate() {
        let (kind, width) = (problem.wiring[*task].kind, set.tasks[*task].labels.outputs());
        let answers: Vec<Option<Vec<f32>>> = answers.iter().map(|row| row[at].clone()).collect();
        let (weight, temperature) = (config.weight as f32, config.temperature as f32);
        targets[*task] = Some(SoftTargets::new(kind, width, &answers, weight, temperature));
    }
    Ok(targets)
}

/// The rows to be taught, and in what.
struct Class<'a> {
    config: &'a DistillationConfig,
    set: &'a TrainingSet<'a>,
    rows: &'a [usize],
    problem: &'a Problem,
    /// Tasks, by index in the set.
    taught: &'a [usize],
}

impl Class<'_> {
    /// Places of `rows`, which are among the rows of the class, both ascending.
    fn places(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().filter_map(|row| self.rows.binary_search(row).ok()).collect()
    }

    /// Whether one of the rows at `places` has a label of `task`.
    fn is_labelled(&self, task: usize, places: &[usize]) -> bool {
        places.iter().any(|place| !self.problem.rows.labels[task][*place].is_nan())
    }

    /// Answers of `teacher`, fitted on `fitted`, to `held_out`.
    fn ask(
        &self,
        teacher: &dyn Teacher,
        fitted: &[usize],
        held_out: &[usize],
        seed: u64,
    ) -> Result<Vec<Answers>, TrainError> {
        let (fitted, held_out) = (self.places(fitted), self.places(held_out));
        let (known, asked) = (self.problem.rows.z.take(&fitted), self.problem.rows.z.take(&held_out));
        let weights = self.problem.rows.weights.as_ref();
        let weights: Option<Vec<f32>> = weights.map(|all| fitted.iter().map(|place| all[*place]).collect());
        let mut answers: Vec<Answers> = vec![Vec::with_capacity(self.taught.len()); held_out.len()];
        for task in self.taught {
            if !self.is_labelled(*task, &fitted) {
                answers.iter_mut().for_each(|row| row.push(None));
                continue;
            }
            let labels: Vec<f32> = fitted.iter().map(|place| self.problem.rows.labels[*task][*place]).collect();
            let width = self.set.tasks[*task].labels.outputs();
            let outputs = teacher
                .fit(&known, &labels, weights.as_deref(), self.problem.wiring[*task].kind, width, seed)
                .and_then(|teacher| teacher.outputs(&asked))
                .map_err(|source| self.failed(*task, source))?;
            let outputs = outputs.chunks_exact(width);
            answers.iter_mut().zip(outputs).for_each(|(row, outputs)| row.push(Some(outputs.to_vec())));
        }
        Ok(answers)
    }

    /// Mean answers of `members` networks, trained on `fitted`, to `held_out`.
    fn ask_networks(
        &self,
        project: &Project,
        fitted: &[usize],
        held_out: &[usize],
        seeds: &mut impl Rng,
        fit_network: &impl Fn(&Project, &TrainingSet<'_>, u64) -> Result<FloatModel, TrainError>,
    ) -> Result<Vec<Answers>, TrainError> {
        let (labelled, part) = self.set.labelled_part(fitted);
        if labelled.is_empty() {
            return Ok(vec![vec![None; self.taught.len()]; held_out.len()]);
        }
        let mut alone = project.clone();
        alone.training.distillation = None;
        // Teachers answer in floating point.
        (alone.quantization.mode, alone.quantization.weights) = Default::default();
        let members = (0..self.config.members).map(|_| fit_network(&alone, &part, seeds.next_u64()));
        let members = members.collect::<Result<Vec<FloatModel>, _>>()?;
        let answer = |row: &usize| {
            let outputs: Vec<_> = members.iter().map(|member| member.forward(self.set.features.row(*row))).collect();
            let of_task = |task: &usize| {
                let at = labelled.iter().position(|known| known == task)?;
                let answers = outputs.iter().map(|outputs| outputs[at].as_slice());
                Some(self.on_scale(*task, ensemble::mean(self.problem.wiring[*task].kind, answers)))
            };
            self.taught.iter().map(of_task).collect()
        };
        Ok(held_out.iter().map(answer).collect())
    }

    /// `outputs` of a network on the scale of the loss.
    fn on_scale(&self, task: usize, outputs: Vec<f32>) -> Vec<f32> {
        let wiring = &self.problem.wiring[task];
        match wiring.kind {
            TaskKind::Regression => {
                outputs.into_iter().map(|value| (value - wiring.target.mean) / wiring.target.sd).collect()
            }
            _ => outputs,
        }
    }

    fn failed(&self, task: usize, source: TeacherError) -> TrainError {
        TrainError::Teacher { task: self.set.tasks[task].labels.name.clone(), source: Box::new(source) }
    }
}

#[cfg(test)]
mod tests;
