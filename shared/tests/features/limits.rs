//! Nothing overflows, nothing panics, nothing but the missing constant is not finite.

use proptest::prelude::*;
use trunkline_shared::features::{Feature, MAX_SAMPLES, MISSING, Signal, Source, extract_group};
use trunkline_shared::quant::{MAX_OFFSET, MAX_SCALE, MIN_SCALE, MISSING_COUNT};

use crate::common::{feature, features, plain, with_group};

const ONE_OF_EACH: [Feature; 18] = [
    Feature::Mean,
    Feature::StandardDeviation,
    Feature::RootMeanSquare,
    Feature::Minimum,
    Feature::Maximum,
    Feature::PeakToPeak,
    Feature::CrestFactor,
    Feature::Skewness,
    Feature::Kurtosis,
    Feature::Slope,
    Feature::First,
    Feature::Last,
    Feature::EndDifference { samples: 3 },
    Feature::BlockMeans { blocks: 5 },
    Feature::Raw { step: 7 },
    Feature::BandEnergy { first_bin: 2, end_bin: 7 },
    Feature::SpectralCentroid,
    Feature::MissingIndicator,
];

fn counts() -> impl Strategy<Value = Vec<i16>> {
    let whole = prop::collection::vec(any::<i16>(), 16..200);
    let extremes = prop::collection::vec(prop_oneof![Just(-32767i16), Just(32767), Just(MISSING_COUNT)], 16..200);
    let constant = (any::<i16>(), 16usize..200).prop_map(|(count, samples)| vec![count; samples]);
    let mostly_missing = (any::<i16>(), 16usize..200, any::<prop::sample::Index>()).prop_map(|(count, samples, at)| {
        let mut counts = vec![MISSING_COUNT; samples];
        let at = at.index(samples);
        counts[at] = count;
        counts
    });
    prop_oneof![whole, extremes, constant, mostly_missing]
}

fn scale() -> impl Strategy<Value = f32> {
    prop_oneof![
        Just(MIN_SCALE),
        Just(MAX_SCALE),
        Just(1.0),
        (-12.0f32..12.0).prop_map(|exponent| 10f32.powf(exponent).clamp(MIN_SCALE, MAX_SCALE)),
    ]
}

fn offset(scale: f32) -> impl Strategy<Value = f32> {
    prop_oneof![
        Just(0.0),
        Just(MAX_OFFSET),
        Just(-MAX_OFFSET),
        Just(1e-38f32),
        (-40000.0f32..40000.0).prop_map(move |counts| (counts * scale).clamp(-MAX_OFFSET, MAX_OFFSET)),
        // Cancels a count: values next to zero, whose squares vanish.
        (-32767i16..=32767).prop_map(move |count| (-f32::from(count) * scale).clamp(-MAX_OFFSET, MAX_OFFSET)),
    ]
}

fn any_feature() -> impl Strategy<Value = Feature> {
    prop_oneof![
        prop::sample::select(ONE_OF_EACH.to_vec()),
        any::<u16>().prop_map(|samples| Feature::EndDifference { samples }),
        any::<u16>().prop_map(|blocks| Feature::BlockMeans { blocks }),
        (0u16..20).prop_map(|step| Feature::Raw { step }),
        any::<(u16, u16)>().prop_map(|(first_bin, end_bin)| Feature::BandEnergy { first_bin, end_bin }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn features_are_finite_or_missing(
        counts in counts(),
        (scale, offset) in scale().prop_flat_map(|scale| (Just(scale), offset(scale))),
        rate_mhz in prop_oneof![Just(1u32), Just(u32::MAX), 1u32..100_000_000],
        magnitude: bool,
    ) {
        let signal = Signal::new(&counts, scale, offset, rate_mhz);
        let source = if magnitude { Source::Magnitude([0, 0, 0]) } else { Source::Channel(0) };
        let found = features(source, 16, &ONE_OF_EACH, &[signal]);
        for value in &found {
            prop_assert!(value.is_finite() || value.to_bits() == MISSING.to_bits(), "{found:?}");
        }
        if !counts.contains(&MISSING_COUNT) {
            prop_assert!(found.iter().all(|value| value.is_finite()), "{found:?}");
        }
    }

    #[test]
    fn unchecked_plans_never_panic(
        counts in prop::collection::vec(any::<i16>(), 0..200),
        entries in prop::collection::vec(any_feature(), 0..6),
        fft_size in prop_oneof![Just(0u16), Just(16), Just(64), any::<u16>()],
        scale: u32,
        offset: u32,
        rate: u32,
        scratch in 0usize..400,
        space in 0usize..100,
        axes: Option<[bool; 3]>,
    ) {
        let signal = Signal {
            counts: &counts,
            scale: f32::from_bits(scale),
            offset: f32::from_bits(offset),
            rate_hz: f32::from_bits(rate),
        };
        let source = axes.map_or(Source::Channel(0), |axes| Source::Magnitude(axes.map(u8::from)));
        let shorter = Signal { counts: &counts[counts.len() / 2..], ..signal };
        let mut scratch = vec![0u32; scratch];
        let mut out = vec![0.0; space];
        let written = with_group(source, fft_size, &entries, |group| {
            extract_group(group, |channel| [signal, shorter].get(usize::from(channel)).copied(), &mut scratch, &mut out)
        });
        prop_assert!(written <= space);
    }
}

#[test]
fn full_scale_square_wave_overflows_nothing_in_the_longest_window() {
    for samples in [16384, MAX_SAMPLES] {
        let counts: Vec<i16> = (0..samples).map(|index| if index / 2 % 2 == 0 { 32767 } else { -32767 }).collect();
        let signal = Signal { counts: &counts, scale: 2.0, offset: 0.0, rate_hz: 1000.0 };
        let expected = [
            (Feature::Mean, 0.0),
            (Feature::StandardDeviation, 65534.0),
            (Feature::RootMeanSquare, 65534.0),
            (Feature::PeakToPeak, 131_068.0),
            (Feature::CrestFactor, 1.0),
            (Feature::Skewness, 0.0),
            (Feature::Kurtosis, 1.0),
        ];
        for (entry, value) in expected {
            assert_eq!(feature(entry, &signal), value, "{entry:?} of {samples} samples");
        }
        let entries = [Feature::BandEnergy { first_bin: 1, end_bin: 2048 }, Feature::SpectralCentroid];
        let found = features(Source::Channel(0), 4096, &entries, &[signal]);
        assert!((found[0] - 2.0 * 65534f32.ln()).abs() < 0.01, "{found:?}");
        assert!((found[1] - 250.0).abs() < 0.5, "{found:?}");
    }
}

#[test]
fn one_peak_in_the_longest_window_has_the_largest_possible_kurtosis() {
    for sign in [1i16, -1] {
        let mut counts = vec![-32767 * sign; MAX_SAMPLES];
        counts[999] = 32767 * sign;
        // A two-point distribution with probability p of the peak: kurtosis 1/(p(1-p)) - 3, skewness (1-2p)/sqrt(p(1-p)).
        let p = 1.0 / MAX_SAMPLES as f64;
        let kurtosis = (1.0 / (p * (1.0 - p)) - 3.0) as f32;
        let skewness = f32::from(sign) * ((1.0 - 2.0 * p) / (p * (1.0 - p)).sqrt()) as f32;
        assert!((feature(Feature::Kurtosis, &plain(&counts)) / kurtosis - 1.0).abs() < 1e-6);
        assert!((feature(Feature::Skewness, &plain(&counts)) / skewness - 1.0).abs() < 1e-6);
    }
}

#[test]
fn steepest_ramp_overflows_nothing_in_the_longest_window() {
    let counts: Vec<i16> = (0..MAX_SAMPLES).map(|index| (2 * index as i32 - 32767) as i16).collect();
    assert_eq!(feature(Feature::Slope, &plain(&counts)), 2000.0);
    let step: Vec<i16> = (0..MAX_SAMPLES).map(|index| if index < MAX_SAMPLES / 2 { -32767 } else { 32767 }).collect();
    // A step of height h in the middle of n samples has the slope 3/2 h / n a sample.
    let exact = 1.5 * 65534.0 / MAX_SAMPLES as f32 * 1000.0;
    assert!((feature(Feature::Slope, &plain(&step)) / exact - 1.0).abs() < 1e-4);
}

#[test]
fn window_longer_than_the_bound_is_left_alone() {
    let counts = vec![32767; MAX_SAMPLES + 1];
    let mut out = [0.0; 1];
    let written = with_group(Source::Channel(0), 0, &[Feature::Kurtosis], |group| {
        extract_group(group, |_| Some(plain(&counts)), &mut [], &mut out)
    });
    assert_eq!(written, 0);
}

#[test]
fn three_full_scale_axes_fit_a_magnitude() {
    let counts = [32767i16, -32767];
    let found = features(Source::Magnitude([0, 0, 0]), 0, &[Feature::Raw { step: 1 }], &[plain(&counts)]);
    assert_eq!(found, [2.0 * 28377.0; 2]);
}
