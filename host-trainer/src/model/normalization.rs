//! Standardisation of features, fitted on training rows.

use super::float::Normalization;
use crate::features::FeatureMatrix;

/// Standardised and clipped features of some rows: no value is missing any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardized {
    /// Number of rows n.
    pub rows: usize,
    /// Number of features F.
    pub columns: usize,
    /// The values, row after row (n x F).
    pub data: Vec<f32>,
}

impl Standardized {
    /// Features of row `row` (F).
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..][..self.columns]
    }

    /// The rows `rows`, in that order.
    pub fn take(&self, rows: &[usize]) -> Self {
        let data = rows.iter().flat_map(|row| self.row(*row)).copied().collect();
        Self { rows: rows.len(), columns: self.columns, data }
    }
}

impl Normalization {
    /// Means and standard deviations of `features` over `rows`, each over the values that are not missing (sums in f64).
    ///
    /// A feature that is constant, or missing in every row, gets gain 0: it plays no part.
    pub fn fit(features: &FeatureMatrix, rows: &[usize], clip_sd: f64) -> Self {
        let columns = features.columns;
        let known = |column: usize| {
            rows.iter().map(move |row| features.data[row * columns + column]).filter(|x| !x.is_nan()).map(f64::from)
        };
        let (mut mean, mut gain) = (Vec::with_capacity(columns), Vec::with_capacity(columns));
        for column in 0..columns {
            let count = known(column).count().max(1) as f64;
            let centre = known(column).sum::<f64>() / count;
            let variance = known(column).map(|x| (x - centre).powi(2)).sum::<f64>() / count;
            let sd = variance.sqrt();
            // Below f32's resolution of the values themselves a spread is rounding noise, not information.
            let constant = sd <= centre.abs() * 4.0 * f64::from(f32::EPSILON) || (1.0 / sd) as f32 == f32::INFINITY;
            mean.push(centre as f32);
            gain.push(if constant { 0.0 } else { (1.0 / sd) as f32 });
        }
        Self { mean, gain, clip_sd: clip_sd as f32 }
    }

    /// Standardised features of one row (F); a missing one gives 0.
    pub fn apply(&self, features: &[f32]) -> Vec<f32> {
        features.iter().enumerate().map(|(column, x)| self.standardize(column, *x)).collect()
    }

    /// The value `x` of feature `column`, standardised; 0 where it is missing.
    ///
    /// # Panics
    /// If there is no such feature.
    pub fn standardize(&self, column: usize, x: f32) -> f32 {
        let (mean, gain) = (self.mean[column], self.gain[column]);
        if x.is_nan() || gain == 0.0 { 0.0 } else { ((x - mean) * gain).clamp(-self.clip_sd, self.clip_sd) }
    }

    /// Standardised features of the rows `rows`, in that order.
    pub fn apply_rows(&self, features: &FeatureMatrix, rows: &[usize]) -> Standardized {
        let data = rows.iter().flat_map(|row| self.apply(features.row(*row))).collect();
        Standardized { rows: rows.len(), columns: features.columns, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(columns: usize, data: &[f32]) -> FeatureMatrix {
        let names = (0..columns).map(|column| format!("f{column}")).collect();
        FeatureMatrix { rows: data.len() / columns, columns, names, blocks: Vec::new(), data: data.to_vec() }
    }

    #[test]
    fn missing_values_take_no_part_in_the_fit_and_become_the_mean() {
        let features = matrix(2, &[1.0, f32::NAN, 3.0, 10.0, f32::NAN, 20.0]);
        let normalization = Normalization::fit(&features, &[0, 1, 2], 8.0);
        assert_eq!(normalization.mean, vec![2.0, 15.0]);
        assert_eq!(normalization.gain, vec![1.0, 0.2]);
        let z = normalization.apply_rows(&features, &[2, 0]);
        assert_eq!(z.data, vec![0.0, 1.0, -1.0, 0.0]);
        assert_eq!(z.row(1), &[-1.0, 0.0]);
    }

    #[test]
    fn only_the_given_rows_are_fitted_and_others_are_clipped() {
        let features = matrix(1, &[-1.0, 1.0, 1000.0]);
        let normalization = Normalization::fit(&features, &[0, 1], 8.0);
        assert_eq!(normalization.apply(&[1000.0]), vec![8.0]);
        assert_eq!(normalization.apply(&[f32::NEG_INFINITY]), vec![-8.0]);
    }

    #[test]
    fn a_constant_or_wholly_missing_feature_has_gain_zero() {
        let features = matrix(3, &[0.1, f32::NAN, 1e-44, 0.1, f32::NAN, 0.0, 0.1, f32::NAN, 0.0]);
        let normalization = Normalization::fit(&features, &[0, 1, 2], 8.0);
        assert_eq!(normalization.gain, vec![0.0, 0.0, 0.0]);
        assert_eq!(normalization.mean[1], 0.0);
        assert_eq!(normalization.apply(&[f32::MAX, 5.0, 1.0]), vec![0.0, 0.0, 0.0]);
    }
}
