//! The operations that layers are made of, and the shapes that they give.

use crate::kernels::{PoolKind, WeightKind, padded};

/// What a layer computes. `C` channels of `N` samples lie channel-major, `[C][N]`, or position-major, `[P][padded(C)]`: then each
/// position is a slot, and what lies in its padding has no meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LayerOp {
    /// Fully connected: `out[o] = requantize(bias[o] + sum_i weight[o][i] * in[i], multiplier[o], zero, low, high)`, where
    /// `low ..= high` is the output tensor's range, or its upper half with `relu`.
    #[default]
    Dense,
    /// A filter over time for each output, of one channel's samples alone: in `[C][N]`, out `[P][padded(rows)]`, position-major.
    /// Rows are a multiple of C, output o reads channel o / (rows / C); weights are `[rows][kernel]`, int8, and
    /// P = (N - kernel) / stride + 1: no padding.
    Depthwise {
        /// C, at least 1.
        channels: u16,
        /// Samples that an output reads, at least 1.
        kernel: u8,
        /// Samples from one position to the next, at least 1.
        stride: u8,
    },
    /// The fully connected layer at every position: in `[P][padded(C)]`, out `[P][padded(rows)]`; weights are `[rows][C]`.
    Pointwise {
        /// C, at least 1.
        channels: u16,
    },
    /// One number of `size` consecutive positions: in `[P][padded(C)]`, out `[C][P / size]`, channel-major; positions that are left
    /// over are left out. It has no weights; rows are C.
    Pool {
        /// Which number.
        kind: PoolKind,
        /// C, at least 1.
        channels: u16,
        /// Positions, at least 1.
        size: u16,
    },
}

impl LayerOp {
    /// Weights of a row, of a layer with that many inputs.
    #[inline]
    pub fn columns(self, inputs: u16) -> u16 {
        match self {
            LayerOp::Dense => inputs,
            LayerOp::Depthwise { kernel, .. } => kernel.into(),
            LayerOp::Pointwise { channels } => channels,
            LayerOp::Pool { .. } => 0,
        }
    }

    /// Positions at which a layer with that many inputs computes its rows; 0 where the inputs are too few.
    pub fn positions(self, inputs: u16) -> u16 {
        // At most 65,532 elements, at least one each.
        let slots = |channels: u16| usize::from(inputs).checked_div(padded(channels.into())).unwrap_or(0) as u16;
        match self {
            LayerOp::Dense => 1,
            LayerOp::Depthwise { channels, kernel, stride } => {
                let samples = inputs.checked_div(channels).unwrap_or(0);
                let steps = samples.checked_sub(kernel.into()).and_then(|room| room.checked_div(stride.into()));
                steps.map_or(0, |steps| steps.saturating_add(1))
            }
            LayerOp::Pointwise { channels } => slots(channels),
            LayerOp::Pool { channels, size, .. } => slots(channels).checked_div(size).unwrap_or(0),
        }
    }

    /// Elements that a layer of `rows` over that many inputs writes.
    pub fn outputs(self, rows: u16, inputs: u16) -> usize {
        let rows = usize::from(rows);
        let position = match self {
            LayerOp::Dense | LayerOp::Pool { .. } => rows,
            LayerOp::Depthwise { .. } | LayerOp::Pointwise { .. } => padded(rows),
        };
        usize::from(self.positions(inputs)).saturating_mul(position)
    }

    /// What no sum of a layer with weights of that kind may reach in magnitude: 2^31 of a depthwise convolution, that of the kind elsewhere.
    pub const fn accumulator_limit(self, kind: WeightKind) -> u32 {
        match self {
            LayerOp::Depthwise { .. } => 1 << 31,
            _ => kind.accumulator_limit(),
        }
    }

    /// The op that a record means by its code and its shape, or `None` where there is none of that code.
    #[inline]
    pub(super) const fn from_words(code: u32, shape: u32) -> Option<Self> {
        if code != 0 && !cfg!(feature = "convolution") {
            return None;
        }
        let channels = shape as u16;
        let size = (shape >> 16) as u16;
        Some(match code {
            0 => LayerOp::Dense,
            1 => LayerOp::Depthwise { channels, kernel: size as u8, stride: (size >> 8) as u8 },
            2 => LayerOp::Pointwise { channels },
            3 => LayerOp::Pool { kind: PoolKind::Max, channels, size },
            4 => LayerOp::Pool { kind: PoolKind::Mean, channels, size },
            _ => return None,
        })
    }

    /// Code and shape in a record.
    pub(super) const fn words(self) -> (u32, u32) {
        let (code, channels, size) = match self {
            LayerOp::Dense => (0, 0, 0),
            LayerOp::Depthwise { channels, kernel, stride } => (1, channels, u16::from_le_bytes([kernel, stride])),
            LayerOp::Pointwise { channels } => (2, channels, 0),
            LayerOp::Pool { kind: PoolKind::Max, channels, size } => (3, channels, size),
            LayerOp::Pool { kind: PoolKind::Mean, channels, size } => (4, channels, size),
        };
        (code, channels as u32 | (size as u32) << 16)
    }
}
