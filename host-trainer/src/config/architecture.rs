//! The shape of the network beyond its one trunk: groups of tasks with a trunk each, branches under the trunks, and tasks that read
//! others.

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

/// One entry of `tasks.reads`: another task that this one builds upon, such as quality upon fault.
///
/// What it reads goes through weights of its own, which start at 0, onto this task's outputs. The gradient flows on into the task
/// that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadConfig {
    /// Name of the task that is read. A network trained without that task, such as one for a single task, leaves the entry out.
    pub task: String,
    /// What of it.
    #[serde(default)]
    pub of: ReadOf,
}

/// What one task reads of another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOf {
    /// Its outputs, linear path included: logits, or the standardised value.
    #[default]
    Output,
    /// The activations of its head's last hidden layer.
    Embedding,
}
