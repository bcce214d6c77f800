//! The network.

use serde::{Deserialize, Serialize};

use super::architecture::{BranchConfig, GroupConfig};
use super::default::is_default;
use super::grouping::GroupingConfig;

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// What stands between features and outputs.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: ModelKind,
    /// Widths of the trunk's ReLU layers.
    pub trunk: Vec<usize>,
    /// Standardised features are clipped to this many standard deviations; a power of two.
    pub clip_sd: f64,
    /// Factor on the initial weights of the heads' last layers.
    pub head_init: f64,
    /// Widths of the ReLU layers of every head; none makes the heads linear, which the relation between tasks needs. `tasks.hidden`
    /// overrides it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<usize>,
    /// Groups of tasks with a trunk each; one trunk for all tasks if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupConfig>,
    /// Groups to be found on the training rows instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grouping: Option<GroupingConfig>,
    /// Branches of the channels under each trunk; none if left out: then the trunk reads the features.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<BranchConfig>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            kind: ModelKind::Network,
            trunk: vec![32, 16],
            clip_sd: 8.0,
            head_init: 0.1,
            head: Vec::new(),
            groups: Vec::new(),
            grouping: None,
            branches: Vec::new(),
        }
    }
}

/// What stands between features and outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// A trunk, heads on it, and linear paths.
    #[default]
    Network,
    /// Linear paths alone, in closed form: for many small tasks, one a group (`[personalize]`). `trunk` is not read.
    Linear,
}
