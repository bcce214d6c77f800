//! How the tasks' gradients on the shared trunk are combined where they conflict. One method a file, named after its paper.
//!
//! With J (T x P) the tasks' gradients on the P shared parameters, every method here follows `w' J` with weights w that depend on
//! the Gramian `G = J J'` (T x T) alone: one trait covers them, and none ever sees the parameters.

mod aligned_mtl;
mod cagrad;
mod mgda;
mod pcgrad;
mod simplex;
mod task_gradients;
mod upgrad;

pub use aligned_mtl::AlignedMtl;
pub use cagrad::CaGrad;
pub use mgda::Mgda;
use nalgebra::DMatrix;
pub use pcgrad::PcGrad;
pub use task_gradients::TaskGradients;
pub(crate) use task_gradients::chosen_loss;
pub use upgrad::UpGrad;

use crate::config::GradientConfig;

/// A method that combines the tasks' gradients on what they share.
pub trait GradientMethod {
    /// Weights w (T) of the update `w' J`, from the Gramian (T x T, symmetric, positive semidefinite, diagonal above 0) of the
    /// gradients of one step. Finite; equal Gramians and an equal past give equal bits.
    fn weights(&mut self, gram: &DMatrix<f64>) -> Vec<f64>;
}

/// The method that `config` names, drawing from streams of `seed`; `None` for the plain sum, which needs no Gramian.
pub(crate) fn method_for(config: GradientConfig, seed: u64) -> Option<Box<dyn GradientMethod>> {
    match config {
        GradientConfig::Sum => None,
        GradientConfig::Pcgrad => Some(Box::new(PcGrad::new(seed))),
        GradientConfig::Cagrad => Some(Box::new(CaGrad::default())),
        GradientConfig::Mgda => Some(Box::new(Mgda)),
        GradientConfig::Upgrad => Some(Box::new(UpGrad)),
        GradientConfig::AlignedMtl => Some(Box::new(AlignedMtl)),
    }
}

/// Gradients that the tests of several methods share.
#[cfg(test)]
mod cases {
    use nalgebra::{DMatrix, DVector};

    /// Two tasks in conflict: (1, 0) and (-1, 1).
    pub(super) fn conflict() -> DMatrix<f64> {
        DMatrix::from_row_slice(2, 2, &[1.0, 0.0, -1.0, 1.0])
    }

    /// Three tasks of which the first two conflict.
    pub(super) fn three() -> DMatrix<f64> {
        DMatrix::from_row_slice(3, 4, &[1.0, 0.5, -0.2, 0.1, -0.8, 0.7, 0.4, 0.0, 0.3, 0.2, 0.9, -2.0])
    }

    /// Two tasks at an acute angle.
    pub(super) fn harmony() -> DMatrix<f64> {
        DMatrix::from_row_slice(2, 2, &[2.0, 0.0, 1.0, 1.0])
    }

    pub(super) fn gram(gradients: &DMatrix<f64>) -> DMatrix<f64> {
        gradients * gradients.transpose()
    }

    /// The update `w' J`.
    pub(super) fn update(gradients: &DMatrix<f64>, weights: Vec<f64>) -> DVector<f64> {
        gradients.tr_mul(&DVector::from_vec(weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [GradientConfig; 5] = [
        GradientConfig::Pcgrad,
        GradientConfig::Cagrad,
        GradientConfig::Mgda,
        GradientConfig::Upgrad,
        GradientConfig::AlignedMtl,
    ];

    fn weights(config: GradientConfig, gram: &DMatrix<f64>) -> Vec<f64> {
        method_for(config, 1).unwrap().weights(gram)
    }

    #[test]
    fn no_method_harms_a_task_of_a_conflicting_pair() {
        let gradients = cases::conflict();
        for config in ALL {
            let update = cases::update(&gradients, weights(config, &cases::gram(&gradients)));
            assert!((&gradients * &update).iter().all(|progress| *progress > -1e-9), "{config:?} {update}");
        }
    }

    #[test]
    fn copies_opposites_and_extreme_sizes_stay_finite_and_repeat_to_the_bit() {
        let copies = DMatrix::from_element(3, 3, 2.0);
        let opposites = DMatrix::from_row_slice(2, 2, &[1.0, -1.0, -1.0, 1.0]);
        let tiny = cases::gram(&(cases::three() * 1e-12));
        let unequal = DMatrix::from_row_slice(2, 2, &[1e-14, 1e-8, 1e-8, 1e6]);
        let single = DMatrix::from_element(1, 1, 3.0);
        for config in ALL {
            for gram in [&copies, &opposites, &tiny, &unequal, &single] {
                let first = weights(config, gram);
                assert!(first.iter().all(|weight| weight.is_finite()), "{config:?} {gram} {first:?}");
                assert_eq!(first, weights(config, gram), "{config:?}");
            }
        }
    }
}
