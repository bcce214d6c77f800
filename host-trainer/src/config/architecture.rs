//! The shape of the network beyond its one trunk: groups of tasks with a trunk each, and branches under the trunks.

use serde::{Deserialize, Serialize};

/// One `[[model.groups]]` entry: tasks that share a trunk of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupConfig {
    /// Names of the tasks; each task with a head on a trunk stands in exactly one group.
    pub tasks: Vec<String>,
    /// Widths of the group's ReLU layers; those of `model.trunk` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trunk: Option<Vec<usize>>,
}

/// One `[[model.branches]]` entry: layers of their own for some of the channels. The trunk's first layer reads the outputs of all
/// branches instead of the features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchConfig {
    /// Name, unique.
    pub name: String,
    /// Names of the channels that it reads; each input channel stands in exactly one branch. A magnitude goes with its channels.
    pub channels: Vec<String>,
    /// Widths of its ReLU layers, at least one.
    pub widths: Vec<usize>,
}
