//! Which features are computed from which channel: plain data, carried in the artifact.

use serde::{Deserialize, Serialize};

use crate::seq::Seq;

/// Where a group's samples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The channel of that index.
    Channel(u8),
    /// Length of the vector that three channels of equal rate, length, scale and offset form, sample by sample: stored as i16
    /// counts of twice the channels' scale, so that the root of three full-scale axes fits.
    Magnitude([u8; 3]),
}

/// Features computed from one source, in the order in which they stand in the feature vector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FeatureGroup<'a> {
    /// The samples.
    pub source: Source,
    /// Points of the real FFT, a power of two in 16..=4096, or 0 where no feature of the group is spectral.
    pub fft_size: u16,
    /// The features.
    #[serde(borrow)]
    pub features: Seq<'a, Feature>,
}

/// One entry of a plan. All but [`Feature::BlockMeans`] and [`Feature::Raw`] give one number.
///
/// Amplitudes are in the channel's unit (after its transform), frequencies in Hz. A missing sample takes no part; a feature
/// that has no sample left is [`crate::features::MISSING`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feature {
    /// Arithmetic mean.
    Mean,
    /// Population standard deviation.
    StandardDeviation,
    /// Root mean square about zero.
    RootMeanSquare,
    /// Smallest sample.
    Minimum,
    /// Largest sample.
    Maximum,
    /// Maximum minus minimum.
    PeakToPeak,
    /// Largest magnitude over root mean square (0 where the latter is 0).
    CrestFactor,
    /// Third standardised moment (0 for a constant signal).
    Skewness,
    /// Fourth standardised moment, 3 for a Gaussian (0 for a constant signal).
    Kurtosis,
    /// Least-squares slope, in units a second.
    Slope,
    /// First sample that is not missing.
    First,
    /// Last sample that is not missing.
    Last,
    /// Mean of the last `samples` minus mean of the first `samples`.
    EndDifference {
        /// Samples in each mean, 1..=half the window.
        samples: u16,
    },
    /// Means of `blocks` consecutive stretches; stretch `i` of `n` samples is `i*n/blocks .. (i+1)*n/blocks`.
    BlockMeans {
        /// Number of stretches, 1..=samples in the window; as many features.
        blocks: u16,
    },
    /// Every `step`-th sample from the first on: `ceil(n / step)` features.
    Raw {
        /// Distance between samples, at least 1.
        step: u16,
    },
    /// Natural logarithm of the power (mean square) between two bins of the Hann-windowed spectrum.
    BandEnergy {
        /// First bin, at least 1.
        first_bin: u16,
        /// One past the last bin, at most `fft_size / 2`.
        end_bin: u16,
    },
    /// Power-weighted mean frequency of bins 1..fft_size/2, in Hz (0 for a constant signal).
    SpectralCentroid,
    /// 1 where every sample of the source is missing, else 0.
    MissingIndicator,
}

impl Feature {
    /// How many numbers this entry gives for a source of `samples` samples a window.
    pub const fn count(&self, samples: usize) -> usize {
        match self {
            Feature::BlockMeans { blocks } => *blocks as usize,
            Feature::Raw { step } => {
                if *step == 0 {
                    0
                } else {
                    samples.div_ceil(*step as usize)
                }
            }
            _ => 1,
        }
    }

    /// Whether the entry needs the group's spectrum.
    pub const fn is_spectral(&self) -> bool {
        matches!(self, Feature::BandEnergy { .. } | Feature::SpectralCentroid)
    }
}
