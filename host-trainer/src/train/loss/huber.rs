//! Huber's loss: quadratic near the label, linear beyond (Huber, Annals of Mathematical Statistics 1964).

use super::Loss;

/// `e^2 / 2` for |e| <= delta, else `delta (|e| - delta / 2)`.
#[derive(Debug, Clone, Copy)]
pub struct Huber {
    /// The knee, in standard deviations of the target.
    pub delta: f32,
}

impl Loss for Huber {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let error = outputs[0] - label;
        gradient[0] = error.clamp(-self.delta, self.delta);
        if error.abs() <= self.delta { 0.5 * error * error } else { self.delta * (error.abs() - 0.5 * self.delta) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::assert_gradient;
    use super::*;

    #[test]
    fn the_loss_is_quadratic_inside_the_knee_and_linear_outside() {
        let huber = Huber { delta: 0.5 };
        let mut gradient = [0.0];
        assert_eq!(huber.row(&[1.25], 1.0, &mut gradient), 0.03125);
        assert_eq!(gradient, [0.25]);
        assert_eq!(huber.row(&[-1.0], 1.0, &mut gradient), 0.875);
        assert_eq!(gradient, [-0.5]);
        for output in [-2.0, 0.3, 0.9, 5.0] {
            assert_gradient(&huber, &[output], 1.0);
        }
    }
}
