//! The channels and what is computed of them.

use serde::{Deserialize, Serialize};

use super::default::{is_default, yes};

/// One `[[channels]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Name, unique.
    pub name: String,
    /// Unit of the physical value.
    #[serde(default)]
    pub unit: String,
    /// Sample rate (cycles).
    #[serde(default)]
    pub rate_hz: Option<f64>,
    /// File of the channel (cycles).
    #[serde(default)]
    pub file: Option<String>,
    /// Column (table); the name if left out.
    #[serde(default)]
    pub column: Option<String>,
    /// Physical values at the ends of the ADC's range; required for cycles, fitted on training rows for a table if left out.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Applied before the ADC code (table).
    #[serde(default)]
    pub transform: TransformConfig,
    /// Whether the model may read it; `false` for a channel that only gives a target.
    #[serde(default = "yes")]
    pub input: bool,
    /// Adds a feature that is 1 where the channel is missing (its other features then take their training mean).
    #[serde(default)]
    pub missing_indicator: bool,
    /// Whether the model is to do without the channel where the machine lacks its sensor or the sensor has failed: the score
    /// without it is reported, and `training.modality_dropout` makes the model learn it. A magnitude is missing where one of its
    /// channels is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// Features, such as `"mean"`, `"raw"`, `"block_means(6)"`, `"end_difference(2)"`, `"band_energies(16)"`; a table's channel has
    /// its value alone ("raw") if left out.
    #[serde(default)]
    pub features: Vec<String>,
    /// Points of the FFT for spectral features; the largest power of two in the window (at most 4096) if left out.
    #[serde(default)]
    pub fft_size: Option<u16>,
}

/// Transform of a table column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransformConfig {
    /// The value itself.
    #[default]
    None,
    /// Signed logarithm; the unit is the median magnitude of the training rows.
    SignedLog,
    /// Rank among the training rows, by quantile knots.
    Rank,
}

/// One `[[magnitudes]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MagnitudeConfig {
    /// Name, unique among channels and magnitudes.
    pub name: String,
    /// The three channels, of equal rate and range.
    pub channels: [String; 3],
    /// Features, as for a channel.
    pub features: Vec<String>,
    /// As for a channel.
    #[serde(default)]
    pub fft_size: Option<u16>,
}
