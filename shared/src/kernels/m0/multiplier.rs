//! How the multipliers lie in the stream.

/// The form word of a layer whose multipliers are stored as they are.
pub(super) const GENERAL: u32 = 0;
/// The form word of a layer whose multipliers all are short.
pub(super) const SHORT: u32 = 1;

/// The short form of a multiplier, if it has one: 256 M + 32 - s for M 2^s.
pub(super) fn shorten(multiplier: i32) -> Option<u32> {
    if multiplier == 0 {
        return Some(32);
    }
    let zeros = multiplier.trailing_zeros();
    let mantissa = multiplier >> zeros;
    ((1..256).contains(&mantissa)).then_some((mantissa as u32) << 8 | (32 - zeros))
}

/// The multiplier that a short form stands for; 0 for what [`is_short`] refuses.
pub(super) fn lengthen(short: u32) -> i32 {
    let (mantissa, shift) = (short >> 8, short & 0xff);
    if is_short(short) { mantissa.wrapping_shl(32u32.wrapping_sub(shift)) as i32 } else { 0 }
}

/// Whether `word` is the short form of a multiplier: M odd and below 2^8, and M 2^s below 2^31, or all zero.
pub(super) fn is_short(word: u32) -> bool {
    let (mantissa, shift) = (word >> 8, word & 0xff);
    match mantissa {
        0 => shift == 32,
        1..256 => mantissa & 1 == 1 && (2..=32).contains(&shift) && mantissa >> (shift - 1) == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_short, lengthen, shorten};

    #[test]
    fn short_forms_are_unique() {
        assert_eq!([shorten(0), shorten(1), shorten(1 << 30)], [Some(32), Some(0x120), Some(0x102)]);
        assert_eq!([shorten(257), shorten(-1), shorten(i32::MIN), shorten(i32::MAX)], [None; 4]);
        let forms: Vec<u32> = (0..=0xffff + 0x1_0000).filter(|word| is_short(*word)).collect();
        assert!(forms.iter().all(|word| lengthen(*word) >= 0 && shorten(lengthen(*word)) == Some(*word)));
        // Per shift of 31 - k, odd mantissas below 2^8 and below 2^(k+1); and zero.
        let counted: usize = (2..=32u32).map(|shift| 1usize << (shift - 2).min(7)).sum();
        assert_eq!(forms.len(), counted + 1);
    }
}
