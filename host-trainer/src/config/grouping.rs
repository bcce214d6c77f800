//! `[model.grouping]`: groups of tasks found by measurement, a trunk each.

use serde::{Deserialize, Serialize};

/// `[model.grouping]`: which tasks share a trunk is found on the training rows, from what a step for one task does to the others
/// (Fifty et al., "Efficiently Identifying Task Groupings for Multi-Task Learning", NeurIPS 2021).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupingConfig {
    /// What the groups are chosen by.
    pub by: GroupingBy,
    /// Most groups, 2 to 16.
    pub max_groups: usize,
    /// Trainings of the single-trunk network that are measured, each with a seed of its own, 1 to 20: one alone is not to be trusted.
    pub seeds: usize,
    /// Whether the trunks are so much narrower than `model.trunk` that the network has no more weights than with one trunk; otherwise
    /// each is as wide as `model.trunk`.
    pub share_size: bool,
}

impl Default for GroupingConfig {
    fn default() -> Self {
        Self { by: GroupingBy::Transference, max_groups: 2, seeds: 3, share_size: true }
    }
}

/// What groups are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupingBy {
    /// How much of a task's loss a step for another takes away.
    Transference,
    /// The cosine of the tasks' gradients on the trunk.
    Gradient,
}
