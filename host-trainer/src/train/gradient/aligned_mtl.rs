//! Senushkin et al., "Independent Component Alignment for Multi-Task Learning", CVPR 2023.

use nalgebra::DMatrix;

use super::GradientMethod;

/// Replaces the gradients by the nearest ones that are orthogonal and of equal length, that of the least principal component, and
/// follows their mean: no task dominates and none conflicts.
///
/// With `G = V L V'` the aligned gradients are `B J`, `B = l_min^(1/2) V L^(-1/2) V'`, over the principal components that are not
/// zero.
#[derive(Debug, Clone, Copy)]
pub struct AlignedMtl;

impl GradientMethod for AlignedMtl {
    fn weights(&mut self, gram: &DMatrix<f64>) -> Vec<f64> {
        let tasks = gram.nrows();
        alignment(gram).row_sum().iter().map(|sum| sum / tasks as f64).collect()
    }
}

/// B (T x T), symmetric; 0 for a Gramian of 0.
fn alignment(gram: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = gram.clone().symmetric_eigen();
    let negligible = eigen.eigenvalues.max() * gram.nrows() as f64 * f64::from(f32::EPSILON);
    let least = eigen.eigenvalues.iter().copied().filter(|value| *value > negligible).fold(f64::INFINITY, f64::min);
    let scales = eigen.eigenvalues.map(|value| if value > negligible { (least / value).sqrt() } else { 0.0 });
    &eigen.eigenvectors * DMatrix::from_diagonal(&scales) * eigen.eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    #[test]
    fn the_aligned_gradients_have_condition_number_one() {
        for gradients in [cases::conflict(), cases::three(), cases::harmony()] {
            let gram = cases::gram(&gradients);
            let aligned = alignment(&gram) * gradients;
            let least = gram.symmetric_eigenvalues().min();
            let expected = DMatrix::identity(aligned.nrows(), aligned.nrows()) * least;
            assert!((cases::gram(&aligned) - expected).norm() < 1e-9);
        }
    }

    #[test]
    fn orthogonal_gradients_are_cut_to_the_shortest() {
        let weights = AlignedMtl.weights(&DMatrix::from_row_slice(2, 2, &[4.0, 0.0, 0.0, 1.0]));
        assert!((weights[0] - 0.25).abs() < 1e-12 && (weights[1] - 0.5).abs() < 1e-12, "{weights:?}");
    }

    #[test]
    fn a_direction_that_no_gradient_has_is_left_out() {
        let weights = AlignedMtl.weights(&DMatrix::from_element(2, 2, 1.0));
        // Twice the same gradient: one component of eigenvalue 2, followed once.
        assert!((weights[0] - weights[1]).abs() < 1e-12 && (weights[0] - 0.5).abs() < 1e-12, "{weights:?}");
    }
}
