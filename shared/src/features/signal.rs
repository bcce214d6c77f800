//! The samples of one source.

use crate::quant::MISSING_COUNT;

/// The samples of one channel in one window; value = `count * scale + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal<'w> {
    /// Counts in order of time, [`MISSING_COUNT`] where a sample is missing; at most [`super::MAX_SAMPLES`].
    pub counts: &'w [i16],
    /// Units a count, as [`crate::quant::ChannelCode`] has it.
    pub scale: f32,
    /// Value at count 0.
    pub offset: f32,
    /// Samples a second; 0 for a table column.
    pub rate_hz: f32,
}

impl<'w> Signal<'w> {
    /// A signal whose sample rate is given in millihertz, as the header has it.
    pub fn new(counts: &'w [i16], scale: f32, offset: f32, rate_mhz: u32) -> Self {
        Self { counts, scale, offset, rate_hz: rate_mhz as f32 / 1000.0 }
    }

    /// The value that a count, or a mean of counts, stands for.
    pub(super) fn value(&self, count: f32) -> f32 {
        count * self.scale + self.offset
    }
}

/// The counts that are not missing.
pub(super) fn present(counts: &[i16]) -> impl DoubleEndedIterator<Item = i16> {
    counts.iter().copied().filter(|&count| count != MISSING_COUNT)
}
