//! Band energies and centroids against a plain DFT in f64 and against Parseval's theorem.

use std::f64::consts::TAU;

use proptest::prelude::*;
use trunkline_shared::features::{Feature, Signal, Source};
use trunkline_shared::quant::MISSING_COUNT;

use crate::common::{features, plain};

fn sine(samples: usize, points: usize, amplitude: f64, bin: f64) -> Vec<i16> {
    (0..samples)
        .map(|index| (amplitude * (TAU * bin * index as f64 / points as f64 + 0.4).sin()).round() as i16)
        .collect()
}

fn band_energy(signal: &Signal<'_>, fft_size: u16, first_bin: u16, end_bin: u16) -> f32 {
    features(Source::Channel(0), fft_size, &[Feature::BandEnergy { first_bin, end_bin }], &[*signal])[0]
}

/// Mean square of each bin in squared counts: Hann window in time, DFT by its definition, averaged over segments.
fn oracle(counts: &[i16], points: usize) -> Vec<f64> {
    let mut power = vec![0.0; points / 2];
    let segments = counts.len() / points;
    for segment in counts.chunks_exact(points) {
        let mean = segment.iter().map(|&count| f64::from(count)).sum::<f64>() / points as f64;
        for (bin, slot) in power.iter_mut().enumerate().skip(1) {
            let (mut re, mut im) = (0.0, 0.0);
            for (index, &count) in segment.iter().enumerate() {
                let turn = TAU * index as f64 / points as f64;
                let weighted = (f64::from(count) - mean) * (0.5 - 0.5 * turn.cos());
                re += weighted * (turn * bin as f64).cos();
                im -= weighted * (turn * bin as f64).sin();
            }
            *slot += (re * re + im * im) * 16.0 / (3.0 * (points * points * segments) as f64);
        }
    }
    power
}

#[test]
fn sine_in_a_band_gives_the_logarithm_of_half_its_squared_amplitude() {
    for points in [16u16, 32, 64, 128, 256, 512, 1024, 2048, 4096] {
        let center = points / 4;
        for (amplitude, off_bin) in [(20_000.0, 0.0), (300.0, 0.0), (20_000.0, 0.37)] {
            let counts = sine(usize::from(points) * 2 + 5, usize::from(points), amplitude, f64::from(center) + off_bin);
            let signal = Signal { counts: &counts, scale: 0.01, offset: 50.0, rate_hz: 2000.0 };
            let found = band_energy(&signal, points, center - 3, center + 4);
            let exact = (amplitude * amplitude * 1e-4 / 2.0).ln() as f32;
            assert!((found - exact).abs() < 0.03, "{points} points, amplitude {amplitude}: {found} against {exact}");
        }
    }
}

#[test]
fn bands_beside_a_sine_hold_almost_nothing() {
    let counts = sine(1024, 256, 20_000.0, 64.0);
    let inside = band_energy(&plain(&counts), 256, 62, 67);
    for (first, end) in [(1, 60), (69, 128)] {
        assert!(band_energy(&plain(&counts), 256, first, end) < inside - 18.0, "80 dB below");
    }
}

#[test]
fn bins_of_white_noise_sum_to_its_variance() {
    let mut state = 9u32;
    let counts: Vec<i16> = (0..16384)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) as i16) / 4
        })
        .collect();
    let found = features(
        Source::Channel(0),
        256,
        &[Feature::BandEnergy { first_bin: 1, end_bin: 128 }, Feature::StandardDeviation, Feature::SpectralCentroid],
        &[plain(&counts)],
    );
    // Bin 0 and the one at half the rate are left out: about 1 % of the power.
    assert!((found[0] - 2.0 * found[1].ln()).abs() < 0.03, "{found:?}");
    assert!((found[2] - 250.0).abs() < 5.0, "white noise is centred at a quarter of the rate: {found:?}");
}

#[test]
fn centroid_of_a_sine_is_its_frequency() {
    let counts = sine(4096, 1024, 15_000.0, 100.0);
    let signal = Signal { counts: &counts, scale: 3.0, offset: 0.0, rate_hz: 10_240.0 };
    let found = features(Source::Channel(0), 1024, &[Feature::SpectralCentroid], &[signal])[0];
    assert!((found - 1000.0).abs() < 1.0, "{found}");
}

#[test]
fn silence_reads_as_the_share_of_the_rounding_noise() {
    let counts = [1234; 512];
    let signal = Signal { counts: &counts, scale: 0.5, offset: 7.0, rate_hz: 100.0 };
    let found = features(
        Source::Channel(0),
        128,
        &[
            Feature::BandEnergy { first_bin: 1, end_bin: 17 },
            Feature::BandEnergy { first_bin: 32, end_bin: 64 },
            Feature::SpectralCentroid,
        ],
        &[signal],
    );
    let noise = 0.25f32 / 12.0;
    assert!((found[0] - (noise * 16.0 / 64.0).ln()).abs() < 1e-5, "{found:?}");
    assert!((found[1] - (noise * 32.0 / 64.0).ln()).abs() < 1e-5, "{found:?}");
    assert_eq!(found[2], 0.0);
}

#[test]
fn missing_samples_read_as_the_mean_in_the_spectrum() {
    let mut counts = [1000i16; 256];
    counts[40..90].fill(MISSING_COUNT);
    let gaps = band_energy(&plain(&counts), 128, 1, 64);
    assert_eq!(gaps, band_energy(&plain(&[1000; 256]), 128, 1, 64), "a constant stays silent");
    let tone = sine(256, 128, 10_000.0, 32.0);
    let mut gaps = tone.clone();
    gaps[5..9].fill(MISSING_COUNT);
    let (whole, gaps) = (band_energy(&plain(&tone), 128, 28, 37), band_energy(&plain(&gaps), 128, 28, 37));
    assert!((whole - gaps).abs() < 0.05, "four samples near the window's edge weigh little: {whole} against {gaps}");
}

#[test]
fn rest_shorter_than_a_segment_is_left_out() {
    let mut counts = sine(256, 128, 10_000.0, 32.0);
    counts.extend([0i16; 127].iter());
    let whole = band_energy(&plain(&counts[..256]), 128, 30, 35);
    assert!((band_energy(&plain(&counts), 128, 30, 35) - whole).abs() < 1e-3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_bin_equals_the_definition(
        exponent in 4u32..=7,
        counts in prop::collection::vec(-32767i16..=32767, 256..300),
    ) {
        let points = 1usize << exponent;
        let exact = oracle(&counts, points);
        let bands: Vec<Feature> = (1..points as u16 / 2)
            .map(|first_bin| Feature::BandEnergy { first_bin, end_bin: first_bin + 1 })
            .collect();
        let found = features(Source::Channel(0), points as u16, &bands, &[plain(&counts)]);
        for (found, exact) in found.iter().zip(&exact[1..]) {
            let found = f64::from(*found).exp();
            prop_assert!((found - exact).abs() <= 1e-4 * exact + 5.0, "{found} against {exact}");
        }
    }
}
