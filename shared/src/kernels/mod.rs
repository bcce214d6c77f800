//! Integer kernels: one operation a file, the portable reference kept for ever as the oracle of every fast one.

pub mod depthwise;
pub mod m0;
pub mod m4;
mod packing;
pub mod pool;
pub mod reference;
pub mod standardize;
#[cfg(all(test, feature = "builder"))]
mod tests;

pub use packing::{PackedLayer, Packing};
pub use pool::PoolKind;

/// How an accumulator becomes an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputStage {
    /// Added after scaling. Where `accumulate` is set, the value that the output holds takes its place.
    pub zero: i16,
    /// k of the output tensor, 1..=15: outputs lie in -2^k ..= 2^k - 1.
    pub range_bits: u8,
    /// Whether negative outputs become 0.
    pub relu: bool,
    /// Whether to add to the outputs held instead of overwriting them.
    pub accumulate: bool,
}

impl OutputStage {
    /// Least output: -2^k, or 0 with `relu`.
    pub fn low(&self) -> i16 {
        if self.relu { 0 } else { i16::MIN >> 15u32.saturating_sub(u32::from(self.range_bits)) }
    }

    /// Largest output: 2^k - 1.
    pub fn high(&self) -> i16 {
        i16::MAX >> 15u32.saturating_sub(u32::from(self.range_bits))
    }
}

/// Storage of a layer's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightKind {
    /// i8 in -127..=127; accumulators proven below 2^23.
    I8,
    /// i16 in -32767..=32767; accumulators proven below 2^31.
    I16,
    /// Half a byte, -7..=7; accumulators proven below 2^19.
    I4,
}

impl WeightKind {
    /// Largest magnitude of a weight: 127, 32767 or 7.
    pub const fn largest_weight(self) -> u32 {
        match self {
            WeightKind::I8 => 127,
            WeightKind::I16 => 32_767,
            WeightKind::I4 => 7,
        }
    }

    /// What no accumulator may reach in magnitude: 2^23, 2^31 or 2^19. The packed kernels rely on it.
    pub const fn accumulator_limit(self) -> u32 {
        match self {
            WeightKind::I8 => 1 << 23,
            WeightKind::I16 => 1 << 31,
            WeightKind::I4 => 1 << 19,
        }
    }

    /// Bits of a weight.
    pub const fn bits(self) -> u32 {
        match self {
            WeightKind::I8 => 8,
            WeightKind::I16 => 16,
            WeightKind::I4 => 4,
        }
    }

    /// Bytes of a row of `columns` weights in the plain layout: a row starts at a whole byte.
    pub const fn row_bytes(self, columns: usize) -> usize {
        match self {
            WeightKind::I8 => columns,
            WeightKind::I16 => columns.saturating_mul(2),
            WeightKind::I4 => columns.div_ceil(2),
        }
    }
}

/// A kernel reads and writes this many elements at a time, and finds them at a multiple of as many.
pub const SLOT_ELEMENTS: usize = 4;

/// The next multiple of [`SLOT_ELEMENTS`].
#[inline]
pub const fn padded(elements: usize) -> usize {
    elements.saturating_add(SLOT_ELEMENTS - 1) & !(SLOT_ELEMENTS - 1)
}

/// Each position of `[P][columns]` with that of `[P][rows]`, as far as both go.
#[inline]
pub(crate) fn positions<'a>(
    mut input: &'a [i16],
    columns: usize,
    mut output: &'a mut [i16],
    rows: usize,
) -> impl Iterator<Item = (&'a [i16], &'a mut [i16])> {
    core::iter::from_fn(move || {
        let (read, inputs) = input.split_at_checked(columns).filter(|(read, _)| !read.is_empty())?;
        let (written, outputs) = core::mem::take(&mut output).split_at_mut_checked(rows)?;
        (input, output) = (inputs, outputs);
        Some((read, written))
    })
}
