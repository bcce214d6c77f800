//! A small model that uses every part of the format.

use std::sync::LazyLock;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::build::{
    ChannelSpec, CodeSpec, GoldenSpec, GroupSpec, ImageBuilder, OwnedSeq, TaskSpec, TransformSpec,
};
use trunkline_shared::model::{LayerRole, Layout, TaskKind, TaskRole, Tensor, View, WeightKind};

use super::layers::RandomLayer;

/// A channel with a plain code of scale 0.01; a table column (rate 0) is optional.
pub fn channel(name: &str, rate_mhz: u32, samples: u16, transform: TransformSpec) -> ChannelSpec {
    let code = CodeSpec { transform, scale: 0.01, offset: 0.5 };
    ChannelSpec { name: name.into(), unit: "u".into(), rate_mhz, samples, code, optional: rate_mhz == 0 }
}

/// A group of the plan.
pub fn group(source: Source, fft_size: u16, features: &[Feature]) -> GroupSpec {
    GroupSpec { source, fft_size, features: OwnedSeq::new(features).expect("few features") }
}

/// A task of `classes` classes; none for a regression.
pub fn task(name: &str, kind: TaskKind, classes: usize) -> TaskSpec {
    let regression = kind == TaskKind::Regression;
    TaskSpec {
        name: name.into(),
        role: if regression { TaskRole::Energy } else { TaskRole::Fault },
        kind,
        unit: if regression { "Wh".into() } else { String::new() },
        classes: (0..classes).map(|class| format!("class {class}")).collect(),
        scale: 0.03,
        offset: if regression { 12.5 } else { 0.0 },
        threshold: if kind == TaskKind::Binary { -7 } else { 0 },
        period: 1,
    }
}

/// The bytes of [`small`].
pub fn small_image() -> &'static [u8] {
    static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| small().build().expect("the sample is valid"));
    &IMAGE
}

/// Five channels of every kind, twelve features, three tasks of every kind; about 2 KiB.
pub fn small() -> ImageBuilder {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let tensor = |elements, range_bits| Tensor { elements, range_bits };
    let tensors = vec![
        tensor(12, 8),
        tensor(12, 12),
        tensor(8, 8),
        tensor(6, 8),
        tensor(4, 9),
        tensor(3, 12),
        tensor(1, 12),
        tensor(1, 14),
    ];
    let layer = |role, input, output, weights, relu, accumulate| RandomLayer {
        relu,
        accumulate,
        ..RandomLayer::dense(role, input, output, weights)
    };
    let layers = [
        layer(LayerRole::Trunk, 0, 2, WeightKind::I8, true, false),
        layer(LayerRole::Trunk, 2, 3, WeightKind::I8, true, false),
        layer(LayerRole::Head(0), 3, 4, WeightKind::I8, true, false),
        layer(LayerRole::Head(0), 4, 5, WeightKind::I8, false, false),
        layer(LayerRole::Linear(0), 1, 5, WeightKind::I16, false, true),
        layer(LayerRole::Linear(1), 1, 6, WeightKind::I16, false, false),
        layer(LayerRole::Head(1), 3, 6, WeightKind::I8, false, true),
        layer(LayerRole::Head(2), 3, 7, WeightKind::I8, false, false),
        layer(LayerRole::Linear(2), 1, 7, WeightKind::I16, false, true),
    ];
    let knots = OwnedSeq::new(&[-3.0f32, -0.5, 0.25, 9.0]).expect("few knots");
    let recorded = (0..3 * 64 + 4 + 1).map(|sample| (sample * 331 % 4001 - 2000) as i16).collect();
    ImageBuilder {
        name: "small".into(),
        window_ms: 64,
        layout: Layout::Plain,
        channels: vec![
            channel("x", 1_000_000, 64, TransformSpec::None),
            channel("y", 1_000_000, 64, TransformSpec::None),
            channel("z", 1_000_000, 64, TransformSpec::None),
            channel("temperature", 62_500, 4, TransformSpec::Rank(knots)),
            channel("load", 0, 1, TransformSpec::SignedLog { unit: 2.0 }),
        ],
        plan: vec![
            group(
                Source::Magnitude([0, 1, 2]),
                32,
                &[
                    Feature::Mean,
                    Feature::BandEnergy { first_bin: 2, end_bin: 9 },
                    Feature::SpectralCentroid,
                    Feature::Kurtosis,
                ],
            ),
            group(
                Source::Channel(0),
                64,
                &[Feature::RootMeanSquare, Feature::BandEnergy { first_bin: 1, end_bin: 32 }],
            ),
            group(Source::Channel(3), 0, &[Feature::Mean, Feature::Slope, Feature::BlockMeans { blocks: 2 }]),
            group(Source::Channel(4), 0, &[Feature::Raw { step: 1 }, Feature::MissingIndicator]),
        ],
        means: vec![150.0, 4.0, 200.0, 3.0, 100.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01],
        gains: vec![0.02, 0.5, 0.02, 1.0, 0.02, 0.5, 0.01, 0.0001, 0.01, 0.01, 0.01, 10.0],
        layers: layers.map(|layer| layer.draw(&tensors, &mut rng)).into(),
        tensors,
        views: vec![View { tensor: 0, first: 0, fraction_bits: 5 }, View { tensor: 1, first: 0, fraction_bits: 9 }],
        raw_views: vec![],
        tasks: vec![
            task("fault", TaskKind::MultiClass, 3),
            task("stable", TaskKind::Binary, 2),
            task("energy", TaskKind::Regression, 0),
        ],
        golden: vec![
            GoldenSpec::Recorded(recorded),
            GoldenSpec::Generated { seed: 1 },
            GoldenSpec::Generated { seed: 2 },
        ],
        host_part: b"opaque".into(),
    }
}
