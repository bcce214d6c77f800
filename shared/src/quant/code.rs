//! How a channel's physical value becomes an i16 count and back.

use serde::{Deserialize, Serialize};

use crate::seq::Seq;

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
        /// Value at which the logarithm takes over: finite, above 0.
        unit: f32,
    },
    /// Piecewise linear rank in 0..=1 between quantile knots, which rise strictly; at least 2, at most 256 of them.
    #[serde(borrow)]
    Rank(Seq<'a, f32>),
}
