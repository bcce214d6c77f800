//! The device part of the artifact's header, decoded by borrowing. Layout, byte by byte: `shared/FORMAT.md`.

use serde::{Deserialize, Serialize};

use crate::features::FeatureGroup;
use crate::quant::ChannelCode;
use crate::seq::Seq;

/// Everything the device needs beside the weights.
///
/// Offsets are bytes from the start of the weight section and multiples of 4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DeviceHeader<'a> {
    /// Name of the project.
    pub name: &'a str,
    /// Length of a window in milliseconds.
    pub window_ms: u32,
    /// The channels; a raw window holds their samples one channel after the other, in this order.
    #[serde(borrow)]
    pub channels: Seq<'a, Channel<'a>>,
    /// The feature plan; the feature vector holds the groups' features in this order.
    #[serde(borrow)]
    pub plan: Seq<'a, FeatureGroup<'a>>,
    /// F, the length of the feature vector.
    pub feature_count: u16,
    /// Where f32 `[F]` training means lie.
    pub mean_offset: u32,
    /// Where f32 `[F]` reciprocal training standard deviations lie.
    pub gain_offset: u32,
    /// Every tensor of the network. The last ones are the tasks' outputs, in task order.
    #[serde(borrow)]
    pub tensors: Seq<'a, Tensor>,
    /// How the standardised features enter the network.
    #[serde(borrow)]
    pub views: Seq<'a, View>,
    /// The layers in execution order.
    #[serde(borrow)]
    pub layers: Seq<'a, Layer>,
    /// The tasks.
    #[serde(borrow)]
    pub tasks: Seq<'a, Task<'a>>,
    /// Windows with the features and outputs that every correct engine gives.
    #[serde(borrow)]
    pub golden: Seq<'a, Golden<'a>>,
    /// Bytes of scratch memory that a run needs.
    pub arena_bytes: u32,
}

/// One sensor channel or table column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Channel<'a> {
    /// Name, unique in the model.
    pub name: &'a str,
    /// Unit of the physical value.
    pub unit: &'a str,
    /// Sample rate in millihertz; 0 for a table column (one value a window).
    pub rate_mhz: u32,
    /// Samples a window, at least 1.
    pub samples: u16,
    /// From physical values to counts.
    #[serde(borrow)]
    pub code: ChannelCode<'a>,
    /// Whether the model was trained to do without it: a window in which all its samples are missing still has an answer that
    /// means something. Without it the answer to such a window is a number of no known quality.
    pub optional: bool,
}

/// A vector of i16 activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    /// Elements, at least 1.
    pub elements: u16,
    /// k: values lie in -2^k ..= 2^k - 1, k in 1..=15.
    pub range_bits: u8,
}

/// A tensor filled from consecutive features, as many as it has elements: `clamp(round_half_up(z * 2^fraction_bits))`, z the
/// standardised feature. A missing feature becomes 0, the training mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Index of the tensor.
    pub tensor: u8,
    /// Index of the first feature; `first + elements` of the tensor is at most F.
    pub first: u16,
    /// Fraction bits, 0..=14.
    pub fraction_bits: u8,
}

/// What a layer is for; decides nothing at run time but the order: trunk layers come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerRole {
    /// Shared by the tasks whose heads read it.
    Trunk,
    /// On a trunk, or on a tensor of another task, for the task of that index.
    Head(u8),
    /// From the features straight to the outputs of the task of that index.
    Linear(u8),
}

/// Storage of a layer's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WeightKind {
    /// i8 in -127..=127; accumulators proven below 2^23.
    I8,
    /// i16 in -32767..=32767; accumulators proven below 2^31.
    I16,
}

impl WeightKind {
    /// Largest magnitude of a weight: 127 or 32767.
    pub const fn largest_weight(self) -> u32 {
        match self {
            WeightKind::I8 => 127,
            WeightKind::I16 => 32_767,
        }
    }

    /// What no accumulator may reach in magnitude: 2^23, which the packed kernels rely on, or 2^31.
    pub const fn accumulator_limit(self) -> u32 {
        match self {
            WeightKind::I8 => 1 << 23,
            WeightKind::I16 => 1 << 31,
        }
    }
}

/// A fully connected layer: `out[o] = requantize(bias[o] + sum_i weight[o][i] * in[i], multiplier[o], zero, low, high)`, where
/// `low ..= high` is the output tensor's range, or its upper half with `relu`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// What it is for.
    pub role: LayerRole,
    /// Index of the input tensor, written by a view or an earlier layer.
    pub input: u8,
    /// Index of the output tensor, never the input.
    pub output: u8,
    /// Storage of the weights.
    pub weights: WeightKind,
    /// Where the weights lie: row-major, outputs x inputs.
    pub weight_offset: u32,
    /// Where i32 `[outputs]` biases lie.
    pub bias_offset: u32,
    /// Where i32 `[outputs]` multipliers lie, each at least 0.
    pub multiplier_offset: u32,
    /// Zero point added after scaling; 0 where the layer accumulates.
    pub zero: i16,
    /// Whether negative outputs become 0.
    pub relu: bool,
    /// Whether what the output tensor already holds (written by an earlier layer) takes the place of `zero`: the sum of both
    /// is rounded once and limited once.
    pub accumulate: bool,
}

/// What a task is for in the plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskRole {
    /// Fault warning.
    Fault,
    /// Product quality.
    Quality,
    /// Energy.
    Energy,
    /// Anything else.
    Other,
}

/// The form of a task's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskKind {
    /// One logit; the second class where it lies above the threshold.
    Binary,
    /// One logit a class; the first of the largest wins.
    MultiClass,
    /// One value.
    Regression,
}

/// One task and how to read its output.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Task<'a> {
    /// Name, unique in the model.
    pub name: &'a str,
    /// What it is for.
    pub role: TaskRole,
    /// Form of the output.
    pub kind: TaskKind,
    /// Unit of a regression's value; empty for classes.
    pub unit: &'a str,
    /// Class names in label order; empty for a regression.
    #[serde(borrow)]
    pub classes: Seq<'a, &'a str>,
    /// Index of the output tensor: 1 element for binary and regression, one a class otherwise.
    pub output: u8,
    /// Logits or units a count.
    pub scale: f32,
    /// Value at count 0; 0 for classes.
    pub offset: f32,
    /// Binary: the second class is reported above this count. 0 otherwise.
    pub threshold: i16,
}

/// A window with the answer that every correct engine gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Golden<'a> {
    /// The input.
    #[serde(borrow)]
    pub window: GoldenWindow<'a>,
    /// F little-endian f32.
    pub features: &'a [u8],
    /// The outputs of all tasks in task order, little-endian i16.
    pub outputs: &'a [u8],
}

/// How a golden window comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GoldenWindow<'a> {
    /// Recorded counts, little-endian i16.
    Recorded(&'a [u8]),
    /// Made by the integer generator that FORMAT.md documents.
    Generated {
        /// Its seed.
        seed: u32,
    },
}
