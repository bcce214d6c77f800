//! A model with convolutions over the raw samples of a three-axis sensor.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::build::{GoldenSpec, ImageBuilder, TransformSpec};
use trunkline_shared::model::{LayerOp, LayerRole, Layout, PoolKind, RawView, TaskKind, Tensor, View, WeightKind};

use super::layers::RandomLayer;
use super::sample::{channel, group, task};

/// Three channels of 1,024 samples and a table column; two stages of convolutions over the channels, 16 taps and 8, the first with
/// six outputs of the depthwise convolution, so that positions are padded; a trunk layer and the heads of two tasks.
///
/// Where `features` is set, the trunk layer reads three features as well; otherwise the model has none.
pub fn convolutional(features: bool) -> ImageBuilder {
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let tensor = |elements, range_bits| Tensor { elements, range_bits };
    let mut tensors = vec![
        tensor(3 * 1024, 11),
        tensor(253 * 8, 10),
        tensor(253 * 8, 11),
        tensor(8 * 63, 11),
        tensor(28 * 8, 10),
        tensor(28 * 16, 11),
        tensor(16 * 3, 10),
        tensor(16, 8),
    ];
    let pool = |kind, channels, size| LayerOp::Pool { kind, channels, size };
    let pointwise = |channels, rows, input| RandomLayer {
        relu: true,
        ..RandomLayer::convolution(LayerOp::Pointwise { channels }, rows, input, input + 1)
    };
    let mut layers = vec![
        RandomLayer::convolution(LayerOp::Depthwise { channels: 3, kernel: 16, stride: 4 }, 6, 0, 1),
        pointwise(6, 8, 1),
        RandomLayer::convolution(pool(PoolKind::Max, 8, 4), 8, 2, 3),
        RandomLayer::convolution(LayerOp::Depthwise { channels: 8, kernel: 8, stride: 2 }, 8, 3, 4),
        pointwise(8, 16, 4),
        RandomLayer::convolution(pool(PoolKind::Mean, 16, 8), 16, 5, 6),
        RandomLayer { relu: !features, ..RandomLayer::dense(LayerRole::Trunk, 6, 7, WeightKind::I8) },
    ];
    let mut views = Vec::new();
    let (mut means, mut gains) = (Vec::new(), Vec::new());
    if features {
        let view = tensors.len() as u8;
        tensors.push(tensor(3, 9));
        views.push(View { tensor: view, first: 0, fraction_bits: 6 });
        (means, gains) = (vec![100.0, 0.0, 0.01], vec![0.02, 0.01, 10.0]);
        layers.push(RandomLayer {
            relu: true,
            accumulate: true,
            ..RandomLayer::dense(LayerRole::Trunk, view, 7, WeightKind::I8)
        });
    }
    let output = tensors.len() as u8;
    tensors.extend([tensor(3, 12), tensor(1, 14)]);
    layers.extend([0, 1].map(|task| RandomLayer::dense(LayerRole::Head(task), 7, output + task, WeightKind::I8)));
    ImageBuilder {
        name: "convolutional".into(),
        window_ms: 256,
        layout: Layout::Plain,
        channels: vec![
            channel("x", 4_000_000, 1024, TransformSpec::None),
            channel("y", 4_000_000, 1024, TransformSpec::None),
            channel("z", 4_000_000, 1024, TransformSpec::None),
            channel("load", 0, 1, TransformSpec::None),
        ],
        plan: if features {
            vec![
                group(Source::Channel(0), 0, &[Feature::RootMeanSquare]),
                group(Source::Channel(3), 0, &[Feature::Raw { step: 1 }, Feature::MissingIndicator]),
            ]
        } else {
            Vec::new()
        },
        means,
        gains,
        layers: layers.iter().map(|layer| layer.draw(&tensors, &mut rng)).collect(),
        tensors,
        views,
        raw_views: [(0, 250, 40_000), (1, -90, 30_000), (2, 0, 26_000)]
            .map(|(channel, mean, multiplier)| RawView { tensor: 0, channel, mean, multiplier })
            .into(),
        tasks: vec![task("fault", TaskKind::MultiClass, 3), task("energy", TaskKind::Regression, 0)],
        golden: vec![GoldenSpec::Generated { seed: 3 }, GoldenSpec::Generated { seed: 4 }],
        host_part: Vec::new(),
    }
}
