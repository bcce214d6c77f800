//! `[training]`: how the network is optimised.

use serde::{Deserialize, Serialize};

use super::calibration::CalibrationConfig;
use super::default::is_default;
use super::distillation::DistillationConfig;

/// `[training]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// One training a seed; the first makes the artifact.
    pub seeds: Vec<u64>,
    /// Most epochs.
    pub epochs: usize,
    /// Rows a step.
    pub batch: usize,
    /// AdamW's peak learning rate; cosine decay to 0 after the warm-up.
    pub learning_rate: f64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// Epochs of linear warm-up.
    pub warmup_epochs: usize,
    /// Standard deviation of the Gaussian noise on the trunk's input, in standard deviations of a feature.
    pub input_noise: f64,
    /// Probability that an activation of the trunk is dropped in a step, 0 to below 1 (Srivastava et al., JMLR 2014).
    pub dropout: f64,
    /// Probability, 0 to 0.9, that an optional channel is missing in a training row of a step.
    #[serde(skip_serializing_if = "is_default")]
    pub modality_dropout: f64,
    /// Alpha of mixup, 0 to 10: in a step rows are mixed in pairs, with shares from Beta(alpha, alpha) (Zhang et al., ICLR 2018); 0
    /// leaves them alone.
    #[serde(skip_serializing_if = "is_default")]
    pub mixup: f64,
    /// Weighting of the tasks' losses.
    pub weighting: WeightingConfig,
    /// How the tasks' gradients on the trunk are combined.
    #[serde(skip_serializing_if = "is_default")]
    pub gradient: GradientConfig,
    /// Early stopping.
    pub early_stopping: EarlyStoppingConfig,
    /// Temperatures and thresholds after training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationConfig>,
    /// Cooperative regulariser.
    pub relation: RelationConfig,
    /// Learning from stronger models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distillation: Option<DistillationConfig>,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            seeds: vec![1],
            epochs: 60,
            batch: 32,
            learning_rate: 2e-3,
            weight_decay: 0.01,
            warmup_epochs: 2,
            input_noise: 0.0,
            dropout: 0.0,
            modality_dropout: 0.0,
            mixup: 0.0,
            weighting: WeightingConfig::Fixed,
            gradient: GradientConfig::Sum,
            early_stopping: EarlyStoppingConfig::default(),
            calibration: None,
            relation: RelationConfig::default(),
            distillation: None,
        }
    }
}

/// Weighting of the tasks' losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightingConfig {
    /// Each task's `weight`, all along.
    Fixed,
    /// 1 for every task, whatever its `weight`.
    Equal,
    /// By learnt noise variances (Kendall et al., CVPR 2018), times the `weight`.
    Uncertainty,
    /// Dynamic weight average: by how the losses fell between epochs (Liu et al., CVPR 2019), times the `weight`.
    Dwa,
    /// So that all losses fall at the same rate (Liu et al., NeurIPS 2023), times the `weight`; a second forward pass a step.
    Famo,
}

/// How the tasks' gradients on the trunk are combined; heads and linear paths follow their own task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GradientConfig {
    /// Added up.
    #[default]
    Sum,
    /// Projected where they conflict (Yu et al., NeurIPS 2020).
    Pcgrad,
    /// Near the mean, best for the worst-off task (Liu et al., NeurIPS 2021).
    Cagrad,
    /// Their shortest convex combination (Sener & Koltun, NeurIPS 2018).
    Mgda,
    /// The mean of their projections on the cone that harms no task (Quinton & Rey, arXiv 2406.16232).
    Upgrad,
    /// Made orthogonal and equally long (Senushkin et al., CVPR 2023).
    AlignedMtl,
}

/// `[training.early_stopping]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EarlyStoppingConfig {
    /// Share of the training rows (whole groups) held out to choose the epoch; 0 trains all epochs on all rows.
    pub validation: f64,
    /// Epochs without improvement after which training ends.
    pub patience: usize,
    /// A later epoch is preferred as long as its validation score lies within this share of the least one: the score of few
    /// held-out groups is noisy, and late epochs of a falling learning rate are the better averages.
    pub tolerance: f64,
    /// Whether to train once more on all training rows for the number of epochs chosen; otherwise the best weights seen are
    /// kept, which have not learnt from the rows held out. Where these would hold every label of a task, such a training is on all rows
    /// and for all epochs instead.
    pub refit: bool,
}

impl Default for EarlyStoppingConfig {
    fn default() -> Self {
        Self { validation: 0.15, patience: 15, tolerance: 0.05, refit: true }
    }
}

/// `[training.relation]`: l tr(W O^-1 W'), Zhang & Yeung, UAI 2010.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelationConfig {
    /// l; 0 leaves the regulariser out (the relation is still learnt and reported).
    pub strength: f64,
    /// e in O_e = O + (e/K) I.
    pub epsilon: f64,
    /// Epochs before the first closed-form step.
    pub warmup_epochs: usize,
    /// Gradient epochs between closed-form steps.
    pub every_epochs: usize,
    /// Alternation ends when the relation's relative movement (Frobenius) falls below this.
    pub tolerance: f64,
}

impl Default for RelationConfig {
    fn default() -> Self {
        Self { strength: 1e-3, epsilon: 1e-3, warmup_epochs: 4, every_epochs: 1, tolerance: 1e-2 }
    }
}
