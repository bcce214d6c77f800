//! Likelihood of a Gaussian of learnt mean and variance: Nix & Weigend, "Estimating the mean and variance of the target
//! probability distribution", ICNN 1994.

use super::Loss;

/// Bound B of the log variance.
const BOUND: f32 = 6.0;

/// `(s + B + e^2 exp(-s)) / 2` for the error e of the first output and the log variance s of the second: rows that the network
/// knows to be noisy count less.
///
/// The log variance is `B tanh(x / B)` of output x, smoothly bounded: standard deviations lie between e^-3 = 0.05 and 20 of the
/// target's, and no row can run away with the fit. The constant B keeps the loss from falling below 0, so that it can be compared
/// with those of other tasks and taken as a share of a constant's.
#[derive(Debug, Clone, Copy)]
pub struct GaussianNll;

impl GaussianNll {
    /// The standard deviation that output `output` stands for, on the scale of the target: one of its own for every row.
    pub fn sd(output: f32) -> f32 {
        (0.5 * BOUND * (output / BOUND).tanh()).exp()
    }
}

impl Loss for GaussianNll {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let error = outputs[0] - label;
        let bounded = (outputs[1] / BOUND).tanh();
        let log_variance = BOUND * bounded;
        let precision = (-log_variance).exp();
        let square = error * error * precision;
        gradient[0] = error * precision;
        gradient[1] = 0.5 * (1.0 - square) * (1.0 - bounded * bounded);
        0.5 * (log_variance + BOUND + square)
    }
}

#[cfg(test)]
mod tests {
    use super::super::assert_gradient;
    use super::*;

    #[test]
    fn at_log_variance_zero_it_is_half_the_squared_error_and_a_constant() {
        let mut gradient = [0.0; 2];
        assert_eq!(GaussianNll.row(&[3.0, 0.0], 1.0, &mut gradient), 0.5 * (4.0 + BOUND));
        assert_eq!(gradient, [2.0, -1.5]);
    }

    #[test]
    fn the_best_variance_is_the_squared_error() {
        let mut gradient = [0.0; 2];
        let output = BOUND * (0.25f32.ln() / BOUND).atanh();
        GaussianNll.row(&[1.5, output], 1.0, &mut gradient);
        assert!(gradient[1].abs() < 1e-6, "{gradient:?}");
        assert!((GaussianNll::sd(output) - 0.5).abs() < 1e-6);
        for outputs in [[0.4, -1.0], [-0.7, 0.0], [1.2, 2.0], [0.9, 9.0], [0.95, -4.0]] {
            assert_gradient(&GaussianNll, &outputs, 0.9);
        }
    }

    #[test]
    fn extreme_outputs_are_finite_and_no_loss_is_below_zero() {
        for log_variance in [f32::MAX, -f32::MAX, 60.0, -60.0, 0.0] {
            for mean in [0.0, 1e3, -1e15] {
                let mut gradient = [f32::NAN; 2];
                let loss = GaussianNll.row(&[mean, log_variance], 0.0, &mut gradient);
                assert!(loss.is_finite() && loss >= 0.0, "{mean} {log_variance}: {loss}");
                assert!(gradient.iter().all(|g| g.is_finite()), "{mean} {log_variance}: {gradient:?}");
            }
        }
    }
}
