//! `[training.calibration]` and the thresholds of binary tasks.

use serde::{Deserialize, Serialize};

/// `[training.calibration]`: how outputs become probabilities and decisions, fitted after training on answers to training rows by
/// models that have not seen them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalibrationConfig {
    /// Inner folds of whole units that the training rows are dealt to: so many further trainings.
    pub folds: usize,
}

impl Default for CalibrationConfig {
    fn default() -> Self {
        Self { folds: 3 }
    }
}

/// What the threshold of a binary task is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "ThresholdKeys")]
pub enum ThresholdConfig {
    /// Least cost.
    Cost {
        /// What a row of the first class costs that is taken for the second.
        false_alarm_cost: f64,
        /// What a row of the second class costs that is taken for the first.
        miss_cost: f64,
    },
    /// Highest recall of the second class at no less than this precision.
    Precision {
        /// The precision.
        precision: f64,
    },
}

/// Every key that a threshold may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdKeys {
    false_alarm_cost: Option<f64>,
    miss_cost: Option<f64>,
    precision: Option<f64>,
}

impl TryFrom<ThresholdKeys> for ThresholdConfig {
    type Error = &'static str;

    fn try_from(keys: ThresholdKeys) -> Result<Self, Self::Error> {
        match (keys.false_alarm_cost, keys.miss_cost, keys.precision) {
            (Some(false_alarm_cost), Some(miss_cost), None) => Ok(Self::Cost { false_alarm_cost, miss_cost }),
            (None, None, Some(precision)) => Ok(Self::Precision { precision }),
            _ => Err("a threshold is either { false_alarm_cost = 1.0, miss_cost = 10.0 } or { precision = 0.9 }"),
        }
    }
}
