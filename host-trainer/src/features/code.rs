//! Channel codes, fitted on training rows: how each value becomes the 16-bit count that the model reads.

use std::ops::Range;

use trunkline_shared::model::Model;
use trunkline_shared::model::build::{ChannelSpec, CodeSpec, OwnedSeq, TransformSpec};
use trunkline_shared::quant::{MAX_SCALE, MIN_SCALE};

use super::error::FeatureError;
use crate::config::{ChannelConfig, Project, TransformConfig};
use crate::data::{ChannelData, Dataset, DatasetChannel, code_of_range};

/// Room left on each side of the training rows' range, as a share of it: later values may lie further out.
const MARGIN: f64 = 0.25;
/// Least half-width of a fitted range, relative to its centre and absolute.
const LEAST_HALF_WIDTH: (f64, f64) = (1e-4, 1e-7);
/// Knots of a rank transform.
const RANK_KNOTS: usize = 64;

/// The channels of a data set with their codes, as [`trunkline_shared::model::build::ImageBuilder::channels`] takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeBook {
    /// In the order of the data set.
    pub channels: Vec<ChannelSpec>,
}

impl CodeBook {
    /// Sensor channels keep the code of their ADC; columns of a table get one from the rows `train` alone.
    ///
    /// # Errors
    /// A channel that `project` does not have, or training values that no code can hold.
    pub fn fit(project: &Project, dataset: &Dataset, train: &[usize]) -> Result<Self, FeatureError> {
        let channels = dataset.channels.iter().map(|channel| {
            let code = match &channel.data {
                ChannelData::Counts { scale, offset, .. } => {
                    CodeSpec { transform: TransformSpec::None, scale: *scale, offset: *offset }
                }
                ChannelData::Values(values) => fit_column(config_of(project, channel)?, values, train),
            };
            let code_error = |error| FeatureError::Code { channel: channel.name.clone(), error };
            code.borrow().check().map_err(code_error)?;
            // A channel of the data set that the project does not name is only read for a target.
            let optional = project.channels.iter().any(|config| config.name == channel.name && config.optional);
            Ok(ChannelSpec {
                name: channel.name.clone(),
                unit: channel.unit.clone(),
                rate_mhz: channel.rate_mhz,
                samples: channel.samples as u16,
                code,
                optional,
            })
        });
        Ok(Self { channels: channels.collect::<Result<_, _>>()? })
    }

    /// The codes that `model` was built with.
    pub fn of(model: &Model<'_>) -> Self {
        Self { channels: model.header().channels.iter().map(|channel| ChannelSpec::from(&channel)).collect() }
    }

    /// Whether [`CodeBook::fit`] gives the same codes whatever the training rows.
    ///
    /// # Errors
    /// A channel that `project` does not have.
    pub fn is_fixed(project: &Project, dataset: &Dataset) -> Result<bool, FeatureError> {
        for channel in &dataset.channels {
            if let ChannelData::Values(_) = channel.data {
                let config = config_of(project, channel)?;
                if config.range.is_none() || config.transform != TransformConfig::None {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The optional channels with their samples in a window.
    pub fn optional(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let mut end = 0;
        let channels = self.channels.iter().map(move |channel| {
            let start = end;
            end += usize::from(channel.samples);
            (channel, start..end)
        });
        channels.filter(|(channel, _)| channel.optional).map(|(channel, samples)| (channel.name.as_str(), samples))
    }

    /// Samples of a window, all channels together.
    pub fn window_len(&self) -> usize {
        self.channels.iter().map(|channel| usize::from(channel.samples)).sum()
    }
}

fn config_of<'p>(project: &'p Project, channel: &DatasetChannel) -> Result<&'p ChannelConfig, FeatureError> {
    let found = project.channels.iter().find(|config| config.name == channel.name);
    found.ok_or_else(|| FeatureError::NoChannel { channel: channel.name.clone() })
}

fn fit_column(config: &ChannelConfig, values: &[f32], train: &[usize]) -> CodeSpec {
    let mut sorted: Vec<f32> = train.iter().map(|row| values[*row]).filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let transform = match config.transform {
        TransformConfig::None => TransformSpec::None,
        TransformConfig::SignedLog => TransformSpec::SignedLog { unit: median_magnitude(&sorted) },
        TransformConfig::Rank => TransformSpec::Rank(rank_knots(&sorted)),
    };
    let code = CodeSpec { transform, scale: 1.0, offset: 0.0 };
    let apply = |value: f32| f64::from(code.borrow().transform.apply(value));
    let range = match (&code.transform, config.range, sorted.first(), sorted.last()) {
        (TransformSpec::Rank(_), ..) => [0.0, 1.0],
        (_, Some([low, high]), ..) => [apply(low as f32), apply(high as f32)],
        (_, None, Some(low), Some(high)) => widened(apply(*low), apply(*high)),
        // Nothing to go by: every training row is missing, and the channel will weigh nothing.
        (_, None, ..) => [-1.0, 1.0],
    };
    let (scale, offset) = code_of_range(range);
    CodeSpec { scale, offset, ..code }
}

fn widened(low: f64, high: f64) -> [f64; 2] {
    let centre = (low + high) / 2.0;
    let (relative, absolute) = LEAST_HALF_WIDTH;
    let half = ((0.5 + MARGIN) * (high - low)).max(relative * centre.abs()).max(absolute);
    [centre - half, centre + half]
}

/// Median of the magnitudes above 0: where the signed logarithm passes from linear to logarithmic. 1 where there is none.
fn median_magnitude(values: &[f32]) -> f32 {
    let mut magnitudes: Vec<f32> =
        values.iter().map(|value| value.abs()).filter(|magnitude| *magnitude > 0.0).collect();
    magnitudes.sort_unstable_by(f32::total_cmp);
    magnitudes.get(magnitudes.len() / 2).map_or(1.0, |median| median.clamp(MIN_SCALE, MAX_SCALE))
}

/// Strictly rising quantiles of `sorted`, at least 2 and at most [`RANK_KNOTS`].
fn rank_knots(sorted: &[f32]) -> OwnedSeq<f32> {
    let last = sorted.len().saturating_sub(1);
    let mut knots: Vec<f32> = if sorted.is_empty() {
        Vec::new()
    } else {
        (0..RANK_KNOTS).map(|knot| sorted[(knot * last + (RANK_KNOTS - 1) / 2) / (RANK_KNOTS - 1)]).collect()
    };
    knots.dedup();
    if knots.len() < 2 {
        let only = knots.first().copied().unwrap_or(0.0);
        let step = (only.abs() * 0.01).max(1.0);
        knots = vec![only - step, only + step];
    }
    // At most RANK_KNOTS items: always Some.
    OwnedSeq::new(&knots).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knots(values: &[f32]) -> Vec<f32> {
        rank_knots(values).borrow().iter().collect()
    }

    #[test]
    fn rank_knots_rise_strictly_and_span_the_training_rows() {
        let many: Vec<f32> = (0..1000).map(|i| (i / 3) as f32).collect();
        for sorted in [many.as_slice(), &[1.0, 2.0], &[0.0, 0.0, 0.0, 5.0], &[7.0; 9], &[], &[-1e10]] {
            let knots = knots(sorted);
            assert!((2..=RANK_KNOTS).contains(&knots.len()), "{knots:?}");
            assert!(knots.windows(2).all(|pair| pair[0] < pair[1]), "{knots:?}");
            if let (Some(first), Some(last)) = (sorted.first(), sorted.last()) {
                assert!(knots[0] <= *first && knots[knots.len() - 1] >= *last);
            }
        }
    }

    #[test]
    fn the_unit_of_the_logarithm_is_the_median_magnitude_above_zero() {
        assert_eq!(median_magnitude(&[-3.0, 0.0, 0.0, 2.0, 100.0]), 3.0);
        assert_eq!(median_magnitude(&[0.0, 0.0]), 1.0);
        assert_eq!(median_magnitude(&[]), 1.0);
    }

    #[test]
    fn a_constant_column_still_has_a_code() {
        for value in [0.0_f64, 1.0, -1e6, 1e-9] {
            let (scale, offset) = code_of_range(widened(value, value));
            assert!(CodeSpec { transform: TransformSpec::None, scale, offset }.borrow().check().is_ok(), "{value}");
        }
    }
}
