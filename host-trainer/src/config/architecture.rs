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
///
/// A branch reads the features of its channels or, with `convolutions`, their raw samples. A channel may stand in one branch of each
/// kind. Where every branch has convolutions the trunk's first layer reads the features beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchConfig {
    /// Name, unique.
    pub name: String,
    /// Names of the channels that it reads. Each input channel with features stands in exactly one of the branches that read features,
    /// if there are any; a magnitude goes with its channels. Raw samples are read of channels of equal rate.
    pub channels: Vec<String>,
    /// Widths of its ReLU layers; at least one in a branch without convolutions.
    #[serde(default)]
    pub widths: Vec<usize>,
    /// Convolutions over the raw samples of its channels, in front of its ReLU layers; none in a branch that reads features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub convolutions: Vec<ConvolutionConfig>,
}

/// A depthwise-separable convolution over time (Howard et al., "MobileNets", arXiv 1704.04861, 2017): a filter for each channel, a layer
/// of ReLU units across the channels at every position, and pooling. Nothing is padded: what does not fill the last position or pool is
/// left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvolutionConfig {
    /// Taps of the depthwise filters: samples, or positions of the convolution before.
    pub kernel: usize,
    /// Samples from one position to the next.
    #[serde(default = "one")]
    pub stride: usize,
    /// ReLU units at a position: the channels of what comes after.
    pub filters: usize,
    /// Depthwise filters a channel.
    #[serde(default = "one")]
    pub multiplier: usize,
    /// Positions that become one.
    #[serde(default = "one")]
    pub pool: usize,
    /// What they become.
    #[serde(default)]
    pub pooling: Pooling,
}

/// What the positions of a pool become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The largest of them.
    #[default]
    Max,
    /// Their mean.
    Mean,
}

fn one() -> usize {
    1
}

impl ConvolutionConfig {
    /// Positions over `samples` samples a channel; 0 where not even one kernel fits.
    pub fn positions(&self, samples: usize) -> usize {
        samples.checked_sub(self.kernel).map_or(0, |rest| rest / self.stride.max(1) + 1)
    }

    /// Positions after pooling.
    pub fn pooled(&self, samples: usize) -> usize {
        self.positions(samples) / self.pool.max(1)
    }
}

impl BranchConfig {
    /// Whether it reads raw samples.
    pub fn reads_raw(&self) -> bool {
        !self.convolutions.is_empty()
    }
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
