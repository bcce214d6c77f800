//! What the joint models of the folds show beyond their answers: what each task draws from each source, and how stable the relation is.

use trunkline_shared::model::TaskKind;

use super::score::{error_of, score_task};
use super::uncertainty::{Surprise, surprises};
use super::{Answer, CrossValidation, PairedDifference};
use crate::data::{Labels, TaskLabels};
use crate::explain::{FoldImportance, Importance, RelationStability, SourceImportance, fold_importance};
use crate::features::{FeatureBlock, FeatureMatrix};
use crate::train::Trained;
use crate::train::relation::TaskRelation;

/// Permutations of each source, over all seeds together at least.
const REPEATS: usize = 5;

/// What one joint model of a fold shows.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldEvidence {
    /// The relation that it learnt; `None` without heads.
    pub relation: Option<TaskRelation>,
    /// What its tasks draw from each source on the fold's test rows.
    pub importance: FoldImportance,
    /// For each task the errors on the fold's test rows, with the standard deviations that it gave with its answers; nothing where it
    /// gives none.
    pub surprises: Vec<Vec<Surprise>>,
}

impl FoldEvidence {
    /// Of `trained`, in floating point, on the test rows `rows`; `seeds` seeds share the repeats.
    pub(super) fn of(
        trained: &Trained,
        features: &FeatureMatrix,
        tasks: &[TaskLabels],
        rows: &[usize],
        (seeds, seed): (usize, u64),
    ) -> Self {
        let here: Vec<TaskLabels> = tasks.iter().map(|task| select(task, rows)).collect();
        let errors = |answers: &[Vec<Vec<f32>>]| {
            let of_task = |(index, labels): (usize, &TaskLabels)| {
                let outputs: Vec<_> = answers.iter().map(|tasks| Some(Answer::from(tasks[index].clone()))).collect();
                let scores = score_task(labels, &outputs, &vec![Some(0); rows.len()]);
                error_of(labels.kind, |metric| scores.get(metric).copied())
            };
            here.iter().enumerate().map(of_task).collect()
        };
        let repeats = REPEATS.div_ceil(seeds.max(1));
        let importance = fold_importance(&trained.model, features, rows, (repeats, seed), errors);
        let surprises = surprises(trained, features, tasks, rows);
        Self { relation: trained.log.relation.clone(), importance, surprises }
    }
}

/// The labels of `rows` alone.
fn select(task: &TaskLabels, rows: &[usize]) -> TaskLabels {
    let labels = match &task.labels {
        Labels::Classes(classes) => Labels::Classes(rows.iter().map(|row| classes[*row]).collect()),
        Labels::Values(values) => Labels::Values(rows.iter().map(|row| values[*row]).collect()),
    };
    TaskLabels { labels, ..task.clone() }
}

/// What task `index` draws from each of `sources`, over all folds and seeds; `None` where no fold defines its error.
pub(super) fn importance(
    validation: &CrossValidation,
    sources: &[FeatureBlock],
    kind: TaskKind,
    index: usize,
) -> Option<Importance> {
    let measure = match kind {
        TaskKind::Regression => "rmse",
        TaskKind::Binary => "1-auc",
        TaskKind::MultiClass => "1-macro_f1",
    };
    let errors = |of: &dyn Fn(&FoldImportance) -> Option<f64>| -> Vec<Vec<Option<f64>>> {
        let fold = |fold: &Option<FoldEvidence>| of(&fold.as_ref()?.importance);
        validation.evidence.iter().map(|folds| folds.iter().map(fold).collect()).collect()
    };
    let as_is = errors(&|fold| fold.error[index]);
    let same_folds = validation.same_folds();
    let of_source = |(place, source): (usize, &FeatureBlock)| {
        let permuted = errors(&|fold| fold.permuted[place][index]);
        let rise = PairedDifference::of(measure, &as_is, &permuted, same_folds)?;
        Some(SourceImportance { source: source.source.clone(), mean: rise.mean, low: rise.low, high: rise.high })
    };
    let sources: Option<Vec<_>> = sources.iter().enumerate().map(of_source).collect();
    Some(Importance { measure: measure.to_owned(), sources: sources? })
}

/// The relation over the joint models of all folds and seeds; `None` where none learnt one.
pub(super) fn stability(validation: &CrossValidation) -> Option<RelationStability> {
    let evidence = validation.evidence.iter().flatten().flatten();
    RelationStability::of(&evidence.filter_map(|fold| fold.relation.as_ref()).collect::<Vec<_>>())
}
