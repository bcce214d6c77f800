//! The rounding rule of every integer kernel.

/// Scales a 32-bit accumulator to an activation: `clamp(floor((acc * multiplier + zero * 2^32 + 2^31) / 2^32), low, high)`.
///
/// That is `acc * multiplier / 2^32 + zero` rounded once to the nearest integer, halves up (-1.5 becomes -1), then limited.
/// The sum stays within 64 bits for every argument. Equal to Arm's SMMLAR followed by SSAT.
///
/// * `acc`: the accumulator, bias included.
/// * `multiplier`: the layer's scale in units of 2^-32.
/// * `zero`: added after scaling.
/// * `low`, `high`: inclusive limits of the output tensor; where they cross, `high` wins.
#[inline]
pub fn requantize(acc: i32, multiplier: i32, zero: i16, low: i16, high: i16) -> i16 {
    // At most 2^30 + 2^15 in magnitude.
    let rounded =
        if cfg!(trunkline_kernels = "m0") { scale_by_halves(acc, multiplier) } else { scale(acc, multiplier) };
    rounded.wrapping_add(zero.into()).max(low.into()).min(high.into()) as i16
}

/// `acc * multiplier / 2^32`, rounded half up.
const fn scale(acc: i32, multiplier: i32) -> i32 {
    (((acc as i64) * (multiplier as i64) + (1 << 31)) >> 32) as i32
}

/// The same where no instruction multiplies to 64 bits: by products of halves, none of which leaves 32 bits.
const fn scale_by_halves(acc: i32, multiplier: i32) -> i32 {
    let (acc_high, acc_low) = (acc >> 16, acc & 0xffff);
    let (high, low) = (multiplier >> 16, multiplier & 0xffff);
    let lowest = (acc_low as u32).wrapping_mul(low as u32) >> 16;
    let middle = acc_high.wrapping_mul(low).wrapping_add(lowest as i32);
    let other = acc_low.wrapping_mul(high);
    let carried = (middle & 0xffff).wrapping_add(other & 0xffff).wrapping_add(1 << 15) >> 16;
    acc_high.wrapping_mul(high).wrapping_add(middle >> 16).wrapping_add(other >> 16).wrapping_add(carried)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{requantize, scale, scale_by_halves};

    /// 1/4 as a multiplier.
    const QUARTER: i32 = 1 << 30;

    fn unlimited(acc: i32, multiplier: i32, zero: i16) -> i16 {
        requantize(acc, multiplier, zero, i16::MIN, i16::MAX)
    }

    /// The rule by division of 128-bit integers.
    fn oracle(acc: i32, multiplier: i32, zero: i16, low: i16, high: i16) -> i16 {
        let exact_times_two = 2 * i128::from(acc) * i128::from(multiplier) + 2 * (i128::from(zero) << 32) + (1 << 32);
        let floor = exact_times_two.div_euclid(1 << 33);
        floor.clamp(i128::from(low), i128::from(high)) as i16
    }

    #[test]
    fn halves_round_up() {
        assert_eq!(unlimited(2, QUARTER, 0), 1, "0.5");
        assert_eq!(unlimited(6, QUARTER, 0), 2, "1.5");
        assert_eq!(unlimited(1, QUARTER, 0), 0, "0.25");
        assert_eq!(unlimited(3, QUARTER, 0), 1, "0.75");
    }

    #[test]
    fn negative_halves_round_up() {
        assert_eq!(unlimited(-2, QUARTER, 0), 0, "-0.5");
        assert_eq!(unlimited(-6, QUARTER, 0), -1, "-1.5");
        assert_eq!(unlimited(-3, QUARTER, 0), -1, "-0.75");
        assert_eq!(unlimited(-1, QUARTER, 0), 0, "-0.25");
    }

    #[test]
    fn zero_point_is_added_after_scaling_and_before_the_limits() {
        assert_eq!(unlimited(100, QUARTER, 7), 32);
        assert_eq!(requantize(100, QUARTER, 7, 0, 31), 31);
        assert_eq!(requantize(0, 0, -5, 0, 31), 0);
        assert_eq!(unlimited(i32::MAX, 0, -5), -5);
    }

    #[test]
    fn output_saturates_at_the_limits() {
        assert_eq!(unlimited(i32::MAX, i32::MAX, 0), i16::MAX);
        assert_eq!(unlimited(i32::MIN, i32::MAX, 0), i16::MIN);
        assert_eq!(requantize(i32::MAX, i32::MAX, i16::MAX, -256, 255), 255);
        assert_eq!(requantize(i32::MIN, i32::MAX, i16::MIN, -256, 255), -256);
    }

    #[test]
    fn extremes_do_not_overflow() {
        for acc in [i32::MIN, i32::MIN + 1, -1, 0, 1, i32::MAX] {
            for multiplier in [i32::MIN, -1, 0, 1, i32::MAX] {
                for zero in [i16::MIN, 0, i16::MAX] {
                    assert_eq!(
                        unlimited(acc, multiplier, zero),
                        oracle(acc, multiplier, zero, i16::MIN, i16::MAX),
                        "{acc} {multiplier} {zero}"
                    );
                }
            }
        }
    }

    #[test]
    fn crossed_limits_give_the_upper_one() {
        assert_eq!(requantize(0, 0, 0, 10, -10), -10);
    }

    #[test]
    fn halves_give_the_same_at_the_ends() {
        let ends = [
            i32::MIN,
            i32::MIN + 1,
            -65_537,
            -65_536,
            -65_535,
            -1,
            0,
            1,
            65_535,
            65_536,
            65_537,
            i32::MAX - 1,
            i32::MAX,
        ];
        for acc in ends {
            for multiplier in ends {
                assert_eq!(scale_by_halves(acc, multiplier), scale(acc, multiplier), "{acc} {multiplier}");
            }
        }
    }

    proptest! {
        #[test]
        fn halves_give_the_same(acc: i32, multiplier: i32, shifts in (0..31u32, 0..31u32)) {
            let (acc, multiplier) = (acc >> shifts.0, multiplier >> shifts.1);
            prop_assert_eq!(scale_by_halves(acc, multiplier), scale(acc, multiplier));
        }

        #[test]
        fn requantize_equals_exact_division(acc: i32, multiplier: i32, zero: i16, a: i16, b: i16) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert_eq!(requantize(acc, multiplier, zero, low, high), oracle(acc, multiplier, zero, low, high));
        }

        #[test]
        fn requantize_of_small_products_equals_exact_division(acc in -100_000i32..100_000, multiplier in 0i32..50_000_000) {
            prop_assert_eq!(unlimited(acc, multiplier, 0), oracle(acc, multiplier, 0, i16::MIN, i16::MAX));
        }
    }
}
