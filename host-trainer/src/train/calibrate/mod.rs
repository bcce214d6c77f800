//! Calibration after training: a temperature a head and a threshold a binary task that asks for one.
//!
//! Both are fitted to answers to the training rows by models that have not seen them ([`super::out_of_fold`]): a network's answers to
//! rows that it has learnt are surer than those to new ones. The models behind these answers are as the final one but for the
//! rows, and are then thrown away. Row weights count for temperatures; a threshold is chosen by rows alike, as scores are, but for those
//! of weight 0, which nothing is fitted to.

mod temperature;
mod threshold;

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::TrainError;
use super::out_of_fold::out_of_fold;
use super::problem::{Task, TrainingSet};
use crate::config::Project;
use crate::data::Labels;
use crate::model::{Decision, FloatModel, TaskHead};

pub use threshold::ThresholdChoice;

/// How the outputs of a class task were calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskCalibration {
    /// Name of the task.
    pub task: String,
    /// Labelled training rows of a weight above 0, each answered by a model that has not seen it but has seen others with a label.
    pub rows: usize,
    /// The temperature.
    pub temperature: f32,
    /// Mean negative log likelihood of these answers before the temperature; `None` without rows.
    pub nll_before: Option<f64>,
    /// The same after it.
    pub nll_after: Option<f64>,
    /// The threshold, where the task asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<ThresholdChoice>,
}

/// Calibrates `model`, which was trained on `set`, as `[training.calibration]` says; `fit` trains a model like it on the rows of
/// the set that it is given. Does nothing without that section.
///
/// # Errors
/// [`TrainError::OneUnit`], and whatever `fit` says.
pub(crate) fn calibrate(
    project: &Project,
    set: &TrainingSet<'_>,
    seed: u64,
    model: &mut FloatModel,
    fit: impl Fn(&TrainingSet<'_>) -> Result<FloatModel, TrainError>,
) -> Result<Vec<TaskCalibration>, TrainError> {
    let Some(config) = &project.training.calibration else { return Ok(Vec::new()) };
    let answers = out_of_fold(set.rows, set.units, config.folds, seed, |fitted, held_out| {
        // A model without a label of a task to learn from says nothing of it.
        let (known, part) = set.labelled_part(fitted);
        let nothing: Vec<Option<Vec<f32>>> = vec![None; set.tasks.len()];
        if known.is_empty() {
            return Ok(vec![nothing; held_out.len()]);
        }
        let model = fit(&part)?;
        let answer = |row: &usize| {
            let mut answers = nothing.clone();
            let outputs = known.iter().zip(model.forward(set.features.row(*row)));
            outputs.for_each(|(task, outputs)| answers[*task] = Some(outputs));
            answers
        };
        Ok(held_out.iter().map(answer).collect())
    })?;
    let tasks = set.tasks.iter().zip(&mut model.heads).enumerate();
    let calibrated = tasks.filter_map(|(index, (task, head))| {
        let Labels::Classes(classes) = &task.labels.labels else { return None };
        let known = set.rows.iter().zip(&answers).filter_map(|(row, answer)| {
            let weight = set.weights.map_or(1.0, |weights| f64::from(weights[*row]));
            let logits = answer[index].clone().filter(|_| weight > 0.0)?;
            Some(Answered { logits, class: classes[*row]?, weight })
        });
        Some(calibrate_task(task, head, &known.collect::<Vec<_>>()))
    });
    Ok(calibrated.collect())
}

/// The answer to a row of a known class.
#[derive(Debug, Clone)]
struct Answered {
    logits: Vec<f32>,
    class: u16,
    /// How many times the row counts.
    weight: f64,
}

/// Fits temperature and threshold of one task to `rows`.
fn calibrate_task(task: &Task<'_>, head: &mut TaskHead, rows: &[Answered]) -> TaskCalibration {
    let kind = task.labels.kind;
    let temperature = temperature::fit_temperature(kind, rows) as f32;
    let rule = task.config.threshold.filter(|_| kind == TaskKind::Binary);
    let threshold = rule.and_then(|rule| {
        let scaled = |row: &Answered| Some((row.logits.first()? / temperature, row.class == 1));
        threshold::choose_threshold(rule, &rows.iter().filter_map(scaled).collect::<Vec<_>>())
    });
    head.decision = Decision { temperature, threshold: threshold.map_or(0.0, |choice| choice.logit) };
    TaskCalibration {
        task: task.labels.name.clone(),
        rows: rows.len(),
        temperature,
        nll_before: temperature::mean_nll(kind, rows, 1.0),
        nll_after: temperature::mean_nll(kind, rows, f64::from(temperature)),
        threshold,
    }
}
