//! Features of many rows.

use std::ops::Range;

use trunkline_shared::features::MISSING;

/// The features of one channel or magnitude, which stand side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureBlock {
    /// Name of the channel or magnitude.
    pub source: String,
    /// The channels read: the one itself, or the three of the magnitude.
    pub channels: Vec<String>,
    /// The features; none of a channel of which raw samples alone are read.
    pub columns: Range<usize>,
    /// The raw samples, of a channel that a branch convolves.
    pub raw: Option<RawColumns>,
    /// The one of them that is 1 where the channel is missing, if it was asked for.
    pub indicator: Option<usize>,
}

/// Where a row holds the raw samples of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawColumns {
    /// Index of the channel in the data set and in an artifact.
    pub channel: u8,
    /// Its samples, after all features.
    pub columns: Range<usize>,
}

impl FeatureBlock {
    /// Every column of the source: features and raw samples.
    pub fn all_columns(&self) -> impl Iterator<Item = usize> + use<> {
        let raw = self.raw.as_ref().map_or(0..0, |raw| raw.columns.clone());
        self.columns.clone().chain(raw)
    }
}

/// One feature vector a row, with the raw samples that branches convolve after it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMatrix {
    /// Number of rows N.
    pub rows: usize,
    /// Number of features F.
    pub columns: usize,
    /// Names of the features (F).
    pub names: Vec<String>,
    /// What the features are computed from, in their order.
    pub blocks: Vec<FeatureBlock>,
    /// The values, row after row (N x (F + R)); NaN where missing. Raw samples are ADC counts.
    pub data: Vec<f32>,
}

impl FeatureMatrix {
    /// F + R, the length of a row: its features and raw samples.
    pub fn width(&self) -> usize {
        width(self.columns, &self.blocks)
    }

    /// One row (F + R): its features, then its raw samples.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[f32] {
        let width = self.width();
        &self.data[row * width..(row + 1) * width]
    }

    /// One row (F + R), were the channel named `channel` missing.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_without(&self, row: usize, channel: &str) -> Vec<f32> {
        let mut features = self.row(row).to_vec();
        for block in self.blocks.iter().filter(|block| block.channels.iter().any(|read| read == channel)) {
            block.all_columns().for_each(|column| features[column] = MISSING);
            if let Some(indicator) = block.indicator {
                features[indicator] = 1.0;
            }
        }
        features
    }
}

/// Length of a row of `features` features, computed from `blocks`, and their raw samples.
pub(super) fn width(features: usize, blocks: &[FeatureBlock]) -> usize {
    let raw = blocks.iter().filter_map(|block| block.raw.as_ref());
    raw.map(|raw| raw.columns.end).max().unwrap_or(features)
}
