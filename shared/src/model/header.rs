//! The device part of the artifact's header, decoded by borrowing. Layout, byte by byte: `shared/FORMAT.md`.

use serde::{Deserialize, Serialize};

use crate::decode::{Cursor, Decode};
use crate::features::FeatureGroup;
use crate::kernels::Packing;
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
    /// How the layers' numbers are laid out.
    pub layout: Layout,
    /// Number of tensors. The last ones are the tasks' outputs, in task order.
    pub tensor_count: u16,
    /// Where the records of the tensors lie, see [`TensorSpan`](super::TensorSpan).
    pub tensor_offset: u32,
    /// Number of layers.
    pub layer_count: u16,
    /// Where the records of the layers lie in execution order, see [`Layer`](super::Layer).
    pub layer_offset: u32,
    /// How the standardised features enter the network.
    #[serde(borrow)]
    pub views: Seq<'a, View>,
    /// How raw samples enter the network.
    #[serde(borrow)]
    pub raw_views: Seq<'a, RawView>,
    /// The tasks.
    #[serde(borrow)]
    pub tasks: Seq<'a, Task<'a>>,
    /// Windows with the features and outputs that every correct engine gives.
    #[serde(borrow)]
    pub golden: Seq<'a, Golden<'a>>,
    /// Bytes of scratch memory that a run needs.
    pub arena_bytes: u32,
}

impl<'a> Decode<'a> for DeviceHeader<'a> {
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self {
            name: from.str(),
            window_ms: from.u32(),
            channels: Decode::decode(from),
            plan: Decode::decode(from),
            feature_count: from.u16(),
            mean_offset: from.u32(),
            gain_offset: from.u32(),
            layout: Decode::decode(from),
            tensor_count: from.u16(),
            tensor_offset: from.u32(),
            layer_count: from.u16(),
            layer_offset: from.u32(),
            views: Decode::decode(from),
            raw_views: Decode::decode(from),
            tasks: Decode::decode(from),
            golden: Decode::decode(from),
            arena_bytes: from.u32(),
        }
    }
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

impl<'a> Decode<'a> for Channel<'a> {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self {
            name: from.str(),
            unit: from.str(),
            rate_mhz: from.u32(),
            samples: from.u16(),
            code: Decode::decode(from),
            optional: from.bool(),
        }
    }
}

/// For which processors the layers' numbers are laid out. All layouts hold the same numbers and give the same outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// Weights row by row, then biases, then multipliers: for any processor, and for tools.
    #[default]
    Plain,
    /// For Armv7E-M (Cortex-M4 and M7): rows share 16-bit lanes, see [`crate::kernels::m4`].
    M4,
    /// For cores without SIMD and long multiply (Armv6-M, RV32): four rows in a word, see [`crate::kernels::m0`].
    M0,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Layout; 3] = [Layout::Plain, Layout::M4, Layout::M0];

    /// The packing, if it is not the plain layout.
    pub const fn packing(self) -> Option<Packing> {
        match self {
            Layout::Plain => None,
            Layout::M4 => Some(Packing::M4),
            Layout::M0 => Some(Packing::M0),
        }
    }

    /// Whether this program can run it: a workstation runs every layout, a device its own and, with the cargo feature `plain`, the
    /// plain one.
    pub const fn runs_here(self) -> bool {
        match self.packing() {
            None => cfg!(feature = "plain"),
            Some(packing) => packing.runs_here(),
        }
    }
}

impl<'a> Decode<'a> for Layout {
    fn decode(from: &mut Cursor<'a>) -> Self {
        from.variant(&Self::ALL)
    }
}

/// A vector of i16 activations, before it has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl<'a> Decode<'a> for View {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { tensor: from.byte(), first: from.u16(), fraction_bits: from.byte() }
    }
}

/// A row of a tensor filled from the samples of a channel, in counts: see [`crate::quant::quantize_count`]. A missing sample
/// becomes 0.
///
/// The raw views of a tensor stand one after the other and fill it channel-major, `[C][N]`: as many rows as channels, each as long
/// as a window of each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawView {
    /// Index of the tensor.
    pub tensor: u8,
    /// Index of the channel.
    pub channel: u8,
    /// Training mean of the samples, in counts.
    pub mean: i16,
    /// Output counts a sample count, in units of 2^-18; at least 0.
    pub multiplier: i32,
}

impl<'a> Decode<'a> for RawView {
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { tensor: from.byte(), channel: from.byte(), mean: from.i16(), multiplier: from.i32() }
    }
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

impl<'a> Decode<'a> for TaskRole {
    fn decode(from: &mut Cursor<'a>) -> Self {
        from.variant(&[Self::Fault, Self::Quality, Self::Energy, Self::Other])
    }
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

impl<'a> Decode<'a> for TaskKind {
    fn decode(from: &mut Cursor<'a>) -> Self {
        from.variant(&[Self::Binary, Self::MultiClass, Self::Regression])
    }
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
    /// Windows from one answer to the next, at least 1: the task's own layers run in the first window and then in every window
    /// of that distance. Between them its outputs keep their values.
    pub period: u16,
}

impl<'a> Decode<'a> for Task<'a> {
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self {
            name: from.str(),
            role: Decode::decode(from),
            kind: Decode::decode(from),
            unit: from.str(),
            classes: Decode::decode(from),
            output: from.byte(),
            scale: from.f32(),
            offset: from.f32(),
            threshold: from.i16(),
            period: from.u16(),
        }
    }
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

impl<'a> Decode<'a> for Golden<'a> {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { window: Decode::decode(from), features: from.bytes(), outputs: from.bytes() }
    }
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

impl<'a> Decode<'a> for GoldenWindow<'a> {
    fn decode(from: &mut Cursor<'a>) -> Self {
        match from.u32() {
            0 => Self::Recorded(from.bytes()),
            1 => Self::Generated { seed: from.u32() },
            _ => {
                from.fail();
                Self::Recorded(&[])
            }
        }
    }
}
