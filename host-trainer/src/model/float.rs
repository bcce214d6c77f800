//! A trained network as plain numbers: what the trainer hands to the quantizer and the explanation of every baseline.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::convolution::FrontEnd;
use super::decision::Decision;
use super::place::LayerPlace;
use crate::config::ReadOf;

/// A trained joint model (or a single-task one: a joint model of one task).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FloatModel {
    /// Standardisation of the features.
    pub normalization: Normalization,
    /// The trunks: one, or one a group of tasks; without layers where nothing but linear paths is there.
    pub trunks: Vec<Trunk>,
    /// One a task, in task order.
    pub heads: Vec<TaskHead>,
    /// The layers whose integer weights have 4 bits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrow: Vec<LayerPlace>,
}

/// What the tasks of a group share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trunk {
    /// What its first layer reads, one after the other; where there are none it reads the standardised features.
    #[serde(default)]
    pub branches: Vec<ModalityBranch>,
    /// ReLU layers, in order; at least one where there are branches.
    pub layers: Vec<Dense>,
}

/// Layers of their own for some of the features, or for the raw samples of some channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModalityBranch {
    /// Name, unique in the trunk.
    pub name: String,
    /// The standardised features, or raw samples after them, that it reads.
    pub columns: Range<usize>,
    /// Convolutions in front of the layers; none in a branch that reads features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<FrontEnd>,
    /// ReLU layers, in order. Without any, and without convolutions, the trunk reads the columns themselves.
    pub layers: Vec<Dense>,
}

/// `z = clamp((x - mean) * gain, ±clip_sd)`; a missing feature or sample gives 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// Training means (F).
    pub mean: Vec<f32>,
    /// Reciprocal training standard deviations (F); 0 for a constant feature.
    pub gain: Vec<f32>,
    /// Clip in standard deviations.
    pub clip_sd: f32,
    /// Of the raw samples after the features, a channel after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawScale>,
}

/// Standardisation of a channel's raw samples, the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RawScale {
    /// Index of the channel in an artifact.
    pub channel: u8,
    /// Samples a window.
    pub samples: usize,
    /// Training mean in ADC counts: a whole number, within i16.
    pub mean: f32,
    /// Reciprocal training standard deviation, a count, to 8 significant bits, so that a device scales by the very number; 0 for a
    /// constant channel.
    pub gain: f32,
}

/// A fully connected layer `y = W x + b`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// Outputs.
    pub outputs: usize,
    /// Inputs.
    pub inputs: usize,
    /// W, row-major (outputs x inputs).
    pub weight: Vec<f32>,
    /// b (outputs).
    pub bias: Vec<f32>,
}

/// A task's way from trunk and features to its outputs: `head(hidden(trunk)) + linear(z)`, of which at least one is there, and what
/// it reads of other tasks added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskHead {
    /// Name of the task.
    pub task: String,
    /// Kind of the task.
    pub kind: TaskKind,
    /// Index of the trunk under the head; 0 without a head.
    pub trunk: usize,
    /// ReLU layers of the head, from the trunk's output on; none in a linear head.
    pub hidden: Vec<Dense>,
    /// The head's last layer.
    pub head: Option<Dense>,
    /// From the standardised features.
    pub linear: Option<Dense>,
    /// From other tasks.
    pub reads: Vec<ReadPath>,
    /// Regression: from the network's output to the task's unit.
    pub target: TargetScale,
    /// Classes: from logits to calibrated ones, and to a decision.
    #[serde(default)]
    pub decision: Decision,
}

/// A layer from another task to the outputs of the one that reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadPath {
    /// Index of the task that is read.
    pub task: usize,
    /// Whether the layer reads its outputs, before its target scale, or the activations of its last hidden layer.
    pub of: ReadOf,
    /// The layer.
    pub dense: Dense,
}

/// `value = output * sd + mean`; the identity for classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TargetScale {
    /// Mean of the training targets.
    pub mean: f32,
    /// Their standard deviation.
    pub sd: f32,
}
