//! The shape of the network beyond its one trunk: groups of tasks with a trunk each.

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
