//! Each statistic against its formula in f64.

use proptest::prelude::*;
use trunkline_shared::features::{Feature, MISSING, Signal, Source};
use trunkline_shared::quant::MISSING_COUNT;

use crate::common::{feature, features, plain};

/// Counts of every kind of window: full range, a few counts, constant; with missing samples or without.
fn counts() -> impl Strategy<Value = Vec<i16>> {
    let whole = prop::collection::vec(any::<i16>(), 2..300);
    let small = prop::collection::vec(-6i16..6, 2..300);
    let constant = (-32767i16..=32767, 2usize..300).prop_map(|(count, samples)| vec![count; samples]);
    let gaps = prop::collection::vec(prop_oneof![Just(MISSING_COUNT), -2000i16..2000], 2..300);
    prop_oneof![whole, small, constant, gaps]
}

/// The values present, with their indices.
fn present(signal: &Signal<'_>) -> Vec<(f64, f64)> {
    let value = |count: i16| f64::from(count) * f64::from(signal.scale) + f64::from(signal.offset);
    let samples = signal.counts.iter().enumerate();
    samples.filter(|(_, count)| **count != MISSING_COUNT).map(|(index, &count)| (index as f64, value(count))).collect()
}

fn mean_of(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

/// The feature by its documented formula, in f64.
fn oracle(feature: Feature, signal: &Signal<'_>) -> f64 {
    let samples = present(signal);
    let values = samples.iter().map(|sample| sample.1);
    let mean = mean_of(values.clone());
    let moment = |power: i32| mean_of(values.clone().map(|value| (value - mean).powi(power)));
    let root_mean_square = mean_of(values.clone().map(|value| value * value)).sqrt();
    let minimum = values.clone().fold(f64::INFINITY, f64::min);
    let maximum = values.clone().fold(f64::NEG_INFINITY, f64::max);
    match feature {
        Feature::Mean => mean,
        Feature::StandardDeviation => moment(2).sqrt(),
        Feature::RootMeanSquare => root_mean_square,
        Feature::Minimum => minimum,
        Feature::Maximum => maximum,
        Feature::PeakToPeak => maximum - minimum,
        Feature::CrestFactor => minimum.abs().max(maximum.abs()) / root_mean_square,
        Feature::Skewness => moment(3) / moment(2).powf(1.5),
        Feature::Kurtosis => moment(4) / moment(2).powi(2),
        Feature::Slope => {
            let center = mean_of(samples.iter().map(|sample| sample.0));
            let covariance: f64 = samples.iter().map(|(index, value)| (index - center) * (value - mean)).sum();
            let variance: f64 = samples.iter().map(|(index, _)| (index - center).powi(2)).sum();
            if samples.len() < 2 { 0.0 } else { covariance / variance * f64::from(signal.rate_hz) }
        }
        Feature::First => samples[0].1,
        Feature::Last => samples[samples.len() - 1].1,
        _ => unreachable!("no single statistic"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_statistic_equals_its_formula(
        counts in counts(),
        scale in prop_oneof![Just(1.0f32), 1e-6f32..1e6],
        offset_counts in prop_oneof![Just(0.0f32), -3e4f32..3e4],
        rate_hz in 1.0f32..1e5,
    ) {
        let signal = Signal { counts: &counts, scale, offset: offset_counts * scale, rate_hz };
        prop_assume!(!present(&signal).is_empty());
        // f32 keeps 24 bits of the largest amplitude on the way.
        let full = f64::from(scale) * 65536.0;
        let constant = oracle(Feature::PeakToPeak, &signal) == 0.0;
        let deviation = oracle(Feature::StandardDeviation, &signal);
        for (entry, tolerance) in [
            (Feature::Mean, full * 2e-7),
            (Feature::StandardDeviation, deviation * 5e-7),
            (Feature::RootMeanSquare, full * 3e-7),
            (Feature::Minimum, full * 2e-7),
            (Feature::Maximum, full * 2e-7),
            (Feature::PeakToPeak, full * 2e-7),
            (Feature::First, full * 2e-7),
            (Feature::Last, full * 2e-7),
            (Feature::Slope, 0.0),
        ] {
            let (found, exact) = (f64::from(feature(entry, &signal)), oracle(entry, &signal));
            // The f64 oracle itself cancels for constant signals on a large offset.
            let slack = full * 1e-12 * f64::from(rate_hz.max(1.0)) + exact.abs() * 1e-6;
            prop_assert!((found - exact).abs() <= tolerance + slack, "{entry:?}: {found} against {exact}");
        }
        if constant {
            prop_assert_eq!(feature(Feature::StandardDeviation, &signal), 0.0);
            prop_assert_eq!(feature(Feature::Skewness, &signal), 0.0);
            prop_assert_eq!(feature(Feature::Kurtosis, &signal), 0.0);
        } else {
            let (found, exact) = (f64::from(feature(Feature::Skewness, &signal)), oracle(Feature::Skewness, &signal));
            prop_assert!((found - exact).abs() <= 1e-5 * (1.0 + exact.abs()), "skewness {found} against {exact}");
            let (found, exact) = (f64::from(feature(Feature::Kurtosis, &signal)), oracle(Feature::Kurtosis, &signal));
            prop_assert!((found - exact).abs() <= 1e-5 * exact, "kurtosis {found} against {exact}");
            let root = oracle(Feature::RootMeanSquare, &signal);
            if root > full * 1e-3 {
                let (found, exact) = (f64::from(feature(Feature::CrestFactor, &signal)), oracle(Feature::CrestFactor, &signal));
                prop_assert!((found - exact).abs() <= 1e-3 * exact, "crest factor {found} against {exact}");
            }
        }
    }

    #[test]
    fn block_means_equal_the_means_of_their_stretches(counts in counts(), blocks in 1u16..40) {
        let blocks = blocks.min(counts.len() as u16);
        let signal = plain(&counts);
        let found = features(Source::Channel(0), 0, &[Feature::BlockMeans { blocks }], &[signal]);
        let blocks = usize::from(blocks);
        prop_assert_eq!(found.len(), blocks);
        for (block, found) in found.iter().enumerate() {
            let stretch = &counts[block * counts.len() / blocks..(block + 1) * counts.len() / blocks];
            let present = present(&plain(stretch));
            if present.is_empty() {
                prop_assert_eq!(found.to_bits(), MISSING.to_bits());
            } else {
                let exact = mean_of(present.iter().map(|sample| sample.1));
                prop_assert!((f64::from(*found) - exact).abs() <= 0.005, "block {block}: {found} against {exact}");
            }
        }
    }

    #[test]
    fn end_difference_equals_the_difference_of_two_means(counts in counts(), samples in 1u16..60) {
        let samples = samples.min(counts.len() as u16 / 2);
        let ends = usize::from(samples);
        let (start, end) = (present(&plain(&counts[..ends])), present(&plain(&counts[counts.len() - ends..])));
        let found = feature(Feature::EndDifference { samples }, &plain(&counts));
        if start.is_empty() || end.is_empty() {
            prop_assert_eq!(found.to_bits(), MISSING.to_bits());
        } else {
            let exact = mean_of(end.iter().map(|sample| sample.1)) - mean_of(start.iter().map(|sample| sample.1));
            prop_assert!((f64::from(found) - exact).abs() <= 0.01, "{found} against {exact}");
        }
    }

    #[test]
    fn raw_gives_every_step_th_sample(counts in counts(), step in 1u16..50) {
        let step = step.min(counts.len() as u16);
        let found = features(Source::Channel(0), 0, &[Feature::Raw { step }], &[plain(&counts)]);
        let exact: Vec<u32> = counts
            .iter()
            .step_by(usize::from(step))
            .map(|&count| if count == MISSING_COUNT { MISSING } else { f32::from(count) })
            .map(f32::to_bits)
            .collect();
        prop_assert_eq!(found.into_iter().map(f32::to_bits).collect::<Vec<_>>(), exact);
    }

    #[test]
    fn magnitude_is_the_vector_length_at_twice_the_scale(
        axes in prop::collection::vec((any::<i16>(), any::<i16>(), any::<i16>()), 1..50),
        offset in prop_oneof![Just(0.0f32), -4e4f32..4e4, Just(1e12), Just(-1e12)],
    ) {
        let axis = |pick: fn(&(i16, i16, i16)) -> i16| axes.iter().map(pick).collect::<Vec<i16>>();
        let (x, y, z) = (axis(|axes| axes.0), axis(|axes| axes.1), axis(|axes| axes.2));
        let signal = |counts| Signal { counts, scale: 0.25, offset: offset * 0.25, rate_hz: 10.0 };
        let found = features(
            Source::Magnitude([0, 1, 2]),
            0,
            &[Feature::Raw { step: 1 }],
            &[signal(&x[..]), signal(&y[..]), signal(&z[..])],
        );
        for (found, &(x, y, z)) in found.iter().zip(&axes) {
            if [x, y, z].contains(&MISSING_COUNT) {
                prop_assert_eq!(found.to_bits(), MISSING.to_bits());
            } else {
                let square = |count: i16| (f64::from(count) * 0.25 + f64::from(offset) * 0.25).powi(2);
                let exact = (square(x) + square(y) + square(z)).sqrt().min(32767.0 * 0.5);
                prop_assert!((f64::from(*found) - exact).abs() <= 0.2501 + exact * 1e-6, "{found} against {exact}");
            }
        }
    }
}

#[test]
fn constant_signal_has_its_value_for_mean_and_nothing_else() {
    for count in [-32767i16, -1, 0, 1, 12345, 32767] {
        for samples in [1usize, 3, 1000, 16383, 32768] {
            let counts = vec![count; samples];
            let signal = Signal { counts: &counts, scale: 0.1, offset: 3.0, rate_hz: 100.0 };
            let value = f32::from(count) * 0.1 + 3.0;
            assert_eq!(feature(Feature::Mean, &signal), value);
            assert_eq!(feature(Feature::StandardDeviation, &signal), 0.0);
            assert_eq!(feature(Feature::PeakToPeak, &signal), 0.0);
            assert_eq!(feature(Feature::Slope, &signal), 0.0);
            assert!((feature(Feature::RootMeanSquare, &signal) - value.abs()).abs() <= value.abs() * 1e-6);
            assert!((feature(Feature::CrestFactor, &signal) - 1.0).abs() <= 1e-6);
        }
    }
    assert_eq!(feature(Feature::CrestFactor, &plain(&[0, 0, 0])), 0.0, "no power at all");
}

#[test]
fn slope_is_in_units_a_second() {
    let counts: Vec<i16> = (0..500).map(|index| 3 * index - 700).collect();
    let signal = Signal { counts: &counts, scale: 0.5, offset: -9.0, rate_hz: 200.0 };
    assert_eq!(feature(Feature::Slope, &signal), 3.0 * 0.5 * 200.0);
}

#[test]
fn slope_keeps_the_time_of_samples_beside_a_gap() {
    let mut counts: Vec<i16> = (0..100).map(|index| 5 * index).collect();
    counts[10..60].fill(MISSING_COUNT);
    assert_eq!(feature(Feature::Slope, &plain(&counts)), 5.0 * 1000.0);
}

#[test]
fn missing_samples_take_no_part() {
    let gaps = [MISSING_COUNT, 4, MISSING_COUNT, 8, MISSING_COUNT];
    for entry in [
        Feature::Mean,
        Feature::StandardDeviation,
        Feature::RootMeanSquare,
        Feature::Minimum,
        Feature::Maximum,
        Feature::PeakToPeak,
        Feature::CrestFactor,
        Feature::Skewness,
        Feature::Kurtosis,
        Feature::First,
        Feature::Last,
        Feature::MissingIndicator,
    ] {
        assert_eq!(feature(entry, &plain(&gaps)), feature(entry, &plain(&[4, 8])), "{entry:?}");
    }
}

#[test]
fn window_without_samples_is_missing_but_for_the_indicator() {
    let counts = [MISSING_COUNT; 64];
    let entries = [
        Feature::Mean,
        Feature::Kurtosis,
        Feature::Slope,
        Feature::EndDifference { samples: 2 },
        Feature::BlockMeans { blocks: 2 },
        Feature::Raw { step: 32 },
        Feature::BandEnergy { first_bin: 1, end_bin: 16 },
        Feature::SpectralCentroid,
        Feature::MissingIndicator,
    ];
    let found = features(Source::Channel(0), 32, &entries, &[plain(&counts)]);
    let (indicator, rest) = found.split_last().expect("features");
    assert_eq!(*indicator, 1.0);
    assert!(rest.iter().all(|value| value.to_bits() == MISSING.to_bits()), "{rest:?}");
    assert_eq!(feature(Feature::MissingIndicator, &plain(&[MISSING_COUNT, 0])), 0.0);
}
