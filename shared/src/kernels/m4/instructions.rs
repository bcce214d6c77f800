//! The instructions of Armv7E-M that the assembly is made of, on words: Arm v7-M Architecture Reference Manual, chapter A7.7.

/// SXTB16: the low byte of each lane, its sign extended over the lane.
#[inline]
pub(in crate::kernels) const fn sxtb16(word: u32) -> u32 {
    let low = word as i8 as i16 as u16 as u32;
    let high = (word >> 16) as i8 as i16 as u16 as u32;
    low | high << 16
}

/// SMLAD: `sum` and the products of both pairs of signed lanes, modulo 2^32.
#[inline]
pub(in crate::kernels) const fn smlad(word: u32, x: u32, sum: u32) -> u32 {
    let low = (word as i16 as i32).wrapping_mul(x as i16 as i32);
    let high = (word as i32 >> 16).wrapping_mul(x as i32 >> 16);
    sum.wrapping_add(low as u32).wrapping_add(high as u32)
}

/// SMMLA: the upper word of `(sum << 32) + left * right`.
#[inline]
pub(in crate::kernels) const fn smmla(left: i32, right: i32, sum: i32) -> i32 {
    (((sum as i64) << 32).wrapping_add(left as i64 * right as i64) >> 32) as i32
}

/// SMMLAR: the same, rounded half up.
#[inline]
pub(in crate::kernels) const fn smmlar(left: i32, right: i32, sum: i32) -> i32 {
    (((sum as i64) << 32).wrapping_add(left as i64 * right as i64).wrapping_add(1 << 31) >> 32) as i32
}

/// SSAT: `value` limited to `bits` bits, its sign among them; 1..=32.
#[inline]
pub(in crate::kernels) const fn ssat(bits: u32, value: i32) -> i32 {
    let (low, high) = (i32::MIN >> (32 - bits), i32::MAX >> (32 - bits));
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// USAT: `value` limited to `bits` bits without a sign; 0..=31.
#[inline]
pub(in crate::kernels) const fn usat(bits: u32, value: i32) -> i32 {
    let high = !(u32::MAX << bits) as i32;
    if value < 0 {
        0
    } else if value > high {
        high
    } else {
        value
    }
}

/// PKHBT with LSL #16: the low halves of two words.
#[inline]
pub(in crate::kernels) const fn pkhbt(low: u32, high: u32) -> u32 {
    low & 0xffff | high << 16
}

/// UQADD16: the sums of both pairs of unsigned lanes, each limited to 2^16 - 1.
#[inline]
pub(in crate::kernels) const fn uqadd16(left: u32, right: u32) -> u32 {
    pkhbt(
        (left as u16).saturating_add(right as u16) as u32,
        ((left >> 16) as u16).saturating_add((right >> 16) as u16) as u32,
    )
}

/// USUB16: the differences of both pairs of lanes, each modulo 2^16.
#[inline]
pub(in crate::kernels) const fn usub16(left: u32, right: u32) -> u32 {
    pkhbt(left.wrapping_sub(right), (left >> 16).wrapping_sub(right >> 16))
}

#[cfg(test)]
mod tests {
    use super::{pkhbt, smlad, smmla, smmlar, ssat, sxtb16, uqadd16, usat, usub16};

    #[test]
    fn lanes_are_signed_and_apart() {
        assert_eq!(sxtb16(0x1280_347f), 0xff80_007f);
        assert_eq!(smlad(0xffff_0002, 0x0003_fffc, 100), 100 - 3 - 8);
        assert_eq!(smlad(0x8000_8000, 0x8000_8000, 0), 1 << 31, "the one sum of two products that wraps");
    }

    #[test]
    fn sums_of_lanes_are_limited_and_differences_are_not() {
        assert_eq!(pkhbt(0x1234_5678, 0x9abc_def0), 0xdef0_5678);
        assert_eq!(uqadd16(0xfff0_0001, 0x0010_0002), 0xffff_0003);
        assert_eq!(usub16(0x0001_0001, 0x0000_0002), 0x0001_ffff);
    }

    #[test]
    fn the_upper_word_is_a_floor_or_rounded_half_up() {
        assert_eq!(smmla(-1, 1, 5), 4);
        assert_eq!([smmlar(-1, 1, 5), smmlar(-1, i32::MIN, 0), smmlar(1, i32::MIN, 0)], [5, 1, 0]);
    }

    #[test]
    fn saturation_gives_the_limits() {
        assert_eq!([ssat(1, 5), ssat(1, -5), ssat(16, 40_000), ssat(16, -40_000)], [0, -1, 32_767, -32_768]);
        assert_eq!([usat(1, 5), usat(15, 40_000), usat(15, -1), usat(9, 300)], [1, 32_767, 0, 300]);
    }
}
