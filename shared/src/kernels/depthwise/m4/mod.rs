//! The convolution for Armv7E-M (Cortex-M4, M7): by assembly there, by the same arithmetic in safe Rust elsewhere.
//!
//! # The idea
//! SMLAD multiplies two pairs of signed 16-bit lanes and adds both products to a register. Samples are i16, two a word; taps are
//! widened to i16 likewise, when the model is packed. Two rows at two positions are computed at a time: four sums, for which each tap
//! and, where both rows filter one channel, each sample is loaded once for two of them. Four taps of both rows at both positions are
//! 11 instructions, and two for the loop every eight taps. They are 18 where the rows filter two channels: so outputs of a channel in
//! pairs are the cheaper shape. A last odd position is computed together with the one before it, once more.
//!
//! The four sums become outputs two by two: SMMLAR with `zero - low` scales and rounds, USAT to 16 bits limits from below; then, both
//! rows in one word, UQADD16 with `2^16 - 1 - (high - low)` limits from above and USUB16 takes away what was added and puts `low` back.
//!
//! # The stream of a layer, in words
//! For each two rows, the last of which is empty (all zero) where there are an odd number of them:
//!
//! | what | words |
//! |---|---|
//! | biases | 2 |
//! | four taps after four taps: two taps of the first row, of the second row, the next two of the first, of the second; the earlier tap in the lower half | 4 |
//! | taps that are left over: one of the first row in the lower half, of the second in the upper | 1 each |
//! | multipliers | 2 |
//!
//! That is a word a tap of both rows, and four.

#[cfg(trunkline_kernels = "m4")]
mod armv7em;
#[cfg(not(trunkline_kernels = "m4"))]
mod portable;
mod stream;

use super::Shape;
use crate::kernels::{OutputStage, padded};
#[cfg(trunkline_kernels = "m4")]
use armv7em as engine;
#[cfg(not(trunkline_kernels = "m4"))]
use portable as engine;

#[cfg(feature = "builder")]
pub use stream::pack;
pub use stream::{bias, is_canonical, multiplier, weight, words};

/// Runs a layer: [`super::depthwise`] on a packed stream.
///
/// * `stream`: [`words`] of them, or more, as `pack` makes them.
/// * `input`: `[C][N]`, channel-major, or more, from a multiple of four bytes on.
/// * `stage`: does not accumulate.
/// * `output`: `[P][padded(rows)]`, or more, from a multiple of four bytes on. Of the padding, what lies beside a last odd row is
///   overwritten.
///
/// Where a length, a place or the range of `stage` does not fit, nothing is written.
#[inline(never)]
pub fn depthwise(shape: Shape, stream: &[u32], input: &[i16], stage: OutputStage, output: &mut [i16]) {
    let positions = shape.positions();
    let stream = stream.get(..words(shape.rows, shape.kernel));
    let input = input.get(..shape.channels.saturating_mul(shape.samples));
    let output = output.get_mut(..positions.saturating_mul(padded(shape.rows)));
    let (Some(stream), Some(input), Some(output)) = (stream, input, output) else { return };
    if positions == 0 || !matches!(stage.range_bits, 1..=15) {
        return;
    }
    if !(input.as_ptr() as usize | output.as_ptr() as usize).is_multiple_of(align_of::<u32>()) {
        return;
    }
    engine::run(Layer { shape, positions, stream, input, stage, output });
}

/// A layer whose parts fit each other; none is empty.
struct Layer<'a> {
    shape: Shape,
    /// Those of the shape, at least one.
    #[cfg_attr(not(trunkline_kernels = "m4"), expect(dead_code, reason = "for the assembly"))]
    positions: usize,
    /// [`words`] of them.
    stream: &'a [u32],
    /// `[C][N]`, from a multiple of four bytes on.
    input: &'a [i16],
    /// A range of 1 to 15 bits.
    stage: OutputStage,
    /// `[P][padded(rows)]`, from a multiple of four bytes on.
    output: &'a mut [i16],
}

/// What limits two outputs in one word.
#[derive(Clone, Copy)]
#[repr(C)]
pub(in crate::kernels) struct Limits {
    /// What SMMLAR adds: zero - low.
    zero: i32,
    /// What UQADD16 adds: 2^16 - 1 - (high - low), twice.
    above: u32,
    /// What USUB16 takes away: the same less low, modulo 2^16, twice.
    back: u32,
}

impl Limits {
    pub(in crate::kernels) fn new(stage: OutputStage) -> Self {
        let (low, high) = (i32::from(stage.low()), i32::from(stage.high()));
        let twice = |number: i32| u32::from(number as u16) * 0x0001_0001;
        let above = 0xffff - (high - low);
        Self { zero: i32::from(stage.zero) - low, above: twice(above), back: twice(above - low) }
    }
}
