//! Answers to training rows from models that have not seen them.
//!
//! What is fitted to a model's answers (a temperature, a threshold, a student) must not be fitted to its answers to rows that it has
//! learnt by heart. So the training rows are dealt to inner folds, whole units at a time, and each fold is answered by a model of
//! the others.

use super::TrainError;
use crate::data::split;

/// Answers to all of `rows`, in their order, each by a model that was fitted without the row's fold.
///
/// * `rows`: training rows, ascending.
/// * `units`: unit of every row of the data set (see [`split::units`]); no unit is parted.
/// * `folds`: number of inner folds, at least 2; fewer where there are fewer units.
/// * `seed`: decides which units fall together.
/// * `answer`: fits a model on the rows of its first argument and gives one answer for each row of its second.
///
/// # Errors
/// [`TrainError::OneUnit`] where there is a single unit, and whatever `answer` says.
pub(crate) fn out_of_fold<A>(
    rows: &[usize],
    units: Option<&[u32]>,
    folds: usize,
    seed: u64,
    mut answer: impl FnMut(&[usize], &[usize]) -> Result<Vec<A>, TrainError>,
) -> Result<Vec<A>, TrainError> {
    let parts = split::inner_folds(rows, units, folds, seed);
    if parts.len() < 2 {
        return Err(TrainError::OneUnit { rows: rows.len() });
    }
    let mut answered: Vec<(usize, A)> = Vec::with_capacity(rows.len());
    for part in parts {
        let answers = answer(&part.train, &part.test)?;
        answered.extend(part.test.into_iter().zip(answers));
    }
    answered.sort_by_key(|(row, _)| *row);
    Ok(answered.into_iter().map(|(_, answer)| answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_answered_once_by_a_model_that_has_not_seen_its_unit() {
        let units: Vec<u32> = (0..60).map(|row| row / 4).collect();
        let rows: Vec<usize> = (0..60).filter(|row| row % 5 != 0).collect();
        let mut fits = 0;
        let answers = out_of_fold(&rows, Some(&units), 3, 7, |fitted, held_out| {
            fits += 1;
            assert_eq!(fitted.len() + held_out.len(), rows.len());
            assert!(held_out.iter().all(|row| fitted.iter().all(|other| units[*row] != units[*other])));
            Ok(held_out.to_vec())
        });
        assert_eq!((answers.unwrap(), fits), (rows, 3));
    }

    #[test]
    fn single_rows_are_units_where_none_are_known_and_one_unit_is_refused() {
        let own = |_: &[usize], held_out: &[usize]| Ok(held_out.to_vec());
        assert_eq!(out_of_fold(&[2, 5], None, 5, 0, own).unwrap(), [2, 5]);
        let refused = out_of_fold(&[2, 5], Some(&[7; 6]), 3, 0, own).unwrap_err();
        assert!(matches!(refused, TrainError::OneUnit { rows: 2 }), "{refused}");
    }
}
