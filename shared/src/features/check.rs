//! What makes a feature plan valid.

use core::fmt;

use super::plan::{Feature, FeatureGroup, Source};
use super::{MAX_FFT_SIZE, MAX_SAMPLES, MIN_FFT_SIZE};

/// What a plan needs to know of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelShape {
    /// Samples a window.
    pub samples: u16,
    /// Sample rate in millihertz; 0 for a table column.
    pub rate_mhz: u32,
    /// Units a count.
    pub scale: f32,
    /// Value at count 0.
    pub offset: f32,
}

/// Why a feature group is refused. `feature` is the index in the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanError {
    /// There is no channel of that index.
    NoSuchChannel(u8),
    /// A channel has no samples or more than [`MAX_SAMPLES`].
    SampleCount(u16),
    /// The axes of a magnitude differ in samples, rate, scale or offset; the index is that of the first that differs.
    UnequalAxes(u8),
    /// The bytes of the feature list do not hold exactly the stated number of features.
    FeatureBytes,
    /// The group has no feature.
    NoFeatures,
    /// The FFT size is no power of two in [`MIN_FFT_SIZE`]..=[`MAX_FFT_SIZE`], or not 0 without a spectral feature.
    FftSize(u16),
    /// The FFT is longer than the window.
    FftLongerThanWindow {
        /// Points.
        fft_size: u16,
        /// Samples a window.
        samples: u16,
    },
    /// The feature needs a sample rate, and its channel has none.
    NoSampleRate {
        /// Index in the group.
        feature: usize,
    },
    /// The feature's number of samples, blocks or steps does not suit the window.
    Parameter {
        /// Index in the group.
        feature: usize,
        /// What it says.
        found: u16,
        /// Smallest that is allowed.
        min: u16,
        /// Largest that is allowed.
        max: u16,
    },
    /// The feature's band does not satisfy `1 <= first_bin < end_bin <= fft_size / 2`.
    Band {
        /// Index in the group.
        feature: usize,
        /// First bin.
        first_bin: u16,
        /// One past the last bin.
        end_bin: u16,
    },
    /// The group has more features than a u16 can count.
    TooManyFeatures,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::NoSuchChannel(channel) => write!(f, "there is no channel {channel}"),
            PlanError::SampleCount(samples) => {
                write!(f, "a channel of {samples} samples a window, where 1..={MAX_SAMPLES} are allowed")
            }
            PlanError::UnequalAxes(channel) => {
                write!(f, "channel {channel} differs from the first axis in samples, rate, scale or offset")
            }
            PlanError::FeatureBytes => {
                f.write_str("the feature list's bytes do not hold the stated number of features")
            }
            PlanError::NoFeatures => f.write_str("a group without features"),
            PlanError::FftSize(size) => write!(
                f,
                "an FFT of {size} points: use a power of two in {MIN_FFT_SIZE}..={MAX_FFT_SIZE} with spectral features, 0 without"
            ),
            PlanError::FftLongerThanWindow { fft_size, samples } => {
                write!(f, "an FFT of {fft_size} points on a window of {samples} samples: shorten it")
            }
            PlanError::NoSampleRate { feature } => {
                write!(f, "feature {feature} needs a sample rate, which a table column does not have")
            }
            PlanError::Parameter { feature, found, min, max } => {
                write!(f, "feature {feature} says {found}, where {min}..={max} is allowed")
            }
            PlanError::Band { feature, first_bin, end_bin } => write!(
                f,
                "feature {feature} has the band {first_bin}..{end_bin}: it must start at 1 or later, not be empty and end at fft_size / 2 or earlier"
            ),
            PlanError::TooManyFeatures => write!(f, "more than {} features", u16::MAX),
        }
    }
}

impl core::error::Error for PlanError {}

impl FeatureGroup<'_> {
    /// Whether the group can be computed; the number of its features, 1..=65535, if so.
    ///
    /// * `shape`: the channel of that index, if there is one.
    ///
    /// # Errors
    /// The first [`PlanError`] found.
    pub fn check(&self, shape: impl Fn(u8) -> Option<ChannelShape>) -> Result<usize, PlanError> {
        let source = self.source_shape(shape)?;
        if !self.features.check() {
            return Err(PlanError::FeatureBytes);
        }
        if self.features.is_empty() {
            return Err(PlanError::NoFeatures);
        }
        let spectral = self.features.iter().any(|feature| feature.is_spectral());
        self.check_fft(spectral, source.samples)?;
        let mut total = 0usize;
        for (index, feature) in self.features.iter().enumerate() {
            check_feature(index, feature, source, self.fft_size)?;
            total = total.saturating_add(feature.count(usize::from(source.samples)));
        }
        if total > usize::from(u16::MAX) { Err(PlanError::TooManyFeatures) } else { Ok(total) }
    }

    fn source_shape(&self, shape: impl Fn(u8) -> Option<ChannelShape>) -> Result<ChannelShape, PlanError> {
        let find = |channel| shape(channel).ok_or(PlanError::NoSuchChannel(channel));
        let source = match self.source {
            Source::Channel(channel) => find(channel)?,
            Source::Magnitude([x, y, z]) => {
                let first = find(x)?;
                for axis in [y, z] {
                    if find(axis)? != first {
                        return Err(PlanError::UnequalAxes(axis));
                    }
                }
                first
            }
        };
        if !(1..=MAX_SAMPLES).contains(&usize::from(source.samples)) {
            return Err(PlanError::SampleCount(source.samples));
        }
        Ok(source)
    }

    fn check_fft(&self, spectral: bool, samples: u16) -> Result<(), PlanError> {
        let size = usize::from(self.fft_size);
        let fits_use =
            if spectral { size.is_power_of_two() && (MIN_FFT_SIZE..=MAX_FFT_SIZE).contains(&size) } else { size == 0 };
        if !fits_use {
            return Err(PlanError::FftSize(self.fft_size));
        }
        if self.fft_size > samples {
            return Err(PlanError::FftLongerThanWindow { fft_size: self.fft_size, samples });
        }
        Ok(())
    }
}

fn check_feature(index: usize, feature: Feature, source: ChannelShape, fft_size: u16) -> Result<(), PlanError> {
    let within = |found: u16, max: u16| {
        if (1..=max).contains(&found) {
            Ok(())
        } else {
            Err(PlanError::Parameter { feature: index, found, min: 1, max })
        }
    };
    if (feature.is_spectral() || feature == Feature::Slope) && source.rate_mhz == 0 {
        return Err(PlanError::NoSampleRate { feature: index });
    }
    match feature {
        Feature::EndDifference { samples } => within(samples, source.samples / 2),
        Feature::BlockMeans { blocks } => within(blocks, source.samples),
        Feature::Raw { step } => within(step, source.samples),
        Feature::BandEnergy { first_bin, end_bin } => {
            if first_bin >= 1 && first_bin < end_bin && end_bin <= fft_size / 2 {
                Ok(())
            } else {
                Err(PlanError::Band { feature: index, first_bin, end_bin })
            }
        }
        _ => Ok(()),
    }
}
