//! What the answers of a candidate head err on rows that it has not seen, and whether another errs less by more than chance.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use trunkline_shared::model::TaskKind;

use crate::evaluate::predicted_class;

/// Each row's share of the error of `answers`, which is their sum: for a regression the mean squared error over the labels' variance, for
/// two classes 1 - AUC, for several the share of wrong answers, every class weighed alike.
pub(super) fn row_errors(kind: TaskKind, answers: &[Vec<f32>], labels: &[f32]) -> Vec<f64> {
    let first = |answer: &[f32]| f64::from(answer.first().copied().unwrap_or(0.0));
    let count = labels.len() as f64;
    let of_class = |class: f32| labels.iter().filter(|label| **label == class).count() as f64;
    match kind {
        TaskKind::Regression => {
            let mean = labels.iter().map(|label| f64::from(*label)).sum::<f64>() / count;
            let squares: f64 = labels.iter().map(|label| (f64::from(*label) - mean).powi(2)).sum();
            let squares = squares.max(f64::MIN_POSITIVE);
            answers
                .iter()
                .zip(labels)
                .map(|(answer, label)| (first(answer) - f64::from(*label)).powi(2) / squares)
                .collect()
        }
        TaskKind::Binary => {
            let pairs = of_class(0.0) * of_class(1.0);
            let lost = |score: f64, label: f32| -> f64 {
                let others = answers.iter().zip(labels).filter(|(_, other)| **other != label);
                let lost = others.map(|(other, _)| match first(other).total_cmp(&score) {
                    Ordering::Equal => 0.5,
                    Ordering::Greater => f64::from(u8::from(label == 1.0)),
                    Ordering::Less => f64::from(u8::from(label == 0.0)),
                });
                lost.sum()
            };
            // Every pair is counted from both its rows.
            let share = |(answer, label): (&Vec<f32>, &f32)| lost(first(answer), *label) / (2.0 * pairs).max(1.0);
            answers.iter().zip(labels).map(share).collect()
        }
        TaskKind::MultiClass => {
            let mut classes: Vec<u16> = labels.iter().map(|label| *label as u16).collect();
            classes.sort_unstable();
            classes.dedup();
            let share = |(answer, label): (&Vec<f32>, &f32)| {
                let wrong = predicted_class(kind, &answer.clone().into()) != *label as u16;
                if wrong { 1.0 / (classes.len() as f64 * of_class(*label)) } else { 0.0 }
            };
            answers.iter().zip(labels).map(share).collect()
        }
    }
}

/// By how much less `other` errs than `reference` in all, and the standard error of that over the units of the rows.
pub(super) fn gain_by_unit(reference: &[f64], other: &[f64], rows: &[usize], units: Option<&[u32]>) -> (f64, f64) {
    let mut of_unit: BTreeMap<usize, f64> = BTreeMap::new();
    for ((reference, other), row) in reference.iter().zip(other).zip(rows) {
        *of_unit.entry(units.map_or(*row, |units| units[*row] as usize)).or_default() += reference - other;
    }
    let (gain, count) = (of_unit.values().sum::<f64>(), of_unit.len() as f64);
    let squares: f64 = of_unit.values().map(|unit| (unit - gain / count).powi(2)).sum();
    (gain, (squares * count / (count - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_an_error_add_up_to_it() {
        let answers = |values: &[f32]| values.iter().map(|value| vec![*value]).collect::<Vec<_>>();
        let sum = |kind, answers: &[Vec<f32>], labels: &[f32]| row_errors(kind, answers, labels).iter().sum::<f64>();
        // Of six pairs two are the wrong way round and one is a tie.
        let labels = [0.0, 0.0, 0.0, 1.0, 1.0];
        assert!((sum(TaskKind::Binary, &answers(&[0.1, 0.5, 0.2, 0.5, 0.15]), &labels) - 2.5 / 6.0).abs() < 1e-12);
        assert_eq!(sum(TaskKind::Regression, &answers(&[2.0, 2.0]), &[1.0, 3.0]), 1.0);
        let one_of_three = [vec![1.0, 0.0, 0.0], vec![1.0, 0.0, 0.0], vec![1.0, 0.0, 0.0]];
        assert_eq!(sum(TaskKind::MultiClass, &one_of_three, &[0.0, 0.0, 2.0]), 0.5);
    }

    #[test]
    fn a_gain_is_judged_by_its_spread_over_units() {
        let (reference, other) = ([1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]);
        // Two units that gain 2 and 0, four rows that gain 1, 1, 0 and 0.
        assert_eq!(gain_by_unit(&reference, &other, &[0, 1, 2, 3], Some(&[7, 7, 9, 9])), (2.0, 2.0));
        let (gain, error) = gain_by_unit(&reference, &other, &[0, 1, 2, 3], None);
        assert!(gain == 2.0 && (error - (4.0f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
