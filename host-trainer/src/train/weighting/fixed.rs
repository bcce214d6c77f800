//! Weights that never change.

use super::Weighting;

/// Each task's weight from the project file, all along.
#[derive(Debug, Clone)]
pub struct Fixed {
    weights: Vec<f32>,
}

impl Fixed {
    /// One weight a task.
    pub fn new(weights: Vec<f32>) -> Self {
        Self { weights }
    }
}

impl Weighting for Fixed {
    fn weights(&mut self, _losses: &[Option<f32>], _rate: f64) -> Vec<f32> {
        self.weights.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_do_not_depend_on_losses() {
        let mut fixed = Fixed::new(vec![1.0, 0.5]);
        assert_eq!(fixed.weights(&[Some(1.0), Some(1.0)], 0.1), fixed.weights(&[Some(100.0), None], 0.2));
        assert_eq!(fixed.weights(&[Some(0.0), Some(0.0)], 0.0), vec![1.0, 0.5]);
    }
}
