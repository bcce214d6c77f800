//! Fully connected layers for cores without SIMD and without a 32x32->64 multiply: Armv6-M by assembly, any other core (RV32, the
//! PC) by the same arithmetic in safe Rust.
//!
//! # The idea
//! A product modulo 2^32 holds 32 bits, a sum of int8 products of a validated model only 24: four rows fit three products. A word
//! S holds a column of four rows, one byte a row, each plus 128:
//!
//! ```text
//! S = b0 + 2^8 b1 + 2^16 b2 + 2^24 b3          a = Σ S x                            = r0 + 2^8 r1 + 2^16 r2 + 2^24 r3
//!                                              v = Σ (S >> 16) x                    = r2 + 2^8 r3
//!                                              c = Σ (S >> 8 & 0x00ff00ff) x        = r1 + 2^16 r3      (all modulo 2^32)
//! ```
//!
//! with r the four sums (b x without its 128 x, which one pass over x gives). As every |r| < 2^23,
//!
//! ```text
//! u  = a - 2^16 v                 = r0 + 2^8 r1
//! r0 = (2^8 u - 2^16 c) >> 8      for 2^8 u - 2^16 c = 2^8 r0, and 24 bits tell r0
//! r1 = (u - r0) >> 8
//! r2 = (2^8 v - (c - r1)) >> 8    for c - r1 = 2^16 r3
//! r3 = (v - r2) >> 8
//! ```
//!
//! That is three multiplications, three additions and two or three instructions to extract for four multiply-accumulates. Armv6-M
//! has no cheap mask and takes REV16 in its place, q = Σ REV16(S) x: then with d = q - 2^8 a, c = d + 2^16 d.
//!
//! # The stream of a layer, in words
//! | what | words |
//! |---|---|
//! | form of the multipliers: 0 general, 1 short | 1 |
//! | for each block of four rows: weights, column after column, columns padded to a multiple of four | int8 1 a column, int16 2, int4 1 for two |
//! | then bias and multiplier of each row | 8 |
//!
//! * int8: as above.
//! * int4: the bytes of an int8 word with the even column in their lower halves and the odd one in their upper halves, each plus
//!   8. With H the upper halves, both columns are S x0 + H (x1 - 16 x0): int8 arithmetic twice.
//! * int16: two words a column, rows 0 and 1, rows 2 and 3; the even row plus 2^15 in the lower half. Σ (S >> 16) x is the odd
//!   row's sum, Σ S x less 2^16 times that the even one's.
//! * Padding is zero: weights, biases and multipliers of rows beyond the last, weights of columns beyond the last.
//!
//! A short multiplier is M 2^s with M < 2^8, stored as 256 M + 32 - s with M odd (zero is M = 0, s = 0): the product with an int8
//! or int4 sum fits 32 bits, and one shift whose last bit is carried scales and rounds. The form is short where every multiplier of
//! the layer is; int16 sums are too long for it.

#[cfg(trunkline_kernels = "m0")]
mod armv6m;
mod multiplier;
#[cfg(feature = "builder")]
mod pack;
#[cfg(not(trunkline_kernels = "m0"))]
mod portable;
#[cfg(not(trunkline_kernels = "m0"))]
mod scale;
mod stream;
#[cfg(all(test, feature = "builder"))]
mod tests;

use super::{OutputStage, WeightKind, padded, positions};
#[cfg(trunkline_kernels = "m0")]
use armv6m as engine;
#[cfg(not(trunkline_kernels = "m0"))]
use portable as engine;

#[cfg(feature = "builder")]
pub use pack::pack;
pub use stream::{bias, is_canonical, multiplier, weight, words};

/// Rows of a block.
const BLOCK_ROWS: usize = 4;
/// Words that follow a block's weights: bias and multiplier of each row.
const NUMBER_WORDS: usize = 2 * BLOCK_ROWS;

/// Words that [`dense`] works in: an i32 an input.
pub const fn scratch_words(columns: usize) -> usize {
    padded(columns)
}

/// Runs a layer: [`super::reference::fully_connected`] on a packed stream.
///
/// * `stream`: [`words`] of them, or more, as `pack` makes them. Every sum of a row is below
///   [`WeightKind::accumulator_limit`] in magnitude, as the validator proves; beyond that, outputs are other numbers.
/// * `input`: `[columns]` and up to the next multiple of four, beginning at a multiple of four bytes. What lies in the padding
///   does not matter.
/// * `output`: `[rows]` and up to the next multiple of four; the padding is overwritten.
/// * `scratch`: [`scratch_words`], or more.
///
/// Where a length or the input's place does not fit, nothing is written.
#[expect(clippy::too_many_arguments, reason = "a kernel's signature, as the other layouts'")]
pub fn dense(
    kind: WeightKind,
    stream: &[u32],
    rows: usize,
    columns: usize,
    input: &[i16],
    output: &mut [i16],
    scratch: &mut [u32],
    stage: OutputStage,
) {
    let stream = stream.get(..words(kind, rows, columns)).and_then(|stream| stream.split_first());
    let input = input.get(..padded(columns)).filter(|input| input.as_ptr().cast::<u32>().is_aligned());
    let (Some((form, blocks)), Some(input)) = (stream, input) else { return };
    let (output, scratch) = (output.get_mut(..padded(rows)), scratch.get_mut(..scratch_words(columns)));
    let (Some(output), Some(scratch)) = (output, scratch) else { return };
    if blocks.is_empty() || input.is_empty() {
        return;
    }
    engine::run(Layer { kind, short: *form == multiplier::SHORT, blocks, input, output, scratch, stage });
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
    scratch: &mut [u32],
    stage: OutputStage,
) {
    for (input, output) in positions(input, padded(columns), output, padded(rows)) {
        dense(kind, stream, rows, columns, input, output, scratch, stage);
    }
}

/// A layer whose parts fit each other; none is empty.
struct Layer<'a> {
    kind: WeightKind,
    /// Whether the multipliers are in the short form.
    short: bool,
    /// Whole blocks, one for each four outputs.
    blocks: &'a [u32],
    /// A multiple of four, from a multiple of four bytes on.
    input: &'a [i16],
    /// A multiple of four.
    output: &'a mut [i16],
    /// A word an input.
    #[cfg_attr(not(trunkline_kernels = "m0"), expect(dead_code, reason = "for the assembly"))]
    scratch: &'a mut [u32],
    stage: OutputStage,
}
