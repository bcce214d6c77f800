//! Raw windows as the device reads them.

use trunkline_shared::model::build::CodeSpec;

use super::code::CodeBook;
use crate::data::{ChannelData, Dataset};

/// One raw window a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// Number of rows N.
    pub rows: usize,
    /// Samples of a window, all channels together.
    pub window_len: usize,
    /// Counts, row after row (N x window_len); in a row one channel after the other.
    pub counts: Vec<i16>,
    /// Samples of each channel that lay outside its range and were clamped.
    pub saturated: Vec<u64>,
}

impl Windows {
    /// One window, as the runtime takes it.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[i16] {
        &self.counts[row * self.window_len..(row + 1) * self.window_len]
    }
}

/// The windows of all rows, through the codes of `codes`, which were fitted for this data set.
pub fn encode_windows(dataset: &Dataset, codes: &CodeBook) -> Windows {
    let window_len = codes.window_len();
    let mut counts = vec![i16::MIN; dataset.rows * window_len];
    let mut saturated = Vec::with_capacity(dataset.channels.len());
    let mut start = 0;
    for (channel, spec) in dataset.channels.iter().zip(&codes.channels) {
        let samples = channel.samples;
        let windows = counts.chunks_exact_mut(window_len.max(1));
        saturated.push(match &channel.data {
            ChannelData::Counts { counts: source, saturated, .. } => {
                for (window, cycle) in windows.zip(source.chunks_exact(samples.max(1))) {
                    window[start..start + samples].copy_from_slice(cycle);
                }
                *saturated
            }
            ChannelData::Values(source) => {
                let slots = windows.flat_map(|window| &mut window[start..start + samples]);
                encode_values(source, &spec.code, slots)
            }
        });
        start += samples;
    }
    Windows { rows: dataset.rows, window_len, counts, saturated }
}

/// Writes the counts of `values` and gives the number that saturated.
fn encode_values<'c>(values: &[f32], code: &CodeSpec, slots: impl Iterator<Item = &'c mut i16>) -> u64 {
    let code = code.borrow();
    let mut saturated = 0;
    for (slot, value) in slots.zip(values) {
        let encoded = code.encode(*value);
        *slot = encoded.count;
        saturated += u64::from(encoded.saturated);
    }
    saturated
}
