//! Multiple-gradient descent: Désidéri, Comptes Rendus Mathématique 350, 2012; for networks Sener & Koltun, "Multi-Task Learning
//! as Multi-Objective Optimization", NeurIPS 2018.

use nalgebra::{DMatrix, DVector};

use super::GradientMethod;
use super::simplex;

/// The shortest convex combination of the gradients: every task descends at the same rate, or none can without harm to
/// another.
#[derive(Debug, Clone, Copy)]
pub struct Mgda;

impl GradientMethod for Mgda {
    fn weights(&mut self, gram: &DMatrix<f64>) -> Vec<f64> {
        simplex::minimize(gram, &DVector::zeros(gram.nrows()), 1.0).as_slice().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    #[test]
    fn two_tasks_follow_the_closed_form() {
        // w_1 = (|g2|^2 - g1 g2) / |g1 - g2|^2 = (2 + 1) / 5.
        let weights = Mgda.weights(&cases::gram(&cases::conflict()));
        assert!((weights[0] - 0.6).abs() < 1e-12 && (weights[1] - 0.4).abs() < 1e-12, "{weights:?}");
        // The shorter of (2, 0) and (1, 1), whose combinations are all longer or equal.
        let weights = Mgda.weights(&cases::gram(&cases::harmony()));
        assert!(weights[0].abs() < 1e-12 && (weights[1] - 1.0).abs() < 1e-12, "{weights:?}");
    }

    #[test]
    fn every_task_with_a_weight_descends_at_the_same_rate_and_the_others_faster() {
        let gradients = cases::three();
        let weights = Mgda.weights(&cases::gram(&gradients));
        let update = cases::update(&gradients, weights.clone());
        for (weight, progress) in weights.iter().zip((&gradients * &update).iter()) {
            let excess = progress - update.norm_squared();
            assert!(excess > -1e-9 && (*weight == 0.0 || excess < 1e-9), "{weight} {excess}");
        }
    }
}
