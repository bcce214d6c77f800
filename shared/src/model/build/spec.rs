//! The parts of a model as owned data.

use alloc::string::String;
use alloc::vec::Vec;

use super::{BuildError, OwnedSeq, bytes_of_counts, list};
use crate::features::{Feature, FeatureGroup, Source};
use crate::model::header::{Channel, Task, TaskKind, TaskRole};
use crate::model::{LayerOp, LayerRole, WeightKind};
use crate::quant::{ChannelCode, Transform};
use crate::seq::Seq;

/// A channel; fields as in [`Channel`].
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelSpec {
    /// Name, unique in the model.
    pub name: String,
    /// Unit of the physical value.
    pub unit: String,
    /// Sample rate in millihertz; 0 for a table column.
    pub rate_mhz: u32,
    /// Samples a window, at least 1.
    pub samples: u16,
    /// From physical values to counts.
    pub code: CodeSpec,
    /// Whether the model was trained to do without it.
    pub optional: bool,
}

/// A channel's code; fields as in [`ChannelCode`].
#[derive(Debug, Clone, PartialEq)]
pub struct CodeSpec {
    /// Applied to the value first.
    pub transform: TransformSpec,
    /// Transformed units a count: finite, 1e-12..=1e12.
    pub scale: f32,
    /// Transformed value at count 0: finite, at most 1e12 in magnitude.
    pub offset: f32,
}

/// A transform; variants as in [`Transform`].
#[derive(Debug, Clone, PartialEq)]
pub enum TransformSpec {
    /// The value itself.
    None,
    /// `sign(x) ln(1 + |x| / unit)`.
    SignedLog {
        /// Value at which the logarithm takes over.
        unit: f32,
    },
    /// Piecewise linear rank between knots, 2..=256 of them, which rise strictly.
    Rank(OwnedSeq<f32>),
}

/// A group of the feature plan; fields as in [`FeatureGroup`].
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSpec {
    /// The samples.
    pub source: Source,
    /// Points of the real FFT, or 0 where no feature of the group is spectral.
    pub fft_size: u16,
    /// The features.
    pub features: OwnedSeq<Feature>,
}

/// A layer's weights, row-major, rows x columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightSpec {
    /// Each in -127..=127.
    I8(Vec<i8>),
    /// Each in -32767..=32767.
    I16(Vec<i16>),
    /// Each in -7..=7.
    I4(Vec<i8>),
}

impl WeightSpec {
    /// How they are stored.
    pub fn kind(&self) -> WeightKind {
        match self {
            WeightSpec::I8(_) => WeightKind::I8,
            WeightSpec::I16(_) => WeightKind::I16,
            WeightSpec::I4(_) => WeightKind::I4,
        }
    }

    /// The weights as integers.
    pub fn widened(&self) -> Vec<i16> {
        match self {
            WeightSpec::I8(weights) | WeightSpec::I4(weights) => weights.iter().map(|&weight| weight.into()).collect(),
            WeightSpec::I16(weights) => weights.clone(),
        }
    }

    /// Weights of `kind`, each of which fits it.
    pub fn of(kind: WeightKind, weights: &[i16]) -> Self {
        let bytes = || weights.iter().map(|&weight| weight as i8).collect();
        match kind {
            WeightKind::I8 => WeightSpec::I8(bytes()),
            WeightKind::I16 => WeightSpec::I16(weights.to_vec()),
            WeightKind::I4 => WeightSpec::I4(bytes()),
        }
    }
}

/// A layer; fields as in [`Layer`](crate::model::Layer).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSpec {
    /// What it computes.
    pub op: LayerOp,
    /// What it is for.
    pub role: LayerRole,
    /// Index of the input tensor.
    pub input: u8,
    /// Index of the output tensor.
    pub output: u8,
    /// The weights; none of a pool.
    pub weights: WeightSpec,
    /// One bias a row; none of a pool.
    pub biases: Vec<i32>,
    /// One multiplier a row, none of a pool, each at least 0, in units of 2^-32.
    pub multipliers: Vec<i32>,
    /// Zero point added after scaling; 0 where the layer accumulates.
    pub zero: i16,
    /// Whether negative outputs become 0.
    pub relu: bool,
    /// Whether the result is added to what the output tensor holds.
    pub accumulate: bool,
}

impl LayerSpec {
    /// Outputs at a position: as many as biases; of a pool its channels.
    pub fn rows(&self) -> usize {
        match self.op {
            LayerOp::Pool { channels, .. } => channels.into(),
            _ => self.biases.len(),
        }
    }

    /// Multiply-accumulates of a run over that many inputs.
    pub fn macs(&self, inputs: u16) -> u64 {
        let position = self.rows() as u64 * u64::from(self.op.columns(inputs));
        position.saturating_mul(self.op.positions(inputs).into())
    }
}

/// A task; fields as in [`Task`].
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSpec {
    /// Name, unique in the model.
    pub name: String,
    /// What it is for.
    pub role: TaskRole,
    /// Form of the output.
    pub kind: TaskKind,
    /// Unit of a regression's value; empty for classes.
    pub unit: String,
    /// Class names in label order; empty for a regression.
    pub classes: Vec<String>,
    /// Logits or units a count.
    pub scale: f32,
    /// Value at count 0; 0 for classes.
    pub offset: f32,
    /// Binary: the second class is reported above this count. 0 otherwise.
    pub threshold: i16,
    /// Windows from one answer to the next, at least 1.
    pub period: u16,
}

/// The input of a golden window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoldenSpec {
    /// A window's counts.
    Recorded(Vec<i16>),
    /// Made by [`crate::model::golden::generate`].
    Generated {
        /// Its seed.
        seed: u32,
    },
}

impl ChannelSpec {
    /// The channel as the device sees it.
    pub fn borrow(&self) -> Channel<'_> {
        let Self { name, unit, rate_mhz, samples, code, optional } = self;
        Channel { name, unit, rate_mhz: *rate_mhz, samples: *samples, code: code.borrow(), optional: *optional }
    }
}

impl CodeSpec {
    /// The code as the device sees it.
    pub fn borrow(&self) -> ChannelCode<'_> {
        let transform = match &self.transform {
            TransformSpec::None => Transform::None,
            TransformSpec::SignedLog { unit } => Transform::SignedLog { unit: *unit },
            TransformSpec::Rank(knots) => Transform::Rank(knots.borrow()),
        };
        ChannelCode { transform, scale: self.scale, offset: self.offset }
    }
}

impl GroupSpec {
    /// The group as the device sees it.
    pub fn borrow(&self) -> FeatureGroup<'_> {
        FeatureGroup { source: self.source, fft_size: self.fft_size, features: self.features.borrow() }
    }
}

impl TaskSpec {
    pub(super) fn encode_classes(&self) -> Result<OwnedSeq<&str>, BuildError> {
        let names: Vec<&str> = self.classes.iter().map(String::as_str).collect();
        list("classes", &names)
    }

    pub(super) fn borrow<'a>(&'a self, output: u8, classes: Seq<'a, &'a str>) -> Task<'a> {
        let Self { name, role, kind, unit, scale, offset, threshold, period, .. } = self;
        Task {
            name,
            role: *role,
            kind: *kind,
            unit,
            classes,
            output,
            scale: *scale,
            offset: *offset,
            threshold: *threshold,
            period: *period,
        }
    }
}

impl GoldenSpec {
    pub(super) fn recorded_bytes(&self) -> Vec<u8> {
        match self {
            GoldenSpec::Recorded(counts) => bytes_of_counts(counts),
            GoldenSpec::Generated { .. } => Vec::new(),
        }
    }
}
