//! The convolution, written to be read: safe, portable, and by definition right.

use super::Shape;
use crate::kernels::{OutputStage, padded};
use crate::quant::requantize;

/// `output[p][o] = clamp(round(multiplier[o] / 2^32 * (bias[o] + sum_t weight[o][t] * input[o / m][p * stride + t])) + zero)`, m
/// outputs a channel, with [`requantize`] as the one rounding.
///
/// * `input`: `[C][N]`, channel-major.
/// * `weights`: `[rows][kernel]`; `biases`, `multipliers`: `[rows]`. They may be longer. No sum, whole or partial, reaches 2^31 in
///   magnitude, as the validator proves.
/// * `stage`: does not accumulate.
/// * `output`: `[P][padded(rows)]`, position-major; the padding is left as it is.
///
/// Where the lengths do not fit the shape, outputs beyond the shortest are left as they are.
#[inline(never)]
pub fn depthwise(
    shape: Shape,
    input: &[i16],
    weights: &[i8],
    biases: &[i32],
    multipliers: &[i32],
    stage: OutputStage,
    output: &mut [i16],
) {
    let Shape { channels, samples, rows, kernel, stride } = shape;
    let filters = rows.checked_div(channels).unwrap_or(0).max(1);
    let slot = padded(rows);
    let rows = weights.chunks_exact(kernel.max(1)).zip(biases).zip(multipliers).take(rows);
    for (row, ((weights, &bias), &multiplier)) in rows.enumerate() {
        let (first, mut place) = ((row / filters).wrapping_mul(samples), row);
        let Some(mut rest) = input.get(first..first.wrapping_add(samples)) else { return };
        while let (Some(window), Some(out)) = (rest.get(..kernel), output.get_mut(place)) {
            let sum = weights
                .iter()
                .zip(window)
                .fold(bias, |sum, (&weight, &x)| sum.wrapping_add(i32::from(weight).wrapping_mul(i32::from(x))));
            *out = requantize(sum, multiplier, stage.zero, stage.low(), stage.high());
            place = place.wrapping_add(slot);
            rest = rest.get(stride..).unwrap_or_default();
        }
    }
}
