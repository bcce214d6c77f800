//! Linear models in closed form: the first half of every task's linear path, and the linear baseline.
//!
//! All of it runs in f64 on one thread, so the result depends on the rows alone.

pub mod lda;
pub mod ridge;

use nalgebra::DMatrix;
use trunkline_shared::model::TaskKind;

use crate::model::{Dense, Standardized};

/// Closed-form linear model of one task: shrinkage LDA for classes (binary: one logit, the second class against the first),
/// ridge for values.
///
/// `z` is n x F; `labels` (n) are class numbers, or standardised values for a regression, NaN where missing; `groups` (n), where
/// known, are not parted when a penalty is chosen; `weights` (n, 0 or more), where there are some, say how many times each row
/// counts; `class_weights` (one a class), where there are some, how many times the rows of each class count in its prior (see
/// [`lda::fit`]); `outputs` is the task's number of outputs. Rows without a label or of weight 0 take no part; with no row left the model
/// is all zeros.
pub fn fit_linear(
    kind: TaskKind,
    outputs: usize,
    z: &Standardized,
    labels: &[f32],
    groups: Option<&[u32]>,
    weights: Option<&[f32]>,
    class_weights: Option<&[f32]>,
) -> Dense {
    match kind {
        TaskKind::Regression => ridge::fit(z, labels, groups, weights),
        TaskKind::MultiClass => lda::fit(z, labels, outputs, weights, class_weights).scores(),
        TaskKind::Binary => lda::fit(z, labels, 2, weights, class_weights).logit(),
    }
}

/// Rows that have a label and a weight above 0.
pub(crate) fn labelled_rows(labels: &[f32], weights: Option<&[f32]>) -> Vec<usize> {
    let counts = |row: &usize| !labels[*row].is_nan() && weights.is_none_or(|weights| weights[*row] > 0.0);
    (0..labels.len()).filter(counts).collect()
}

/// The rows `rows` of `z` (rows x F) in f64.
fn design(z: &Standardized, rows: &[usize]) -> DMatrix<f64> {
    let values = rows.iter().flat_map(|row| z.row(*row)).map(|value| f64::from(*value));
    DMatrix::from_row_iterator(rows.len(), z.columns, values)
}

#[cfg(test)]
pub(crate) fn matrix(columns: usize, data: &[f32]) -> Standardized {
    Standardized { rows: data.len() / columns, columns, data: data.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_label_change_nothing() {
        let z = matrix(2, &[1.0, 0.5, -1.0, 0.2, 0.4, -1.0, -0.6, 0.3, 0.9, 0.1]);
        let masked = matrix(2, &[1.0, 0.5, 7.0, 7.0, -1.0, 0.2, 0.4, -1.0, -0.6, 0.3, 0.9, 0.1]);
        let labels = [1.0, 0.0, 1.0, 0.0, 1.0];
        let masked_labels = [1.0, f32::NAN, 0.0, 1.0, 0.0, 1.0];
        for (kind, outputs) in [(TaskKind::Binary, 1), (TaskKind::MultiClass, 2), (TaskKind::Regression, 1)] {
            let plain = fit_linear(kind, outputs, &z, &labels, None, None, None);
            assert_eq!(plain, fit_linear(kind, outputs, &masked, &masked_labels, None, None, None));
        }
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice_and_one_of_weight_zero_is_not_there() {
        let value = |i: usize| ((i * 7919 + i * i * 31) % 101) as f32 / 50.0 - 1.0;
        let rows: Vec<Vec<f32>> = (0..24).map(|row| (0..3).map(|column| value(3 * row + column)).collect()).collect();
        let label = |row: usize| f32::from(u8::from(rows[row][0] + 0.6 * value(row + 7) > 0.0));
        let weights: Vec<f32> = (0..24).map(|row| [1.0, 2.0, 0.0, 1.0][row % 4]).collect();
        let repeated: Vec<usize> = (0..24).flat_map(|row| std::iter::repeat_n(row, weights[row] as usize)).collect();
        let of = |rows_of: &[usize]| matrix(3, &rows_of.iter().flat_map(|row| rows[*row].clone()).collect::<Vec<_>>());
        let labels_of = |rows_of: &[usize]| rows_of.iter().map(|row| label(*row)).collect::<Vec<f32>>();
        let groups_of = |rows_of: &[usize]| rows_of.iter().map(|row| *row as u32 / 4).collect::<Vec<u32>>();
        let all: Vec<usize> = (0..24).collect();
        for (kind, outputs) in [(TaskKind::Binary, 1), (TaskKind::MultiClass, 3), (TaskKind::Regression, 1)] {
            for grouped in [false, true] {
                let fit = |rows_of: &[usize], weights: Option<&[f32]>| {
                    let groups = grouped.then(|| groups_of(rows_of));
                    fit_linear(kind, outputs, &of(rows_of), &labels_of(rows_of), groups.as_deref(), weights, None)
                };
                let (weighted, twice) = (fit(&all, Some(&weights)), fit(&repeated, None));
                let pairs = weighted.weight.iter().zip(&twice.weight).chain(weighted.bias.iter().zip(&twice.bias));
                for (one, other) in pairs {
                    assert!((one - other).abs() <= 1e-5 * other.abs().max(1.0), "{kind:?}: {one} {other}");
                }
                assert_ne!(weighted, fit(&all, None));
            }
        }
    }

    #[test]
    fn without_labels_every_kind_is_zero() {
        let z = matrix(2, &[1.0, 0.5, -1.0, 0.2]);
        for (kind, outputs) in [(TaskKind::Binary, 1), (TaskKind::MultiClass, 3), (TaskKind::Regression, 1)] {
            let fitted = fit_linear(kind, outputs, &z, &[f32::NAN; 2], Some(&[0, 1]), None, None);
            assert_eq!(fitted, Dense::zeros(outputs, 2));
        }
    }
}
