//! Plans and signals for the tests.

use serde::Serialize;
use trunkline_shared::features::{ChannelShape, Feature, FeatureGroup, Signal, Source, extract_group};
use trunkline_shared::seq::Seq;

/// The bytes of a [`Seq`] over `items`.
pub(crate) fn seq_bytes<T: Serialize>(items: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in items {
        let mut buffer = [0; 16];
        bytes.extend_from_slice(postcard::to_slice(item, &mut buffer).expect("a feature takes at most 16 bytes"));
    }
    bytes
}

/// Calls `test` with the group of these features.
pub(crate) fn with_group<R>(
    source: Source,
    fft_size: u16,
    features: &[Feature],
    test: impl FnOnce(&FeatureGroup<'_>) -> R,
) -> R {
    let bytes = seq_bytes(features);
    test(&FeatureGroup { source, fft_size, features: Seq::from_parts(features.len() as u16, &bytes) })
}

/// What the plan's check is told of a signal.
pub(crate) fn shape(signal: &Signal<'_>) -> ChannelShape {
    ChannelShape {
        samples: signal.counts.len() as u16,
        rate_mhz: (signal.rate_hz * 1000.0).ceil() as u32,
        scale: signal.scale,
        offset: signal.offset,
    }
}

/// The features of a group over these channels, after its check; asserts that as many are written as the check said.
pub(crate) fn features(source: Source, fft_size: u16, features: &[Feature], channels: &[Signal<'_>]) -> Vec<f32> {
    with_group(source, fft_size, features, |group| {
        let count =
            group.check(|channel| channels.get(usize::from(channel)).map(shape)).expect("the test's plan is valid");
        let samples = channels.first().map_or(0, |signal| signal.counts.len());
        let mut scratch = vec![0xdead_beef; group.scratch_words(samples)];
        let mut out = vec![-77.0; count];
        let written =
            extract_group(group, |channel| channels.get(usize::from(channel)).copied(), &mut scratch, &mut out);
        assert_eq!(written, count, "a checked plan writes all its features");
        out
    })
}

/// One feature of one channel.
pub(crate) fn feature(feature: Feature, signal: &Signal<'_>) -> f32 {
    features(Source::Channel(0), 0, &[feature], &[*signal])[0]
}

/// A signal of 1 unit a count, no offset, 1 kHz.
pub(crate) fn plain(counts: &[i16]) -> Signal<'_> {
    Signal { counts, scale: 1.0, offset: 0.0, rate_hz: 1000.0 }
}
