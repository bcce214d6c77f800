//! Ridge regression with a free intercept; the penalty is chosen inside the rows given, by generalised cross-validation.
//!
//! Golub, Heath & Wahba, "Generalized cross-validation as a method for choosing a good ridge parameter", Technometrics 1979.

use nalgebra::{DMatrix, DVector};

use super::labelled;
use crate::model::{Dense, Standardized};

/// Penalties tried, as multiples of the number of rows: 1e-6, 1e-5.5 .. 1e2.
fn penalties(rows: usize) -> impl Iterator<Item = f64> {
    (-12..=4).map(move |half_decade| rows as f64 * 10f64.powf(f64::from(half_decade) / 2.0))
}

/// Sum of squares about the intercept's fit, in the eigenbasis of the centred features.
struct Spectrum {
    rows: f64,
    /// Eigenvalues of X'X, clipped at 0 (F).
    eigenvalues: DVector<f64>,
    /// Their eigenvectors, one a column (F x F).
    eigenvectors: DMatrix<f64>,
    /// V' X' y (F).
    moments: DVector<f64>,
    /// y'y of the centred labels.
    energy: f64,
}

impl Spectrum {
    fn new(x: &DMatrix<f64>, y: &DVector<f64>) -> Self {
        let eigen = x.tr_mul(x).symmetric_eigen();
        Self {
            rows: x.nrows() as f64,
            moments: eigen.eigenvectors.tr_mul(&x.tr_mul(y)),
            eigenvalues: eigen.eigenvalues.map(|value| value.max(0.0)),
            eigenvectors: eigen.eigenvectors,
            energy: y.norm_squared(),
        }
    }

    /// Coefficients at `penalty` (F).
    fn coefficients(&self, penalty: f64) -> DVector<f64> {
        let shrunk = self.moments.zip_map(&self.eigenvalues, |moment, value| moment / (value + penalty));
        &self.eigenvectors * shrunk
    }

    /// Generalised cross-validation score n RSS / (n - degrees of freedom)^2, the intercept being one degree.
    fn score(&self, penalty: f64) -> f64 {
        let (mut residual, mut freedom) = (self.energy, 1.0);
        for (value, moment) in self.eigenvalues.iter().zip(&self.moments) {
            freedom += value / (value + penalty);
            residual -= moment * moment * (value + 2.0 * penalty) / (value + penalty).powi(2);
        }
        self.rows * residual.max(0.0) / (self.rows - freedom).max(f64::MIN_POSITIVE).powi(2)
    }
}

/// Fits one output to the rows of `z` (n x F) whose label (n, standardised values) is not NaN.
///
/// With fewer than two labelled rows the weights are 0 and the intercept is the label, if any.
pub fn fit(z: &Standardized, labels: &[f32]) -> Dense {
    let (mut x, y) = labelled(z, labels);
    let mut dense = Dense::zeros(1, z.columns);
    if y.is_empty() {
        return dense;
    }
    let label_mean = y.iter().sum::<f64>() / y.len() as f64;
    let y = DVector::from_vec(y).map(|label| label - label_mean);
    let means: Vec<f64> = x.column_iter().map(|column| column.mean()).collect();
    for (mut column, mean) in x.column_iter_mut().zip(&means) {
        column.add_scalar_mut(-mean);
    }
    if y.len() > 1 && x.norm_squared() > 0.0 {
        let spectrum = Spectrum::new(&x, &y);
        let best = penalties(y.len()).min_by(|a, b| spectrum.score(*a).total_cmp(&spectrum.score(*b)));
        let coefficients = spectrum.coefficients(best.unwrap_or(y.len() as f64));
        let shift: f64 = coefficients.iter().zip(&means).map(|(w, mean)| w * mean).sum();
        dense.weight = coefficients.iter().map(|w| *w as f32).collect();
        dense.bias = vec![(label_mean - shift) as f32];
    } else {
        dense.bias = vec![label_mean as f32];
    }
    dense
}

#[cfg(test)]
mod tests {
    use super::super::matrix;
    use super::*;

    const Z: [f32; 10] = [1.0, 0.5, -1.0, 0.2, 0.4, -1.0, -0.6, 0.3, 0.9, 0.1];
    const Y: [f64; 5] = [1.0, -0.5, 0.3, 0.2, 0.9];

    fn spectrum() -> Spectrum {
        let x = DMatrix::from_row_iterator(5, 2, Z.iter().map(|value| f64::from(*value)));
        let x = DMatrix::from_fn(5, 2, |row, column| x[(row, column)] - x.column(column).mean());
        let y = DVector::from_row_slice(&Y);
        Spectrum::new(&x, &y.map(|value| value - y.mean()))
    }

    /// `sklearn.linear_model.Ridge(alpha=0.5)` of scikit-learn 1.9.1.
    #[test]
    fn coefficients_equal_scikit_learns() {
        let found = spectrum().coefficients(0.5);
        assert!((found[0] - 0.557_124_093_426_988_8).abs() < 1e-7, "{found}");
        assert!((found[1] - 0.172_485_866_027_068_72).abs() < 1e-7, "{found}");
    }

    /// From the explicit hat matrix, by numpy.
    #[test]
    fn the_score_equals_that_of_the_explicit_hat_matrix() {
        for (penalty, expected) in
            [(1e-2, 0.112_302_780_439_353), (0.1, 0.105_065_451_729_101), (1e3, 0.457_175_829_029_235)]
        {
            let found = spectrum().score(penalty);
            assert!((found - expected).abs() < 1e-7, "{penalty}: {found}");
        }
    }

    #[test]
    fn a_noise_free_line_is_recovered_with_its_intercept() {
        let rows: Vec<f32> = (0..40).flat_map(|i| [(i as f32 * 0.7).sin(), (i as f32 * 1.3).cos()]).collect();
        let labels: Vec<f32> = rows.chunks(2).map(|x| 3.0 * x[0] - 2.0 * x[1] + 5.0).collect();
        let dense = fit(&matrix(2, &rows), &labels);
        assert!((dense.weight[0] - 3.0).abs() < 1e-3 && (dense.weight[1] + 2.0).abs() < 1e-3, "{dense:?}");
        assert!((dense.bias[0] - 5.0).abs() < 1e-3);
    }

    #[test]
    fn the_intercept_is_not_penalised() {
        let rows: Vec<f32> = (0..64).map(|i| ((i * 37) % 64) as f32 / 64.0 - 0.5).collect();
        let labels: Vec<f32> = (0..64).map(|i| 100.0 + if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let dense = fit(&matrix(1, &rows), &labels);
        assert!((dense.apply(&[0.0])[0] - 100.0).abs() < 0.05, "{dense:?}");
    }

    #[test]
    fn constant_features_or_a_single_row_give_the_mean() {
        assert_eq!(fit(&matrix(1, &[0.0, 0.0]), &[1.0, 3.0]), Dense { bias: vec![2.0], ..Dense::zeros(1, 1) });
        assert_eq!(fit(&matrix(1, &[0.5]), &[4.0]), Dense { bias: vec![4.0], ..Dense::zeros(1, 1) });
    }
}
