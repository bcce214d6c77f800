//! A task's loss in the project file.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::default::is_default;

/// A task's loss, on standardised values for a regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "name", try_from = "LossKeys")]
pub enum LossConfig {
    /// Mean squared error.
    Mse,
    /// Huber with the given knee, in standard deviations of the target.
    Huber {
        /// The knee.
        delta: f64,
    },
    /// Likelihood of a Gaussian whose variance the network learns too, as a second output: each row has a standard deviation of its own.
    /// The model keeps the mean; how well the standard deviations describe the errors on test rows stands in `metrics.json`.
    GaussianNll,
    /// Binary cross-entropy on a logit.
    BinaryCrossEntropy {
        /// Share of every label that is spread evenly over the classes, 0 to below 1.
        #[serde(skip_serializing_if = "is_default")]
        smoothing: f64,
        /// Factor on the rows of each class in the loss, and on its prior in the closed form (LDA) that the linear path starts from
        /// or stays; 1 if left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        class_weights: Option<ClassWeights>,
    },
    /// Multi-class cross-entropy on logits.
    CrossEntropy {
        /// As for binary cross-entropy.
        #[serde(skip_serializing_if = "is_default")]
        smoothing: f64,
        /// As for binary cross-entropy.
        #[serde(skip_serializing_if = "Option::is_none")]
        class_weights: Option<ClassWeights>,
    },
    /// Cross-entropy, binary or multi-class, in which rows that are answered well count less.
    Focal {
        /// Exponent on the probability that is missing to the label's; 0 is plain cross-entropy.
        gamma: f64,
        /// As for binary cross-entropy.
        #[serde(skip_serializing_if = "Option::is_none")]
        class_weights: Option<ClassWeights>,
    },
}

/// Factors on the loss of the rows of each class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassWeights {
    /// By a rule.
    Rule(ClassWeighting),
    /// One a class, in class order.
    Given(Vec<f64>),
}

/// A rule for class weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeighting {
    /// n / (K n_k) on the training rows: every class weighs the same.
    Balanced,
}

/// Every key that a loss may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LossKeys {
    name: LossName,
    delta: Option<f64>,
    gamma: Option<f64>,
    smoothing: Option<f64>,
    class_weights: Option<ClassWeights>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LossName {
    Mse,
    Huber,
    GaussianNll,
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
}

impl TryFrom<LossKeys> for LossConfig {
    type Error = &'static str;

    fn try_from(keys: LossKeys) -> Result<Self, Self::Error> {
        let LossKeys { name, delta, gamma, smoothing, class_weights } = keys;
        let cross_entropy = matches!(name, LossName::BinaryCrossEntropy | LossName::CrossEntropy);
        if delta.is_some() && name != LossName::Huber {
            return Err("only huber has a delta");
        }
        if gamma.is_some() && name != LossName::Focal {
            return Err("only focal has a gamma");
        }
        if smoothing.is_some() && !cross_entropy {
            return Err("only binary-cross-entropy and cross-entropy have a smoothing");
        }
        if class_weights.is_some() && !cross_entropy && name != LossName::Focal {
            return Err("only losses of classes have class_weights: binary-cross-entropy, cross-entropy and focal");
        }
        let smoothing = smoothing.unwrap_or(0.0);
        Ok(match name {
            LossName::Mse => Self::Mse,
            LossName::Huber => Self::Huber {
                delta: delta.ok_or("huber needs its knee in standard deviations of the target, such as delta = 0.5")?,
            },
            LossName::GaussianNll => Self::GaussianNll,
            LossName::BinaryCrossEntropy => Self::BinaryCrossEntropy { smoothing, class_weights },
            LossName::CrossEntropy => Self::CrossEntropy { smoothing, class_weights },
            LossName::Focal => {
                Self::Focal { gamma: gamma.ok_or("focal needs its exponent, such as gamma = 2.0")?, class_weights }
            }
        })
    }
}

impl LossConfig {
    /// The loss of a task of `kind` that names none.
    pub fn default_for(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Regression => Self::Mse,
            TaskKind::Binary => Self::BinaryCrossEntropy { smoothing: 0.0, class_weights: None },
            TaskKind::MultiClass => Self::CrossEntropy { smoothing: 0.0, class_weights: None },
        }
    }

    /// Weights of the classes, where the loss has some.
    pub fn class_weights(&self) -> Option<&ClassWeights> {
        match self {
            Self::BinaryCrossEntropy { class_weights, .. }
            | Self::CrossEntropy { class_weights, .. }
            | Self::Focal { class_weights, .. } => class_weights.as_ref(),
            Self::Mse | Self::Huber { .. } | Self::GaussianNll => None,
        }
    }
}
