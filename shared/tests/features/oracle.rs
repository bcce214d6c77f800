//! Every feature once more, as plainly as its documentation has it: the fast code must give the same bits.
//!
//! One loop a feature over the samples that are there, 128-bit integers, libm's root and logarithm, a general FFT.

use microfft::Complex32;
use proptest::prelude::*;
use trunkline_shared::features::{Feature, MISSING, Signal, Source};
use trunkline_shared::quant::{MISSING_COUNT, round_half_up};

use crate::common::features;

/// The features of one signal.
struct Oracle<'w> {
    signal: Signal<'w>,
    /// Places and counts of the samples that are there.
    present: Vec<(i128, i128)>,
    power: Vec<f32>,
}

impl<'w> Oracle<'w> {
    fn new(signal: Signal<'w>, fft_size: usize) -> Self {
        let mut oracle = Self { signal, present: present(signal.counts), power: Vec::new() };
        if fft_size > 0 && !oracle.present.is_empty() {
            oracle.power = oracle.spectrum(fft_size);
        }
        oracle
    }

    fn n(&self) -> i128 {
        self.present.len() as i128
    }

    fn sum(&self, term: impl Fn(i128, i128) -> i128) -> i128 {
        self.present.iter().map(|&(place, count)| term(place, count)).sum()
    }

    fn value(&self, count: f32) -> f32 {
        count * self.signal.scale + self.signal.offset
    }

    /// `n^power` times the central moment of that power.
    fn moment(&self, power: u32) -> f32 {
        let (n, sum) = (self.n(), self.sum(|_, count| count));
        match power {
            2 => (n * self.sum(|_, x| x * x) - sum * sum) as i64 as f32,
            // In 128 bits the deviations' powers themselves would overflow.
            3 => {
                let (squares, cubes) = (self.sum(|_, x| x * x), self.sum(|_, x| x * x * x));
                (n * n * cubes - 3 * n * sum * squares + 2 * sum * sum * sum) as f32
            }
            _ => {
                let (squares, cubes) = (self.sum(|_, x| x * x), self.sum(|_, x| x * x * x));
                let fourths = self.sum(|_, x| x * x * x * x);
                let high = n * n * n * fourths - 4 * n * n * sum * cubes;
                (high + 6 * n * sum * sum * squares - 3 * sum * sum * sum * sum) as f32
            }
        }
    }

    fn deviation(&self) -> f32 {
        libm::sqrtf(self.moment(2)) / self.n() as f32 * self.signal.scale
    }

    fn root_mean_square(&self) -> f32 {
        let (mean, deviation) = (self.value(mean(&self.present)), self.deviation());
        libm::sqrtf(deviation * deviation + mean * mean)
    }

    fn extreme(&self, pick: impl Fn(i128, i128) -> i128) -> f32 {
        self.present.iter().map(|&(_, count)| count).reduce(pick).expect("a sample") as f32
    }

    fn slope(&self) -> f32 {
        let (n, sum, places) = (self.n(), self.sum(|_, count| count), self.sum(|place, _| place));
        let covariance = n * self.sum(|place, count| place * count) - places * sum;
        let variance = n * self.sum(|place, _| place * place) - places * places;
        if variance > 0 { covariance as f32 / variance as f32 * (self.signal.scale * self.signal.rate_hz) } else { 0.0 }
    }

    fn spectrum(&self, points: usize) -> Vec<f32> {
        let (n, sum) = (self.n(), self.sum(|_, count| count));
        let middle = (2 * sum + n).div_euclid(2 * n);
        let segments = self.signal.counts.chunks_exact(points);
        let share = 16.0 / (3.0 * points as f32 * points as f32 * segments.len() as f32);
        let mut power = vec![0.0; points / 2];
        for segment in segments {
            let time = segment.iter().map(|&count| {
                let count = if count == MISSING_COUNT { middle } else { i128::from(count) };
                (count - middle) as f32
            });
            let bins = real_fft(&mut time.collect::<Vec<f32>>());
            // Bin 0 is taken out; behind the last stands that at half the rate.
            let bin = |k: usize| match k {
                0 => Complex32::new(0.0, 0.0),
                k if k == bins.len() => Complex32::new(bins[0].im, 0.0),
                k => bins[k],
            };
            for (k, slot) in power.iter_mut().enumerate().skip(1) {
                let (before, here, after) = (bin(k - 1), bin(k), bin(k + 1));
                let re = here.re / 2.0 - (before.re + after.re) / 4.0;
                let im = here.im / 2.0 - (before.im + after.im) / 4.0;
                *slot += re * re + im * im;
            }
        }
        power.iter().map(|bin| bin * share).collect()
    }

    fn band_energy(&self, first: usize, end: usize) -> f32 {
        let floor = 1.0f32 / 12.0 * (end - first) as f32 / self.power.len() as f32;
        let power = self.power[first..end].iter().fold(0.0, |sum, bin| sum + bin).max(floor);
        libm::logf(power * self.signal.scale * self.signal.scale)
    }

    fn centroid(&self) -> f32 {
        let total = self.power.iter().fold(0.0, |sum, bin| sum + bin);
        let weighted = self.power.iter().enumerate().fold(0.0, |sum, (k, bin)| sum + k as f32 * bin);
        if total > 0.0 { weighted / total * (self.signal.rate_hz / (2 * self.power.len()) as f32) } else { 0.0 }
    }

    /// The values of one feature, [`MISSING`] where nothing is left for it.
    fn feature(&self, feature: Feature) -> Vec<f32> {
        let counts = self.signal.counts;
        let mean_of = |stretch: &[i16]| {
            let present = present(stretch);
            if present.is_empty() { MISSING } else { self.value(mean(&present)) }
        };
        let single = match feature {
            Feature::BlockMeans { blocks } => {
                let bound = |block: usize| block * counts.len() / usize::from(blocks);
                return (0..usize::from(blocks))
                    .map(|block| mean_of(&counts[bound(block)..bound(block + 1)]))
                    .collect();
            }
            Feature::Raw { step } => {
                let value = |&count: &i16| if count == MISSING_COUNT { MISSING } else { self.value(f32::from(count)) };
                return counts.iter().step_by(usize::from(step)).map(value).collect();
            }
            Feature::MissingIndicator => f32::from(u8::from(self.present.is_empty())),
            _ if self.present.is_empty() => MISSING,
            Feature::Mean => self.value(mean(&self.present)),
            Feature::StandardDeviation => self.deviation(),
            Feature::RootMeanSquare => self.root_mean_square(),
            Feature::Minimum => self.value(self.extreme(i128::min)),
            Feature::Maximum => self.value(self.extreme(i128::max)),
            Feature::PeakToPeak => (self.extreme(i128::max) - self.extreme(i128::min)) * self.signal.scale,
            Feature::CrestFactor => {
                let largest = self.value(self.extreme(i128::max)).abs().max(self.value(self.extreme(i128::min)).abs());
                if self.root_mean_square() > 0.0 { largest / self.root_mean_square() } else { 0.0 }
            }
            Feature::Skewness | Feature::Kurtosis if self.moment(2) == 0.0 => 0.0,
            Feature::Skewness => self.moment(3) / (self.moment(2) * libm::sqrtf(self.moment(2))),
            Feature::Kurtosis => self.moment(4) / (self.moment(2) * self.moment(2)),
            Feature::Slope => self.slope(),
            Feature::First => self.value(self.present[0].1 as f32),
            Feature::Last => self.value(self.present[self.present.len() - 1].1 as f32),
            Feature::EndDifference { samples } => {
                let end = counts.len() - usize::from(samples);
                let (start, end) = (present(&counts[..usize::from(samples)]), present(&counts[end..]));
                let (start_n, end_n) = (start.len() as i64, end.len() as i64);
                let numerator = total(&end) as i64 * start_n - total(&start) as i64 * end_n;
                let difference = numerator as f32 / (start_n * end_n) as f32 * self.signal.scale;
                if start_n == 0 || end_n == 0 { MISSING } else { difference }
            }
            Feature::BandEnergy { first_bin, end_bin } => {
                self.band_energy(usize::from(first_bin), usize::from(end_bin))
            }
            Feature::SpectralCentroid => self.centroid(),
        };
        vec![single]
    }
}

fn present(counts: &[i16]) -> Vec<(i128, i128)> {
    let places = (0i128..).zip(counts).filter(|(_, count)| **count != MISSING_COUNT);
    places.map(|(place, &count)| (place, i128::from(count))).collect()
}

fn total(present: &[(i128, i128)]) -> i128 {
    present.iter().map(|&(_, count)| count).sum()
}

fn mean(present: &[(i128, i128)]) -> f32 {
    let n = present.len() as i128;
    let (whole, rest) = (total(present).div_euclid(n), total(present).rem_euclid(n));
    whole as f32 + rest as f32 / n as f32
}

/// Half of the magnitudes of three axes, rounded, missing where an axis is.
fn magnitudes(axes: [&[i16]; 3], offset_counts: f32) -> Vec<i16> {
    let offset = offset_counts.clamp(-98_304.0, 98_304.0);
    let lengths = axes[0].iter().zip(axes[1]).zip(axes[2]).map(|((&x, &y), &z)| {
        if [x, y, z].contains(&MISSING_COUNT) {
            return MISSING_COUNT;
        }
        let [x, y, z] = [x, y, z].map(|count| f32::from(count) + offset);
        round_half_up(libm::sqrtf(x * x + y * y + z * z) / 2.0).min(32767.0) as i16
    });
    lengths.collect()
}

fn real_fft(time: &mut [f32]) -> Vec<Complex32> {
    macro_rules! transform {
        ($($points:literal => $function:ident),* $(,)?) => {
            match time.len() {
                $($points => microfft::real::$function(time.try_into().expect("as many points")).to_vec(),)*
                points => panic!("{points} points"),
            }
        };
    }
    transform!(
        16 => rfft_16,
        32 => rfft_32,
        64 => rfft_64,
        128 => rfft_128,
        256 => rfft_256,
        512 => rfft_512,
        1024 => rfft_1024,
        2048 => rfft_2048,
        4096 => rfft_4096,
    )
}

/// A window of up to 4,400 samples: noise of some strength about a level, a wave, extremes, constants, gaps and combinations.
#[derive(Debug, Clone)]
struct Window {
    samples: usize,
    level: i32,
    wave: i32,
    period: usize,
    noise_bits: u32,
    /// One in so many samples is missing; none where 0.
    gaps: u32,
    /// One in so many samples is at full scale; none where 0.
    peaks: u32,
    seed: u32,
}

impl Window {
    fn any() -> impl Strategy<Value = Self> {
        let samples = prop_oneof![4 => 16usize..700, 1 => 700usize..4400];
        let level = prop_oneof![Just(0), -32_767..=32_767];
        let wave = prop_oneof![Just(0), 0..40_000];
        let one_in = || prop_oneof![3 => Just(0u32), 1 => Just(1), 2 => 2u32..40];
        (samples, level, wave, 2usize..300, 0u32..=16, one_in(), one_in(), any::<u32>()).prop_map(
            |(samples, level, wave, period, noise_bits, gaps, peaks, seed)| Self {
                samples,
                level,
                wave,
                period,
                noise_bits,
                gaps,
                peaks,
                seed,
            },
        )
    }

    fn counts(&self) -> Vec<i16> {
        let mut state = self.seed;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        let one_in = |random: u32, times: u32| times > 0 && random.is_multiple_of(times);
        let mut sample = |index: usize| {
            let noise = (random() & ((1 << self.noise_bits) - 1)) as i32 - (1 << self.noise_bits >> 1);
            let wave = self.wave * (index % self.period) as i32 / self.period as i32;
            let value = (self.level + wave + noise).clamp(-32_767, 32_767) as i16;
            let value = if one_in(random(), self.peaks) { [32_767, -32_767][index & 1] } else { value };
            if one_in(random(), self.gaps) { MISSING_COUNT } else { value }
        };
        (0..self.samples).map(&mut sample).collect()
    }
}

/// A plan with every kind of feature.
fn plan(samples: usize, fft_size: u16, parameter: u16) -> Vec<Feature> {
    let samples = samples as u16;
    let bins = fft_size / 2;
    vec![
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
        Feature::EndDifference { samples: 1 + parameter % (samples / 2) },
        Feature::BlockMeans { blocks: 1 + parameter % samples.min(60) },
        Feature::Raw { step: 1 + parameter % samples },
        Feature::BandEnergy { first_bin: 1, end_bin: bins },
        Feature::BandEnergy { first_bin: 1 + parameter % (bins - 1), end_bin: bins },
        Feature::BandEnergy { first_bin: 1, end_bin: 2 + parameter % (bins - 1) },
        Feature::SpectralCentroid,
        Feature::MissingIndicator,
    ]
}

/// Compares every feature of the source with the oracle's over `counts`.
fn assert_same(source: Source, channels: &[Signal<'_>], oracle: Signal<'_>, fft_size: u16, parameter: u16) {
    let plan = plan(oracle.counts.len(), fft_size, parameter);
    let oracle = Oracle::new(oracle, usize::from(fft_size));
    let mut found = features(source, fft_size, &plan, channels).into_iter();
    for feature in plan {
        for expected in oracle.feature(feature) {
            let found = found.next().expect("as many features");
            assert_eq!(found.to_bits(), expected.to_bits(), "{feature:?}: {found} against {expected}");
        }
    }
    assert_eq!(found.next(), None);
}

fn fft_size(samples: usize, halvings: u16) -> u16 {
    let largest = (samples as u16).min(4096);
    (1 << largest.ilog2() >> halvings).max(16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_feature_of_a_channel_has_the_oracles_bits(
        window in Window::any(),
        start in 0usize..8,
        halvings in 0u16..9,
        parameter: u16,
        (scale, offset) in prop_oneof![Just((1.0f32, 0.0f32)), (1e-6f32..1e6, -1e4f32..1e4)],
        rate_hz in 1.0f32..1e5,
    ) {
        let counts = window.counts();
        // Windows of any alignment.
        let signal = Signal { counts: &counts[start.min(counts.len() - 16)..], scale, offset, rate_hz };
        let fft_size = fft_size(signal.counts.len(), halvings);
        assert_same(Source::Channel(0), &[signal], signal, fft_size, parameter);
    }

    #[test]
    fn every_feature_of_a_magnitude_has_the_oracles_bits(
        window in Window::any(),
        halvings in 0u16..9,
        parameter: u16,
        starts in [0usize..8, 0usize..8, 0usize..8],
        scale in prop_oneof![Just(1.0f32), 1e-6f32..1e6],
        offset_counts in prop_oneof![
            Just(0.0f32), Just(-0.0), Just(1e-38), -1.0f32..1.0, -4e4f32..4e4, Just(1e9), Just(-1e9)
        ],
    ) {
        let counts = window.counts();
        let samples = counts.len().saturating_sub(8).max(16);
        let axes = starts.map(|start| &counts[start.min(counts.len() - samples)..][..samples]);
        let axis = |counts| Signal { counts, scale, offset: offset_counts * scale, rate_hz: 1000.0 };
        let magnitudes = magnitudes(axes, axis(axes[0]).offset / scale);
        let oracle = Signal { counts: &magnitudes, scale: 2.0 * scale, offset: 0.0, rate_hz: 1000.0 };
        let fft_size = fft_size(samples, halvings);
        assert_same(Source::Magnitude([0, 1, 2]), &axes.map(axis), oracle, fft_size, parameter);
    }
}

#[test]
fn longest_windows_at_full_scale_have_the_oracles_bits() {
    let signals: [fn(usize) -> i16; 5] = [
        |_| 32_767,
        |_| -32_767,
        |index| [32_767, -32_767][index / 3 % 2],
        |index| if index == 77 { 32_767 } else { -32_767 },
        |index| if index % 2 == 0 { MISSING_COUNT } else { -32_767 },
    ];
    for signal in signals {
        let counts: Vec<i16> = (0..32_768).map(signal).collect();
        let signal = Signal { counts: &counts, scale: 0.5, offset: 1.0, rate_hz: 48_000.0 };
        assert_same(Source::Channel(0), &[signal], signal, 4096, 12_345);
    }
}
