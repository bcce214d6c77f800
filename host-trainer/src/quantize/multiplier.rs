//! Multipliers short enough for cores that multiply 32 bits by 32 to 32 alone.
//!
//! Such a core scales an accumulator below 2^23 in one product and one shift if the multiplier is 8 bits times a power of two. Where
//! every row of weights has a scale of its own that costs next to nothing: the row takes a scale a little larger than the finest, at which
//! its multiplier is exactly that, and is rounded on it.

/// Significant bits of a multiplier.
pub(super) const MULTIPLIER_BITS: u32 = 8;

/// How far above the exact multiplier short ones are tried, as a share of it.
const LARGEST_EXCESS: f64 = 1.0 / 16.0;

/// Largest multiplier of that many significant bits in an i32.
pub(super) const LARGEST_MULTIPLIER: i32 = i32::MAX - (i32::MAX >> MULTIPLIER_BITS);

/// The least multiplier of at most [`MULTIPLIER_BITS`] significant bits that is not below `exact`, in units of 2^-32; at most
/// [`LARGEST_MULTIPLIER`]. From 128 on it exceeds `exact` by at most 1/128 of it, below that by less than 1.
pub(super) fn short_multiplier(exact: f64) -> i32 {
    let mut unit = 1.0;
    let most = f64::from((1 << MULTIPLIER_BITS) - 1);
    while (exact / unit).ceil() > most {
        unit *= 2.0;
    }
    // Both factors are whole, and their product stays below 2^53 wherever the cast does not saturate.
    (((exact / unit).ceil() * unit) as i32).min(LARGEST_MULTIPLIER)
}

/// Short multipliers from the least on that is not below `exact`, up to 1/16 above it; at least one.
pub(super) fn short_multipliers(exact: f64) -> impl Iterator<Item = i32> {
    let next = move |multiplier: &i32| {
        let next = short_multiplier(f64::from(*multiplier) + 1.0);
        (next > *multiplier && f64::from(next) <= exact * (1.0 + LARGEST_EXCESS)).then_some(next)
    };
    std::iter::successors(Some(short_multiplier(exact)), next)
}

/// Whether `multiplier` has at most [`MULTIPLIER_BITS`] significant bits and is not negative.
#[cfg(test)]
pub(super) fn is_short(multiplier: i32) -> bool {
    multiplier == 0 || (multiplier > 0 && (multiplier >> multiplier.trailing_zeros()) < 1 << MULTIPLIER_BITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_multiplier_is_its_own() {
        for multiplier in [0, 1, 127, 128, 255, 256, 258, 129 << 20, 255 << 23] {
            assert!(is_short(multiplier));
            assert_eq!(short_multiplier(f64::from(multiplier)), multiplier);
        }
        assert_eq!(LARGEST_MULTIPLIER, 255 << 23);
        assert!(!is_short(257) && !is_short(-128) && !is_short(LARGEST_MULTIPLIER + 1));
        assert_eq!((short_multiplier(257.0), short_multiplier(255.5), short_multiplier(0.1)), (258, 256, 1));
        assert_eq!(short_multiplier(1e18), LARGEST_MULTIPLIER);
    }

    #[test]
    fn the_short_multipliers_near_one_rise_and_lie_within_a_sixteenth() {
        let found: Vec<i32> = short_multipliers(253.5).collect();
        assert_eq!(found, [254, 255, 256, 258, 260, 262, 264, 266, 268]);
        assert_eq!(short_multipliers(0.0).collect::<Vec<_>>(), [0]);
        assert_eq!(short_multipliers(3.5).collect::<Vec<_>>(), [4]);
        assert_eq!(short_multipliers(f64::from(LARGEST_MULTIPLIER)).collect::<Vec<_>>(), [LARGEST_MULTIPLIER]);
    }

    proptest! {
        #[test]
        fn it_is_the_least_short_one_that_is_not_below(exact in 0.0f64..2.1e9) {
            let multiplier = short_multiplier(exact);
            prop_assert!(is_short(multiplier) && f64::from(multiplier) >= exact);
            prop_assert!(f64::from(multiplier) - exact <= (exact / 128.0).max(1.0));
            let last_bit = 1 << (32 - (multiplier - 1).max(0).leading_zeros()).saturating_sub(MULTIPLIER_BITS);
            prop_assert!(is_short((multiplier - last_bit).max(0)));
            prop_assert!(f64::from(multiplier - last_bit) < exact || multiplier == 0);
        }
    }
}
