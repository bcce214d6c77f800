//! Features of many rows.

/// One feature vector a row.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMatrix {
    /// Number of rows N.
    pub rows: usize,
    /// Number of features F.
    pub columns: usize,
    /// Names of the features (F).
    pub names: Vec<String>,
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
}
