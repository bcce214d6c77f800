//! How a channel's physical value becomes an i16 count and back.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::input::round_half_up;
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
        match self {
            CodeError::Scale(scale) => write!(f, "scale {scale:e} lies outside {MIN_SCALE:e}..={MAX_SCALE:e}"),
            CodeError::Offset(offset) => write!(f, "offset {offset:e} lies outside ±{MAX_OFFSET:e}"),
            CodeError::LogUnit(unit) => {
                write!(f, "unit {unit:e} of the logarithm lies outside {MIN_SCALE:e}..={MAX_SCALE:e}")
            }
            CodeError::KnotCount(count) => write!(f, "{count} knots where 2..={MAX_KNOTS} are allowed"),
            CodeError::KnotBytes => f.write_str("the knots' bytes do not hold the stated number of values"),
            CodeError::Knot(index) => {
                write!(f, "knot {index} is not above the one before it or lies outside ±{MAX_KNOT:e}")
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
        if !(MIN_SCALE..=MAX_SCALE).contains(&self.scale) {
            return Err(CodeError::Scale(self.scale));
        }
        if !(-MAX_OFFSET..=MAX_OFFSET).contains(&self.offset) {
            return Err(CodeError::Offset(self.offset));
        }
        match self.transform {
            Transform::None => Ok(()),
            Transform::SignedLog { unit } if (MIN_SCALE..=MAX_SCALE).contains(&unit) => Ok(()),
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

fn check_knots(knots: Seq<'_, f32>) -> Result<(), CodeError> {
    if !(2..=MAX_KNOTS).contains(&knots.len()) {
        return Err(CodeError::KnotCount(knots.len()));
    }
    if !knots.check() {
        return Err(CodeError::KnotBytes);
    }
    let mut above = -f32::INFINITY;
    for (index, knot) in knots.iter().enumerate() {
        if !(-MAX_KNOT..=MAX_KNOT).contains(&knot) || knot <= above {
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
