//! How well a trial does: one number over tasks and inner folds.

use serde::{Deserialize, Serialize};

use crate::data::{Labels, TaskLabels};
use crate::evaluate::metrics::{auc, macro_f1};
use crate::evaluate::{Answer, predicted_class};
use trunkline_shared::model::TaskKind;

/// What the answers to a task came to; tallies of several folds add up to that of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tally {
    /// Rows by true and by predicted class (C x C).
    Classes(Vec<Vec<u32>>),
    /// AUC summed over the folds that hold both classes, and their number: scores of different models are not on one scale.
    Ranking { auc: f64, folds: u32 },
    /// Sum of squared errors, and rows.
    Values { squares: f64, rows: u32 },
}

/// The joint model's and the constant's tally on the same rows of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TaskTally {
    /// Of the joint integer model.
    pub(super) model: Tally,
    /// Of the best answer that looks at no input.
    pub(super) constant: Tally,
}

impl Tally {
    /// Of `answers`, one a row of `rows`.
    pub(super) fn of(task: &TaskLabels, answers: &[Option<Answer>], rows: &[usize]) -> Self {
        let answered = || rows.iter().zip(answers).filter_map(|(row, answer)| Some((*row, answer.as_ref()?)));
        match &task.labels {
            Labels::Values(values) => {
                let errors: Vec<f64> = answered()
                    .filter_map(|(row, answer)| Some(f64::from(values[row]?) - f64::from(*answer.outputs.first()?)))
                    .collect();
                Tally::Values { squares: errors.iter().map(|error| error * error).sum(), rows: errors.len() as u32 }
            }
            Labels::Classes(classes) if task.kind == TaskKind::Binary => {
                let known = answered().filter_map(|(row, answer)| Some((classes[row]? == 1, *answer.outputs.first()?)));
                let auc = auc(&known.collect::<Vec<_>>());
                Tally::Ranking { auc: auc.unwrap_or(0.0), folds: u32::from(auc.is_some()) }
            }
            Labels::Classes(classes) => {
                let count = task.class_names.len();
                let mut confusion = vec![vec![0; count]; count];
                for (row, answer) in answered() {
                    let predicted = usize::from(predicted_class(task.kind, answer));
                    if let Some(truth) = classes[row]
                        && let Some(cell) = confusion.get_mut(usize::from(truth)).and_then(|row| row.get_mut(predicted))
                    {
                        *cell += 1;
                    }
                }
                Tally::Classes(confusion)
            }
        }
    }

    /// Both together; of tallies of different tasks the first.
    fn plus(self, other: &Self) -> Self {
        match (self, other) {
            (Tally::Classes(one), Tally::Classes(two)) => {
                let row = |(one, two): (Vec<u32>, &Vec<u32>)| one.iter().zip(two).map(|(a, b)| a + b).collect();
                Tally::Classes(one.into_iter().zip(two).map(row).collect())
            }
            (Tally::Ranking { auc, folds }, Tally::Ranking { auc: more, folds: further }) => {
                Tally::Ranking { auc: auc + more, folds: folds + further }
            }
            (Tally::Values { squares, rows }, Tally::Values { squares: more, rows: further }) => {
                Tally::Values { squares: squares + more, rows: rows + further }
            }
            (one, _) => one,
        }
    }

    /// The lower-is-better error by which Delta_m compares as well: 1 - macro-F1, 1 - AUC, or RMSE; `None` without a row that tells.
    fn error(&self) -> Option<f64> {
        match self {
            Tally::Classes(confusion) => {
                let mut pairs = Vec::new();
                for (truth, row) in confusion.iter().enumerate() {
                    for (predicted, count) in row.iter().enumerate() {
                        pairs.extend(std::iter::repeat_n((truth as u16, predicted as u16), *count as usize));
                    }
                }
                Some(1.0 - macro_f1(&pairs, confusion.len())?)
            }
            Tally::Ranking { auc, folds } => (*folds > 0).then(|| 1.0 - auc / f64::from(*folds)),
            Tally::Values { squares, rows } => (*rows > 0).then(|| (squares / f64::from(*rows)).sqrt()),
        }
    }
}

/// Mean over the tasks of the error as a share of the constant answer's, over all `folds` (each with one tally a task) together: 0 is
/// perfect, 1 no better than a constant. Tasks whose constant makes no error, or whose rows tell nothing, take no part; `None`
/// if none is left.
pub(super) fn score(folds: &[Vec<TaskTally>]) -> Option<f64> {
    let (first, others) = folds.split_first()?;
    let shares: Vec<f64> = (0..first.len())
        .filter_map(|task| {
            let total = |of: fn(&TaskTally) -> &Tally| {
                let others = others.iter().filter_map(|fold| fold.get(task));
                others.fold(of(&first[task]).clone(), |sum, fold| sum.plus(of(fold))).error()
            };
            let (model, constant) = (total(|tally| &tally.model)?, total(|tally| &tally.constant)?);
            (constant > 0.0).then(|| model / constant)
        })
        .collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_add_up_to_the_score_of_all_rows() {
        let task = TaskLabels::sample(
            "t",
            TaskKind::Regression,
            0,
            Labels::Values(vec![Some(1.0), Some(3.0), None, Some(6.0)]),
        );
        let tally = |values: &[f32], rows: &[usize]| TaskTally {
            model: Tally::of(&task, &Answer::singles(values), rows),
            constant: Tally::of(&task, &Answer::singles(&vec![4.0; rows.len()]), rows),
        };
        let parted = [vec![tally(&[2.0, 3.0], &[0, 1])], vec![tally(&[0.0, 3.0], &[2, 3])]];
        // Model: 1, 0, 3 off; constant: 3, 1, 2.
        assert_eq!(score(&parted), Some((10.0f64 / 14.0).sqrt()));
        assert_eq!(score(&[vec![tally(&[2.0, 3.0, 9.0, 3.0], &[0, 1, 2, 3])]]), score(&parted));
    }

    #[test]
    fn a_class_that_one_fold_lacks_is_judged_over_all_folds() {
        let task =
            TaskLabels::sample("t", TaskKind::MultiClass, 2, Labels::Classes(vec![Some(0), Some(0), Some(1), Some(1)]));
        let logits = |classes: &[usize]| -> Vec<Option<Answer>> {
            let one = |class: usize| (0..2).map(|at| f32::from(u8::from(at == class))).collect::<Vec<_>>();
            classes.iter().map(|class| Some(one(*class).into())).collect()
        };
        let tally = |model: &[usize], rows: &[usize]| TaskTally {
            model: Tally::of(&task, &logits(model), rows),
            constant: Tally::of(&task, &logits(&vec![0; rows.len()]), rows),
        };
        assert_eq!(score(&[vec![tally(&[0, 0], &[0, 1])], vec![tally(&[1, 1], &[2, 3])]]), Some(0.0));
        assert_eq!(score(&[vec![tally(&[0, 0], &[0, 1])], vec![tally(&[0, 0], &[2, 3])]]), Some(1.0));
    }

    #[test]
    fn a_ranking_is_judged_fold_by_fold_and_empty_tasks_take_no_part() {
        let ranked = TaskLabels::sample(
            "t",
            TaskKind::Binary,
            2,
            Labels::Classes(vec![Some(0), Some(1), Some(0), Some(1), Some(1)]),
        );
        let unlabelled = TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![None; 5]));
        let tallies = |values: &[f32], rows: &[usize]| {
            let of = |task: &TaskLabels| TaskTally {
                model: Tally::of(task, &Answer::singles(values), rows),
                constant: Tally::of(task, &Answer::singles(&vec![0.0; rows.len()]), rows),
            };
            vec![of(&ranked), of(&unlabelled)]
        };
        // Scales differ from fold to fold; the last fold has one class only.
        let folds = [tallies(&[-4.0, -3.0], &[0, 1]), tallies(&[3.0, 2.0], &[2, 3]), tallies(&[0.0], &[4])];
        assert_eq!(score(&folds[..1]), Some(0.0));
        assert_eq!(score(&folds), Some(1.0));
        assert_eq!(score(&folds[2..]), None);
        assert_eq!(score(&[]), None);
    }
}
