//! Squared error.

use super::Loss;

/// `(output - label)^2`.
#[derive(Debug, Clone, Copy)]
pub struct MeanSquaredError;

impl Loss for MeanSquaredError {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let error = outputs[0] - label;
        gradient[0] = 2.0 * error;
        error * error
    }
}

#[cfg(test)]
mod tests {
    use super::super::assert_gradient;
    use super::*;

    #[test]
    fn the_loss_is_the_squared_error() {
        let mut gradient = [0.0];
        assert_eq!(MeanSquaredError.row(&[3.0], 1.0, &mut gradient), 4.0);
        assert_eq!(gradient, [4.0]);
        assert_gradient(&MeanSquaredError, &[-0.7], 0.4);
    }
}
