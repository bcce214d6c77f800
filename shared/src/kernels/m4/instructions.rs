//! The instructions of Armv7E-M that the assembly is made of, on words: Arm v7-M Architecture Reference Manual, chapter A7.7.

/// SXTB16: the low byte of each lane, its sign extended over the lane.
#[inline]
pub(super) const fn sxtb16(word: u32) -> u32 {
    let low = word as i8 as i16 as u16 as u32;
    let high = (word >> 16) as i8 as i16 as u16 as u32;
    low | high << 16
}

/// SMLAD: `sum` and the products of both pairs of signed lanes, modulo 2^32.
#[inline]
pub(super) const fn smlad(word: u32, x: u32, sum: u32) -> u32 {
    let low = (word as i16 as i32).wrapping_mul(x as i16 as i32);
    let high = (word as i32 >> 16).wrapping_mul(x as i32 >> 16);
    sum.wrapping_add(low as u32).wrapping_add(high as u32)
}

/// SMMLA: the upper word of `(sum << 32) + left * right`.
#[inline]
pub(super) const fn smmla(left: i32, right: i32, sum: i32) -> i32 {
    (((sum as i64) << 32).wrapping_add(left as i64 * right as i64) >> 32) as i32
}

/// SMMLAR: the same, rounded half up.
#[inline]
pub(super) const fn smmlar(left: i32, right: i32, sum: i32) -> i32 {
    (((sum as i64) << 32).wrapping_add(left as i64 * right as i64).wrapping_add(1 << 31) >> 32) as i32
}

/// SSAT: `value` limited to `bits` bits, its sign among them; 1..=32.
#[inline]
pub(super) const fn ssat(bits: u32, value: i32) -> i32 {
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
pub(super) const fn usat(bits: u32, value: i32) -> i32 {
    let high = !(u32::MAX << bits) as i32;
    if value < 0 {
        0
    } else if value > high {
        high
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::{smlad, smmla, smmlar, ssat, sxtb16, usat};

    #[test]
    fn lanes_are_signed_and_apart() {
        assert_eq!(sxtb16(0x1280_347f), 0xff80_007f);
        assert_eq!(smlad(0xffff_0002, 0x0003_fffc, 100), 100 - 3 - 8);
        assert_eq!(smlad(0x8000_8000, 0x8000_8000, 0), 1 << 31, "the one sum of two products that wraps");
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
