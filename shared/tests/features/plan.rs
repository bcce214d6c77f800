//! What a plan's check refuses.

use trunkline_shared::features::{ChannelShape, Feature, FeatureGroup, MAX_SAMPLES, PlanError, Source};
use trunkline_shared::seq::Seq;

use crate::common::with_group;

const SHAPE: ChannelShape = ChannelShape { samples: 100, rate_mhz: 50_000, scale: 0.5, offset: 1.0 };

fn check(fft_size: u16, features: &[Feature], shape: ChannelShape) -> Result<usize, PlanError> {
    with_group(Source::Channel(0), fft_size, features, |group| group.check(|channel| (channel == 0).then_some(shape)))
}

fn refused(fft_size: u16, feature: Feature) -> PlanError {
    check(fft_size, &[Feature::Mean, feature], SHAPE).expect_err("refused")
}

#[test]
fn check_counts_what_every_entry_gives() {
    let features = [
        Feature::Mean,
        Feature::BlockMeans { blocks: 6 },
        Feature::Raw { step: 7 },
        Feature::BandEnergy { first_bin: 1, end_bin: 8 },
    ];
    assert_eq!(check(16, &features, SHAPE), Ok(1 + 6 + 15 + 1));
}

#[test]
fn unknown_channel_is_refused() {
    for source in [Source::Channel(1), Source::Magnitude([0, 0, 1]), Source::Magnitude([1, 0, 0])] {
        let result =
            with_group(source, 0, &[Feature::Mean], |group| group.check(|channel| (channel == 0).then_some(SHAPE)));
        assert_eq!(result, Err(PlanError::NoSuchChannel(1)));
    }
}

#[test]
fn unequal_axes_are_refused() {
    for other in [
        ChannelShape { samples: 99, ..SHAPE },
        ChannelShape { rate_mhz: 1, ..SHAPE },
        ChannelShape { scale: 0.25, ..SHAPE },
        ChannelShape { offset: 0.0, ..SHAPE },
    ] {
        let result = with_group(Source::Magnitude([0, 1, 2]), 0, &[Feature::Mean], |group| {
            group.check(|channel| Some(if channel == 2 { other } else { SHAPE }))
        });
        assert_eq!(result, Err(PlanError::UnequalAxes(2)));
    }
}

#[test]
fn windows_outside_the_proven_length_are_refused() {
    for samples in [0, MAX_SAMPLES as u16 + 1, u16::MAX] {
        let shape = ChannelShape { samples, ..SHAPE };
        assert_eq!(check(0, &[Feature::Mean], shape), Err(PlanError::SampleCount(samples)));
    }
    assert_eq!(check(0, &[Feature::Mean], ChannelShape { samples: MAX_SAMPLES as u16, ..SHAPE }), Ok(1));
}

#[test]
fn feature_list_that_does_not_decode_exactly_is_refused() {
    for (len, bytes) in [(2, &[0u8][..]), (1, &[0, 0]), (1, &[200]), (0, &[1])] {
        let group = FeatureGroup { source: Source::Channel(0), fft_size: 0, features: Seq::from_parts(len, bytes) };
        assert_eq!(group.check(|_| Some(SHAPE)), Err(PlanError::FeatureBytes), "{len} {bytes:?}");
    }
    assert_eq!(check(0, &[], SHAPE), Err(PlanError::NoFeatures));
}

#[test]
fn fft_size_must_suit_features_and_window() {
    let band = Feature::BandEnergy { first_bin: 1, end_bin: 2 };
    for size in [0, 8, 17, 48, 8192, 65535] {
        assert_eq!(refused(size, band), PlanError::FftSize(size));
    }
    assert_eq!(refused(16, Feature::Last), PlanError::FftSize(16), "an FFT without use");
    assert_eq!(refused(128, band), PlanError::FftLongerThanWindow { fft_size: 128, samples: 100 });
    assert_eq!(check(64, &[band], SHAPE), Ok(1));
}

#[test]
fn parameters_outside_the_window_are_refused() {
    let parameter = |found, max| PlanError::Parameter { feature: 1, found, min: 1, max };
    for (samples, max) in [(0, 50), (51, 50)] {
        assert_eq!(refused(0, Feature::EndDifference { samples }), parameter(samples, max));
    }
    for number in [0, 101] {
        assert_eq!(refused(0, Feature::BlockMeans { blocks: number }), parameter(number, 100));
        assert_eq!(refused(0, Feature::Raw { step: number }), parameter(number, 100));
    }
}

#[test]
fn bands_outside_the_spectrum_are_refused() {
    for (first_bin, end_bin) in [(0, 4), (4, 4), (5, 4), (1, 9)] {
        let error = refused(16, Feature::BandEnergy { first_bin, end_bin });
        assert_eq!(error, PlanError::Band { feature: 1, first_bin, end_bin });
    }
}

#[test]
fn features_over_time_need_a_sample_rate() {
    let column = ChannelShape { rate_mhz: 0, ..SHAPE };
    assert_eq!(check(0, &[Feature::Slope], column), Err(PlanError::NoSampleRate { feature: 0 }));
    assert_eq!(check(16, &[Feature::SpectralCentroid], column), Err(PlanError::NoSampleRate { feature: 0 }));
    assert_eq!(check(0, &[Feature::Mean], column), Ok(1));
}

#[test]
fn more_features_than_a_vector_can_index_are_refused() {
    let shape = ChannelShape { samples: 32768, ..SHAPE };
    let features = [Feature::Raw { step: 1 }; 2];
    assert_eq!(check(0, &features, shape), Err(PlanError::TooManyFeatures));
}

#[test]
fn refusals_say_what_came_and_what_is_allowed() {
    let text = refused(0, Feature::BlockMeans { blocks: 101 }).to_string();
    assert!(text.contains("101") && text.contains("1..=100"), "{text}");
}
