//! How the tasks' losses are weighed against each other, step by step. One method a file, named after its paper.
//!
//! The `weight` of a task in the project file is what the user holds it to be worth: every method multiplies its own factor by
//! it, except [`Equal`], which is there to leave it out.

mod adam;
mod dwa;
mod equal;
mod famo;
mod fixed;
mod uncertainty;

pub use dwa::Dwa;
pub use equal::Equal;
pub use famo::Famo;
pub use fixed::Fixed;
pub use uncertainty::Uncertainty;

use crate::config::WeightingConfig;

/// A weighting method. Methods that learn keep their state inside.
pub trait Weighting {
    /// Weight of each task's loss in this step (T), given the losses of the step's batch (T; `None` for a task without a label
    /// in it) and the network's learning rate. The weights are constants to the gradient.
    fn weights(&mut self, losses: &[Option<f32>], rate: f64) -> Vec<f32>;

    /// Whether [`Weighting::after_step`] is to be called; costs a second forward pass a step.
    fn wants_losses_after_step(&self) -> bool {
        false
    }

    /// Hears the losses of the same batch (T) after the step.
    fn after_step(&mut self, _losses: &[Option<f32>]) {}

    /// Hears the mean loss of each task over an epoch that has ended (T; 0 for a task without a label in it).
    fn after_epoch(&mut self, _losses: &[f32]) {}
}

/// The method that `config` names, for tasks with `weights` in the project file (T).
pub fn weighting_for(config: WeightingConfig, weights: Vec<f32>) -> Box<dyn Weighting> {
    match config {
        WeightingConfig::Fixed => Box::new(Fixed::new(weights)),
        WeightingConfig::Equal => Box::new(Equal::new(weights.len())),
        WeightingConfig::Uncertainty => Box::new(Uncertainty::new(weights)),
        WeightingConfig::Dwa => Box::new(Dwa::new(weights)),
        WeightingConfig::Famo => Box::new(Famo::new(weights)),
    }
}
