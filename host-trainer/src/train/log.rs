//! What a training leaves behind beside its model.

use serde::{Deserialize, Serialize};

use super::TaskCalibration;
use super::relation::TaskRelation;
use crate::grouping::Grouping;

/// The course of a training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingLog {
    /// Epochs of the run that chose their number on held-out rows; empty without validation.
    pub validation_epochs: Vec<EpochRecord>,
    /// Epochs of the run that made the model.
    pub epochs: Vec<EpochRecord>,
    /// Epochs behind the model's weights; 0 where everything is in closed form.
    pub chosen_epochs: usize,
    /// How many of them, the last ones, were quantization-aware.
    #[serde(default)]
    pub quantized_epochs: usize,
    /// Closed-form steps on the relation in the run that made the model.
    pub alternations: Vec<AlternationRecord>,
    /// Whether the relation came to rest, so that the alternation ended before the epochs did.
    pub relation_converged: bool,
    /// The relation of the model's heads; `None` without heads.
    pub relation: Option<TaskRelation>,
    /// How the class tasks were calibrated; empty without calibration.
    #[serde(default)]
    pub calibration: Vec<TaskCalibration>,
    /// How the tasks were grouped; `None` where no groups were looked for.
    #[serde(default)]
    pub grouping: Option<Grouping>,
}

/// One epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss of each task over the epoch (T).
    pub losses: Vec<f32>,
    /// Validation score, lower is better (1 = as good as a constant).
    pub validation: Option<f64>,
}

/// One closed-form step on the relation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlternationRecord {
    /// Epoch after which it was made, counted from 1.
    pub epoch: usize,
    /// `|O_new - O_old| / |O_old|` by Frobenius.
    pub movement: f64,
    /// `tr(W O_e^-1 W')` right after the step, without its strength.
    pub penalty: f64,
}
