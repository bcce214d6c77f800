//! The feature vector of one window.

use core::convert::Infallible;

use super::magnitude;
use super::plan::{Feature, FeatureGroup, Source};
use super::signal::Signal;
use super::spectrum::Spectrum;
use super::stats::{self, Summary};
use super::sums::{Sums, Wanted};
use super::{MAX_SAMPLES, MISSING};
use crate::quant::MISSING_COUNT;

impl FeatureGroup<'_> {
    /// Scratch words that [`extract_group`] needs for a source of `samples` samples a window: N + N/2 for an FFT of N points,
    /// half a word a sample for a magnitude.
    pub fn scratch_words(&self, samples: usize) -> usize {
        let fft = usize::from(self.fft_size);
        fft + fft / 2 + self.magnitude_words(samples)
    }

    fn magnitude_words(&self, samples: usize) -> usize {
        match self.source {
            Source::Channel(_) => 0,
            Source::Magnitude(_) => samples.div_ceil(2),
        }
    }
}

/// Computes a group's features into the start of `out` and returns how many it wrote.
///
/// For a group that passed [`FeatureGroup::check`] that is the number the check returned, provided that the signals are as the
/// check was told and both buffers are long enough. It never panics: on any other input it writes fewer.
///
/// * `channel`: the samples of the channel of that index.
/// * `scratch`: at least [`FeatureGroup::scratch_words`] words; what it holds before does not matter.
/// * `out`: receives the features, each finite or [`MISSING`].
pub fn extract_group<'w>(
    group: &FeatureGroup<'_>,
    channel: impl FnMut(u8) -> Option<Signal<'w>>,
    scratch: &mut [u32],
    out: &mut [f32],
) -> usize {
    let mut out = Writer { slots: out.iter_mut(), written: 0 };
    // `None` means that input and plan do not match; what was written until then is counted.
    let _ = write_group(group, channel, scratch, &mut out);
    out.written
}

fn write_group<'w>(
    group: &FeatureGroup<'_>,
    mut channel: impl FnMut(u8) -> Option<Signal<'w>>,
    scratch: &mut [u32],
    out: &mut Writer<'_>,
) -> Option<()> {
    match group.source {
        Source::Channel(index) => write_features(group, &channel(index)?, scratch, out),
        Source::Magnitude([x, y, z]) => {
            let (x, y, z) = (channel(x)?, channel(y)?, channel(z)?);
            let samples = x.counts.len().min(MAX_SAMPLES);
            let (counts, scratch) = scratch.split_at_mut_checked(group.magnitude_words(samples))?;
            let counts = bytemuck::try_cast_slice_mut::<u32, i16>(counts).ok()?.get_mut(..samples)?;
            magnitude::lengths([x.counts, y.counts, z.counts], x.offset / x.scale, counts);
            let signal = Signal { counts, scale: x.scale * magnitude::SCALE_FACTOR, offset: 0.0, rate_hz: x.rate_hz };
            write_features(group, &signal, scratch, out)
        }
    }
}

fn write_features(
    group: &FeatureGroup<'_>,
    signal: &Signal<'_>,
    scratch: &mut [u32],
    out: &mut Writer<'_>,
) -> Option<()> {
    if signal.counts.len() > MAX_SAMPLES {
        return None;
    }
    let mut sums = Sums::default();
    sums.add_all(wanted(group), signal.counts);
    let summary = Summary::of(&sums);
    let spectrum = match (summary, group.fft_size) {
        (None, _) | (_, 0) => None,
        (Some(summary), fft_size) => {
            let points = usize::from(fft_size);
            let scratch = bytemuck::try_cast_slice_mut::<u32, f32>(scratch).ok()?;
            let (bins, rest) = scratch.split_at_mut_checked(points)?;
            let power = rest.get_mut(..points / 2)?;
            Some(Spectrum::of(signal.counts, summary.rounded_mean(), bins.as_chunks_mut().0, power)?)
        }
    };
    let write = |_, feature: &Feature| match *feature {
        Feature::BlockMeans { blocks } => write_block_means(signal, usize::from(blocks), out).ok_or(()),
        Feature::Raw { step } => write_raw(signal, usize::from(step), out).ok_or(()),
        Feature::MissingIndicator => out.push(if summary.is_none() { 1.0 } else { 0.0 }).ok_or(()),
        single => {
            let value = summary.and_then(|summary| one_number(single, signal, &summary, spectrum));
            out.push(value.unwrap_or(MISSING)).ok_or(())
        }
    };
    group.features.try_each(write).ok()
}

/// The sums that the group's features are made of.
fn wanted(group: &FeatureGroup<'_>) -> Wanted {
    let mut wanted = Wanted::default();
    let _ = group.features.try_each(|_, feature| {
        match feature {
            Feature::Skewness | Feature::Kurtosis => wanted.powers = true,
            Feature::Slope => wanted.ramp = true,
            _ => {}
        }
        Ok::<(), Infallible>(())
    });
    wanted
}

/// A feature that is one number, or `None` where no sample is left for it.
fn one_number(
    feature: Feature,
    signal: &Signal<'_>,
    summary: &Summary<'_>,
    spectrum: Option<Spectrum<'_>>,
) -> Option<f32> {
    match feature {
        Feature::Mean => Some(summary.mean(signal)),
        Feature::StandardDeviation => Some(summary.standard_deviation(signal)),
        Feature::RootMeanSquare => Some(summary.root_mean_square(signal)),
        Feature::Minimum => Some(summary.minimum(signal)),
        Feature::Maximum => Some(summary.maximum(signal)),
        Feature::PeakToPeak => Some(summary.peak_to_peak(signal)),
        Feature::CrestFactor => Some(summary.crest_factor(signal)),
        Feature::Skewness => Some(summary.skewness()),
        Feature::Kurtosis => Some(summary.kurtosis()),
        Feature::Slope => Some(summary.slope(signal)),
        Feature::First => stats::first(signal),
        Feature::Last => stats::last(signal),
        Feature::EndDifference { samples } => stats::end_difference(signal, usize::from(samples)),
        Feature::BandEnergy { first_bin, end_bin } => {
            Some(spectrum?.band_energy(signal, usize::from(first_bin), usize::from(end_bin)))
        }
        Feature::SpectralCentroid => Some(spectrum?.centroid(signal)),
        Feature::BlockMeans { .. } | Feature::Raw { .. } | Feature::MissingIndicator => None,
    }
}

fn write_block_means(signal: &Signal<'_>, blocks: usize, out: &mut Writer<'_>) -> Option<()> {
    let samples = signal.counts.len();
    let bound = |block: usize| (block * samples).checked_div(blocks);
    for block in 0..blocks {
        let stretch = signal.counts.get(bound(block)?..bound(block + 1)?)?;
        out.push(stats::stretch_mean(signal, stretch).unwrap_or(MISSING))?;
    }
    Some(())
}

fn write_raw(signal: &Signal<'_>, step: usize, out: &mut Writer<'_>) -> Option<()> {
    if step == 0 {
        return None;
    }
    for &count in signal.counts.iter().step_by(step) {
        let value = if count == MISSING_COUNT { MISSING } else { signal.value(f32::from(count)) };
        out.push(value)?;
    }
    Some(())
}

/// Fills a slice from its start.
struct Writer<'o> {
    slots: core::slice::IterMut<'o, f32>,
    written: usize,
}

impl Writer<'_> {
    /// Writes the next value, or `None` where the slice is full.
    fn push(&mut self, value: f32) -> Option<()> {
        *self.slots.next()? = value;
        self.written += 1;
        Some(())
    }
}
