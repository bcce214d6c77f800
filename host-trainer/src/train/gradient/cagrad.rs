//! Liu et al., "Conflict-Averse Gradient Descent for Multi-task Learning", NeurIPS 2021.

use nalgebra::{DMatrix, DVector};

use super::GradientMethod;
use super::simplex;

/// The update that helps the worst-off task most, within a ball of radius `c |g0|` around the mean gradient g0:
/// `g0 + c |g0| / |g_w| g_w`, with `g_w = w' J` from the dual problem over the simplex.
#[derive(Debug, Clone, Copy)]
pub struct CaGrad {
    /// Radius of the ball, 0 (the mean gradient) to below 1.
    c: f64,
}

impl CaGrad {
    /// With radius `c`, 0 to below 1.
    pub fn new(c: f64) -> Self {
        Self { c }
    }
}

impl Default for CaGrad {
    /// With the radius 0.5, which the paper found good throughout.
    fn default() -> Self {
        Self::new(0.5)
    }
}

impl GradientMethod for CaGrad {
    fn weights(&mut self, gram: &DMatrix<f64>) -> Vec<f64> {
        let tasks = gram.nrows();
        let mean = DVector::from_element(tasks, 1.0 / tasks as f64);
        let linear = gram * &mean;
        let radius = self.c * mean.dot(&linear).max(0.0).sqrt();
        let w = simplex::minimize(gram, &linear, radius);
        let length = w.dot(&(gram * &w)).max(0.0).sqrt();
        let pull = if length > f64::EPSILON * gram.trace().sqrt() { radius / length } else { 0.0 };
        (mean + w * pull).as_slice().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    #[test]
    fn radius_zero_gives_the_mean() {
        assert_eq!(CaGrad::new(0.0).weights(&cases::gram(&cases::conflict())), vec![0.5, 0.5]);
    }

    #[test]
    fn the_update_lies_on_the_ball_and_no_point_of_it_helps_the_worst_off_more() {
        let gradients = cases::conflict();
        let gram = cases::gram(&gradients);
        let mean = cases::update(&gradients, vec![0.5, 0.5]);
        for c in [0.2, 0.5, 0.9] {
            let update = cases::update(&gradients, CaGrad::new(c).weights(&gram));
            let radius = c * mean.norm();
            assert!(((&update - &mean).norm() / radius - 1.0).abs() < 1e-9, "{update}");
            let worst = (&gradients * &update).min();
            for step in 0..720 {
                let angle = f64::from(step) * std::f64::consts::PI / 360.0;
                let other = &mean + DVector::from_row_slice(&[angle.cos(), angle.sin()]) * radius;
                assert!((&gradients * other).min() <= worst + 1e-9, "{c} {angle}");
            }
        }
    }

    #[test]
    fn the_worst_off_task_fares_better_than_under_the_mean() {
        let gradients = cases::three() * 3.0;
        let gram = cases::gram(&gradients);
        let worst = |weights| (&gradients * cases::update(&gradients, weights)).min();
        assert!(worst(CaGrad::default().weights(&gram)) > worst(vec![1.0 / 3.0; 3]));
    }
}
