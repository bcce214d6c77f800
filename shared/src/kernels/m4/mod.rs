//! Fully connected layers for Armv7E-M (Cortex-M4, M7): there by assembly, elsewhere by the same arithmetic in safe Rust.
//!
//! # The idea
//! SMLAD multiplies two pairs of signed 16-bit lanes and adds both products to a register. Activations are i16, two columns a word.
//! A weight of 8 or 4 bits would leave half its lane or more empty, so that rows share lanes, and SMLAD adds up a
//! combination of their sums. The same word, stripped of its upper rows by one instruction, gives the combination of the others;
//! differences tell the rows apart. All sums are exact modulo 2^32; `r` are the rows' sums, bias included.
//!
//! ```text
//! int8   lane = 256 w0 + w1                            a = Σ lane x           = 2^8 r0 + r1
//!                                                      b = Σ SXTB16(lane) x   = r1
//!        a - b = 2^8 r0, as |r0| < 2^23;               rows 2 and 3 likewise
//!
//! int4   lane = 2^12 w0 + 2^8 (w2 + 8) + 2^4 w1 + (w3 + 8)
//!        a = Σ lane x                = 2^12 r0 + 2^8 (r2 + t) + 2^4 r1 + (r3 + t)      t = 8 Σ x, once a layer
//!        b = Σ (lane mod 2^12) x     =           2^8 (r2 + t) + 2^4 r1 + (r3 + t)
//!        c = Σ SXTB16(lane) x        =                          2^4 r1 + (r3 + t)
//!        d = Σ (lane mod 2^4) x      =                                   (r3 + t)
//!        (a - b) / 2^4 = 2^8 r0, as |r0| < 2^19;    b - c - 2^8 t = 2^8 r2;    (c - d) / 2^4 = r1;    d - t = r3
//!
//! int16  lane = w                                      a row a register
//! ```
//!
//! Eight columns of four rows are 27 instructions with int8, 30 with int4, 21 with int16; a block of four rows 23 beside them. The assembly
//! reads the records of layers itself: a layer is some 60 instructions beside its blocks.
//!
//! Rows 0 and 2 arrive 2^8 times too large. They stay so: SMMLA with 2^8 zero + 2^7 gives `floor(2^8 y)`, y the output with the half
//! that rounds, and SSAT takes an operand shifted right by 8. As floors nest, that is `floor(y)`, one rounding as
//! [`crate::quant::requantize`] has it. Rows 1 and 3 take SMMLAR and SSAT.
//!
//! # The stream of a layer
//! A block for each four rows, of words:
//!
//! | what | words |
//! |---|---|
//! | what the four sums begin with: the combination of the biases that each of them is of the rows | 4 |
//! | weights, four columns after four columns, columns padded to a multiple of four | 4 for four columns (int8), 8 (int16), 2 (int4) |
//! | multipliers | 4 |
//!
//! A word holds the lanes of an even column and, above it, the next one's. Words of four columns: int8, rows 0 and 1 in two words,
//! rows 2 and 3 in two; int16, row after row in two words each; int4, two words. Sums in order: int8 a, b of rows 0 and 1, a, b of
//! rows 2 and 3; int16 by rows; int4 a, c, b, d. Padding is zero: weights, biases and multipliers of rows beyond the last,
//! weights of columns beyond the last (an int4 weight of zero is not a lane of zero).

#[cfg(trunkline_kernels = "m4")]
mod armv7em;
#[cfg(not(trunkline_kernels = "m4"))]
pub(in crate::kernels) mod instructions;
#[cfg(feature = "builder")]
mod pack;
#[cfg(not(trunkline_kernels = "m4"))]
mod portable;
mod stream;
#[cfg(all(test, feature = "builder"))]
mod tests;

use super::{OutputStage, WeightKind, padded};
#[cfg(trunkline_kernels = "m4")]
use armv7em as engine;
#[cfg(not(trunkline_kernels = "m4"))]
use portable as engine;

#[cfg(trunkline_kernels = "m4")]
pub(crate) use armv7em::run_records;
#[cfg(feature = "builder")]
pub use pack::pack;
pub use stream::{bias, is_canonical, multiplier, weight, words};

/// Rows of a block.
const BLOCK_ROWS: usize = 4;

/// Words that [`dense`] works in: none.
pub const fn scratch_words(_columns: usize) -> usize {
    0
}

/// Runs a layer: [`super::reference::fully_connected`] on a packed stream.
///
/// * `stream`: [`words`] of them, or more, as `pack` makes them. Every sum of a row is below
///   [`WeightKind::accumulator_limit`] in magnitude, as the validator proves; beyond that, outputs are other numbers.
/// * `input`: `[columns]` and up to the next multiple of four, beginning at a multiple of four bytes. What lies in the padding
///   does not matter.
/// * `output`: `[rows]` and up to the next multiple of four, beginning at a multiple of four bytes; the padding is overwritten.
/// * `_scratch`: not needed; the other layouts' kernels have it.
///
/// Where a length, a place or the range of `stage` does not fit, nothing is written.
#[inline]
#[expect(clippy::too_many_arguments, reason = "a kernel's signature, as the other layouts'")]
pub fn dense(
    kind: WeightKind,
    stream: &[u32],
    rows: usize,
    columns: usize,
    input: &[i16],
    output: &mut [i16],
    _scratch: &mut [u32],
    stage: OutputStage,
) {
    if let (Some(input), Some(output)) = (input.get(..padded(columns)), output.get_mut(..padded(rows))) {
        pointwise(kind, stream, rows, columns, input, output, _scratch, stage);
    }
}

/// Runs a layer at every position: [`dense`] for each of them.
///
/// * `input`: `[P][padded(columns)]`; `output`: `[P][padded(rows)]`; positions that only one of them has are left out.
#[inline]
#[expect(clippy::too_many_arguments, reason = "a kernel's signature, as the other layouts'")]
pub fn pointwise(
    kind: WeightKind,
    stream: &[u32],
    rows: usize,
    columns: usize,
    input: &[i16],
    output: &mut [i16],
    _scratch: &mut [u32],
    stage: OutputStage,
) {
    let Some(stream) = stream.get(..words(kind, rows, columns)) else { return };
    if rows == 0 || columns == 0 || !matches!(stage.range_bits, 1..=15) {
        return;
    }
    if !(input.as_ptr() as usize | output.as_ptr() as usize).is_multiple_of(align_of::<u32>()) {
        return;
    }
    engine::run(Layer { kind, stream, rows: padded(rows), columns: padded(columns), input, output, stage });
}

/// A layer whose parts fit each other; none is empty.
struct Layer<'a> {
    kind: WeightKind,
    /// Whole blocks, one for each four outputs.
    stream: &'a [u32],
    /// A multiple of four.
    rows: usize,
    /// A multiple of four.
    columns: usize,
    /// `[P][columns]`, from a multiple of four bytes on.
    input: &'a [i16],
    /// `[P][rows]`, likewise.
    output: &'a mut [i16],
    /// A range of 1 to 15 bits.
    stage: OutputStage,
}
