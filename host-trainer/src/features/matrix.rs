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
    /// The features.
    pub columns: Range<usize>,
    /// The one of them that is 1 where the channel is missing, if it was asked for.
    pub indicator: Option<usize>,
}

/// One feature vector a row.
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
    /// The values, row after row (N x F); NaN where missing.
    pub data: Vec<f32>,
}

impl FeatureMatrix {
    /// The feature vector of one row (F).
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// The feature vector of one row (F), were the channel named `channel` missing.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_without(&self, row: usize, channel: &str) -> Vec<f32> {
        let mut features = self.row(row).to_vec();
        for block in self.blocks.iter().filter(|block| block.channels.iter().any(|read| read == channel)) {
            features[block.columns.clone()].fill(MISSING);
            if let Some(indicator) = block.indicator {
                features[indicator] = 1.0;
            }
        }
        features
    }
}
