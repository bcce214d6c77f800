//! A part of the training rows, as if fewer had been labelled.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::dataset::{Labels, TaskLabels};

/// About the share `share` (0 to 1) of the rows `train`: whole units where `units` (of all rows, see [`super::split::units`]) are
/// known, else single rows; ascending.
///
/// The units come in an order that `seed` alone decides, so that a smaller share is part of every larger one. Of that order those
/// come first that bring a class (or a task's first label) which is not there yet, until all are: without one the task could not be
/// trained. A share is filled up to its number of rows and never short of them, so few large units may exceed it.
pub fn fraction(train: &[usize], units: Option<&[u32]>, tasks: &[TaskLabels], share: f64, seed: u64) -> Vec<usize> {
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in train {
        rows_of.entry(units.map_or(*row, |units| units[*row] as usize)).or_default().push(*row);
    }
    let mut order: Vec<Vec<usize>> = rows_of.into_values().collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (first, rest) = classes_first(order, tasks);
    let wanted = (share * train.len() as f64).round() as usize;
    let mut taken = Vec::new();
    for unit in first.into_iter().chain(rest) {
        if taken.len() >= wanted {
            break;
        }
        taken.extend(unit);
    }
    taken.sort_unstable();
    taken
}

/// The units that bring a class not there yet, in their order, and the others in theirs.
fn classes_first(order: Vec<Vec<usize>>, tasks: &[TaskLabels]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut seen: BTreeSet<(usize, u16)> = BTreeSet::new();
    order.into_iter().partition(|rows| {
        let mut brings = false;
        for (task, labels) in tasks.iter().enumerate() {
            match &labels.labels {
                Labels::Classes(classes) => {
                    rows.iter().filter_map(|row| classes[*row]).for_each(|class| brings |= seen.insert((task, class)));
                }
                Labels::Values(values) => {
                    brings |= rows.iter().any(|row| values[*row].is_some()) && seen.insert((task, 0));
                }
            }
        }
        brings
    })
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;

    #[test]
    fn shares_are_nested_whole_units_that_hold_every_class() {
        let units: Vec<u32> = (0..300).map(|row| row / 5).collect();
        // Class 2 stands in one unit of sixty.
        let labels =
            Labels::Classes((0..300).map(|row| Some(if row / 5 == 41 { 2 } else { (row / 5 % 2) as u16 })).collect());
        let tasks = [TaskLabels::sample("t", TaskKind::MultiClass, 3, labels.clone())];
        let Labels::Classes(classes) = labels else { panic!("classes") };
        let train: Vec<usize> = (0..300).filter(|row| row / 5 % 7 != 0).collect();
        for seed in 0..20 {
            let mut smaller = Vec::new();
            for share in [0.05, 0.15, 0.5, 1.0] {
                let rows = fraction(&train, Some(&units), &tasks, share, seed);
                let wanted = (share * train.len() as f64).round() as usize;
                assert!((wanted..wanted + 15).contains(&rows.len()) && rows.is_sorted(), "{} of {wanted}", rows.len());
                assert!(smaller.iter().all(|row| rows.contains(row)));
                let there: BTreeSet<u32> = rows.iter().map(|row| units[*row]).collect();
                assert_eq!(rows.len(), 5 * there.len(), "units are whole");
                let found: BTreeSet<_> = rows.iter().filter_map(|row| classes[*row]).collect();
                assert_eq!(found.len(), 3);
                smaller = rows;
            }
            assert_eq!(smaller, train);
        }
    }

    #[test]
    fn rows_without_units_stand_for_themselves_and_chance_alone_decides_without_classes() {
        let tasks = [TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![Some(0.0); 100]))];
        let train: Vec<usize> = (0..100).collect();
        let first = fraction(&train, None, &tasks, 0.15, 1);
        assert_eq!(first.len(), 15);
        assert_ne!(first, fraction(&train, None, &tasks, 0.15, 2));
    }
}
