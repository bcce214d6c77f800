//! Pooling: one number of several consecutive positions.

use super::{OutputStage, padded};
use crate::quant::requantize;
use crate::rolled::rolled;

/// What a pool makes of the numbers of a channel at several positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    /// The largest.
    Max,
    /// Their mean: `requantize(2 * sum, M, 0, low, high)`, M the smaller of `round(2^31 / size)` and 2^31 - 1.
    Mean,
}

/// `output[c][p]` = the number that `kind` makes of `input[p * size ..][c]`, `size` positions; those that are left over are left out.
///
/// * `input`: `[P][padded(C)]`, position-major, P below 2^15: no sum wraps. What lies in the padding does not matter.
/// * `stage`: the range of the output; it neither accumulates nor has it a zero point. The largest number is not limited: the range
///   of the output is at least the input's.
/// * `output`: `[C][P / size]`, channel-major.
///
/// Where the lengths do not fit each other, outputs of channels that are not whole are left as they are.
#[inline(never)]
pub fn pool(kind: PoolKind, channels: usize, size: usize, input: &[i16], stage: OutputStage, output: &mut [i16]) {
    if channels == 0 || size == 0 {
        return;
    }
    let slot = padded(channels);
    let positions = input.len().checked_div(slot.saturating_mul(size)).unwrap_or(0);
    let (low, high, multiplier) = (stage.low(), stage.high(), mean_multiplier(size as u32));
    for (channel, outputs) in (0..channels).zip(output.chunks_exact_mut(positions.max(1))) {
        let mut place = channel;
        for out in outputs {
            let mut number = if kind == PoolKind::Max { i32::MIN } else { 0 };
            for _ in rolled(0..size) {
                let value = input.get(place).copied().unwrap_or(0).into();
                place = place.wrapping_add(slot);
                number = if kind == PoolKind::Max { number.max(value) } else { number.wrapping_add(value) };
            }
            *out = match kind {
                PoolKind::Max => number as i16,
                PoolKind::Mean => requantize(number.wrapping_mul(2), multiplier, 0, low, high),
            };
        }
    }
}

/// 1 / size in units of 2^-31, rounded half up; of 1 just below, which rounds to the number itself.
fn mean_multiplier(size: u32) -> i32 {
    let rounded = (1u32 << 31).wrapping_add(size / 2).checked_div(size).unwrap_or(0);
    i32::try_from(rounded).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PoolKind, mean_multiplier, pool};
    use crate::kernels::{OutputStage, padded};

    const FULL: OutputStage = OutputStage { zero: 0, range_bits: 15, relu: false, accumulate: false };

    fn pooled(kind: PoolKind, channels: usize, size: usize, input: &[i16], stage: OutputStage) -> Vec<i16> {
        let positions = input.len() / padded(channels) / size;
        let mut output = vec![77; channels * positions + 1];
        pool(kind, channels, size, input, stage, &mut output[..channels * positions]);
        assert_eq!(output.pop(), Some(77));
        output
    }

    #[test]
    fn channels_come_one_after_the_other_and_the_rest_is_left_out() {
        let input = [[1, 10, 0, 0], [3, 20, 0, 0], [-5, 40, 0, 0], [-8, 30, 0, 0], [99, 99, 0, 0]].concat();
        assert_eq!(pooled(PoolKind::Max, 2, 2, &input, FULL), [3, -5, 20, 40]);
        assert_eq!(pooled(PoolKind::Mean, 2, 2, &input, FULL), [2, -6, 15, 35], "-6.5 rounds up");
    }

    #[test]
    fn a_mean_is_limited_and_that_of_one_number_is_the_number() {
        let stage = OutputStage { range_bits: 8, ..FULL };
        assert_eq!(pooled(PoolKind::Mean, 1, 1, &[300, 0, 0, 0, -300, 0, 0, 0, 7, 0, 0, 0], stage), [255, -256, 7]);
        for number in [i16::MIN, -1, 0, 1, i16::MAX] {
            assert_eq!(pooled(PoolKind::Mean, 1, 1, &[number, 0, 0, 0], FULL), [number]);
        }
    }

    #[test]
    fn lengths_that_do_not_fit_leave_the_rest_as_it_is() {
        let mut output = [77; 3];
        pool(PoolKind::Max, 2, 1, &[1, 2, 0, 0, 3, 4, 0, 0], FULL, &mut output);
        assert_eq!(output, [1, 3, 77]);
        for (channels, size) in [(0, 1), (1, 0), (1, usize::MAX), (usize::MAX, 1)] {
            pool(PoolKind::Mean, channels, size, &[1; 8], FULL, &mut []);
        }
    }

    #[test]
    fn the_multiplier_is_rounded() {
        assert_eq!([1, 2, 3, 7].map(mean_multiplier), [i32::MAX, 1 << 30, 715_827_883, 306_783_378]);
    }

    proptest! {
        #[test]
        fn a_mean_is_within_a_half_and_the_multipliers_error(
            channels in 1..=9usize,
            size in 1..=40usize,
            positions in 0..=3usize,
            numbers in prop::collection::vec(prop_oneof![Just(i16::MIN), Just(i16::MAX), any::<i16>()], 120 * 12),
        ) {
            let input = &numbers[..positions * size * padded(channels)];
            let (means, most) = (pooled(PoolKind::Mean, channels, size, input, FULL), pooled(PoolKind::Max, channels, size, input, FULL));
            for channel in 0..channels {
                for position in 0..positions {
                    let values = (0..size).map(|step| i64::from(input[(position * size + step) * padded(channels) + channel]));
                    let (found, sum) = (channel * positions + position, values.clone().sum::<i64>());
                    let error = i64::from(means[found]) * size as i64 - sum;
                    prop_assert!(2 * error.abs() <= size as i64 + 1, "{sum} / {size} is not {}", means[found]);
                    prop_assert_eq!(Some(i64::from(most[found])), values.max());
                }
            }
        }
    }
}
