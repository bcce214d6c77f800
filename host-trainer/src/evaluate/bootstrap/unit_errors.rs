//! One contender's errors summed up by unit, so that they can be weighed by any draw.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_shared::model::TaskKind;

use super::super::metrics::macro_f1_of_counts;
use super::super::{Answer, predicted_class};
use crate::data::{Labels, TaskLabels};

/// One contender's answers to one task with one seed, summed up by unit: its error under any draw.
#[derive(Debug, Clone)]
pub struct UnitErrors {
    sums: Sums,
    /// Units that are drawn, with or without rows here.
    units: usize,
}

#[derive(Debug, Clone)]
enum Sums {
    /// For each unit the rows and the sum of squared errors.
    Values(Vec<(f64, f64)>),
    /// For each fold (unit, is positive, score), scores ascending.
    Ranks(Vec<Vec<(u32, bool, f32)>>),
    /// For each unit its confusion matrix (K x K, a row for each true class).
    Counts { classes: usize, of_unit: Vec<Vec<u32>> },
}

impl UnitErrors {
    /// Sums up `answers` (N, as [`crate::evaluate::Predictions`] holds them) of the rows that have a label, an answer and a fold.
    ///
    /// * `fold_of_row`: test fold of each row (N).
    /// * `unit_of_row`: unit of each row (N), below `units`.
    pub fn new(
        labels: &TaskLabels,
        answers: &[Option<Answer>],
        fold_of_row: &[Option<usize>],
        unit_of_row: &[u32],
        units: usize,
    ) -> Self {
        let rows = answers.iter().zip(fold_of_row).zip(unit_of_row).enumerate();
        let rows = rows.filter_map(|(row, ((answer, fold), unit))| Some((row, answer.as_ref()?, (*fold)?, *unit)));
        let sums = match &labels.labels {
            Labels::Values(values) => {
                let mut of_unit = vec![(0.0, 0.0); units];
                for (row, answer, _, unit) in rows {
                    if let (Some(truth), Some(answer)) = (values[row], answer.outputs.first()) {
                        let (count, squares) = &mut of_unit[unit as usize];
                        *count += 1.0;
                        *squares += (f64::from(*answer) - f64::from(truth)).powi(2);
                    }
                }
                Sums::Values(of_unit)
            }
            Labels::Classes(known) if labels.kind == TaskKind::Binary => {
                let mut folds: BTreeMap<usize, Vec<(u32, bool, f32)>> = BTreeMap::new();
                for (row, answer, fold, unit) in rows {
                    if let Some(class) = known[row] {
                        let score = answer.outputs.first().copied().unwrap_or(0.0);
                        folds.entry(fold).or_default().push((unit, class == 1, score));
                    }
                }
                let mut folds: Vec<_> = folds.into_values().collect();
                folds.iter_mut().for_each(|rows| rows.sort_by(|a, b| a.2.total_cmp(&b.2)));
                Sums::Ranks(folds)
            }
            Labels::Classes(known) => {
                let classes = labels.class_names.len();
                let mut of_unit = vec![vec![0; classes * classes]; units];
                for (row, answer, _, unit) in rows {
                    if let Some(class) = known[row] {
                        let predicted = usize::from(predicted_class(labels.kind, answer));
                        if let Some(count) = of_unit[unit as usize].get_mut(usize::from(class) * classes + predicted) {
                            *count += 1;
                        }
                    }
                }
                Sums::Counts { classes, of_unit }
            }
        };
        Self { sums, units }
    }

    /// Units that are drawn, with or without rows here.
    pub(super) fn units(&self) -> usize {
        self.units
    }

    /// Adds to `all` the units that tell of the error, each with what it tells of: which of two classes it has rows of, or that it has
    /// any row.
    fn tell(&self, all: &mut BTreeSet<(bool, u32)>) {
        match &self.sums {
            Sums::Values(of_unit) => {
                let there = (0u32..).zip(of_unit).filter(|(_, (rows, _))| *rows > 0.0);
                all.extend(there.flat_map(|(unit, _)| [(false, unit), (true, unit)]));
            }
            Sums::Ranks(folds) => {
                all.extend(folds.iter().flatten().map(|(unit, positive, _)| (*positive, *unit)));
            }
            Sums::Counts { of_unit, .. } => {
                let there = (0u32..).zip(of_unit).filter(|(_, counts)| counts.iter().any(|count| *count > 0));
                all.extend(there.flat_map(|(unit, _)| [(false, unit), (true, unit)]));
            }
        }
    }

    /// Independent pieces of evidence in the answers with all seeds: units with a row that counts. Of two classes, which are ranked
    /// against each other, the units with rows of the class that has fewer.
    pub(super) fn evidence(seeds: &[UnitErrors]) -> usize {
        let mut all = BTreeSet::new();
        seeds.iter().for_each(|errors| errors.tell(&mut all));
        let positive = all.iter().filter(|(positive, _)| *positive).count();
        positive.min(all.len() - positive)
    }

    /// The error of Delta_m, each unit weighed as often as `weights` (U) say: RMSE, 1 - AUC (mean over folds), or 1 - macro-F1;
    /// `None` where it is not defined.
    pub fn error(&self, weights: &[u16]) -> Option<f64> {
        match &self.sums {
            Sums::Values(of_unit) => {
                let weighed = of_unit.iter().zip(weights).filter(|(_, weight)| **weight > 0);
                let (rows, squares) = weighed.fold((0.0, 0.0), |(rows, squares), (sums, weight)| {
                    (rows + sums.0 * f64::from(*weight), squares + sums.1 * f64::from(*weight))
                });
                (rows > 0.0).then(|| (squares / rows).sqrt())
            }
            Sums::Ranks(folds) => {
                let scores: Vec<f64> = folds.iter().filter_map(|rows| weighed_auc(rows, weights)).collect();
                (!scores.is_empty()).then(|| 1.0 - scores.iter().sum::<f64>() / scores.len() as f64)
            }
            Sums::Counts { classes, of_unit } => {
                macro_f1_of_counts(&weighed_counts(*classes, of_unit, weights), *classes).map(|f1| 1.0 - f1)
            }
        }
    }

    /// The error by which a contender is compared with a constant answer, and what a constant answer has, where neither depends on
    /// which constant: for two classes 1 - AUC and 1/2, for more 1 - mean recall and 1 - 1/K of the K classes that are there.
    /// `None` for values.
    pub fn against_chance(&self, weights: &[u16]) -> Option<(f64, f64)> {
        match &self.sums {
            Sums::Values(_) => None,
            Sums::Ranks(_) => self.error(weights).map(|error| (error, 0.5)),
            Sums::Counts { classes, of_unit } => {
                let counts = weighed_counts(*classes, of_unit, weights);
                let recalls: Vec<f64> = (0..*classes)
                    .filter_map(|class| {
                        let rows: u64 = counts[class * classes..][..*classes].iter().sum();
                        (rows > 0).then(|| counts[class * classes + class] as f64 / rows as f64)
                    })
                    .collect();
                let there = recalls.len() as f64;
                (there > 1.0).then(|| (1.0 - recalls.iter().sum::<f64>() / there, 1.0 - 1.0 / there))
            }
        }
    }
}

fn weighed_counts(classes: usize, of_unit: &[Vec<u32>], weights: &[u16]) -> Vec<u64> {
    let mut counts = vec![0; classes * classes];
    for (unit, weight) in of_unit.iter().zip(weights).filter(|(_, weight)| **weight > 0) {
        for (count, of_unit) in counts.iter_mut().zip(unit) {
            *count += u64::from(*of_unit) * u64::from(*weight);
        }
    }
    counts
}

/// [`crate::evaluate::metrics::auc`] of rows whose units are weighed.
fn weighed_auc(rows: &[(u32, bool, f32)], weights: &[u16]) -> Option<f64> {
    // Twice the comparisons won: integers, so that no order of summation matters.
    let (mut positives, mut negatives, mut twice_wins) = (0u64, 0u64, 0u64);
    for tied in rows.chunk_by(|a, b| a.2 == b.2) {
        let (mut tied_positives, mut tied_negatives) = (0, 0);
        for (unit, positive, _) in tied {
            let weight = u64::from(weights[*unit as usize]);
            *(if *positive { &mut tied_positives } else { &mut tied_negatives }) += weight;
        }
        twice_wins += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    (positives > 0 && negatives > 0).then(|| twice_wins as f64 / 2.0 / (positives as f64 * negatives as f64))
}

#[cfg(test)]
mod tests {
    use super::super::super::score_task;
    use super::*;

    #[test]
    fn weighing_all_units_alike_gives_the_metrics_of_the_tables() {
        let folds: Vec<Option<usize>> = (0..40).map(|row| Some(row % 2)).collect();
        let units: Vec<u32> = (0..40).map(|row| row / 4).collect();
        let noise = |row: usize| (row * 7919 % 101) as f32 / 50.0 - 1.0;
        let classes: Vec<Option<u16>> = (0..40).map(|row| Some((row * 31 % 3) as u16)).collect();
        let two: Vec<Option<u16>> = classes.iter().map(|class| class.map(|class| class.min(1))).collect();
        let values: Vec<Option<f32>> = (0..40).map(|row| (row % 7 != 0).then_some(row as f32 / 20.0)).collect();
        let one: Vec<Option<Answer>> = (0..40).map(|row| Some(vec![noise(row)].into())).collect();
        let outputs = |row: usize| -> Vec<f32> { (0..3).map(|class| noise(row + 13 * class)).collect() };
        let three: Vec<Option<Answer>> = (0..40).map(|row| Some(outputs(row).into())).collect();
        let weights = [1; 10];
        for (labels, answers, metric) in [
            (TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(values)), &one, "rmse"),
            (TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(two)), &one, "auc"),
            (TaskLabels::sample("t", TaskKind::MultiClass, 3, Labels::Classes(classes)), &three, "macro_f1"),
        ] {
            let score = score_task(&labels, answers, &folds)[metric];
            let expected = if metric == "rmse" { score } else { 1.0 - score };
            let error = UnitErrors::new(&labels, answers, &folds, &units, 10).error(&weights).unwrap();
            assert!((error - expected).abs() < 1e-12, "{metric}: {error} {expected}");
        }
    }

    #[test]
    fn a_unit_drawn_twice_counts_as_its_rows_twice() {
        let labels = TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![Some(0.0); 3]));
        let answers: Vec<Option<Answer>> = [1.0, 2.0, 5.0].map(|value| Some(vec![value].into())).into();
        let errors = UnitErrors::new(&labels, &answers, &[Some(0); 3], &[0, 1, 2], 3);
        assert_eq!(errors.error(&[2, 1, 0]), Some(2.0f64.sqrt()));
        assert_eq!(errors.error(&[0, 0, 0]), None);
    }

    #[test]
    fn chance_is_one_class_of_those_that_are_there() {
        let labels =
            TaskLabels::sample("t", TaskKind::MultiClass, 4, Labels::Classes(vec![Some(0), Some(1), Some(2), Some(2)]));
        let answers = vec![Some(vec![1.0, 0.0, 0.0, 0.0].into()); 4];
        let errors = UnitErrors::new(&labels, &answers, &[Some(0); 4], &[0, 1, 2, 3], 4);
        let (error, chance) = errors.against_chance(&[1, 1, 1, 1]).unwrap();
        assert!((error - 2.0 / 3.0).abs() < 1e-12 && (chance - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(errors.against_chance(&[1, 0, 0, 0]), None);
    }

    #[test]
    fn evidence_is_units_and_of_two_classes_the_units_of_the_rarer_one() {
        let answers: Vec<Option<Answer>> = vec![Some(vec![1.0].into()); 8];
        let units = [0, 0, 1, 1, 2, 2, 3, 3];
        let evidence = |labels: TaskLabels| {
            let errors = UnitErrors::new(&labels, &answers, &[Some(0); 8], &units, 4);
            UnitErrors::evidence(&[errors.clone(), errors])
        };
        let mut values = vec![Some(1.0); 8];
        (values[2], values[3]) = (None, None);
        assert_eq!(
            evidence(TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(values))),
            3,
            "one unit has no label"
        );
        let classes = [0, 1, 0, 0, 0, 0, 1, 1].map(Some).to_vec();
        assert_eq!(evidence(TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(classes.clone()))), 2);
        assert_eq!(evidence(TaskLabels::sample("t", TaskKind::MultiClass, 2, Labels::Classes(classes))), 4);
    }
}
