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
/// known, are not parted when a penalty is chosen; `outputs` is the task's number of outputs. Rows without a label take no part;
/// with no label at all the model is all zeros.
pub fn fit_linear(kind: TaskKind, outputs: usize, z: &Standardized, labels: &[f32], groups: Option<&[u32]>) -> Dense {
    match kind {
        TaskKind::Regression => ridge::fit(z, labels, groups),
        TaskKind::MultiClass => lda::fit(z, labels, outputs).scores(),
        TaskKind::Binary => lda::fit(z, labels, 2).logit(),
    }
}

/// Rows that have a label.
fn labelled_rows(labels: &[f32]) -> Vec<usize> {
    (0..labels.len()).filter(|row| !labels[*row].is_nan()).collect()
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
            let plain = fit_linear(kind, outputs, &z, &labels, None);
            assert_eq!(plain, fit_linear(kind, outputs, &masked, &masked_labels, None));
        }
    }

    #[test]
    fn without_labels_every_kind_is_zero() {
        let z = matrix(2, &[1.0, 0.5, -1.0, 0.2]);
        for (kind, outputs) in [(TaskKind::Binary, 1), (TaskKind::MultiClass, 3), (TaskKind::Regression, 1)] {
            assert_eq!(fit_linear(kind, outputs, &z, &[f32::NAN; 2], Some(&[0, 1])), Dense::zeros(outputs, 2));
        }
    }
}
