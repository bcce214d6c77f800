//! From the raw window to the feature vector: channel codes, feature plan, standardisation.

use crate::features::{ChannelShape, FeatureGroup, Source};
use crate::model::header::{Channel, DeviceHeader};
use crate::model::layer::block;
use crate::model::tensor::ArenaLayout;
use crate::model::{Block, ModelError};

/// Most samples that the features of one window go through: each feature counts the samples of its source once.
pub const MAX_SAMPLE_VISITS: u32 = 1 << 24;

/// Checks channels and plan; the samples of a window, and what the features need of the arena.
///
/// # Errors
/// [`ModelError::ChannelEmpty`], [`ModelError::Code`], [`ModelError::Plan`], [`ModelError::Work`] or [`ModelError::FeatureCount`].
pub(in crate::model) fn check(header: &DeviceHeader<'_>) -> Result<(usize, ArenaLayout), ModelError> {
    let mut window_len = 0usize;
    for (index, channel) in (0u8..).zip(header.channels.iter()) {
        if channel.samples == 0 {
            return Err(ModelError::ChannelEmpty { channel: index });
        }
        channel.code.check().map_err(|error| ModelError::Code { channel: index, error })?;
        window_len = window_len.saturating_add(usize::from(channel.samples));
    }
    let mut features = 0usize;
    let mut scratch = 0usize;
    let mut visits = 0u32;
    for (index, group) in (0u8..).zip(header.plan.iter()) {
        let count = group
            .check(|channel| header.channels.get(usize::from(channel)).map(shape))
            .map_err(|error| ModelError::Plan { group: index, error })?;
        features = features.saturating_add(count);
        let samples = source_samples(header, &group);
        scratch = scratch.max(group.scratch_words(samples));
        // Both factors are below 2^16.
        visits = visits.saturating_add(samples as u32 * group.features.len() as u32);
        if visits > MAX_SAMPLE_VISITS {
            return Err(ModelError::Work { high: MAX_SAMPLE_VISITS, found: visits });
        }
    }
    if features != usize::from(header.feature_count) {
        return Err(ModelError::FeatureCount { expected: features as u32, found: header.feature_count });
    }
    Ok((window_len, ArenaLayout { features, scratch, ..ArenaLayout::default() }))
}

/// Means and gains in place; all finite.
pub(super) fn scaling<'a>(header: &DeviceHeader<'_>, section: &'a [u32]) -> Result<(&'a [f32], &'a [f32]), ModelError> {
    let numbers = |offset, name| {
        let numbers: &[f32] = block(section, offset, usize::from(header.feature_count), name)?;
        match (0u16..).zip(numbers).find(|(_, number)| !number.is_finite()) {
            Some((index, _)) => Err(ModelError::NotFinite { block: name, index }),
            None => Ok(numbers),
        }
    };
    Ok((numbers(header.mean_offset, Block::Means)?, numbers(header.gain_offset, Block::Gains)?))
}

fn shape(channel: Channel<'_>) -> ChannelShape {
    let Channel { samples, rate_mhz, code, .. } = channel;
    ChannelShape { samples, rate_mhz, scale: code.scale, offset: code.offset }
}

/// Samples a window of a group's source; its axes, if it has several, are equally long.
fn source_samples(header: &DeviceHeader<'_>, group: &FeatureGroup<'_>) -> usize {
    let (Source::Channel(channel) | Source::Magnitude([channel, ..])) = group.source;
    header.channels.get(usize::from(channel)).map_or(0, |channel| usize::from(channel.samples))
}
