//! What drives the outputs of one task over many rows, and of the clearest rows one by one.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::{Attribution, attribute};
use crate::data::TaskLabels;
use crate::evaluate::{Answer, predicted_class};
use crate::features::{FeatureBlock, FeatureMatrix};
use crate::model::FloatModel;

/// Rows over which the mean is taken, evenly spaced.
const MOST_ROWS: usize = 100;
/// Rows shown one by one.
const MOST_EXAMPLES: usize = 3;
/// The answer of a regression.
const VALUE: &str = "value";

/// Integrated gradients of one task's outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskAttributions {
    /// Rows behind the means.
    pub rows: usize,
    /// Mean magnitude of what each source adds to the output, in the order of the feature vector: logits, or the task's unit.
    pub mean_magnitude: Vec<(String, f64)>,
    /// The rows with the clearest answers: one for each class but the first, or the largest and the least value.
    pub examples: Vec<AttributionExample>,
}

/// One row's answer and what drove it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionExample {
    /// Row of the data set, from 0.
    pub row: usize,
    /// The class that the model names, or `value`.
    pub answer: String,
    /// What drove it.
    pub attribution: Attribution,
}

/// What `model` says of task `task` for one row of features (F, NaN where missing): the class (0 for a value), the output that speaks for
/// it (of two classes the only one, which speaks for the second), and that output.
fn answer(model: &FloatModel, features: &[f32], task: usize, kind: TaskKind) -> (u16, usize, f32) {
    let outputs = model.forward(features).swap_remove(task);
    let answer = Answer { outputs, threshold: model.heads[task].decision.threshold };
    let class = if kind == TaskKind::Regression { 0 } else { predicted_class(kind, &answer) };
    let output = if kind == TaskKind::MultiClass { usize::from(class) } else { 0 };
    (class, output, answer.outputs[output])
}

/// The answer of task `task` to row `row` of `features` and what drove it; `labels` are the task's.
pub fn explain_answer(
    model: &FloatModel,
    features: &FeatureMatrix,
    row: usize,
    task: usize,
    labels: &TaskLabels,
) -> AttributionExample {
    let (class, output, _) = answer(model, features.row(row), task, labels.kind);
    let class = labels.class_names.get(usize::from(class)).cloned();
    AttributionExample {
        row,
        answer: class.unwrap_or_else(|| VALUE.to_owned()),
        attribution: attribute(model, features.row(row), &features.blocks, task, output),
    }
}

/// Explains task `task` of `model`, whose labels are `labels`, on the rows of `features`.
pub fn task_attributions(
    model: &FloatModel,
    features: &FeatureMatrix,
    task: usize,
    labels: &TaskLabels,
) -> TaskAttributions {
    let sources = &features.blocks;
    let step = features.rows.div_ceil(MOST_ROWS).max(1);
    let rows: Vec<usize> = (0..features.rows).step_by(step).collect();
    let answer = |row: usize| answer(model, features.row(row), task, labels.kind);
    let mut sums = vec![0.0; sources.len()];
    for row in &rows {
        let (_, output, _) = answer(*row);
        let attribution = attribute(model, features.row(*row), sources, task, output);
        sums.iter_mut().zip(&attribution.sources).for_each(|(sum, (_, share))| *sum += share.abs());
    }
    let mean = |(source, sum): (&FeatureBlock, f64)| (source.source.clone(), sum / rows.len().max(1) as f64);

    let answers: Vec<(usize, u16, f32)> = (rows.iter().map(|row| {
        let (class, _, value) = answer(*row);
        (*row, class, value)
    }))
    .collect();
    let largest = |class: u16| {
        answers.iter().filter(|(_, named, _)| *named == class).max_by(|a, b| a.2.total_cmp(&b.2)).map(|(row, ..)| *row)
    };
    let clearest: Vec<usize> = match labels.kind {
        TaskKind::Regression => {
            let least = answers.iter().min_by(|a, b| a.2.total_cmp(&b.2)).map(|(row, ..)| *row);
            largest(0).into_iter().chain(least).collect()
        }
        _ => (1..labels.class_names.len()).filter_map(|class| largest(class as u16)).collect(),
    };
    TaskAttributions {
        rows: rows.len(),
        mean_magnitude: sources.iter().zip(sums).map(mean).collect(),
        examples: clearest
            .into_iter()
            .take(MOST_EXAMPLES)
            .map(|row| explain_answer(model, features, row, task, labels))
            .collect(),
    }
}
