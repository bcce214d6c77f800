//! How the tasks' losses are weighed against each other, step by step.

mod fixed;

pub use fixed::Fixed;

use crate::config::WeightingConfig;

/// A weighting method. Methods that learn keep their state inside.
pub trait Weighting {
    /// Weight of each task's loss in this step (T), given the losses of the step's batch (T). The weights are constants to
    /// the gradient.
    fn weights(&mut self, losses: &[f32]) -> Vec<f32>;
}

/// The method that `config` names, for tasks with `weights` in the project file (T).
pub fn weighting_for(config: WeightingConfig, weights: Vec<f32>) -> Box<dyn Weighting> {
    match config {
        WeightingConfig::Fixed => Box::new(Fixed::new(weights)),
    }
}
