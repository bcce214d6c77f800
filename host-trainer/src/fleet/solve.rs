//! The weights of all groups for a given relation: `X_i'X_i w_i / n_i + l (W O_e^-1)_i = X_i'y_i / n_i`, one system for all.
//!
//! By conjugate gradients without forming the matrix (Hestenes & Stiefel 1952). The preconditioner puts the groups' mean Gramian in
//! the place of each group's own: it is then solved exactly in the eigenbases of both sides.

use nalgebra::{DMatrix, DVector};

use super::group::Group;
use super::relation::Relation;

/// The residual, relative to the right-hand side, at which the solution is good.
const TOLERANCE: f64 = 1e-9;
/// Most steps.
const MOST_STEPS: usize = 400;

/// The groups of a fleet with what their systems have in common.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// Each with the same inputs d.
    pub groups: Vec<Group>,
    /// Eigenvectors of the mean Gramian (d x d).
    basis: DMatrix<f64>,
    /// Its eigenvalues (d).
    spectrum: DVector<f64>,
}

impl Fleet {
    /// From groups of `inputs` inputs each.
    pub fn new(groups: Vec<Group>, inputs: usize) -> Self {
        let mut mean = DMatrix::zeros(inputs, inputs);
        groups.iter().for_each(|group| group.add_gram(&mut mean));
        let eigen = (mean / groups.len().max(1) as f64).symmetric_eigen();
        Self { groups, basis: eigen.eigenvectors, spectrum: eigen.eigenvalues.map(|value| value.max(0.0)) }
    }

    /// Inputs d.
    pub fn inputs(&self) -> usize {
        self.basis.nrows()
    }

    /// `X_i'y_i / n_i` of every group (d x G).
    pub fn moments(&self, targets: &[DVector<f64>]) -> DMatrix<f64> {
        let mut moments = DMatrix::zeros(self.inputs(), self.groups.len());
        for ((mut column, group), y) in moments.column_iter_mut().zip(&self.groups).zip(targets) {
            column.copy_from(&group.moment(y));
        }
        moments
    }

    /// Each group by itself at penalty `penalty` (d x G).
    pub fn separate(&self, moments: &DMatrix<f64>, penalty: f64) -> DMatrix<f64> {
        let mut weights = moments.clone();
        for (mut column, group) in weights.column_iter_mut().zip(&self.groups) {
            let solved = group.ridge(&column.clone_owned(), penalty);
            column.copy_from(&solved);
        }
        weights
    }

    /// One slope for all at penalty `penalty`, the same in every column (d x G).
    pub fn pooled(&self, moments: &DMatrix<f64>, penalty: f64) -> DMatrix<f64> {
        let mut inside = self.basis.tr_mul(&moments.column_mean());
        inside.zip_apply(&self.spectrum, |value, eigenvalue| *value /= eigenvalue + penalty);
        let slope = &self.basis * inside;
        DMatrix::from_fn(self.inputs(), self.groups.len(), |row, _| slope[row])
    }

    /// The system's solution at penalty `l` above 0 and `relation`, from the guess `start` (d x G).
    pub fn related(&self, moments: &DMatrix<f64>, l: f64, relation: &Relation, start: DMatrix<f64>) -> DMatrix<f64> {
        let goal = TOLERANCE * moments.norm();
        let mut weights = start;
        let mut residual = moments - self.operator(&weights, l, relation);
        if residual.norm() <= goal {
            return weights;
        }
        let mut turned = self.precondition(&residual, l, relation);
        let mut direction = turned.clone();
        let mut energy = residual.dot(&turned);
        for _ in 0..MOST_STEPS {
            let image = self.operator(&direction, l, relation);
            let curvature = direction.dot(&image);
            // Not above 0 only where rounding has eaten the direction.
            if !(curvature > 0.0 && energy > 0.0) {
                break;
            }
            let step = energy / curvature;
            weights += &direction * step;
            residual -= image * step;
            if residual.norm() <= goal {
                break;
            }
            turned = self.precondition(&residual, l, relation);
            let next = residual.dot(&turned);
            direction = &turned + direction * (next / energy);
            energy = next;
        }
        weights
    }

    fn operator(&self, weights: &DMatrix<f64>, l: f64, relation: &Relation) -> DMatrix<f64> {
        let mut image = relation.pull(weights) * l;
        for ((mut sum, column), group) in image.column_iter_mut().zip(weights.column_iter()).zip(&self.groups) {
            sum += group.apply(&column.clone_owned());
        }
        image
    }

    fn precondition(&self, residual: &DMatrix<f64>, l: f64, relation: &Relation) -> DMatrix<f64> {
        let turned = self.basis.tr_mul(residual);
        &self.basis * relation.in_eigenbasis(&turned, |row, eigenvalue| self.spectrum[row] + l * eigenvalue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chaos(seed: usize) -> f64 {
        (seed as f64 * 12.9898).sin() * 43.758 % 1.0
    }

    fn fleet(groups: usize, rows: usize, inputs: usize) -> (Fleet, DMatrix<f64>) {
        let group = |g: usize| DMatrix::from_fn(rows, inputs, |r, c| chaos(g * 1000 + r * inputs + c));
        let fleet = Fleet::new((0..groups).map(|g| Group::new(group(g), true)).collect(), inputs);
        let targets: Vec<_> = (0..groups).map(|g| DVector::from_fn(rows, |r, _| chaos(70_000 + g * 100 + r))).collect();
        let moments = fleet.moments(&targets);
        (fleet, moments)
    }

    #[test]
    fn conjugate_gradients_give_the_solution_of_the_whole_system() {
        let (fleet, moments) = fleet(6, 5, 4);
        let relation = Relation::learn(&fleet.separate(&moments, 0.1), 1e-2);
        let (l, size) = (0.02, 24);
        // Column by column of the identity: the whole system, 24 x 24.
        let mut system = DMatrix::zeros(size, size);
        for unit in 0..size {
            let mut weights = DMatrix::zeros(4, 6);
            weights[unit] = 1.0;
            system.column_mut(unit).copy_from_slice(fleet.operator(&weights, l, &relation).as_slice());
        }
        assert!((&system - system.transpose()).norm() < 1e-9 * system.norm());
        let direct = system.cholesky().unwrap().solve(&DVector::from_column_slice(moments.as_slice()));
        let found = fleet.related(&moments, l, &relation, DMatrix::zeros(4, 6));
        assert!((DVector::from_column_slice(found.as_slice()) - &direct).norm() < 1e-6 * direct.norm());
    }

    #[test]
    fn without_a_relation_it_is_a_ridge_of_each_group() {
        let (fleet, moments) = fleet(7, 3, 5);
        let related = fleet.related(&moments, 0.3 / 7.0, &Relation::unknown(7, 0.0), DMatrix::zeros(5, 7));
        assert!((related - fleet.separate(&moments, 0.3)).norm() < 1e-7);
    }

    #[test]
    fn groups_of_equal_inputs_are_solved_in_one_step_and_pooled_like_one() {
        let x = DMatrix::from_fn(9, 3, |r, c| chaos(r * 3 + c));
        let fleet = Fleet::new(vec![Group::new(x, false); 4], 3);
        let moments = DMatrix::from_fn(3, 4, |r, c| chaos(500 + r * 4 + c));
        let relation = Relation::learn(&moments, 1e-3);
        let solved = fleet.precondition(&moments, 0.1, &relation);
        assert!((fleet.operator(&solved, 0.1, &relation) - &moments).norm() < 1e-9);
        let pooled = fleet.pooled(&moments, 0.2);
        let mean = DMatrix::from_fn(3, 4, |r, _| moments.row(r).mean());
        assert!((pooled - fleet.separate(&mean, 0.2)).norm() < 1e-9);
    }
}
