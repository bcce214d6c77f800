//! One evaluation: a trial on a rung, fitted on all inner folds but one and asked about that one.

use serde::{Deserialize, Serialize};

use super::TuneError;
use super::score::{Tally, TaskTally};
use crate::config::{Project, TuneConfig};
use crate::data::{Dataset, TaskLabels, split};
use crate::evaluate::{EvaluateError, Footprint, constant_answers, held_out};
use crate::features::FeatureSource;
use crate::train::TrainError;

/// What an evaluation gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Evaluated {
    /// One tally a task.
    pub(super) tallies: Vec<TaskTally>,
    /// Of the model of this fold.
    pub(super) footprint: Footprint,
}

/// How an evaluation ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// With answers.
    Done(Evaluated),
    /// Without: these settings do not train, or give a model that the device cannot take.
    Failed(String),
}

/// Runs `project` on the inner fold `rows`.
///
/// # Errors
/// What no other settings would mend.
pub(super) fn evaluate(
    project: &Project,
    limits: &TuneConfig,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    rows: &split::Fold,
) -> Result<Verdict, TuneError> {
    let seed = project.training.seeds.first().copied().unwrap_or_default();
    let model = match held_out(project, dataset, source, rows, seed) {
        Ok(model) => model,
        Err(error) if of_settings(&error) => return Ok(Verdict::Failed(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    if let Some(excess) = excess(limits, &model.footprint) {
        return Ok(Verdict::Failed(excess));
    }
    let constants = constant_answers(dataset, rows);
    let tally = |(index, task): (usize, &TaskLabels)| TaskTally {
        model: Tally::of(task, &model.answers.tasks[index], &rows.test),
        constant: Tally::of(task, &constants.tasks[index], &rows.test),
    };
    let tallies = dataset.tasks.iter().enumerate().map(tally).collect();
    Ok(Verdict::Done(Evaluated { tallies, footprint: model.footprint }))
}

/// Whether other settings may do better.
pub(super) fn of_settings(error: &EvaluateError) -> bool {
    matches!(
        error,
        EvaluateError::Train { source: TrainError::NonFinite { .. }, .. }
            | EvaluateError::Quantize(_)
            | EvaluateError::Build(_)
    )
}

/// What of `footprint` lies above a limit, in words.
pub(super) fn excess(limits: &TuneConfig, footprint: &Footprint) -> Option<String> {
    let measures = [
        ("weights_bytes", footprint.weights_bytes, limits.max_weights_bytes),
        ("macs", footprint.macs, limits.max_macs),
        ("arena_bytes", footprint.arena_bytes, limits.max_arena_bytes),
    ];
    let above = measures.into_iter().find(|(_, found, limit)| limit.is_some_and(|limit| *found > limit));
    above
        .map(|(name, found, limit)| format!("{name} = {found} exceeds tune.max_{name} = {}", limit.unwrap_or_default()))
}
