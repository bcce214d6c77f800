//! Length of a vector measured on three axes.

use super::root;
#[cfg(trunkline_features = "m4")]
use crate::features::m4::magnitude as kernel;
#[cfg(not(trunkline_features = "m4"))]
use crate::features::magnitude as kernel;
use crate::quant::{MAX_COUNT, MISSING_COUNT, round_half_up};

/// How much coarser a magnitude's counts are than its axes': `sqrt(3) / 2 < 1`, so three full-scale axes fit.
pub(super) const SCALE_FACTOR: f32 = 2.0;

/// Offset in counts from which on every length saturates; larger ones act alike and their squares might not be finite.
const OFFSET_LIMIT: f32 = 98_304.0;

/// Writes `round_half_up(sqrt(x^2 + y^2 + z^2) / 2)` for each sample, in counts of twice the axes' scale, saturating at 32767;
/// missing where an axis is.
///
/// * `axes`: counts of equal scale and offset; behind the end of the shortest, they are missing.
/// * `offset_counts`: the axes' value at count 0, in counts.
pub(super) fn lengths(axes: [&[i16]; 3], offset_counts: f32, out: &mut [i16]) {
    let samples = axes.iter().fold(out.len(), |samples, axis| samples.min(axis.len()));
    let (measured, rest) = out.split_at_mut(samples);
    kernel::write_lengths(axes, offset_counts.clamp(-OFFSET_LIMIT, OFFSET_LIMIT), measured);
    rest.fill(MISSING_COUNT);
}

/// [`lengths`] for an offset whose squares are finite.
pub(super) fn write_lengths(axes: [&[i16]; 3], offset: f32, out: &mut [i16]) {
    let [xs, ys, zs] = axes;
    for (((&x, &y), &z), slot) in xs.iter().zip(ys).zip(zs).zip(out) {
        *slot = if x == MISSING_COUNT || y == MISSING_COUNT || z == MISSING_COUNT {
            MISSING_COUNT
        } else {
            let [x, y, z] = [x, y, z].map(|count| f32::from(count) + offset);
            let length = root::sqrt(x * x + y * y + z * z) / SCALE_FACTOR;
            round_half_up(length).min(f32::from(MAX_COUNT)) as i16
        };
    }
}
