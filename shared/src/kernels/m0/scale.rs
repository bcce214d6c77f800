//! Requantization without a 32x32->64 multiply.

/// [`crate::quant::requantize`] before the limits, by a short multiplier; `|sum| < 2^23`.
#[inline]
pub(super) fn scale_short(sum: i32, short: u32, zero: i32) -> i32 {
    let product = sum.wrapping_mul((short >> 8) as i32);
    // All but the last bit shifted out, then that one: where it is set, half or more is left.
    let halves = product >> (short.wrapping_sub(1) & 31);
    (halves >> 1).wrapping_add(halves & 1).wrapping_add(zero)
}

/// [`crate::quant::requantize`] before the limits, by any multiplier of at least 0, from products of 16-bit halves.
#[inline]
pub(super) fn scale(sum: i32, multiplier: u32, zero: i32) -> i32 {
    let (high, low) = (sum >> 16, sum as u32 & 0xffff);
    let (factor_high, factor_low) = (multiplier >> 16, multiplier & 0xffff);
    let cross = high.wrapping_mul(factor_low as i32);
    // Below 2^32: the first term is below 2^31 - 2^16, the others below 2^16, the last is 2^15.
    let middle = (low.wrapping_mul(factor_high))
        .wrapping_add(low.wrapping_mul(factor_low) >> 16)
        .wrapping_add(cross as u32 & 0xffff)
        .wrapping_add(1 << 15);
    (high.wrapping_mul(factor_high as i32))
        .wrapping_add(cross >> 16)
        .wrapping_add((middle >> 16) as i32)
        .wrapping_add(zero)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::multiplier::shorten;
    use super::{scale, scale_short};
    use crate::quant::requantize;

    /// No result here is near the ends of an i16 unless that is what the rule gives.
    fn limited(value: i32) -> i16 {
        value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
    }

    fn rule(sum: i32, multiplier: i32, zero: i16) -> i16 {
        requantize(sum, multiplier, zero, i16::MIN, i16::MAX)
    }

    fn short_multiplier() -> impl Strategy<Value = i32> {
        (0..256i32, 0..31u32).prop_map(|(mantissa, shift)| (i64::from(mantissa) << shift).min(0x7f80_0000) as i32)
    }

    #[test]
    fn extremes_follow_the_rule() {
        for sum in [i32::MIN + 1, -65_537, -65_536, -65_535, -1, 0, 1, 65_535, 65_536, i32::MAX] {
            for multiplier in [0, 1, 65_535, 65_536, 65_537, 0x7fff_0000, i32::MAX] {
                assert_eq!(limited(scale(sum, multiplier as u32, 3)), rule(sum, multiplier, 3), "{sum} {multiplier}");
            }
        }
        for sum in [-(1 << 23) + 1, -1, 0, 1, (1 << 23) - 1] {
            for multiplier in [0, 1, 255, 1 << 30, 255 << 23] {
                let short = shorten(multiplier).unwrap();
                assert_eq!(limited(scale_short(sum, short, -3)), rule(sum, multiplier, -3), "{sum} {multiplier}");
            }
        }
    }

    proptest! {
        #[test]
        fn scaling_by_halves_follows_the_rule(sum: i32, multiplier in 0..=i32::MAX, zero: i16) {
            prop_assert_eq!(limited(scale(sum, multiplier as u32, zero.into())), rule(sum, multiplier, zero));
        }

        #[test]
        fn scaling_small_products_by_halves_follows_the_rule(sum in -70_000..70_000i32, multiplier in 0..400_000i32) {
            prop_assert_eq!(limited(scale(sum, multiplier as u32, 0)), rule(sum, multiplier, 0));
        }

        #[test]
        fn scaling_by_a_short_multiplier_follows_the_rule(
            sum in -(1 << 23) + 1..1 << 23i32,
            multiplier in short_multiplier(),
            zero: i16,
        ) {
            let short = shorten(multiplier).unwrap();
            prop_assert_eq!(limited(scale_short(sum, short, zero.into())), rule(sum, multiplier, zero));
        }
    }
}
