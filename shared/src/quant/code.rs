//! How a channel's physical value becomes an i16 count and back.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::input::round_half_up;
use super::scientific::Scientific;
use crate::decode::{Cursor, Decode};
use crate::seq::Seq;

/// The count that stands for a missing sample.
pub const MISSING_COUNT: i16 = i16::MIN;
/// What a missing sample or feature reads as: the quiet NaN 0x7fc00000. No arithmetic here gives a NaN; only this constant is one.
pub const MISSING: f32 = f32::from_bits(0x7fc0_0000);
/// Largest count; its negative is the smallest.
pub const MAX_COUNT: i16 = i16::MAX;
/// Smallest scale of a channel code, in transformed units a count.
pub const MIN_SCALE: f32 = 1e-12;
/// Largest scale of a channel code, in transformed units a count.
pub const MAX_SCALE: f32 = 1e12;
/// Largest magnitude of a channel code's offset, in transformed units.
pub const MAX_OFFSET: f32 = 1e12;
/// Largest number of knots of [`Transform::Rank`].
pub const MAX_KNOTS: usize = 256;
/// Largest magnitude of a knot, so that the distance of two knots is finite.
const MAX_KNOT: f32 = 1e30;

/// A value's way to counts: `count = round_half_up((transform(value) - offset) / scale)`, saturating at ±32767.
///
/// [`i16::MIN`] is reserved for a missing sample. Features see `count * scale + offset`, the transformed value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChannelCode<'a> {
    /// Applied to the value first; [`Transform::None`] for a sensor behind an ADC.
    #[serde(borrow)]
    pub transform: Transform<'a>,
    /// Transformed units a count: finite, 1e-12..=1e12.
    pub scale: f32,
    /// Transformed value at count 0: finite, at most 1e12 in magnitude.
    pub offset: f32,
}

impl<'a> Decode<'a> for ChannelCode<'a> {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { transform: Decode::decode(from), scale: from.f32(), offset: from.f32() }
    }
}

/// Monotone map fitted on training rows, for table columns with long tails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Transform<'a> {
    /// The value itself.
    None,
    /// `sign(x) ln(1 + |x| / unit)`.
    SignedLog {
        /// Value at which the logarithm takes over: 1e-12..=1e12.
        unit: f32,
    },
    /// Piecewise linear rank in 0..=1 between quantile knots, which rise strictly and are at most 1e30 in magnitude; at least
    /// 2, at most 256 of them.
    #[serde(borrow)]
    Rank(Seq<'a, f32>),
}

impl<'a> Decode<'a> for Transform<'a> {
    fn decode(from: &mut Cursor<'a>) -> Self {
        match from.u32() {
            0 => Self::None,
            1 => Self::SignedLog { unit: from.f32() },
            2 => Self::Rank(Decode::decode(from)),
            _ => {
                from.fail();
                Self::None
            }
        }
    }
}

/// A value as a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoded {
    /// -32767..=32767, or [`MISSING_COUNT`].
    pub count: i16,
    /// Whether the value lay outside what counts can hold and was limited.
    pub saturated: bool,
}

/// Why a channel code is refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CodeError {
    /// The scale lies outside [`MIN_SCALE`]..=[`MAX_SCALE`].
    Scale(f32),
    /// The offset is not finite or larger than [`MAX_OFFSET`] in magnitude.
    Offset(f32),
    /// The unit of [`Transform::SignedLog`] lies outside [`MIN_SCALE`]..=[`MAX_SCALE`].
    LogUnit(f32),
    /// [`Transform::Rank`] has fewer than 2 or more than [`MAX_KNOTS`] knots.
    KnotCount(usize),
    /// The knots' bytes do not hold exactly the stated number of values.
    KnotBytes,
    /// The knot of that index is not finite, too large, or not above the one before it.
    Knot(usize),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high, offset_limit, knot_limit] = [MIN_SCALE, MAX_SCALE, MAX_OFFSET, MAX_KNOT].map(Scientific);
        match *self {
            CodeError::Scale(scale) => write!(f, "scale {} lies outside {low}..={high}", Scientific(scale)),
            CodeError::Offset(offset) => write!(f, "offset {} lies outside ±{offset_limit}", Scientific(offset)),
            CodeError::LogUnit(unit) => {
                write!(f, "unit {} of the logarithm lies outside {low}..={high}", Scientific(unit))
            }
            CodeError::KnotCount(count) => write!(f, "{count} knots where 2..={MAX_KNOTS} are allowed"),
            CodeError::KnotBytes => f.write_str("the knots' bytes do not hold the stated number of values"),
            CodeError::Knot(index) => {
                write!(f, "knot {index} is not above the one before it or lies outside ±{knot_limit}")
            }
        }
    }
}

impl core::error::Error for CodeError {}

impl ChannelCode<'_> {
    /// Whether every field keeps to its stated range. Encoding and decoding never fail either way, but only a code that
    /// passed gives features that are finite.
    ///
    /// # Errors
    /// The first [`CodeError`] found.
    pub fn check(&self) -> Result<(), CodeError> {
        if !is_scale(self.scale) {
            return Err(CodeError::Scale(self.scale));
        }
        if !is_within(self.offset, MAX_OFFSET) {
            return Err(CodeError::Offset(self.offset));
        }
        match self.transform {
            Transform::None => Ok(()),
            Transform::SignedLog { unit } if is_scale(unit) => Ok(()),
            Transform::SignedLog { unit } => Err(CodeError::LogUnit(unit)),
            Transform::Rank(knots) => check_knots(knots),
        }
    }

    /// The count nearest to `value`, halves up. NaN gives [`MISSING_COUNT`]; infinities saturate.
    ///
    /// * `value`: in the channel's physical unit, before the transform.
    pub fn encode(&self, value: f32) -> Encoded {
        if value.is_nan() {
            return Encoded { count: MISSING_COUNT, saturated: false };
        }
        let steps = round_half_up((self.transform.apply(value) - self.offset) / self.scale);
        let limit = f32::from(MAX_COUNT);
        let saturated = !(-limit..=limit).contains(&steps);
        // The cast saturates and takes NaN (which no checked code gives) to 0; -32768 is kept for missing samples.
        Encoded { count: (steps as i16).max(-MAX_COUNT), saturated }
    }

    /// The transformed value that `count` stands for, or [`MISSING`].
    pub fn decode(&self, count: i16) -> f32 {
        if count == MISSING_COUNT { MISSING } else { f32::from(count) * self.scale + self.offset }
    }
}

impl Transform<'_> {
    /// The transformed value; monotone in `value`, which may be infinite but not NaN.
    pub fn apply(&self, value: f32) -> f32 {
        match self {
            Transform::None => value,
            Transform::SignedLog { unit } => {
                let ratio = (value.abs() / *unit).min(f32::MAX);
                let log = libm::logf(1.0 + ratio);
                if value < 0.0 { -log } else { log }
            }
            Transform::Rank(knots) => rank(*knots, value),
        }
    }
}

/// Whether a scale lies within its limits. The bits of positive floats rise with them, and those of all others lie beyond.
fn is_scale(scale: f32) -> bool {
    (MIN_SCALE.to_bits()..=MAX_SCALE.to_bits()).contains(&scale.to_bits())
}

/// Whether a number is at most `limit` in magnitude; NaN is not.
fn is_within(number: f32, limit: f32) -> bool {
    number.abs().to_bits() <= limit.to_bits()
}

fn check_knots(knots: Seq<'_, f32>) -> Result<(), CodeError> {
    if !(2..=MAX_KNOTS).contains(&knots.len()) {
        return Err(CodeError::KnotCount(knots.len()));
    }
    if !knots.check() {
        return Err(CodeError::KnotBytes);
    }
    let mut above = -f32::INFINITY;
    for (index, knot) in knots.iter().enumerate() {
        if !is_within(knot, MAX_KNOT) || knot <= above {
            return Err(CodeError::Knot(index));
        }
        above = knot;
    }
    Ok(())
}

/// Piecewise linear rank: knot `j` of `m` has rank `j / (m - 1)`.
fn rank(knots: Seq<'_, f32>, value: f32) -> f32 {
    let steps = knots.len().saturating_sub(1).max(1) as f32;
    let mut passed: Option<(usize, f32)> = None;
    for (index, knot) in knots.iter().enumerate() {
        if value < knot {
            return match passed {
                None => 0.0,
                Some((below, start)) => (below as f32 + (value - start) / (knot - start)) / steps,
            };
        }
        passed = Some((index, knot));
    }
    1.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: ChannelCode<'_> = ChannelCode { transform: Transform::None, scale: 0.5, offset: 10.0 };

    /// The knots in the artifact's encoding.
    fn bytes(knots: &[f32]) -> Vec<u8> {
        knots.iter().flat_map(|knot| knot.to_le_bytes()).collect()
    }

    fn with_rank<R>(knots: &[f32], test: impl FnOnce(ChannelCode<'_>) -> R) -> R {
        let bytes = bytes(knots);
        let transform = Transform::Rank(Seq::from_parts(knots.len() as u16, &bytes));
        test(ChannelCode { transform, scale: 1.0 / 32767.0, offset: 0.0 })
    }

    fn count(code: &ChannelCode<'_>, value: f32) -> i16 {
        code.encode(value).count
    }

    #[test]
    fn value_at_count_zero_is_the_offset() {
        assert_eq!(count(&PLAIN, 10.0), 0);
        assert_eq!(PLAIN.decode(0), 10.0);
        assert_eq!(PLAIN.decode(-4), 8.0);
    }

    #[test]
    fn encode_rounds_halves_up() {
        for (value, expected) in [(10.25, 1), (9.75, 0), (10.75, 2), (9.25, -1), (10.24, 0), (9.74, -1)] {
            assert_eq!(count(&PLAIN, value), expected, "{value}");
        }
    }

    #[test]
    fn nan_is_a_missing_sample_and_a_missing_sample_the_one_nan() {
        assert_eq!(PLAIN.encode(f32::NAN), Encoded { count: MISSING_COUNT, saturated: false });
        assert_eq!(PLAIN.decode(MISSING_COUNT).to_bits(), 0x7fc0_0000);
    }

    #[test]
    fn values_beyond_the_range_saturate_and_say_so() {
        for (value, expected) in
            [(1e9, MAX_COUNT), (-1e9, -MAX_COUNT), (f32::INFINITY, MAX_COUNT), (f32::NEG_INFINITY, -MAX_COUNT)]
        {
            assert_eq!(PLAIN.encode(value), Encoded { count: expected, saturated: true }, "{value}");
        }
        let last = PLAIN.decode(MAX_COUNT);
        assert_eq!(PLAIN.encode(last), Encoded { count: MAX_COUNT, saturated: false });
        assert_eq!(PLAIN.encode(last + 0.24), Encoded { count: MAX_COUNT, saturated: false });
        assert_eq!(PLAIN.encode(last + 0.25), Encoded { count: MAX_COUNT, saturated: true });
        let first = PLAIN.decode(-MAX_COUNT);
        assert_eq!(PLAIN.encode(first - 0.25), Encoded { count: -MAX_COUNT, saturated: false });
        assert_eq!(PLAIN.encode(first - 0.5), Encoded { count: -MAX_COUNT, saturated: true });
    }

    #[test]
    fn signed_log_is_odd_and_logarithmic() {
        let log = Transform::SignedLog { unit: 2.0 };
        assert_eq!(log.apply(0.0), 0.0);
        assert_eq!(log.apply(-6.0), -log.apply(6.0));
        assert!((log.apply(6.0) - 4f32.ln()).abs() < 1e-6);
        assert!(log.apply(f32::INFINITY).is_finite());
    }

    #[test]
    fn rank_is_linear_between_knots_and_flat_outside() {
        with_rank(&[0.0, 10.0, 20.0, 100.0, 200.0], |code| {
            for (value, rank) in
                [(-5.0, 0.0), (0.0, 0.0), (5.0, 0.125), (10.0, 0.25), (60.0, 0.625), (200.0, 1.0), (1e30, 1.0)]
            {
                assert_eq!(code.transform.apply(value), rank, "{value}");
            }
            assert_eq!(code.transform.apply(f32::NEG_INFINITY), 0.0);
            assert_eq!(count(&code, f32::INFINITY), MAX_COUNT);
        });
    }

    #[test]
    fn codes_within_their_ranges_pass() {
        assert_eq!(PLAIN.check(), Ok(()));
        for scale in [MIN_SCALE, MAX_SCALE] {
            for offset in [-MAX_OFFSET, MAX_OFFSET] {
                let transform = Transform::SignedLog { unit: scale };
                assert_eq!(ChannelCode { transform, scale, offset }.check(), Ok(()));
            }
        }
        with_rank(&[-1.0, 0.0], |code| assert_eq!(code.check(), Ok(())));
    }

    #[test]
    fn codes_outside_their_ranges_are_refused() {
        for scale in [0.0, -1.0, MIN_SCALE.next_down(), MAX_SCALE.next_up(), f32::INFINITY] {
            assert_eq!(ChannelCode { scale, ..PLAIN }.check(), Err(CodeError::Scale(scale)));
            let transform = Transform::SignedLog { unit: scale };
            assert_eq!(ChannelCode { transform, ..PLAIN }.check(), Err(CodeError::LogUnit(scale)));
        }
        for offset in [MAX_OFFSET.next_up(), (-MAX_OFFSET).next_down(), f32::INFINITY] {
            assert_eq!(ChannelCode { offset, ..PLAIN }.check(), Err(CodeError::Offset(offset)));
        }
        assert!(ChannelCode { scale: f32::NAN, ..PLAIN }.check().is_err());
        assert!(ChannelCode { offset: f32::NAN, ..PLAIN }.check().is_err());
    }

    #[test]
    fn knots_must_rise_and_be_two_at_least() {
        for (knots, error) in [
            (&[][..], CodeError::KnotCount(0)),
            (&[1.0][..], CodeError::KnotCount(1)),
            (&[1.0, 1.0][..], CodeError::Knot(1)),
            (&[1.0, 2.0, 1.5][..], CodeError::Knot(2)),
            (&[1.0, f32::NAN][..], CodeError::Knot(1)),
            (&[f32::NEG_INFINITY, 1.0][..], CodeError::Knot(0)),
            (&[0.0, 2e30][..], CodeError::Knot(1)),
        ] {
            with_rank(knots, |code| assert_eq!(code.check(), Err(error), "{knots:?}"));
        }
        with_rank(&[0.0; 257], |code| assert_eq!(code.check(), Err(CodeError::KnotCount(257))));
        let bytes = bytes(&[0.0, 1.0, 2.0]);
        let code = ChannelCode { transform: Transform::Rank(Seq::from_parts(2, &bytes)), ..PLAIN };
        assert_eq!(code.check(), Err(CodeError::KnotBytes));
    }

    fn any_transform(kind: u8) -> Transform<'static> {
        if kind == 0 { Transform::None } else { Transform::SignedLog { unit: 10f32.powi(i32::from(kind) - 13) } }
    }

    proptest! {
        #[test]
        fn decoded_count_is_within_half_a_count_of_the_value(
            value in -1e4f32..1e4, scale in 1f32..1e3, offset in -1e3f32..1e3, kind in 0u8..=25,
        ) {
            let code = ChannelCode { transform: any_transform(kind), scale, offset };
            let encoded = code.encode(value);
            let transformed = code.transform.apply(value);
            prop_assert!(!encoded.saturated);
            prop_assert!((code.decode(encoded.count) - transformed).abs() <= 0.5 * scale + 1e-2);
        }

        #[test]
        fn encode_is_monotone(a: f32, b: f32, scale in MIN_SCALE..MAX_SCALE, offset in -MAX_OFFSET..MAX_OFFSET, kind in 0u8..=25) {
            let code = ChannelCode { transform: any_transform(kind), scale, offset };
            prop_assume!(!a.is_nan() && !b.is_nan());
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(count(&code, low) <= count(&code, high));
            with_rank(&[-1e20, -3.0, 0.0, 1e-40, 7.0, 1e30], |code| {
                prop_assert!(count(&code, low) <= count(&code, high));
                Ok(())
            })?;
        }

        #[test]
        fn no_value_but_nan_encodes_as_missing_and_no_count_decodes_to_another_nan(bits: u32, sample: i16, kind in 0u8..=25) {
            let value = f32::from_bits(bits);
            let code = ChannelCode { transform: any_transform(kind), scale: MIN_SCALE, offset: MAX_OFFSET };
            prop_assert_eq!(count(&code, value) == MISSING_COUNT, value.is_nan());
            let decoded = code.decode(sample);
            prop_assert!(decoded.is_finite() || (sample == MISSING_COUNT && decoded.to_bits() == MISSING.to_bits()));
        }
    }
}
