//! A task's metrics from its predictions.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_shared::model::TaskKind;

use super::metrics::{accuracy, auc, auc_fold_mean, macro_f1, mae, r2, rmse};
use super::predictions::predicted_class;
use super::record::{Metrics, Summary};
use crate::data::{Labels, TaskLabels};

/// Every metric of the task's kind that is defined on the rows which have a label, an answer and a fold.
///
/// * `answers`: outputs at each row (N), as [`super::Predictions`] holds them.
/// * `fold_of_row`: test fold of each row (N); `None` leaves the row out.
///
/// Keys: `macro_f1` and `accuracy` for classes, with `auc` (mean over folds) and `auc_pooled` for binary tasks, whose second class is
/// the positive one; `r2`, `rmse`, `mae` for regressions. All folds are pooled but for `auc`.
pub fn score_task(
    labels: &TaskLabels,
    answers: &[Option<Vec<f32>>],
    fold_of_row: &[Option<usize>],
) -> BTreeMap<&'static str, f64> {
    let rows = || {
        answers.iter().zip(fold_of_row).enumerate().filter_map(|(row, (a, fold))| Some((row, a.as_ref()?, (*fold)?)))
    };
    let metrics: Vec<(&'static str, Option<f64>)> = match &labels.labels {
        Labels::Values(values) => {
            let pairs: Vec<(f32, f32)> =
                rows().filter_map(|(row, answer, _)| Some((values[row]?, *answer.first()?))).collect();
            vec![("r2", r2(&pairs)), ("rmse", rmse(&pairs)), ("mae", mae(&pairs))]
        }
        Labels::Classes(classes) => {
            let known = || rows().filter_map(|(row, answer, fold)| Some((classes[row]?, answer, fold)));
            let pairs: Vec<(u16, u16)> =
                known().map(|(class, answer, _)| (class, predicted_class(labels.kind, answer))).collect();
            let mut metrics =
                vec![("macro_f1", macro_f1(&pairs, labels.class_names.len())), ("accuracy", accuracy(&pairs))];
            if labels.kind == TaskKind::Binary {
                let mut folds: BTreeMap<usize, Vec<(bool, f32)>> = BTreeMap::new();
                for (class, answer, fold) in known() {
                    folds.entry(fold).or_default().push((class == 1, answer.first().copied().unwrap_or(0.0)));
                }
                let pooled: Vec<(bool, f32)> = folds.values().flatten().copied().collect();
                metrics.push(("auc", auc_fold_mean(folds.values().map(Vec::as_slice))));
                metrics.push(("auc_pooled", auc(&pooled)));
            }
            metrics
        }
    };
    metrics.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// [`score_task`] of each seed's `answers` and folds, summed up over the seeds; a metric that is defined in no seed is left out.
pub(crate) fn score_over_seeds<'a>(
    labels: &TaskLabels,
    answers: impl Iterator<Item = &'a Vec<Option<Vec<f32>>>>,
    fold_of_row: &[Vec<Option<usize>>],
) -> Metrics {
    let scores: Vec<_> = answers.zip(fold_of_row).map(|(answers, folds)| score_task(labels, answers, folds)).collect();
    let names: BTreeSet<&str> = scores.iter().flat_map(|scores| scores.keys().copied()).collect();
    let over_seeds = |name: &str| Summary::over_seeds(scores.iter().map(|scores| scores.get(name).copied()).collect());
    names.into_iter().filter_map(|name| Some((name.to_owned(), over_seeds(name)?))).collect()
}

/// The lower-is-better error by which Delta_m compares a task: RMSE, 1 - AUC for binary tasks, 1 - macro-F1 for classes.
pub(super) fn error_of(kind: TaskKind, metric: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    match kind {
        TaskKind::Regression => metric("rmse"),
        TaskKind::Binary => metric("auc").map(|auc| 1.0 - auc),
        TaskKind::MultiClass => metric("macro_f1").map(|f1| 1.0 - f1),
    }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskRole;

    use super::*;

    fn task(kind: TaskKind, classes: usize, labels: Labels) -> TaskLabels {
        let class_names = (0..classes).map(|class| class.to_string()).collect();
        TaskLabels { name: "t".into(), role: TaskRole::Other, kind, unit: String::new(), class_names, labels }
    }

    fn answers(values: &[f32]) -> Vec<Option<Vec<f32>>> {
        values.iter().map(|value| Some(vec![*value])).collect()
    }

    #[test]
    fn rows_without_label_answer_or_fold_take_no_part() {
        let labels =
            task(TaskKind::Regression, 0, Labels::Values(vec![Some(1.0), None, Some(3.0), Some(100.0), Some(7.0)]));
        let mut answers = answers(&[1.0, 50.0, 4.0, 0.0, 0.0]);
        answers[4] = None;
        let scores = score_task(&labels, &answers, &[Some(0), Some(0), Some(1), None, Some(1)]);
        assert_eq!(scores["mae"], 0.5);
        assert_eq!(scores.keys().copied().collect::<Vec<_>>(), ["mae", "r2", "rmse"]);
    }

    #[test]
    fn auc_is_the_fold_mean_and_auc_pooled_is_not() {
        let labels = task(TaskKind::Binary, 2, Labels::Classes(vec![Some(0), Some(1), Some(0), Some(1)]));
        // Perfect within each fold, on scales that do not compare.
        let scores = score_task(&labels, &answers(&[-4.0, -3.0, 3.0, 4.0]), &[Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(scores["auc"], 1.0);
        assert_eq!(scores["auc_pooled"], 0.75);
        assert_eq!(scores["accuracy"], 0.5);
    }

    #[test]
    fn metrics_that_are_not_defined_are_left_out() {
        let labels = task(TaskKind::Binary, 2, Labels::Classes(vec![Some(1), Some(1)]));
        let scores = score_task(&labels, &answers(&[1.0, 2.0]), &[Some(0), Some(0)]);
        assert!(!scores.contains_key("auc") && scores["accuracy"] == 1.0);
    }
}
