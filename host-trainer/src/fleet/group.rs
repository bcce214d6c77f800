//! One group's rows as a least-squares problem: few rows, so that everything lives in their small span.

use nalgebra::{DMatrix, DVector, RowDVector};

/// Singular directions whose share of the largest eigenvalue lies below this are rounding.
const RANK_TOLERANCE: f64 = 1e-12;

/// The inputs of one group's rows (n x d), decomposed once for every penalty and every target.
#[derive(Debug, Clone)]
pub struct Group {
    /// Inputs (n x d), centred on the group's means where the intercept is free.
    x: DMatrix<f64>,
    /// What was taken off each input (d); zeros where the intercept is not free.
    centre: RowDVector<f64>,
    free_intercept: bool,
    /// Eigenvectors of `X'X / n` with eigenvalues above zero (d x r, r at most n).
    basis: DMatrix<f64>,
    /// Their eigenvalues (r).
    spectrum: DVector<f64>,
}

/// The solution of one output: weights and what is added to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Weights (d).
    pub weights: DVector<f64>,
    /// Value where all inputs are 0.
    pub intercept: f64,
}

impl Group {
    /// Decomposes the inputs `x` (n x d, n at least 1). With `free_intercept` an intercept of the group's own is added, which no
    /// penalty touches: inputs and targets are then centred on the group.
    pub fn new(mut x: DMatrix<f64>, free_intercept: bool) -> Self {
        let centre = if free_intercept { x.row_mean() } else { RowDVector::zeros(x.ncols()) };
        for (mut column, mean) in x.column_iter_mut().zip(&centre) {
            column.add_scalar_mut(-mean);
        }
        let rows = x.nrows() as f64;
        // On the smaller side: X'X = B L B' (d x d), or X X' = U L U' (n x n) with B = X' U L^(-1/2).
        let few_rows = x.nrows() < x.ncols();
        let gram = if few_rows { &x * x.transpose() } else { x.tr_mul(&x) };
        let eigen = gram.symmetric_eigen();
        let most = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
        let kept: Vec<usize> =
            (0..eigen.eigenvalues.len()).filter(|i| eigen.eigenvalues[*i] > most * RANK_TOLERANCE).collect();
        let spectrum = DVector::from_iterator(kept.len(), kept.iter().map(|i| eigen.eigenvalues[*i] / rows));
        let vectors = eigen.eigenvectors.select_columns(&kept);
        let basis = if few_rows {
            let mut basis = x.tr_mul(&vectors);
            for (mut column, i) in basis.column_iter_mut().zip(&kept) {
                column /= eigen.eigenvalues[*i].sqrt();
            }
            basis
        } else {
            vectors
        };
        Self { x, centre, free_intercept, basis, spectrum }
    }

    /// Rows n.
    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// Inputs d.
    pub fn inputs(&self) -> usize {
        self.x.ncols()
    }

    /// `X'y / n` (d) for targets `y` (n), centred as the inputs are.
    pub fn moment(&self, y: &DVector<f64>) -> DVector<f64> {
        // X is centred where y would have to be, so that y's mean falls out.
        self.x.tr_mul(y) / self.rows() as f64
    }

    /// `X'X / n` times `w` (d).
    pub fn apply(&self, w: &DVector<f64>) -> DVector<f64> {
        let mut inside = self.basis.tr_mul(w);
        inside.component_mul_assign(&self.spectrum);
        &self.basis * inside
    }

    /// `(X'X / n + penalty I)^-1` times `v` (d), penalty above 0: the ridge solution of a moment.
    pub fn ridge(&self, v: &DVector<f64>, penalty: f64) -> DVector<f64> {
        let mut inside = self.basis.tr_mul(v);
        inside.zip_apply(&self.spectrum, |value, eigenvalue| {
            *value *= 1.0 / (eigenvalue + penalty) - 1.0 / penalty;
        });
        &self.basis * inside + v / penalty
    }

    /// Adds `X'X / n` to `sum` (d x d).
    pub fn add_gram(&self, sum: &mut DMatrix<f64>) {
        sum.gemm_tr(1.0 / self.rows() as f64, &self.x, &self.x, 1.0);
    }

    /// Weights with the intercept that goes with them: the mean of what they leave of `y` (n), or 0 where it is not free.
    pub fn with_intercept(&self, weights: DVector<f64>, y: &DVector<f64>) -> Fitted {
        let intercept = if self.free_intercept { y.mean() - (&self.centre * &weights)[0] } else { 0.0 };
        Fitted { weights, intercept }
    }

    /// Outputs of `fitted` on the group's own rows (n).
    pub fn outputs(&self, fitted: &Fitted) -> DVector<f64> {
        let offset = fitted.intercept + (&self.centre * &fitted.weights)[0];
        (&self.x * &fitted.weights).add_scalar(offset)
    }
}

impl Fitted {
    /// Output for one row of inputs (d).
    pub fn at(&self, inputs: &[f64]) -> f64 {
        self.weights.iter().zip(inputs).fold(self.intercept, |sum, (w, x)| sum + w * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |r, c| ((r * columns + c) as f64 * 12.9898).sin() * 43.758 % 1.0)
    }

    #[test]
    fn both_sides_of_the_decomposition_give_the_ridge_solution() {
        for (rows, columns) in [(4, 9), (9, 4), (1, 3)] {
            let (x, y) = (inputs(rows, columns), DVector::from_fn(rows, |r, _| (r as f64).cos()));
            let group = Group::new(x.clone(), false);
            let gram = x.tr_mul(&x) / rows as f64;
            let direct = (&gram + DMatrix::identity(columns, columns) * 0.3).cholesky().unwrap();
            let moment = group.moment(&y);
            assert!((group.ridge(&moment, 0.3) - direct.solve(&moment)).norm() < 1e-10);
            assert!((group.apply(&moment) - gram * &moment).norm() < 1e-10);
        }
    }

    #[test]
    fn a_free_intercept_is_the_mean_of_what_is_left() {
        let x = inputs(12, 3);
        let y = DVector::from_fn(12, |r, _| 100.0 + 2.0 * x[(r, 0)] - x[(r, 2)]);
        let group = Group::new(x, true);
        let fitted = group.with_intercept(group.ridge(&group.moment(&y), 1e-9), &y);
        assert!((fitted.intercept - 100.0).abs() < 1e-5 && (fitted.weights[0] - 2.0).abs() < 1e-5, "{fitted:?}");
        assert!((group.outputs(&fitted) - &y).norm() < 1e-5);
        assert!((fitted.at(&[0.5, 0.0, 1.0]) - 100.0).abs() < 1e-4);
    }
}
