//! The relation over groups, held by its few directions: with d inputs a group it has rank d at most, however many groups there are.
//!
//! The closed-form step of Zhang & Yeung (UAI 2010), `O = (W'W)^(1/2) / tr`, from the decomposition of W on its smaller side; the
//! inverse of `O_e = O + (e/G) I` by Woodbury's identity. Five hundred groups cost what their d x d products cost.

use nalgebra::{DMatrix, DVector};

/// Directions whose eigenvalue of W'W lies below this share of the largest are rounding.
const RANK_TOLERANCE: f64 = 1e-14;

/// `O = V S V'` with trace 1, and the floor under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// V, orthonormal (G x r).
    directions: DMatrix<f64>,
    /// S (r), its sum 1.
    strengths: DVector<f64>,
    /// Below S and everywhere else: e / G.
    floor: f64,
}

impl Relation {
    /// Nothing known: `O = I / G`, so that every group stands alone.
    pub fn unknown(groups: usize, epsilon: f64) -> Self {
        let floor = (1.0 + epsilon) / groups as f64;
        Self { directions: DMatrix::zeros(groups, 0), strengths: DVector::zeros(0), floor }
    }

    /// The step for the weights W (D x G, one column a group); [`Self::unknown`] where they are all zero.
    pub fn learn(weights: &DMatrix<f64>, epsilon: f64) -> Self {
        let (inputs, groups) = weights.shape();
        let few_inputs = inputs < groups;
        let gram = if few_inputs { weights * weights.transpose() } else { weights.tr_mul(weights) };
        let eigen = gram.symmetric_eigen();
        let most = eigen.eigenvalues.iter().copied().fold(0.0, f64::max);
        let kept: Vec<usize> =
            (0..eigen.eigenvalues.len()).filter(|i| eigen.eigenvalues[*i] > most * RANK_TOLERANCE).collect();
        if kept.is_empty() {
            return Self::unknown(groups, epsilon);
        }
        // W = U D V': the eigenvalues of W'W are D^2, those of its root D.
        let roots = DVector::from_iterator(kept.len(), kept.iter().map(|i| eigen.eigenvalues[*i].sqrt()));
        let mut directions = eigen.eigenvectors.select_columns(&kept);
        if few_inputs {
            directions = weights.tr_mul(&directions);
            for (mut column, root) in directions.column_iter_mut().zip(&roots) {
                column /= *root;
            }
        }
        let strengths = &roots / roots.sum();
        Self { directions, strengths, floor: epsilon.max(f64::EPSILON) / groups as f64 }
    }

    /// Groups G.
    pub fn groups(&self) -> usize {
        self.directions.nrows()
    }

    /// `W O_e^-1` for W (D x G).
    pub fn pull(&self, weights: &DMatrix<f64>) -> DMatrix<f64> {
        let mut inside = weights * &self.directions;
        for (mut column, strength) in inside.column_iter_mut().zip(&self.strengths) {
            column *= strength / (strength + self.floor);
        }
        (weights - inside * self.directions.transpose()) / self.floor
    }

    /// `tr(W O_e^-1 W')`.
    pub fn penalty(&self, weights: &DMatrix<f64>) -> f64 {
        weights.dot(&self.pull(weights))
    }

    /// Divides W (D x G), in the eigenbasis of `O_e^-1`, entry by entry by `divide` of the row and the eigenvalue.
    pub(super) fn in_eigenbasis(
        &self,
        weights: &DMatrix<f64>,
        mut divide: impl FnMut(usize, f64) -> f64,
    ) -> DMatrix<f64> {
        let mut inside = weights * &self.directions;
        let mut outside = weights - &inside * self.directions.transpose();
        for (mut column, strength) in inside.column_iter_mut().zip(&self.strengths) {
            let eigenvalue = 1.0 / (strength + self.floor);
            column.iter_mut().enumerate().for_each(|(row, value)| *value /= divide(row, eigenvalue));
        }
        let eigenvalue = 1.0 / self.floor;
        for mut column in outside.column_iter_mut() {
            column.iter_mut().enumerate().for_each(|(row, value)| *value /= divide(row, eigenvalue));
        }
        outside + inside * self.directions.transpose()
    }

    /// O (G x G).
    pub fn matrix(&self) -> DMatrix<f64> {
        if self.strengths.is_empty() {
            return DMatrix::identity(self.groups(), self.groups()) / self.groups() as f64;
        }
        let mut scaled = self.directions.clone();
        for (mut column, strength) in scaled.column_iter_mut().zip(&self.strengths) {
            column *= *strength;
        }
        scaled * self.directions.transpose()
    }

    /// Relative movement to `next`, by the eigenvalues of O and what they say of each group: `|O' - O| / |O|` by Frobenius, from
    /// products of the directions alone.
    pub fn movement(&self, next: &Relation) -> f64 {
        let own = self.strengths.norm_squared();
        if own == 0.0 {
            return f64::INFINITY;
        }
        let mut cross = self.directions.tr_mul(&next.directions);
        cross.apply(|value| *value = *value * *value);
        let inner = (self.strengths.transpose() * cross * &next.strengths)[0];
        ((own + next.strengths.norm_squared() - 2.0 * inner).max(0.0) / own).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::relation::mtrl;

    fn weights(inputs: usize, groups: usize) -> DMatrix<f64> {
        DMatrix::from_fn(inputs, groups, |r, c| ((r * groups + c) as f64 * 12.9898).sin() * 43.758 % 1.0)
    }

    #[test]
    fn both_sides_equal_the_dense_step_and_its_inverse() {
        for (inputs, groups) in [(3, 8), (8, 3), (5, 5)] {
            let w = weights(inputs, groups);
            let relation = Relation::learn(&w, 1e-2);
            let dense = mtrl::solve(&w.tr_mul(&w));
            assert!((relation.matrix() - &dense).norm() < 1e-7, "{inputs} {groups}");
            let precision = mtrl::precision(&dense, 1e-2, &[]);
            assert!((relation.pull(&w) - &w * &precision).norm() < 1e-5 * precision.norm());
        }
    }

    #[test]
    fn the_penalty_after_the_step_is_the_squared_nuclear_norm() {
        let w = weights(4, 40);
        let nuclear: f64 = w.singular_values().sum();
        let penalty = Relation::learn(&w, 1e-6).penalty(&w);
        assert!((penalty / (nuclear * nuclear) - 1.0).abs() < 1e-4, "{penalty} {nuclear}");
        let tripled = Relation::learn(&(&w * 3.0), 1e-6);
        assert!((tripled.penalty(&(&w * 3.0)) / penalty - 9.0).abs() < 1e-4);
        assert!(Relation::learn(&w, 1e-6).movement(&tripled) < 1e-6);
    }

    #[test]
    fn weights_of_zero_leave_every_group_alone() {
        let relation = Relation::learn(&DMatrix::zeros(3, 5), 1e-3);
        assert_eq!(relation, Relation::unknown(5, 1e-3));
        assert!((relation.pull(&weights(3, 5)) - weights(3, 5) * (5.0 / 1.001)).norm() < 1e-9);
        assert!((relation.matrix().trace() - 1.0).abs() < 1e-12);
    }

    /// What a step costs shows in its sizes: nothing of G x G is made.
    #[test]
    fn five_hundred_groups_are_held_by_as_many_directions_as_there_are_inputs() {
        let relation = Relation::learn(&weights(16, 500), 1e-3);
        assert_eq!(relation.directions.shape(), (500, 16));
        let orthonormal = relation.directions.tr_mul(&relation.directions);
        assert!((orthonormal - DMatrix::identity(16, 16)).norm() < 1e-5);
    }
}
