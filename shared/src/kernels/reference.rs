//! The fully connected layer, written to be read: safe, portable, and by definition right.

use super::{OutputStage, WeightKind};
use crate::quant::requantize;
use crate::rolled::rolled;

/// Runs a layer of the plain layout: [`fully_connected`] over weights of `kind`, which lie in `weights` row by row, each row
/// from a whole byte on.
///
/// Shapes as in [`fully_connected`]; `weights`, `biases` and `multipliers` may be longer.
pub fn dense(
    kind: WeightKind,
    input: &[i16],
    weights: &[u32],
    biases: &[i32],
    multipliers: &[i32],
    stage: OutputStage,
    output: &mut [i16],
) {
    let weights: &[u8] = bytemuck::cast_slice(weights);
    let rows = weights.chunks_exact(kind.row_bytes(input.len()).max(1));
    let sum = |row: &[u8]| match kind {
        WeightKind::I8 => dot(row.iter().map(|&byte| i32::from(byte as i8)), input),
        WeightKind::I16 => dot(row.as_chunks().0.iter().map(|&bytes| i32::from(i16::from_le_bytes(bytes))), input),
        WeightKind::I4 => dot(row.iter().flat_map(|&byte| halves(byte)), input),
    };
    scale(rows.map(sum), biases, multipliers, stage, output);
}

/// `output[o] = clamp(round(multiplier[o] / 2^32 * (bias[o] + sum_i weight[o][i] * input[i])) + zero)`, with
/// [`requantize`] as the one rounding; `output[o]` stands for `zero` where the layer accumulates.
///
/// `input` is `[I]`; `weights` is `[O][I]`, row-major; `biases`, `multipliers` and `output` are `[O]`. In a validated
/// model no sum, whole or partial, reaches 2^23 (int8 weights), 2^31 (int16) or 2^19 (int4) in magnitude, so that nothing wraps.
/// Lengths that do not fit each other leave the outputs beyond the shortest as they are.
pub fn fully_connected<W: Weight>(
    input: &[i16],
    weights: &[W],
    biases: &[i32],
    multipliers: &[i32],
    stage: OutputStage,
    output: &mut [i16],
) {
    let rows = weights.chunks_exact(input.len().max(1));
    scale(rows.map(|row| dot(row.iter().map(|weight| weight.widen()), input)), biases, multipliers, stage, output);
}

fn dot(row: impl Iterator<Item = i32>, input: &[i16]) -> i32 {
    // A device in a hurry runs a packed layout.
    rolled(row.zip(input)).fold(0, |sum, (weight, &x)| sum.wrapping_add(weight.wrapping_mul(i32::from(x))))
}

/// From the rows' sums, without biases, to outputs.
fn scale(sums: impl Iterator<Item = i32>, biases: &[i32], multipliers: &[i32], stage: OutputStage, output: &mut [i16]) {
    let (low, high) = (stage.low(), stage.high());
    for (((sum, &bias), &multiplier), out) in sums.zip(biases).zip(multipliers).zip(output) {
        let zero = if stage.accumulate { *out } else { stage.zero };
        *out = requantize(sum.wrapping_add(bias), multiplier, zero, low, high);
    }
}

/// One weight of a matrix as [`dense`] takes it, given as bytes; 0 beyond its end.
pub fn weight(kind: WeightKind, weights: &[u8], columns: usize, row: usize, column: usize) -> i32 {
    let place = kind.row_bytes(columns).saturating_mul(row);
    let byte = |index: usize| weights.get(place.saturating_add(index)).copied().unwrap_or(0);
    match kind {
        WeightKind::I8 => i32::from(byte(column) as i8),
        WeightKind::I16 => i32::from(i16::from_le_bytes([byte(2 * column), byte(2 * column + 1)])),
        WeightKind::I4 => {
            let [low, high] = halves(byte(column / 2));
            if column.is_multiple_of(2) { low } else { high }
        }
    }
}

/// The two int4 weights of a byte: the first in its lower half.
fn halves(byte: u8) -> [i32; 2] {
    let byte = byte as i8;
    [i32::from(byte << 4 >> 4), i32::from(byte >> 4)]
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{OutputStage, WeightKind, dense, fully_connected, weight};

    const FULL: OutputStage = OutputStage { zero: 0, range_bits: 15, relu: false, accumulate: false };
    /// 2^-2 in units of 2^-32.
    const QUARTER: i32 = 1 << 30;

    #[test]
    fn weights_are_read_row_by_row() {
        let mut output = [0; 2];
        fully_connected(&[4, 40, 400], &[1i8, 2, 3, -4, -5, -6], &[1_000, -2_000], &[QUARTER; 2], FULL, &mut output);
        assert_eq!(output, [250 + 321, -500 - 654]);
    }

    #[test]
    fn an_accumulating_layer_adds_to_what_is_held_and_rounds_once() {
        let mut output = [100, -7];
        let stage = OutputStage { accumulate: true, ..FULL };
        fully_connected(&[1], &[2i16, -6], &[0, 0], &[QUARTER; 2], stage, &mut output);
        assert_eq!(output, [101, -8], "0.5 and -1.5 round up");
    }

    #[test]
    fn an_accumulating_layer_limits_the_sum_alone() {
        let mut output = [-200, 200];
        let stage = OutputStage { range_bits: 8, accumulate: true, ..FULL };
        fully_connected(&[1_000], &[1i8, 1], &[0, 0], &[QUARTER; 2], stage, &mut output);
        assert_eq!(output, [50, 255]);
    }

    #[test]
    fn lengths_that_do_not_fit_leave_the_rest_as_it_is() {
        let mut output = [9; 3];
        fully_connected(&[], &[] as &[i8], &[1, 1, 1], &[QUARTER; 3], FULL, &mut output);
        assert_eq!(output, [9; 3]);
        fully_connected(&[4], &[1i8, 1], &[0; 3], &[QUARTER; 3], FULL, &mut output);
        assert_eq!(output, [1, 1, 9]);
    }

    #[test]
    fn int4_rows_start_at_whole_bytes_with_the_first_weight_in_the_lower_half() {
        // Rows 1 -7 7 and -1 2 0, and a byte of another array.
        let words = [u32::from_le_bytes([0x91, 0x07, 0x2f, 0x00]), 0xffff_ffff];
        let mut output = [0; 2];
        dense(WeightKind::I4, &[4, 40, 400], &words, &[0, 4], &[QUARTER; 2], FULL, &mut output);
        assert_eq!(output, [1 - 70 + 700, -1 + 20 + 1]);
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let stored = |row: usize| [0, 1, 2].map(|column| weight(WeightKind::I4, bytes, 3, row, column));
        assert_eq!([stored(0), stored(1)], [[1, -7, 7], [-1, 2, 0]]);
    }

    /// One row whose inputs have the weights' signs, so that the sum is the worst case, one below `limit`.
    fn worst_case(weights: &[i64], range_bits: u32, limit: i64, sign: i64) -> (Vec<i16>, i32) {
        let worst = |weight: i64| if (weight * sign) < 0 { -(1 << range_bits) } else { (1 << range_bits) - 1 };
        let sum: i64 = weights.iter().map(|weight| weight.abs()).sum::<i64>() << range_bits;
        (weights.iter().map(|&weight| worst(weight) as i16).collect(), (sign * (limit - 1 - sum)) as i32)
    }

    proptest! {
        #[test]
        fn the_worst_case_of_i8_rows_is_exact(
            weights in prop::collection::vec(prop_oneof![Just(-127i8), Just(127), -127..=127i8], 1..200),
            sign in prop_oneof![Just(-1i64), Just(1)],
            multiplier in 0..=i32::MAX,
        ) {
            let wide: Vec<i64> = weights.iter().map(|&weight| i64::from(weight)).collect();
            let (input, bias) = worst_case(&wide, 8, 1 << 23, sign);
            let sum = i64::from(bias) + wide.iter().zip(&input).map(|(weight, &x)| weight * i64::from(x)).sum::<i64>();
            prop_assert!(sum.abs() < 1 << 23);
            let exact = (i128::from(sum) * i128::from(multiplier) + (1 << 31)).div_euclid(1 << 32);
            let mut output = [0];
            fully_connected(&input, &weights, &[bias], &[multiplier], FULL, &mut output);
            prop_assert_eq!(i128::from(output[0]), exact.clamp(-32_768, 32_767));
        }

        #[test]
        fn the_worst_case_of_i16_rows_is_exact(
            weights in prop::collection::vec(prop_oneof![Just(-32_767i16), Just(32_767), -32_767..=32_767i16], 1..60),
            sign in prop_oneof![Just(-1i64), Just(1)],
            multiplier in 0..=i32::MAX,
        ) {
            let wide: Vec<i64> = weights.iter().map(|&weight| i64::from(weight)).collect();
            let (input, bias) = worst_case(&wide, 10, 1 << 31, sign);
            let sum = i64::from(bias) + wide.iter().zip(&input).map(|(weight, &x)| weight * i64::from(x)).sum::<i64>();
            prop_assert!(sum.abs() < 1 << 31);
            let exact = (i128::from(sum) * i128::from(multiplier) + (1 << 31)).div_euclid(1 << 32);
            let mut output = [0];
            fully_connected(&input, &weights, &[bias], &[multiplier], FULL, &mut output);
            prop_assert_eq!(i128::from(output[0]), exact.clamp(-32_768, 32_767));
        }
    }
}
