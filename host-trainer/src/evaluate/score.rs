//! A task's metrics from its predictions.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_shared::model::TaskKind;

use super::Answer;
use super::metrics::{accuracy, auc, auc_fold_mean, ece, macro_f1, mae, mean_cost, nll, precision, r2, recall, rmse};
use super::predictions::predicted_class;
use super::record::{Metrics, Summary};
use crate::config::ThresholdConfig;
use crate::data::{Labels, TaskLabels};
use crate::model::log_probabilities;

/// Every metric of the task's kind that is defined on the rows which have a label, an answer and a fold.
///
/// * `answers`: the answer to each row (N), as [`super::Predictions`] holds them.
/// * `fold_of_row`: test fold of each row (N); `None` leaves the row out.
///
/// Keys: `macro_f1`, `accuracy`, `nll` and `ece` for classes, with `auc` (mean over folds), `auc_pooled`, `precision` and `recall` for
/// binary tasks, whose second class is the positive one; `r2`, `rmse`, `mae` for regressions. All folds are pooled but for `auc`.
pub fn score_task(
    labels: &TaskLabels,
    answers: &[Option<Answer>],
    fold_of_row: &[Option<usize>],
) -> BTreeMap<&'static str, f64> {
    let rows = || {
        answers.iter().zip(fold_of_row).enumerate().filter_map(|(row, (a, fold))| Some((row, a.as_ref()?, (*fold)?)))
    };
    let metrics: Vec<(&'static str, Option<f64>)> = match &labels.labels {
        Labels::Values(values) => {
            let pairs: Vec<(f32, f32)> =
                rows().filter_map(|(row, answer, _)| Some((values[row]?, *answer.outputs.first()?))).collect();
            vec![("r2", r2(&pairs)), ("rmse", rmse(&pairs)), ("mae", mae(&pairs))]
        }
        Labels::Classes(classes) => {
            let known = || rows().filter_map(|(row, answer, fold)| Some((classes[row]?, answer, fold)));
            let pairs = class_pairs(labels, answers, fold_of_row);
            let logs: Vec<(u16, Vec<f64>)> =
                known().map(|(class, answer, _)| (class, log_probabilities(labels.kind, &answer.outputs))).collect();
            let mut metrics = vec![
                ("macro_f1", macro_f1(&pairs, labels.class_names.len())),
                ("accuracy", accuracy(&pairs)),
                ("nll", nll(&logs)),
                ("ece", ece(&logs)),
            ];
            if labels.kind == TaskKind::Binary {
                let mut folds: BTreeMap<usize, Vec<(bool, f32)>> = BTreeMap::new();
                for (class, answer, fold) in known() {
                    folds.entry(fold).or_default().push((class == 1, answer.outputs.first().copied().unwrap_or(0.0)));
                }
                let pooled: Vec<(bool, f32)> = folds.values().flatten().copied().collect();
                metrics.push(("auc", auc_fold_mean(folds.values().map(Vec::as_slice))));
                metrics.push(("auc_pooled", auc(&pooled)));
                metrics.push(("precision", precision(&pairs)));
                metrics.push(("recall", recall(&pairs)));
            }
            metrics
        }
    };
    metrics.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// [`score_task`] of each seed's `answers` and folds, summed up over the seeds; a metric that is defined in no seed is left out. Where
/// `threshold` states costs, `cost` is among them: the mean cost of a row.
pub(crate) fn score_over_seeds<'a>(
    labels: &TaskLabels,
    threshold: Option<ThresholdConfig>,
    answers: impl Iterator<Item = &'a Vec<Option<Answer>>>,
    fold_of_row: &[Vec<Option<usize>>],
) -> Metrics {
    let score = |(answers, folds): (&Vec<Option<Answer>>, &Vec<Option<usize>>)| {
        let mut scores = score_task(labels, answers, folds);
        if let Some(ThresholdConfig::Cost { false_alarm_cost, miss_cost }) = threshold {
            let cost = mean_cost(&class_pairs(labels, answers, folds), false_alarm_cost, miss_cost);
            scores.extend(cost.map(|cost| ("cost", cost)));
        }
        scores
    };
    let scores: Vec<_> = answers.zip(fold_of_row).map(score).collect();
    let names: BTreeSet<&str> = scores.iter().flat_map(|scores| scores.keys().copied()).collect();
    let over_seeds = |name: &str| Summary::over_seeds(scores.iter().map(|scores| scores.get(name).copied()).collect());
    names.into_iter().filter_map(|name| Some((name.to_owned(), over_seeds(name)?))).collect()
}

/// (True, predicted) class of every row that has a label, an answer and a fold; none for a regression.
fn class_pairs(labels: &TaskLabels, answers: &[Option<Answer>], fold_of_row: &[Option<usize>]) -> Vec<(u16, u16)> {
    let Labels::Classes(classes) = &labels.labels else { return Vec::new() };
    let rows = classes.iter().zip(answers).zip(fold_of_row).filter(|(_, fold)| fold.is_some());
    rows.filter_map(|((class, answer), _)| Some(((*class)?, predicted_class(labels.kind, answer.as_ref()?)))).collect()
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
    use super::*;

    #[test]
    fn rows_without_label_answer_or_fold_take_no_part() {
        let labels = TaskLabels::sample(
            "t",
            TaskKind::Regression,
            0,
            Labels::Values(vec![Some(1.0), None, Some(3.0), Some(100.0), Some(7.0)]),
        );
        let mut answers = Answer::singles(&[1.0, 50.0, 4.0, 0.0, 0.0]);
        answers[4] = None;
        let scores = score_task(&labels, &answers, &[Some(0), Some(0), Some(1), None, Some(1)]);
        assert_eq!(scores["mae"], 0.5);
        assert_eq!(scores.keys().copied().collect::<Vec<_>>(), ["mae", "r2", "rmse"]);
    }

    #[test]
    fn auc_is_the_fold_mean_and_auc_pooled_is_not() {
        let labels =
            TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(vec![Some(0), Some(1), Some(0), Some(1)]));
        // Perfect within each fold, on scales that do not compare.
        let scores =
            score_task(&labels, &Answer::singles(&[-4.0, -3.0, 3.0, 4.0]), &[Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(scores["auc"], 1.0);
        assert_eq!(scores["auc_pooled"], 0.75);
        assert_eq!(scores["accuracy"], 0.5);
    }

    #[test]
    fn metrics_that_are_not_defined_are_left_out() {
        let labels = TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(vec![Some(1), Some(1)]));
        let scores = score_task(&labels, &Answer::singles(&[1.0, 2.0]), &[Some(0), Some(0)]);
        assert!(!scores.contains_key("auc") && scores["accuracy"] == 1.0);
    }
}
