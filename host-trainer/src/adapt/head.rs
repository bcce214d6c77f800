//! A new head in closed form: which inputs, and their weights.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::errors::{gain_by_unit, row_errors};
use super::inputs::Inputs;
use crate::config::Project;
use crate::data::split;
use crate::evaluate::EvaluateError;
use crate::linear::fit_linear;
use crate::model::{Decision, Dense, FloatModel, Standardized, TaskHead};
use crate::train::{Task, TaskCalibration, TrainError, TrainingSet, calibrate};

/// Inner folds on which the inputs are chosen.
const INNER_FOLDS: usize = 5;

/// A new head and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptedHead {
    /// The old model with the new head as its last one; all else is as it was.
    pub model: FloatModel,
    /// What the head reads, in words.
    pub inputs: String,
    /// What it might have read, with the errors by which it was chosen.
    pub candidates: Vec<Candidate>,
    /// How its logits were calibrated, where the project asks for that.
    pub calibration: Vec<TaskCalibration>,
}

/// Inputs that were tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// In words.
    pub inputs: String,
    /// Error on the labelled rows, each answered by a head that has not seen its unit: mean squared error over the labels' variance,
    /// 1 - AUC, or the share of wrong answers with every class weighed alike. `None` where the rows form less than two units.
    pub error: Option<f64>,
}

/// Fits a linear head for the one task of `set` on the frozen `old`, from the rows of `set` that have a label: shrinkage LDA for classes,
/// ridge for values. What it reads (trunk, old tasks' outputs, features) is chosen on inner folds of whole units of these rows alone.
/// With `[training.calibration]` its logits are calibrated as a network's are.
///
/// # Errors
/// [`EvaluateError::Train`] where the task cannot be learnt from these rows: no label, a loss or path that does not fit.
pub fn fit_head(
    project: &Project,
    old: &FloatModel,
    set: &TrainingSet<'_>,
    seed: u64,
) -> Result<AdaptedHead, EvaluateError> {
    let failed = |source| EvaluateError::Train { seed, what: "the new head".into(), source };
    set.check(true).map_err(failed)?;
    let Some(task) = set.tasks.first() else {
        return Err(failed(TrainError::Empty { rows: set.rows.len(), tasks: 0 }));
    };
    let rows = labelled(set, task, set.rows);
    let (chosen, candidates) = choose(old, set, task, &rows, seed);
    let mut model = old.clone();
    model.heads.push(chosen.fit(old, set, task, &rows));
    let alone = |head: &TaskHead| FloatModel { heads: vec![head.clone()], ..old.clone() };
    let last = model.heads.len() - 1;
    let mut one = alone(&model.heads[last]);
    let calibration = calibrate(project, &TrainingSet { rows: &rows, ..set.clone() }, seed, &mut one, |other| {
        Ok(alone(&chosen.fit(old, other, task, &labelled(other, task, other.rows))))
    });
    let calibration = calibration.map_err(failed)?;
    model.heads[last].decision = one.heads[0].decision;
    Ok(AdaptedHead { model, inputs: chosen.name(), candidates, calibration })
}

/// The features and nothing else.
const FEATURES: Inputs = Inputs { trunk: None, embedding: false, tasks: false, features: true };

/// The closed forms whose mean a head is: one, or several on one trunk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading(Vec<Inputs>);

impl Reading {
    /// All that a head on `old` may be, the smallest first: each kind of inputs, and on each trunk the mean of all kinds. With few rows
    /// the inner folds tell the kinds badly apart, and a mean of them errs less than a bad choice.
    fn of(old: &FloatModel) -> Vec<Self> {
        let all = Inputs::of(old);
        let trunks: BTreeSet<usize> = all.iter().filter_map(|inputs| inputs.trunk).collect();
        let beside = |trunk: usize| all.iter().filter(move |inputs| inputs.trunk.is_none_or(|of| of == trunk));
        let means = trunks.into_iter().map(|trunk| Self(beside(trunk).copied().collect()));
        all.iter().map(|inputs| Self(vec![*inputs])).chain(means).collect()
    }

    /// In words.
    pub(super) fn name(&self) -> String {
        match &self.0[..] {
            [one] => one.name(),
            several => {
                let trunk = several.iter().find_map(|inputs| inputs.trunk).filter(|trunk| *trunk > 0);
                format!("mean of all{}", trunk.map_or_else(String::new, |trunk| format!(" on trunk {trunk}")))
            }
        }
    }

    /// The head, fitted to `rows` of `set`.
    pub(super) fn fit(&self, old: &FloatModel, set: &TrainingSet<'_>, task: &Task<'_>, rows: &[usize]) -> TaskHead {
        mean_head(self.0.iter().map(|inputs| fit_on(old, set, task, rows, *inputs)).collect())
    }
}

/// The head whose outputs are the mean of those of `heads`, at least one, linear ones on one trunk and of one task.
fn mean_head(heads: Vec<TaskHead>) -> TaskHead {
    let share = 1.0 / heads.len().max(1) as f32;
    let mean = |of: fn(&TaskHead) -> Option<&Dense>| {
        let mut layers = heads.iter().filter_map(of);
        let mut sum = layers.next()?.clone();
        for layer in layers {
            sum.weight.iter_mut().zip(&layer.weight).for_each(|(sum, weight)| *sum += weight);
            sum.bias.iter_mut().zip(&layer.bias).for_each(|(sum, bias)| *sum += bias);
        }
        sum.weight.iter_mut().chain(&mut sum.bias).for_each(|value| *value *= share);
        Some(sum)
    };
    let (head, linear) = (mean(|head| head.head.as_ref()), mean(|head| head.linear.as_ref()));
    let on_trunk = heads.iter().position(|head| head.head.is_some()).unwrap_or(0);
    TaskHead { head, linear, ..heads[on_trunk].clone() }
}

/// The same with inputs that are given.
pub(super) fn fit_on(
    old: &FloatModel,
    set: &TrainingSet<'_>,
    task: &Task<'_>,
    rows: &[usize],
    inputs: Inputs,
) -> TaskHead {
    let target = task.target_scale(&set.labels(task, rows));
    let class_weights = task.class_weights(&set.labels(task, rows));
    let labels: Vec<f32> = set.labels(task, rows).iter().map(|label| (label - target.mean) / target.sd).collect();
    let units: Option<Vec<u32>> = set.units.map(|units| rows.iter().map(|row| units[*row]).collect());
    let scaling = Scaling::fit(inputs.read(old, set.features, rows));
    let answer = fit_linear(
        task.labels.kind,
        task.labels.outputs(),
        &scaling.scaled,
        &labels,
        units.as_deref(),
        set.weights_of(rows).as_deref(),
        class_weights.as_deref(),
    );
    let (head, linear) = inputs.unfold(old, &scaling.undo(&answer));
    TaskHead {
        task: task.labels.name.clone(),
        kind: task.labels.kind,
        trunk: inputs.trunk.unwrap_or(0),
        hidden: Vec::new(),
        head,
        linear,
        reads: Vec::new(),
        target,
        decision: Decision::default(),
    }
}

/// The rows of `rows` that have a label of `task`.
pub(super) fn labelled(set: &TrainingSet<'_>, task: &Task<'_>, rows: &[usize]) -> Vec<usize> {
    let labels = set.labels(task, rows);
    rows.iter().zip(labels).filter(|(_, label)| !label.is_nan()).map(|(row, _)| *row).collect()
}

/// What the head reads: the features alone, unless inner folds of whole units say that something else does better by more than a standard
/// error over the units; of several such the best. A network from scratch has the features too: so little is lost where the old model
/// knows nothing of the new task.
pub(super) fn choose(
    old: &FloatModel,
    set: &TrainingSet<'_>,
    task: &Task<'_>,
    rows: &[usize],
    seed: u64,
) -> (Reading, Vec<Candidate>) {
    let folds = split::inner_folds(rows, set.units, INNER_FOLDS, seed);
    let (kinds, readings) = (Inputs::of(old), Reading::of(old));
    let asked: Vec<usize> = folds.iter().flat_map(|fold| fold.test.iter().copied()).collect();
    let mut answers: Vec<Vec<Vec<f32>>> = vec![Vec::with_capacity(asked.len()); readings.len()];
    for fold in &folds {
        // Each kind once, for its own sake and for the means.
        let heads: Vec<TaskHead> = kinds.iter().map(|inputs| fit_on(old, set, task, &fold.train, *inputs)).collect();
        for (answers, reading) in answers.iter_mut().zip(&readings) {
            let parts = kinds.iter().zip(&heads).filter(|(inputs, _)| reading.0.contains(inputs));
            let head = mean_head(parts.map(|(_, head)| head.clone()).collect());
            let model = FloatModel { heads: vec![head], ..old.clone() };
            let answer = |row: &usize| model.forward(set.features.row(*row)).pop().unwrap_or_default();
            answers.extend(fold.test.iter().map(answer));
        }
    }
    let labels = set.labels(task, &asked);
    let losses = |answers: &Vec<Vec<f32>>| row_errors(task.labels.kind, answers, &labels);
    let losses: Vec<Vec<f64>> = answers.iter().map(losses).collect();
    let alone = readings.iter().position(|reading| reading.0.iter().all(|inputs| *inputs == FEATURES)).unwrap_or(0);
    let gain = |reading: usize| {
        let (gain, error) = gain_by_unit(&losses[alone], &losses[reading], &asked, set.units);
        (gain > error).then_some((reading, gain))
    };
    let best = (0..readings.len()).filter_map(gain).max_by(|a, b| a.1.total_cmp(&b.1));
    let chosen = best.map_or(alone, |(reading, _)| reading);
    let tried = readings.iter().zip(&losses);
    let candidates = tried.map(|(reading, losses)| Candidate {
        inputs: reading.name(),
        error: (!folds.is_empty()).then(|| losses.iter().sum()),
    });
    let candidates = candidates.collect();
    (readings[chosen].clone(), candidates)
}

/// Columns brought to mean 0 and standard deviation 1, and the way back.
struct Scaling {
    scaled: Standardized,
    mean: Vec<f64>,
    /// Reciprocal standard deviations; 0 for a constant column.
    gain: Vec<f64>,
}

impl Scaling {
    fn fit(mut read: Standardized) -> Self {
        let count = read.rows.max(1) as f64;
        let (mut mean, mut gain) = (vec![0.0; read.columns], vec![0.0; read.columns]);
        for column in 0..read.columns {
            let values = || (0..read.rows).map(|row| f64::from(read.data[row * read.columns + column]));
            mean[column] = values().sum::<f64>() / count;
            let sd = (values().map(|value| (value - mean[column]).powi(2)).sum::<f64>() / count).sqrt();
            // Below f32's resolution a spread is rounding noise.
            let varies = sd > mean[column].abs() * 4.0 * f64::from(f32::EPSILON) && sd > f64::from(f32::MIN_POSITIVE);
            gain[column] = if varies { 1.0 / sd } else { 0.0 };
        }
        for (index, value) in read.data.iter_mut().enumerate() {
            let column = index % read.columns;
            *value = ((f64::from(*value) - mean[column]) * gain[column]) as f32;
        }
        Self { scaled: read, mean, gain }
    }

    /// `answer` to the scaled columns as one to the columns themselves.
    fn undo(&self, answer: &Dense) -> Dense {
        let mut dense = answer.clone();
        for output in 0..dense.outputs {
            let row = &mut dense.weight[output * dense.inputs..][..dense.inputs];
            let mut bias = f64::from(dense.bias[output]);
            for ((weight, mean), gain) in row.iter_mut().zip(&self.mean).zip(&self.gain) {
                let unscaled = f64::from(*weight) * gain;
                bias -= unscaled * mean;
                *weight = unscaled as f32;
            }
            dense.bias[output] = bias as f32;
        }
        dense
    }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::{TaskKind, TaskRole};

    use super::super::inputs::tests::{features, model};
    use super::*;
    use crate::config;
    use crate::data::{Labels, TaskLabels};
    use crate::features::FeatureMatrix;

    const PROJECT: &str = "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"random\"\nfolds = 2\n\
        [[channels]]\nname = \"a\"\n[[tasks]]\nname = \"new\"\nrole = \"other\"\nkind = \"regression\"\ntarget = { column = \"y\" }\n";

    fn values(of: impl Fn(usize) -> Option<f32>, rows: usize) -> TaskLabels {
        TaskLabels {
            name: "new".into(),
            role: TaskRole::Other,
            kind: TaskKind::Regression,
            unit: String::new(),
            class_names: Vec::new(),
            labels: Labels::Values((0..rows).map(of).collect()),
        }
    }

    fn fit(features: &FeatureMatrix, labels: &TaskLabels, rows: &[usize], units: Option<&[u32]>) -> AdaptedHead {
        let project = config::parse(PROJECT, "t.toml").unwrap();
        let tasks = vec![Task { config: &project.tasks[0], labels }];
        fit_head(&project, &model(), &TrainingSet { features, tasks, rows, units, weights: None }, 1).unwrap()
    }

    #[test]
    fn a_value_that_the_trunk_holds_is_learnt_from_thirty_rows_and_nothing_else_changes() {
        let (old, features) = (model(), features(300));
        let truth = |row: usize| {
            let embedding = old.embedding(0, features.row(row));
            10.0 + 4.0 * embedding[0] - 3.0 * embedding[1] + 2.0 * embedding[2]
        };
        let units: Vec<u32> = (0..300).map(|row| row / 3).collect();
        // Only the first 90 rows may be looked at, and of them every third has a label.
        let labels = values(|row| if row >= 90 { Some(1e6) } else { (row % 3 == 0).then(|| truth(row)) }, 300);
        let rows: Vec<usize> = (0..90).collect();
        let adapted = fit(&features, &labels, &rows, Some(&units));
        assert!(adapted.inputs.starts_with("trunk"), "{:?}", adapted.candidates);
        let least = adapted.candidates.iter().filter_map(|candidate| candidate.error).fold(f64::INFINITY, f64::min);
        let chosen = adapted.candidates.iter().find(|candidate| candidate.inputs == adapted.inputs);
        assert_eq!(chosen.and_then(|candidate| candidate.error), Some(least));
        for row in 90..300 {
            let answers = adapted.model.forward(features.row(row));
            assert_eq!(answers[..4], old.forward(features.row(row))[..]);
            assert!((answers[4][0] - truth(row)).abs() < 0.05, "{} {}", answers[4][0], truth(row));
        }
    }

    #[test]
    fn one_unit_chooses_nothing_and_no_label_is_an_error() {
        let features = features(30);
        let rows: Vec<usize> = (0..30).collect();
        let labels = values(|row| Some(row as f32), 30);
        let adapted = fit(&features, &labels, &rows, Some(&[0; 30]));
        assert!(adapted.candidates.iter().all(|candidate| candidate.error.is_none()));
        assert_eq!(adapted.inputs, "features");
        let project = config::parse(PROJECT, "t.toml").unwrap();
        let none = values(|_| None, 30);
        let tasks = vec![Task { config: &project.tasks[0], labels: &none }];
        let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
        assert!(fit_head(&project, &model(), &set, 1).unwrap_err().to_string().contains("new"));
    }
}
