//! From a feature or a sample to the integer that enters the network.

use super::{MISSING_COUNT, requantize};

/// The integer nearest to `value`, halves up (towards positive infinity); infinities and NaN pass through.
///
/// Exact: unlike `floor(value + 0.5)`, whose sum rounds, it gives 0 for the largest f32 below 0.5.
#[inline]
pub fn round_half_up(value: f32) -> f32 {
    let below = libm::floorf(value);
    if value - below >= 0.5 { below + 1.0 } else { below }
}

/// Standardises a feature and rounds it: `clamp(round_half_up((feature - mean) * gain * 2^fraction_bits), -2^k, 2^k - 1)`.
///
/// A missing feature (NaN) becomes 0, the training mean.
///
/// * `feature`: in its own unit; finite or [`crate::quant::MISSING`].
/// * `mean`: training mean, finite; `gain`: reciprocal training standard deviation, finite.
/// * `fraction_bits`: 0..=14; `range_bits`: k, 1..=15 (larger ones act as 15).
#[inline]
pub fn quantize_feature(feature: f32, mean: f32, gain: f32, fraction_bits: u8, range_bits: u8) -> i16 {
    let steps_per_deviation = (1u32 << fraction_bits.min(15)) as f32;
    let steps = round_half_up((feature - mean) * gain * steps_per_deviation);
    // The cast saturates and takes NaN to 0 on every target.
    let limit = 1i32 << range_bits.min(15);
    (steps as i32).max(-limit).min(limit - 1) as i16
}

/// Standardises a sample: `(count - mean) * multiplier / 2^18`, rounded once by [`requantize`] and limited to
/// -2^k ..= 2^k - 1.
///
/// A missing sample becomes 0, the training mean.
///
/// * `count`: the sample, [`MISSING_COUNT`] where it is missing.
/// * `mean`: training mean, in counts; `multiplier`: output counts a sample count in units of 2^-18, at least 0.
/// * `range_bits`: k, 1..=15.
#[inline]
pub fn quantize_count(count: i16, mean: i16, multiplier: i32, range_bits: u8) -> i16 {
    if count == MISSING_COUNT {
        return 0;
    }
    let limit = 1i32 << range_bits.min(15);
    // Below 2^16 in magnitude, so that the shift keeps it below 2^30.
    let difference = i32::from(count).wrapping_sub(mean.into());
    requantize(difference << 14, multiplier, 0, limit.wrapping_neg() as i16, limit.wrapping_sub(1) as i16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{quantize_count, quantize_feature, round_half_up};
    use crate::quant::{MISSING, MISSING_COUNT};

    #[test]
    fn halves_round_up_on_both_sides_of_zero() {
        for (value, rounded) in [(0.5, 1.0), (1.5, 2.0), (2.5, 3.0), (-0.5, 0.0), (-1.5, -1.0), (-2.5, -2.0)] {
            assert_eq!(round_half_up(value), rounded, "{value}");
        }
    }

    #[test]
    fn neighbours_of_a_half_round_to_their_own_side() {
        assert_eq!(round_half_up(0.5f32.next_down()), 0.0);
        assert_eq!(round_half_up((-0.5f32).next_down()), -1.0);
        assert_eq!(round_half_up((-0.5f32).next_up()), 0.0);
        assert_eq!(round_half_up(-f32::MIN_POSITIVE), 0.0);
    }

    #[test]
    fn missing_feature_becomes_the_training_mean() {
        assert_eq!(quantize_feature(MISSING, 3.0, 2.0, 8, 11), 0);
    }

    #[test]
    fn quantized_feature_is_clipped_to_the_range() {
        assert_eq!(quantize_feature(1e30, 0.0, 1e30, 8, 11), 2047);
        assert_eq!(quantize_feature(-1e30, 0.0, 1e30, 8, 11), -2048);
        assert_eq!(quantize_feature(-1e30, 0.0, 1.0, 8, 15), i16::MIN);
        assert_eq!(quantize_feature(1e30, 0.0, 1.0, 8, 200), i16::MAX);
    }

    #[test]
    fn a_missing_sample_becomes_the_training_mean() {
        assert_eq!(quantize_count(MISSING_COUNT, -30_000, i32::MAX, 15), 0);
        assert_eq!(quantize_count(-30_000, -30_000, i32::MAX, 15), 0);
    }

    #[test]
    fn samples_are_scaled_in_units_of_2_to_the_minus_18_and_halves_round_up() {
        assert_eq!(quantize_count(103, 100, 1 << 18, 8), 3);
        assert_eq!([101, 99, 97].map(|count| quantize_count(count, 100, 1 << 17, 8)), [1, 0, -1]);
        assert_eq!([32_767, -32_767].map(|count| quantize_count(count, 0, 1 << 18, 8)), [255, -256]);
    }

    proptest! {
        #[test]
        fn quantized_counts_equal_exact_arithmetic(count: i16, mean: i16, multiplier in 0..=i32::MAX, k in 1u8..=15) {
            prop_assume!(count != MISSING_COUNT);
            let doubled = (i64::from(count) - i64::from(mean)) * i64::from(multiplier) * 2 + (1 << 18);
            let exact = doubled.div_euclid(1 << 19).clamp(-1 << k, (1 << k) - 1);
            prop_assert_eq!(i64::from(quantize_count(count, mean, multiplier, k)), exact);
        }

        #[test]
        fn round_half_up_equals_exact_rounding(value in -1e6f32..1e6) {
            let exact = (f64::from(value) + 0.5).floor();
            prop_assert_eq!(f64::from(round_half_up(value)), exact);
        }

        #[test]
        fn quantized_feature_is_within_half_a_step(z in -7.0f32..7.0, fraction in 0u8..=11) {
            let steps = f64::from(quantize_feature(z, 0.0, 1.0, fraction, 15));
            prop_assert!((steps - f64::from(z) * f64::from(1u32 << fraction)).abs() <= 0.5);
        }

        #[test]
        fn any_bits_give_an_integer_within_the_range(x: u32, mean in -1e30f32..1e30, gain in -1e30f32..1e30, fraction: u8, k in 1u8..=15) {
            let quantized = i32::from(quantize_feature(f32::from_bits(x), mean, gain, fraction, k));
            prop_assert!((-(1 << k)..1 << k).contains(&quantized));
        }
    }
}
