//! Standardisation of features and raw samples, fitted on training rows.

use std::ops::Range;

use super::float::{Normalization, RawScale};
use crate::features::{FeatureMatrix, RawColumns};

/// Significant bits of the gain of raw samples.
const RAW_GAIN_BITS: i32 = 8;

/// Standardised and clipped features of some rows: no value is missing any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Standardized {
    /// Number of rows n.
    pub rows: usize,
    /// Length of a row: features F, and the raw samples after them where the standardisation has some.
    pub columns: usize,
    /// The values, row after row (n x columns).
    pub data: Vec<f32>,
}

impl Standardized {
    /// Row `row` (columns).
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..][..self.columns]
    }

    /// The rows `rows`, in that order.
    pub fn take(&self, rows: &[usize]) -> Self {
        let data = rows.iter().flat_map(|row| self.row(*row)).copied().collect();
        Self { rows: rows.len(), columns: self.columns, data }
    }

    /// The first `columns` columns of every row.
    pub fn first_columns(&self, columns: usize) -> Self {
        let data = (0..self.rows).flat_map(|row| &self.row(row)[..columns]).copied().collect();
        Self { rows: self.rows, columns, data }
    }
}

impl Normalization {
    /// Means and standard deviations of `features` over `rows`, each over the values that are not missing (sums in f64).
    ///
    /// A feature that is constant, or missing in every row, gets gain 0: it plays no part. Raw samples have mean and gain in common with
    /// all others of their channel.
    pub fn fit(features: &FeatureMatrix, rows: &[usize], clip_sd: f64) -> Self {
        let mut raw: Vec<&RawColumns> = features.blocks.iter().filter_map(|block| block.raw.as_ref()).collect();
        raw.sort_by_key(|raw| raw.columns.start);
        let raw = raw.into_iter().map(|raw| RawScale::fit(features, rows, raw)).collect();
        Self { raw, ..Self::fit_features(features, rows, clip_sd) }
    }

    /// The same of the features alone: without raw samples.
    pub fn fit_features(features: &FeatureMatrix, rows: &[usize], clip_sd: f64) -> Self {
        let (columns, width) = (features.columns, features.width());
        let known = |column: usize| {
            rows.iter().map(move |row| features.data[row * width + column]).filter(|x| !x.is_nan()).map(f64::from)
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
        Self { mean, gain, clip_sd: clip_sd as f32, raw: Vec::new() }
    }

    /// Length of a standardised row: features F and raw samples.
    pub fn width(&self) -> usize {
        self.mean.len() + self.raw.iter().map(|raw| raw.samples).sum::<usize>()
    }

    /// The scales of the raw samples `columns`, which are those of whole channels.
    pub(crate) fn raw_scales(&self, columns: &Range<usize>) -> Vec<RawScale> {
        let mut start = self.mean.len();
        let inside = |scale: &&RawScale| {
            start += scale.samples;
            columns.contains(&(start - scale.samples)) && start <= columns.end
        };
        self.raw.iter().filter(inside).copied().collect()
    }

    /// A row of features, and of raw samples as far as there is a scale for them, standardised; what is missing gives 0.
    pub fn apply(&self, row: &[f32]) -> Vec<f32> {
        let (features, samples) = row.split_at(self.mean.len().min(row.len()));
        let mut z = Vec::with_capacity(self.width());
        z.extend(features.iter().enumerate().map(|(column, x)| self.standardize(column, *x)));
        let mut samples = samples.iter();
        for scale in &self.raw {
            z.extend(samples.by_ref().take(scale.samples).map(|count| scale.standardize(*count, self.clip_sd)));
        }
        z
    }

    /// The value `x` of feature `column`, standardised; 0 where it is missing.
    ///
    /// # Panics
    /// If there is no such feature.
    pub fn standardize(&self, column: usize, x: f32) -> f32 {
        let (mean, gain) = (self.mean[column], self.gain[column]);
        if x.is_nan() || gain == 0.0 { 0.0 } else { ((x - mean) * gain).clamp(-self.clip_sd, self.clip_sd) }
    }

    /// The rows `rows`, in that order, standardised.
    pub fn apply_rows(&self, features: &FeatureMatrix, rows: &[usize]) -> Standardized {
        let data = rows.iter().flat_map(|row| self.apply(features.row(*row))).collect();
        Standardized { rows: rows.len(), columns: self.width(), data }
    }
}

impl RawScale {
    /// Mean and standard deviation of the samples `raw` of `features` over `rows` and over the window, as far as they are not missing.
    fn fit(features: &FeatureMatrix, rows: &[usize], raw: &RawColumns) -> Self {
        let known = || {
            let samples = rows.iter().flat_map(|row| &features.row(*row)[raw.columns.clone()]);
            samples.filter(|count| !count.is_nan()).map(|count| f64::from(*count))
        };
        let count = known().count().max(1) as f64;
        let mean = known().sum::<f64>() / count;
        let sd = (known().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt();
        let gain = if sd > 0.0 { to_significant_bits(1.0 / sd, RAW_GAIN_BITS) } else { 0.0 };
        Self { channel: raw.channel, samples: raw.columns.len(), mean: mean.round() as f32, gain: gain as f32 }
    }

    /// The count `count`, standardised; 0 where it is missing. Exact in f32: differences of counts have 16 bits, the gain has 8.
    pub(crate) fn standardize(&self, count: f32, clip_sd: f32) -> f32 {
        if count.is_nan() { 0.0 } else { ((count - self.mean) * self.gain).clamp(-clip_sd, clip_sd) }
    }
}

/// The number of `bits` significant bits nearest to `value`, above 0.
fn to_significant_bits(value: f64, bits: i32) -> f64 {
    let unit = 2f64.powi(value.log2().floor() as i32 + 1 - bits);
    (value / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureBlock;

    fn matrix(columns: usize, data: &[f32]) -> FeatureMatrix {
        let names = (0..columns).map(|column| format!("f{column}")).collect();
        FeatureMatrix { rows: data.len() / columns, columns, names, blocks: Vec::new(), data: data.to_vec() }
    }

    /// Feature 0, then samples 1 to 3 of channel 5, of which a window misses one.
    fn with_raw() -> FeatureMatrix {
        let raw = RawColumns { channel: 5, columns: 1..4 };
        let block = FeatureBlock {
            source: "c".into(),
            channels: vec!["c".into()],
            columns: 0..1,
            raw: Some(raw),
            indicator: None,
        };
        let data = vec![1.0, 10.0, 30.0, 20.0, 3.0, -8.0, f32::NAN, 50.0, 9.0, 32767.0, -32767.0, 0.0];
        FeatureMatrix { rows: 3, columns: 1, names: vec!["f".into()], blocks: vec![block], data }
    }

    #[test]
    fn raw_samples_have_a_whole_mean_and_a_short_gain_in_common() {
        let features = with_raw();
        assert_eq!((features.width(), features.row(1)[1], features.row(1).len()), (4, -8.0, 4));
        let normalization = Normalization::fit(&features, &[0, 1], 8.0);
        // 10, 30, 20, -8, 50: mean 20.4, sd 19.407.
        let [scale] = normalization.raw[..] else { panic!("{:?}", normalization.raw) };
        assert_eq!((scale.channel, scale.samples, scale.mean), (5, 3, 20.0));
        assert!((f64::from(scale.gain) * 19.407 - 1.0).abs() < 1.0 / 256.0, "{}", scale.gain);
        assert_eq!((scale.gain * 4096.0).fract(), 0.0, "8 significant bits of {}", scale.gain);
        let z = normalization.apply(features.row(1));
        assert_eq!((normalization.width(), z.len()), (4, 4));
        assert_eq!(z[1..], [-28.0 * scale.gain, 0.0, 30.0 * scale.gain]);
        assert_eq!(normalization.apply(features.row(2))[1..], [8.0, -8.0, -20.0 * scale.gain]);
        let alone = Normalization::fit_features(&features, &[0, 1], 8.0);
        assert_eq!(
            (alone.width(), &alone.mean, alone.apply_rows(&features, &[0, 1]).data),
            (1, &vec![2.0], vec![-1.0, 1.0])
        );
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
