//! Multi-task relationship learning: Zhang & Yeung, "A Convex Formulation for Learning Task Relationships in Multi-Task
//! Learning", UAI 2010.
//!
//! The penalty `tr(W O^-1 W')` draws the columns of W (one an output) towards what the relation O says they share. Given W
//! the best O of trace 1 has a closed form, `A^(1/2) / tr A^(1/2)` with `A = W'W`: no gradient, no step size. All in f64.

use nalgebra::DMatrix;

use crate::model::net::OutputBlock;

/// The relation before anything is known: `I / K`.
pub fn initial(outputs: usize) -> DMatrix<f64> {
    DMatrix::identity(outputs, outputs) / outputs as f64
}

/// `A = W'W` (K x K) of the heads' weights W (H x K), with the columns of each block of several outputs, which are those of a softmax,
/// centred over the block: softmax does not see their mean, so it carries no signal.
pub fn gram(weights: &DMatrix<f64>, blocks: &[OutputBlock]) -> DMatrix<f64> {
    let centred = weights * centring(weights.ncols(), blocks);
    centred.tr_mul(&centred)
}

/// The closed-form step: O of trace 1 that minimises the penalty for `gram`; `I / K` where all weights are zero.
pub fn solve(gram: &DMatrix<f64>) -> DMatrix<f64> {
    let root = map_eigenvalues(gram, |value| value.max(0.0).sqrt());
    let trace = root.trace();
    if trace > 0.0 { root / trace } else { initial(gram.nrows()) }
}

/// M (K x K) such that the penalty is `tr(W M W')`: the inverse of `O + (epsilon / K) I` between two centrings.
pub fn precision(relation: &DMatrix<f64>, epsilon: f64, blocks: &[OutputBlock]) -> DMatrix<f64> {
    let outputs = relation.nrows();
    let floor = epsilon.max(f64::EPSILON) / outputs as f64;
    let inverse = map_eigenvalues(relation, |value| 1.0 / (value.max(0.0) + floor));
    let centring = centring(outputs, blocks);
    &centring * inverse * &centring
}

/// `tr(W M W')` from `gram` and the precision M.
pub fn penalty(gram: &DMatrix<f64>, precision: &DMatrix<f64>) -> f64 {
    gram.component_mul(precision).sum()
}

/// Relative movement of the relation: `|new - old| / |old|` by Frobenius.
pub fn movement(old: &DMatrix<f64>, new: &DMatrix<f64>) -> f64 {
    (new - old).norm() / old.norm()
}

/// `f` of a symmetric matrix, symmetric to the last bit.
fn map_eigenvalues(matrix: &DMatrix<f64>, f: impl Fn(f64) -> f64) -> DMatrix<f64> {
    let eigen = matrix.clone().symmetric_eigen();
    let image =
        &eigen.eigenvectors * DMatrix::from_diagonal(&eigen.eigenvalues.map(f)) * eigen.eigenvectors.transpose();
    (&image + image.transpose()) * 0.5
}

/// The projection that takes the mean column of each softmax's block away.
fn centring(outputs: usize, blocks: &[OutputBlock]) -> DMatrix<f64> {
    let mut matrix = DMatrix::identity(outputs, outputs);
    for block in blocks.iter().filter(|block| block.len > 1) {
        matrix.view_mut((block.start, block.start), (block.len, block.len)).add_scalar_mut(-1.0 / block.len as f64);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINGLE: [OutputBlock; 3] =
        [OutputBlock { start: 0, len: 1 }, OutputBlock { start: 1, len: 1 }, OutputBlock { start: 2, len: 1 }];

    fn weights() -> DMatrix<f64> {
        #[rustfmt::skip]
        let w = DMatrix::from_row_slice(4, 3, &[
            1.0, 0.9, -0.2,
            0.3, 0.5, 0.8,
            -0.7, -0.4, 0.1,
            0.2, -0.6, 1.1,
        ]);
        w
    }

    fn penalty_of(weights: &DMatrix<f64>, relation: &DMatrix<f64>) -> f64 {
        penalty(&gram(weights, &SINGLE), &precision(relation, 0.0, &SINGLE))
    }

    #[test]
    fn the_penalty_after_the_step_is_the_squared_nuclear_norm() {
        let nuclear: f64 = weights().singular_values().sum();
        let relation = solve(&gram(&weights(), &SINGLE));
        assert!((relation.trace() - 1.0).abs() < 1e-12);
        assert!((penalty_of(&weights(), &relation) / (nuclear * nuclear) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_step_never_raises_the_penalty() {
        let relation = solve(&gram(&weights(), &SINGLE));
        assert!(penalty_of(&weights(), &relation) <= penalty_of(&weights(), &initial(3)));
        let elsewhere = solve(&gram(&(weights() * 0.5).add_scalar(0.3), &SINGLE));
        assert!(penalty_of(&weights(), &relation) < penalty_of(&weights(), &elsewhere));
    }

    #[test]
    fn the_penalty_scales_with_the_square_and_the_relation_not_at_all() {
        let (one, three) = (weights(), weights() * 3.0);
        let relation = solve(&gram(&one, &SINGLE));
        assert!((penalty_of(&three, &relation) / penalty_of(&one, &relation) - 9.0).abs() < 1e-9);
        let resolved = solve(&gram(&three, &SINGLE));
        assert!((penalty_of(&three, &resolved) / penalty_of(&one, &relation) - 9.0).abs() < 1e-9);
        assert!(movement(&relation, &resolved) < 1e-12);
    }

    #[test]
    fn orthogonal_columns_give_a_diagonal_relation_by_their_norms() {
        let w = DMatrix::from_row_slice(3, 3, &[2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let expected = DMatrix::from_row_slice(3, 3, &[0.5, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.25]);
        assert!((solve(&gram(&w, &SINGLE)) - expected).norm() < 1e-12);
    }

    #[test]
    fn rank_deficient_or_zero_weights_stay_finite() {
        let copied = DMatrix::from_row_slice(2, 3, &[1.0, 1.0, -1.0, 0.5, 0.5, -0.5]);
        let relation = solve(&gram(&copied, &SINGLE));
        let penalty = penalty(&gram(&copied, &SINGLE), &precision(&relation, 1e-3, &SINGLE));
        assert!(relation.iter().all(|value| value.is_finite()) && penalty.is_finite() && penalty > 0.0);
        assert_eq!(solve(&gram(&DMatrix::zeros(2, 3), &SINGLE)), initial(3));
    }

    #[test]
    fn a_shift_common_to_a_softmax_blocks_columns_changes_nothing() {
        let blocks = [OutputBlock { start: 0, len: 2 }, OutputBlock { start: 2, len: 1 }];
        let mut shifted = weights();
        for row in 0..4 {
            shifted[(row, 0)] += 5.0;
            shifted[(row, 1)] += 5.0;
        }
        let (a, b) = (gram(&weights(), &blocks), gram(&shifted, &blocks));
        assert!((&a - &b).norm() < 1e-9);
        let precision = precision(&solve(&a), 1e-3, &blocks);
        let direct = |w: &DMatrix<f64>| (w * &precision * w.transpose()).trace();
        assert!((direct(&weights()) - direct(&shifted)).abs() < 1e-6 * direct(&weights()));
        assert!((direct(&weights()) - penalty(&a, &precision)).abs() < 1e-9 * direct(&weights()));
    }
}
