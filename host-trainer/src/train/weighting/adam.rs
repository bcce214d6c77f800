//! Adam on the few numbers that a weighting method learns: Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// State of one optimiser.
#[derive(Debug, Clone)]
pub(super) struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    steps: Vec<i32>,
}

impl Adam {
    /// For `count` numbers.
    pub(super) fn new(count: usize) -> Self {
        Self { first: vec![0.0; count], second: vec![0.0; count], steps: vec![0; count] }
    }

    /// Moves `values` against `gradient` at learning rate `rate`. A number without a gradient stays where it is, and so do its moments
    /// and its count of steps.
    pub(super) fn step(&mut self, values: &mut [f64], gradient: &[Option<f64>], rate: f64) {
        let states = self.first.iter_mut().zip(&mut self.second).zip(&mut self.steps);
        for ((value, gradient), ((first, second), steps)) in values.iter_mut().zip(gradient).zip(states) {
            let Some(gradient) = gradient else { continue };
            *steps = steps.saturating_add(1);
            let (correction_1, correction_2) = (1.0 - BETA_1.powi(*steps), 1.0 - BETA_2.powi(*steps));
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
        let mut values = [1.0, 1.0, 1.0, 1.0];
        let mut adam = Adam::new(4);
        adam.step(&mut values, &[Some(5.0), Some(-0.01), Some(0.0), None], 0.1);
        for (value, expected) in values.iter().zip([0.9, 1.1, 1.0, 1.0]) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
        // A number that comes later makes its own first step; one that stays away does not coast on.
        let before = values;
        adam.step(&mut values, &[None, None, None, Some(3.0)], 0.1);
        assert_eq!(values[..3], before[..3]);
        assert!((values[3] - 0.9).abs() < 1e-6, "{values:?}");
    }
}
