//! Which features are computed from which channel: plain data, carried in the artifact.

use serde::{Deserialize, Serialize};

use crate::decode::{Cursor, Decode};
use crate::seq::Seq;

/// Where a group's samples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The channel of that index.
    Channel(u8),
    /// Length of the vector that three channels of equal rate, length, scale and offset form, sample by sample: stored as i16
    /// counts of twice the channels' scale, so that the root of three full-scale axes fits (a large offset may saturate it).
    /// Missing where an axis is missing.
    Magnitude([u8; 3]),
}

impl<'a> Decode<'a> for Source {
    fn decode(from: &mut Cursor<'a>) -> Self {
        match from.u32() {
            0 => Self::Channel(from.byte()),
            1 => Self::Magnitude([from.byte(), from.byte(), from.byte()]),
            _ => {
                from.fail();
                Self::Channel(0)
            }
        }
    }
}

/// Features computed from one source, in the order in which they stand in the feature vector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FeatureGroup<'a> {
    /// The samples.
    pub source: Source,
    /// Points of the real FFT, a power of two in 16..=4096 and at most the window, or 0 where no feature of the group is
    /// spectral.
    ///
    /// The window is cut into as many whole segments of that length as it holds, without overlap (a shorter rest is left
    /// out); missing samples read as the window's mean; each segment loses its mean and is weighted by a Hann window; the
    /// power of each bin is averaged over the segments and scaled so that the bins sum to the mean square.
    pub fft_size: u16,
    /// The features.
    #[serde(borrow)]
    pub features: Seq<'a, Feature>,
}

impl<'a> Decode<'a> for FeatureGroup<'a> {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        Self { source: Decode::decode(from), fft_size: from.u16(), features: Decode::decode(from) }
    }
}

/// One entry of a plan. All but [`Feature::BlockMeans`] and [`Feature::Raw`] give one number.
///
/// Amplitudes are in the channel's unit (after its transform), frequencies in Hz. A missing sample takes no part; a feature
/// that has no sample left is [`crate::features::MISSING`].
///
/// In the formulas, `x_i` is the value of sample `i`, `n` the number of samples that are not missing, `m = sum x_i / n`,
/// `v = sum (x_i - m)^2 / n`. Sums run over counts and are exact integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feature {
    /// Arithmetic mean `m`, in units.
    Mean,
    /// Population standard deviation `sqrt v`, in units.
    StandardDeviation,
    /// Root mean square about zero, `sqrt(v + m^2)`, in units.
    RootMeanSquare,
    /// Smallest sample, in units.
    Minimum,
    /// Largest sample, in units.
    Maximum,
    /// Maximum minus minimum, in units.
    PeakToPeak,
    /// Largest magnitude over root mean square (0 where the latter is 0), a ratio.
    CrestFactor,
    /// Third standardised moment `sum (x_i - m)^3 / (n v^1.5)` (0 for a constant signal), a ratio.
    Skewness,
    /// Fourth standardised moment `sum (x_i - m)^4 / (n v^2)`, 3 for a Gaussian (0 for a constant signal), a ratio.
    Kurtosis,
    /// Least-squares slope over time, in units a second (0 where only one sample is left). Needs a sample rate.
    Slope,
    /// First sample that is not missing, in units.
    First,
    /// Last sample that is not missing, in units.
    Last,
    /// Mean of the last `samples` minus mean of the first `samples`, in units.
    EndDifference {
        /// Samples in each mean, 1..=half the window.
        samples: u16,
    },
    /// Means of `blocks` consecutive stretches, in units; stretch `i` of `n` samples is `i*n/blocks .. (i+1)*n/blocks`.
    BlockMeans {
        /// Number of stretches, 1..=samples in the window; as many features.
        blocks: u16,
    },
    /// Every `step`-th sample from the first on, in units: `ceil(n / step)` features.
    Raw {
        /// Distance between samples, at least 1.
        step: u16,
    },
    /// Natural logarithm of the power (mean square, in squared units) that the bins `first_bin .. end_bin` hold: `ln(A^2 / 2)`
    /// for a sine of amplitude A inside them. Power below the band's share of the noise that rounding to counts makes
    /// (scale^2 / 12 over all bins) reads as that share, so silence is finite. The spectrum: see
    /// [`FeatureGroup::fft_size`]. Needs a sample rate.
    BandEnergy {
        /// First bin, at least 1; bin `k` is at `k * rate / fft_size` Hz.
        first_bin: u16,
        /// One past the last bin, at most `fft_size / 2`.
        end_bin: u16,
    },
    /// Power-weighted mean frequency of bins `1..fft_size/2`, in Hz (0 for a constant signal). Needs a sample rate.
    SpectralCentroid,
    /// 1 where every sample of the source is missing, else 0.
    MissingIndicator,
}

impl<'a> Decode<'a> for Feature {
    #[inline(never)]
    fn decode(from: &mut Cursor<'a>) -> Self {
        match from.u32() {
            0 => Self::Mean,
            1 => Self::StandardDeviation,
            2 => Self::RootMeanSquare,
            3 => Self::Minimum,
            4 => Self::Maximum,
            5 => Self::PeakToPeak,
            6 => Self::CrestFactor,
            7 => Self::Skewness,
            8 => Self::Kurtosis,
            9 => Self::Slope,
            10 => Self::First,
            11 => Self::Last,
            12 => Self::EndDifference { samples: from.u16() },
            13 => Self::BlockMeans { blocks: from.u16() },
            14 => Self::Raw { step: from.u16() },
            15 => Self::BandEnergy { first_bin: from.u16(), end_bin: from.u16() },
            16 => Self::SpectralCentroid,
            17 => Self::MissingIndicator,
            _ => {
                from.fail();
                Self::Mean
            }
        }
    }
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
