//! The fully connected layer, written to be read: safe, portable, and by definition right.

use crate::quant::requantize;

/// A weight as stored: `i8` or `i16`.
pub trait Weight: sealed::Sealed + Copy {
    /// The weight as an integer.
    fn widen(self) -> i32;
}

impl Weight for i8 {
    fn widen(self) -> i32 {
        i32::from(self)
    }
}

impl Weight for i16 {
    fn widen(self) -> i32 {
        i32::from(self)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for i8 {}
    impl Sealed for i16 {}
}

/// How an accumulator becomes an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputStage {
    /// Added after scaling. Where `accumulate` is set, the value that the output holds takes its place.
    pub zero: i16,
    /// Least output.
    pub low: i16,
    /// Largest output, at least `low`.
    pub high: i16,
    /// Whether to add to the outputs held instead of overwriting them.
    pub accumulate: bool,
}

/// `output[o] = clamp(round(multiplier[o] / 2^32 * (bias[o] + sum_i weight[o][i] * input[i])) + zero)`, with
/// [`requantize`] as the one rounding; `output[o]` stands for `zero` where the layer accumulates.
///
/// `input` is `[I]`; `weights` is `[O][I]`, row-major; `biases`, `multipliers` and `output` are `[O]`. In a validated model no
/// sum, whole or partial, reaches 2^23 (`i8`) or 2^31 (`i16`) in magnitude, so that nothing wraps. Lengths that do not
/// fit each other leave the outputs beyond the shortest as they are.
pub fn fully_connected<W: Weight>(
    input: &[i16],
    weights: &[W],
    biases: &[i32],
    multipliers: &[i32],
    stage: OutputStage,
    output: &mut [i16],
) {
    let rows = weights.chunks_exact(input.len().max(1));
    for (((row, &bias), &multiplier), out) in rows.zip(biases).zip(multipliers).zip(output) {
        let sum = row
            .iter()
            .zip(input)
            .fold(bias, |sum, (&weight, &x)| sum.wrapping_add(weight.widen().wrapping_mul(i32::from(x))));
        let zero = if stage.accumulate { *out } else { stage.zero };
        *out = requantize(sum, multiplier, zero, stage.low, stage.high);
    }
}
