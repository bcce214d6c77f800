//! A model that computes every feature of the plan, from channels of many rates, and windows to try it with.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::build::{ImageBuilder, TransformSpec};
use trunkline_shared::model::{Runtime, validate};
use trunkline_shared::quant::{MAX_COUNT, MISSING_COUNT};

use super::random_network::random_network;
use super::sample::{channel, group};

/// Samples of one axis.
const AXIS_SAMPLES: u16 = 1024;
/// Samples of every channel: three axes, current, pressure at an odd rate, temperature, a table column.
pub const CHANNEL_SAMPLES: [u16; 7] = [AXIS_SAMPLES, AXIS_SAMPLES, AXIS_SAMPLES, 100, 37, 5, 1];

fn statistics() -> Vec<Feature> {
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
        Feature::EndDifference { samples: 2 },
        Feature::BlockMeans { blocks: 3 },
        Feature::Raw { step: 2 },
        Feature::MissingIndicator,
    ]
}

/// The model's parts. Features are standardised by their values on one random window, so that the network sees them in range.
///
/// # Panics
/// Where the parts break a rule of the format: a fault of this function.
pub fn every_feature() -> ImageBuilder {
    let rates = [2_048_000, 2_048_000, 2_048_000, 200_000, 74_000, 10_000, 0];
    let names = ["x", "y", "z", "current", "pressure", "temperature", "load"];
    let channels = names.iter().zip(rates).zip(CHANNEL_SAMPLES).map(|((name, rate_mhz), samples)| {
        let transform = if rate_mhz == 0 { TransformSpec::SignedLog { unit: 2.0 } } else { TransformSpec::None };
        channel(name, rate_mhz, samples, transform)
    });
    let spectrum = |bins: u16| {
        let bands = (0..8).map(move |band| Feature::BandEnergy {
            first_bin: 1 + band * (bins / 8 - 1),
            end_bin: 1 + (band + 1) * (bins / 8 - 1),
        });
        [Feature::SpectralCentroid].into_iter().chain(bands)
    };
    let with_spectrum = |bins| spectrum(bins).chain(statistics().into_iter().take(14)).collect::<Vec<_>>();
    let plan = vec![
        group(Source::Channel(0), 1024, &with_spectrum(512)),
        group(Source::Channel(1), 256, &with_spectrum(128)),
        group(Source::Magnitude([0, 1, 2]), 512, &with_spectrum(256)),
        group(Source::Channel(3), 64, &with_spectrum(32)),
        group(Source::Channel(4), 0, &statistics()),
        group(Source::Channel(5), 0, &statistics()),
        group(Source::Channel(6), 0, &[Feature::Raw { step: 1 }, Feature::MissingIndicator]),
    ];
    // Group i reads channel i, or all three axes.
    let feature_count = (plan.iter().zip(CHANNEL_SAMPLES))
        .flat_map(|(group, samples)| group.borrow().features.iter().map(move |feature| feature.count(samples.into())))
        .sum::<usize>();
    let (means, gains) = (vec![0.0; feature_count], vec![0.01; feature_count]);
    let mut builder = random_network("every feature", channels.collect(), plan, means, gains);
    let features = features_of(&builder, &windows(1, 0));
    builder.gains = features.iter().map(|feature| 1.0 / (0.2 * feature.abs() + 0.5)).collect();
    builder.means = features;
    builder
}

fn features_of(builder: &ImageBuilder, window: &[i16]) -> Vec<f32> {
    let image = builder.build().expect("the parts obey the format");
    let model = validate(&image).expect("what was written is valid");
    let mut arena = vec![0; model.arena_bytes() as usize / 4];
    let mut runtime = Runtime::new(model, &mut arena).expect("the arena is as large as stated");
    let answer = runtime.infer_all(window).expect("the window is as long as the model's");
    answer.features.to_vec()
}

/// `count` windows for [`every_feature`], one after the other: waves with noise; every third has missing samples, every fifth
/// is saturated, every seventh has a channel that is missing whole and one that is constant.
pub fn windows(count: usize, seed: u64) -> Vec<i16> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut counts = Vec::new();
    for index in 0..count {
        let loudness: f64 = if index % 5 == 4 { 60_000.0 } else { rng.random_range(50.0..9_000.0) };
        let silent = if index % 7 == 6 { Some(rng.random_range(0..CHANNEL_SAMPLES.len())) } else { None };
        for (channel, samples) in CHANNEL_SAMPLES.into_iter().enumerate() {
            let turns: f64 = rng.random_range(0.2..200.0);
            let level: f64 = rng.random_range(-4_000.0..4_000.0);
            let constant = silent.is_some_and(|silent| channel == (silent + 1) % CHANNEL_SAMPLES.len());
            for sample in 0..samples {
                let phase = turns * f64::from(sample) / f64::from(samples);
                // A triangle: no library function, the same on every PC.
                let wave = 4.0 * (phase - (phase + 0.5).floor()).abs() - 1.0;
                let noise: f64 = rng.random_range(-0.2..0.2);
                let value = if constant { level } else { level + loudness * (wave + noise) };
                let missing = silent == Some(channel) || (index % 3 == 2 && rng.random_range(0..10) == 0);
                let limit = f64::from(MAX_COUNT);
                counts.push(if missing { MISSING_COUNT } else { value.clamp(-limit, limit) as i16 });
            }
        }
    }
    counts
}
