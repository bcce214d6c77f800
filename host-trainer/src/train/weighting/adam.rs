//! Adam on the few numbers that a weighting method learns: Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// State of one optimiser.
#[derive(Debug, Clone)]
pub(super) struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl Adam {
    /// For `count` numbers.
    pub(super) fn new(count: usize) -> Self {
        Self { first: vec![0.0; count], second: vec![0.0; count], steps: 0 }
    }

    /// Moves `values` against `gradient` at learning rate `rate`.
    pub(super) fn step(&mut self, values: &mut [f64], gradient: &[f64], rate: f64) {
        self.steps = self.steps.saturating_add(1);
        let (correction_1, correction_2) = (1.0 - BETA_1.powi(self.steps), 1.0 - BETA_2.powi(self.steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, gradient), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = BETA_1 * *first + (1.0 - BETA_1) * gradient;
            *second = BETA_2 * *second + (1.0 - BETA_2) * gradient * gradient;
            *value -= rate * (*first / correction_1) / ((*second / correction_2).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate_against_the_sign_of_the_gradient() {
        let mut values = [1.0, 1.0, 1.0];
        Adam::new(3).step(&mut values, &[5.0, -0.01, 0.0], 0.1);
        for (value, expected) in values.iter().zip([0.9, 1.1, 1.0]) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
    }
}
