//! From the raw window to the feature vector: channel codes, feature plan, standardisation.

use crate::features::{ChannelShape, FeatureGroup, Source};
use crate::model::header::{Channel, DeviceHeader};
use crate::model::layer::block;
use crate::model::{Block, ModelError};
use crate::rolled::rolled;

/// Most samples that the features of one window go through: each feature counts the samples of its source once.
pub const MAX_SAMPLE_VISITS: u32 = 1 << 24;

/// Checks the channels; the samples of a window.
///
/// # Errors
/// [`ModelError::ChannelEmpty`] or [`ModelError::Code`].
pub(in crate::model) fn check_channels(header: &DeviceHeader<'_>) -> Result<usize, ModelError> {
    let mut window_len = 0usize;
    header.channels.try_each(|index, channel| {
        if channel.samples == 0 {
            return Err(ModelError::ChannelEmpty { channel: index });
        }
        window_len = window_len.saturating_add(usize::from(channel.samples));
        channel.code.check().map_err(|error| ModelError::Code { channel: index, error })
    })?;
    Ok(window_len)
}

/// Checks the plan; the words that the hungriest feature group works in.
///
/// # Errors
/// [`ModelError::Plan`], [`ModelError::Work`] or [`ModelError::FeatureCount`].
pub(in crate::model) fn check_plan(header: &DeviceHeader<'_>) -> Result<usize, ModelError> {
    let mut features = 0usize;
    let mut scratch = 0usize;
    let mut visits = 0u32;
    header.plan.try_each(|index, group| {
        let count =
            group.check(|channel| shape(header, channel)).map_err(|error| ModelError::Plan { group: index, error })?;
        features = features.saturating_add(count);
        let samples = source_samples(header, group);
        scratch = scratch.max(group.scratch_words(samples));
        // Both factors are below 2^16.
        visits = visits.saturating_add(samples as u32 * group.features.len() as u32);
        if visits > MAX_SAMPLE_VISITS {
            return Err(ModelError::Work { high: MAX_SAMPLE_VISITS, found: visits });
        }
        Ok(())
    })?;
    if features != usize::from(header.feature_count) {
        return Err(ModelError::FeatureCount { expected: features as u32, found: header.feature_count });
    }
    Ok(scratch)
}

/// Means or gains in place; all finite.
#[inline(never)]
pub(super) fn finite(section: &[u32], offset: u32, count: u16, name: Block) -> Result<&[f32], ModelError> {
    let numbers: &[f32] = bytemuck::cast_slice(block(section, offset, count.into(), name)?);
    match rolled((0u16..).zip(numbers)).find(|(_, number)| !number.is_finite()) {
        Some((index, _)) => Err(ModelError::NotFinite { block: name, index }),
        None => Ok(numbers),
    }
}

#[inline(never)]
fn shape(header: &DeviceHeader<'_>, channel: u8) -> Option<ChannelShape> {
    let Channel { samples, rate_mhz, code, .. } = header.channels.get(channel.into())?;
    Some(ChannelShape { samples, rate_mhz, scale: code.scale, offset: code.offset })
}

/// Samples a window of a group's source; its axes, if it has several, are equally long.
fn source_samples(header: &DeviceHeader<'_>, group: &FeatureGroup<'_>) -> usize {
    let (Source::Channel(channel) | Source::Magnitude([channel, ..])) = group.source;
    shape(header, channel).map_or(0, |channel| usize::from(channel.samples))
}
