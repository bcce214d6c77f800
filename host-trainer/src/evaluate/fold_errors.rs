//! The errors of each fold by which contenders are compared, and the joint model's differences from the others.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::metrics::mean_recall;
use super::predictions::predicted_class;
use super::score::{error_of, score_task};
use super::{Answer, Contender, CrossValidation, PairedDifference};
use crate::data::{Labels, TaskLabels};

/// How the joint integer model differs from the others on one task; `None` where no fold defines the error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// From networks as large as the joint one.
    pub single: Option<PairedDifference>,
    /// From networks that together are no larger than the joint one.
    pub single_same_size: Option<PairedDifference>,
    /// From the closed-form linear model.
    pub linear: Option<PairedDifference>,
    /// From a constant answer, which knows nothing; for more than two classes by mean recall, in which guessing has no advantage.
    pub constant: Option<PairedDifference>,
}

/// The differences on task `index` of the data set, whose labels are `labels`.
pub(super) fn differences(labels: &TaskLabels, index: usize, validation: &CrossValidation) -> Differences {
    let errors = |contender: Contender, measure: Measure| -> Vec<Vec<Option<f64>>> {
        let seeds = validation.predictions.get(&contender).into_iter().flatten().zip(&validation.fold_of_row);
        let answers = seeds.filter_map(|(answers, folds)| Some((answers.tasks.get(index)?, folds)));
        let constant = contender == Contender::Constant;
        answers
            .map(|(answers, folds)| fold_errors(labels, answers, folds, validation.folds, measure, constant))
            .collect()
    };
    let same_folds = validation.same_folds();
    let against = |contender: Contender| {
        let measure = Measure::against(contender, labels.kind);
        let (joint, other) = (errors(Contender::JointInt8, measure), errors(contender, measure));
        PairedDifference::of(measure.name(), &joint, &other, same_folds)
    };
    Differences {
        single: against(Contender::Single),
        single_same_size: against(Contender::SingleSameSize),
        linear: against(Contender::Linear),
        constant: against(Contender::Constant),
    }
}

/// A lower-is-better error of a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Rmse,
    Auc,
    MacroF1,
    MeanRecall,
}

impl Measure {
    /// The error of Delta_m; against a constant answer to several classes mean recall, because a mere guess has a higher macro-F1.
    pub(crate) fn against(contender: Contender, kind: TaskKind) -> Self {
        match kind {
            TaskKind::Regression => Measure::Rmse,
            TaskKind::Binary => Measure::Auc,
            TaskKind::MultiClass if contender == Contender::Constant => Measure::MeanRecall,
            TaskKind::MultiClass => Measure::MacroF1,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Measure::Rmse => "rmse",
            Measure::Auc => "1-auc",
            Measure::MacroF1 => "1-macro_f1",
            Measure::MeanRecall => "1-mean_recall",
        }
    }
}

/// The error of each of `folds` folds; `None` where it is not defined.
///
/// * `constant`: the answers are a constant. By mean recall it is then taken to be a class of the fold, lest a guess beat it merely
///   because the training rows' most frequent class is missing there.
pub(crate) fn fold_errors(
    labels: &TaskLabels,
    answers: &[Option<Answer>],
    fold_of_row: &[Option<usize>],
    folds: usize,
    measure: Measure,
    constant: bool,
) -> Vec<Option<f64>> {
    let error = |fold: usize| {
        let here: Vec<Option<usize>> = fold_of_row.iter().map(|of_row| of_row.filter(|it| *it == fold)).collect();
        match (measure, &labels.labels) {
            (Measure::MeanRecall, Labels::Classes(classes)) => {
                let rows = classes.iter().zip(answers).zip(&here).filter(|(_, fold)| fold.is_some());
                let mut pairs: Vec<(u16, u16)> = rows
                    .filter_map(|((class, answer), _)| {
                        Some(((*class)?, predicted_class(labels.kind, answer.as_ref()?)))
                    })
                    .collect();
                if let (true, Some((class, _))) = (constant, pairs.first().copied()) {
                    pairs.iter_mut().for_each(|(_, predicted)| *predicted = class);
                }
                mean_recall(&pairs).map(|recall| 1.0 - recall)
            }
            _ => {
                let scores = score_task(labels, answers, &here);
                error_of(labels.kind, |metric| scores.get(metric).copied())
            }
        }
    };
    (0..folds).map(error).collect()
}

#[cfg(test)]
mod tests;
