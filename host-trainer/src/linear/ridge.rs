//! Ridge regression with a free intercept; the penalty is chosen inside the rows given.
//!
//! Where the rows come in groups (or blocks of neighbours), by cross-validation over whole groups: rows of a group resemble each
//! other, and a measure that takes them for independent asks for far too small a penalty. Else by generalised cross-validation: Golub,
//! Heath & Wahba, "Generalized cross-validation as a method for choosing a good ridge parameter", Technometrics 1979.

use std::collections::BTreeSet;

use nalgebra::{DMatrix, DVector, RowDVector};

use super::{design, labelled_rows};
use crate::model::{Dense, Standardized};

/// Most parts in cross-validation over groups.
const FOLDS: usize = 5;

/// Penalties tried, for each row of the fit: 1e-6, 1e-5.5 .. 1e2.
fn penalties() -> impl Iterator<Item = f64> {
    (-12..=4).map(|half_decade| 10f64.powf(f64::from(half_decade) / 2.0))
}

/// A centred least-squares problem in the eigenbasis of its features.
struct Spectrum {
    /// Rows, each counted as often as its weight says.
    rows: f64,
    /// Means of the features (F).
    x_mean: RowDVector<f64>,
    /// Mean of the labels.
    y_mean: f64,
    /// Eigenvalues of X'X, clipped at 0 (F).
    eigenvalues: DVector<f64>,
    /// Their eigenvectors, one a column (F x F).
    eigenvectors: DMatrix<f64>,
    /// V' X' y (F).
    moments: DVector<f64>,
    /// y'y.
    energy: f64,
}

impl Spectrum {
    /// Of the rows of `x` (n x F) and `y` (n) with weights above 0 (n), if there are any.
    fn new(mut x: DMatrix<f64>, mut y: DVector<f64>, weights: Option<&DVector<f64>>) -> Self {
        let rows = weights.map_or(x.nrows() as f64, DVector::sum);
        let (x_mean, y_mean) = match weights {
            None => (x.row_mean(), y.mean()),
            Some(weights) => (x.tr_mul(weights).transpose() / rows, y.dot(weights) / rows),
        };
        for (mut column, mean) in x.column_iter_mut().zip(&x_mean) {
            column.add_scalar_mut(-mean);
        }
        y.add_scalar_mut(-y_mean);
        if let Some(weights) = weights {
            let roots = weights.map(f64::sqrt);
            x.column_iter_mut().for_each(|mut column| column.component_mul_assign(&roots));
            y.component_mul_assign(&roots);
        }
        let eigen = x.tr_mul(&x).symmetric_eigen();
        Self {
            rows,
            x_mean,
            y_mean,
            moments: eigen.eigenvectors.tr_mul(&x.tr_mul(&y)),
            eigenvalues: eigen.eigenvalues.map(|value| value.max(0.0)),
            eigenvectors: eigen.eigenvectors,
            energy: y.norm_squared(),
        }
    }

    /// Coefficients at `penalty` a row (F).
    fn coefficients(&self, penalty: f64) -> DVector<f64> {
        let penalty = penalty * self.rows;
        let shrunk = self.moments.zip_map(&self.eigenvalues, |moment, value| moment / (value + penalty));
        &self.eigenvectors * shrunk
    }

    /// Intercept that goes with `coefficients`.
    fn intercept(&self, coefficients: &DVector<f64>) -> f64 {
        self.y_mean - self.x_mean.iter().zip(coefficients).map(|(mean, w)| mean * w).sum::<f64>()
    }

    /// Generalised cross-validation score n RSS / (n - degrees of freedom)^2 at `penalty` a row, the intercept being one degree.
    fn score(&self, penalty: f64) -> f64 {
        let penalty = penalty * self.rows;
        let (mut residual, mut freedom) = (self.energy, 1.0);
        for (value, moment) in self.eigenvalues.iter().zip(&self.moments) {
            freedom += value / (value + penalty);
            residual -= moment * moment * (value + 2.0 * penalty) / (value + penalty).powi(2);
        }
        self.rows * residual.max(0.0) / (self.rows - freedom).max(f64::MIN_POSITIVE).powi(2)
    }
}

/// Fits one output to the rows of `z` (n x F) whose label (n, standardised values) is not NaN; `groups` (n) are not parted when
/// the penalty is chosen; `weights` (n, 0 or more) say how many times each row counts.
///
/// With fewer than two labelled rows the coefficients are 0 and the intercept is the label, if any.
pub fn fit(z: &Standardized, labels: &[f32], groups: Option<&[u32]>, weights: Option<&[f32]>) -> Dense {
    let rows = labelled_rows(labels, weights);
    let mut dense = Dense::zeros(1, z.columns);
    if rows.is_empty() {
        return dense;
    }
    let x = design(z, &rows);
    let y = DVector::from_iterator(rows.len(), rows.iter().map(|row| f64::from(labels[*row])));
    let weights = weights.map(|all| DVector::from_iterator(rows.len(), rows.iter().map(|row| f64::from(all[*row]))));
    let weights = weights.as_ref();
    let folds = groups.map(|groups| deal(rows.iter().map(|row| groups[*row]))).unwrap_or_default();
    let errors: Option<Vec<f64>> = (folds.len() > 1).then(|| {
        let by_fold = folds.iter().map(|held_out| errors_on(&x, &y, weights, held_out));
        by_fold.fold(vec![0.0; penalties().count()], |sum, errors| sum.iter().zip(errors).map(|(a, b)| a + b).collect())
    });
    let spectrum = Spectrum::new(x, y, weights);
    let errors = errors.unwrap_or_else(|| penalties().map(|penalty| spectrum.score(penalty)).collect());
    let best = penalties().zip(errors).min_by(|a, b| a.1.total_cmp(&b.1));
    let coefficients = spectrum.coefficients(best.map_or(1.0, |(penalty, _)| penalty));
    dense.weight = coefficients.iter().map(|w| *w as f32).collect();
    dense.bias = vec![spectrum.intercept(&coefficients) as f32];
    dense
}

/// Rows of each fold, by whole groups: group number i in rising order goes to fold i mod 5. Empty folds are left out.
fn deal(groups: impl Iterator<Item = u32> + Clone) -> Vec<Vec<usize>> {
    let distinct: Vec<u32> = groups.clone().collect::<BTreeSet<_>>().into_iter().collect();
    let mut folds = vec![Vec::new(); FOLDS.min(distinct.len())];
    for (row, group) in groups.enumerate() {
        let rank = distinct.partition_point(|other| *other < group);
        folds[rank % FOLDS].push(row);
    }
    folds
}

/// Weighted sum of squared errors on the rows `held_out`, sorted, of a fit to the others, for each penalty.
fn errors_on(x: &DMatrix<f64>, y: &DVector<f64>, weights: Option<&DVector<f64>>, held_out: &[usize]) -> Vec<f64> {
    let kept: Vec<usize> = (0..x.nrows()).filter(|row| held_out.binary_search(row).is_err()).collect();
    let of_kept = weights.map(|weights| weights.select_rows(&kept));
    let spectrum = Spectrum::new(x.select_rows(&kept), y.select_rows(&kept), of_kept.as_ref());
    let (x, y) = (x.select_rows(held_out), y.select_rows(held_out));
    let weights = weights.map(|weights| weights.select_rows(held_out));
    let error = |penalty| {
        let coefficients = spectrum.coefficients(penalty);
        let answers = (&x * &coefficients).add_scalar(spectrum.intercept(&coefficients));
        match &weights {
            None => answers.metric_distance(&y).powi(2),
            Some(weights) => (answers - &y).map(|error| error * error).dot(weights),
        }
    };
    penalties().map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::super::matrix;
    use super::*;

    const Z: [f32; 10] = [1.0, 0.5, -1.0, 0.2, 0.4, -1.0, -0.6, 0.3, 0.9, 0.1];
    const Y: [f64; 5] = [1.0, -0.5, 0.3, 0.2, 0.9];

    fn spectrum() -> Spectrum {
        Spectrum::new(
            DMatrix::from_row_iterator(5, 2, Z.iter().map(|value| f64::from(*value))),
            DVector::from_row_slice(&Y),
            None,
        )
    }

    /// `sklearn.linear_model.Ridge(alpha=0.5)` of scikit-learn 1.9.1.
    #[test]
    fn coefficients_equal_scikit_learns() {
        let found = spectrum().coefficients(0.5 / 5.0);
        assert!((found[0] - 0.557_124_093_426_988_8).abs() < 1e-7, "{found}");
        assert!((found[1] - 0.172_485_866_027_068_72).abs() < 1e-7, "{found}");
        assert!((spectrum().intercept(&found) - 0.298_552_909_599_680_17).abs() < 1e-7);
    }

    /// From the explicit hat matrix, by numpy.
    #[test]
    fn the_score_equals_that_of_the_explicit_hat_matrix() {
        for (penalty, expected) in
            [(1e-2, 0.112_302_780_439_353), (0.1, 0.105_065_451_729_101), (1e3, 0.457_175_829_029_235)]
        {
            let found = spectrum().score(penalty / 5.0);
            assert!((found - expected).abs() < 1e-7, "{penalty}: {found}");
        }
    }

    /// Features and label are constant in each of ten groups and have nothing to do with each other: ten rows a group look like a
    /// hundred proofs of a relation, unless whole groups are held out.
    #[test]
    fn groups_are_not_parted_when_the_penalty_is_chosen() {
        let chaos = |i: usize| (i as f32 * 12.9898).sin() * 43.758 % 1.0;
        let rows: Vec<f32> = (0..100).flat_map(|row| (0..8).map(move |column| chaos(row / 10 * 8 + column))).collect();
        let labels: Vec<f32> = (0..100).map(|row| chaos(1000 + row / 10) + 0.01 * chaos(2000 + row)).collect();
        let groups: Vec<u32> = (0..100).map(|row| row / 10).collect();
        let norm = |dense: Dense| dense.weight.iter().map(|w| w * w).sum::<f32>().sqrt();
        let z = matrix(8, &rows);
        let (parted, whole) = (norm(fit(&z, &labels, None, None)), norm(fit(&z, &labels, Some(&groups), None)));
        assert!(whole < 0.2 * parted, "{whole} {parted}");
    }

    #[test]
    fn groups_are_dealt_whole_to_at_most_five_folds() {
        let folds = deal([7, 7, 3, 9, 3, 11, 12, 13, 14].into_iter());
        assert_eq!(folds, vec![vec![2, 4, 7], vec![0, 1, 8], vec![3], vec![5], vec![6]]);
        assert_eq!(deal([4, 4].into_iter()), vec![vec![0, 1]]);
    }

    #[test]
    fn a_noise_free_line_is_recovered_with_its_intercept() {
        let rows: Vec<f32> = (0..40).flat_map(|i| [(i as f32 * 0.7).sin(), (i as f32 * 1.3).cos()]).collect();
        let labels: Vec<f32> = rows.chunks(2).map(|x| 3.0 * x[0] - 2.0 * x[1] + 5.0).collect();
        let dense = fit(&matrix(2, &rows), &labels, None, None);
        assert!((dense.weight[0] - 3.0).abs() < 1e-3 && (dense.weight[1] + 2.0).abs() < 1e-3, "{dense:?}");
        assert!((dense.bias[0] - 5.0).abs() < 1e-3);
    }

    #[test]
    fn the_intercept_is_not_penalised() {
        let rows: Vec<f32> = (0..64).map(|i| ((i * 37) % 64) as f32 / 64.0 - 0.5).collect();
        let labels: Vec<f32> = (0..64).map(|i| 100.0 + if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let dense = fit(&matrix(1, &rows), &labels, None, None);
        assert!((dense.apply(&[0.0])[0] - 100.0).abs() < 0.05, "{dense:?}");
    }

    #[test]
    fn constant_features_or_a_single_row_give_the_mean() {
        assert_eq!(
            fit(&matrix(1, &[0.0, 0.0]), &[1.0, 3.0], None, None),
            Dense { bias: vec![2.0], ..Dense::zeros(1, 1) }
        );
        assert_eq!(fit(&matrix(1, &[0.5]), &[4.0], Some(&[0]), None), Dense { bias: vec![4.0], ..Dense::zeros(1, 1) });
    }
}
