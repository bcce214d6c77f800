//! Which packed layout: one face for all of them. What this program does not run is not compiled into it.

use super::{OutputStage, WeightKind, m0, m4, padded};

/// A layout of a layer's numbers made for one kind of processor: one stream of words a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// For Armv7E-M, see [`m4`].
    M4,
    /// For cores without SIMD and long multiply, see [`m0`].
    M0,
}

/// A workstation runs every layout, a device its own.
const RUNS_M4: bool = cfg!(any(trunkline_kernels = "m4", not(target_os = "none")));
const RUNS_M0: bool = cfg!(not(trunkline_kernels = "m4"));

impl Packing {
    /// Whether this program can run it.
    pub const fn runs_here(self) -> bool {
        match self {
            Packing::M4 => RUNS_M4,
            Packing::M0 => RUNS_M0,
        }
    }

    /// Words of the stream of a layer.
    pub const fn words(self, kind: WeightKind, rows: usize, columns: usize) -> usize {
        match self {
            Packing::M4 if RUNS_M4 => m4::words(kind, rows, columns),
            Packing::M0 if RUNS_M0 => m0::words(kind, rows, columns),
            _ => usize::MAX,
        }
    }

    /// Words of memory that the kernel of a layer works in.
    pub const fn scratch_words(self, columns: usize) -> usize {
        match self {
            Packing::M4 if RUNS_M4 => m4::scratch_words(columns),
            Packing::M0 if RUNS_M0 => m0::scratch_words(columns),
            _ => 0,
        }
    }

    /// Runs a layer, see [`m4::dense`] and [`m0::dense`].
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the kernels' own face")]
    pub fn dense(
        self,
        kind: WeightKind,
        stream: &[u32],
        rows: usize,
        columns: usize,
        input: &[i16],
        output: &mut [i16],
        scratch: &mut [u32],
        stage: OutputStage,
    ) {
        match self {
            Packing::M4 if RUNS_M4 => m4::dense(kind, stream, rows, columns, input, output, scratch, stage),
            Packing::M0 if RUNS_M0 => m0::dense(kind, stream, rows, columns, input, output, scratch, stage),
            _ => {}
        }
    }

    /// Runs a layer at every position, see [`m4::pointwise`] and [`m0::pointwise`].
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the kernels' own face")]
    pub fn pointwise(
        self,
        kind: WeightKind,
        stream: &[u32],
        rows: usize,
        columns: usize,
        input: &[i16],
        output: &mut [i16],
        scratch: &mut [u32],
        stage: OutputStage,
    ) {
        match self {
            Packing::M4 if RUNS_M4 => m4::pointwise(kind, stream, rows, columns, input, output, scratch, stage),
            Packing::M0 if RUNS_M0 => m0::pointwise(kind, stream, rows, columns, input, output, scratch, stage),
            _ => {}
        }
    }

    /// Packs row-major weights and one bias and one multiplier a row.
    #[cfg(feature = "builder")]
    pub fn pack(
        self,
        kind: WeightKind,
        columns: usize,
        weights: &[i16],
        biases: &[i32],
        multipliers: &[i32],
    ) -> alloc::vec::Vec<u32> {
        match self {
            Packing::M4 => m4::pack(kind, columns, weights, biases, multipliers),
            Packing::M0 => m0::pack(kind, columns, weights, biases, multipliers),
        }
    }
}

/// A packed layer as its numbers: for the validator, tools and unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedLayer<'a> {
    /// The layout.
    pub packing: Packing,
    /// Storage of the weights.
    pub kind: WeightKind,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// [`Packing::words`] of them.
    pub stream: &'a [u32],
}

impl PackedLayer<'_> {
    /// The weight of an output for an input, both of which the layer has, or which fill its last block.
    #[inline(never)]
    pub fn weight(&self, row: usize, column: usize) -> i32 {
        let Self { packing, kind, rows, columns, stream } = *self;
        match packing {
            Packing::M4 if RUNS_M4 => m4::weight(kind, stream, rows, columns, row, column),
            Packing::M0 if RUNS_M0 => m0::weight(kind, stream, rows, columns, row, column),
            _ => 0,
        }
    }

    /// The bias of an output.
    #[inline(never)]
    pub fn bias(&self, row: usize) -> i32 {
        let Self { packing, kind, rows, columns, stream } = *self;
        match packing {
            Packing::M4 if RUNS_M4 => m4::bias(kind, stream, rows, columns, row),
            Packing::M0 if RUNS_M0 => m0::bias(kind, stream, rows, columns, row),
            _ => 0,
        }
    }

    /// The multiplier of an output, in units of 2^-32.
    #[inline(never)]
    pub fn multiplier(&self, row: usize) -> i32 {
        let Self { packing, kind, rows, columns, stream } = *self;
        match packing {
            Packing::M4 if RUNS_M4 => m4::multiplier(kind, stream, rows, columns, row),
            Packing::M0 if RUNS_M0 => m0::multiplier(kind, stream, rows, columns, row),
            _ => 0,
        }
    }

    /// Whether what the stream holds beside these numbers is what its kernel relies on, and padding is zero: whether it is what
    /// `pack` makes of them. Weights are not looked at: one that no layer may hold is read as such.
    pub fn is_canonical(&self) -> bool {
        let Self { packing, kind, rows, columns, stream } = *self;
        let padding = |row| {
            let (numbers, first) = if row < rows { (0, columns) } else { (self.bias(row) | self.multiplier(row), 0) };
            numbers == 0 && (first..padded(columns)).all(|column| self.weight(row, column) == 0)
        };
        if !(0..padded(rows)).all(padding) {
            return false;
        }
        match packing {
            Packing::M4 if RUNS_M4 => m4::is_canonical(kind, stream, rows, columns),
            Packing::M0 if RUNS_M0 => m0::is_canonical(kind, stream, rows, columns),
            _ => false,
        }
    }
}
