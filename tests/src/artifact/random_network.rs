//! Random layers behind any feature plan: not a useful model, but one that uses every kind of layer and the whole of its range.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::{ChannelSpec, GoldenSpec, GroupSpec, ImageBuilder};
use trunkline_shared::model::{LayerRole, Layout, TaskKind, Tensor, View, WeightKind};

use super::layers::RandomLayer;
use super::sample::task;

/// A model of those channels and features, of which there are at least two; two trunk layers, the first of which reads all
/// features and once more, accumulating, the second half of them; three tasks with heads and linear paths.
///
/// `means` and `gains` standardise the features, one of each a feature.
pub fn random_network(
    name: &str,
    channels: Vec<ChannelSpec>,
    plan: Vec<GroupSpec>,
    means: Vec<f32>,
    gains: Vec<f32>,
) -> ImageBuilder {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let features = means.len() as u16;
    let half = features / 2;
    let tensor = |elements, range_bits| Tensor { elements, range_bits };
    let tensors = vec![
        tensor(features, 8),
        tensor(features, 12),
        tensor(features - half, 8),
        tensor(16, 8),
        tensor(12, 8),
        tensor(4, 12),
        tensor(1, 12),
        tensor(1, 14),
    ];
    let layer = |role, input, output, weights, relu, accumulate| RandomLayer {
        relu,
        accumulate,
        ..RandomLayer::dense(role, input, output, weights)
    };
    let layers = [
        layer(LayerRole::Trunk, 0, 3, WeightKind::I8, false, false),
        layer(LayerRole::Trunk, 2, 3, WeightKind::I8, true, true),
        layer(LayerRole::Trunk, 3, 4, WeightKind::I8, true, false),
        layer(LayerRole::Linear(0), 1, 5, WeightKind::I16, false, false),
        layer(LayerRole::Head(0), 4, 5, WeightKind::I8, false, true),
        layer(LayerRole::Head(1), 4, 6, WeightKind::I8, false, false),
        layer(LayerRole::Linear(2), 1, 7, WeightKind::I16, false, false),
        layer(LayerRole::Head(2), 4, 7, WeightKind::I8, false, true),
    ];
    ImageBuilder {
        name: name.into(),
        window_ms: 500,
        layout: Layout::Plain,
        channels,
        plan,
        means,
        gains,
        layers: layers.map(|layer| layer.draw(&tensors, &mut rng)).into(),
        tensors,
        views: vec![
            View { tensor: 0, first: 0, fraction_bits: 5 },
            View { tensor: 1, first: 0, fraction_bits: 9 },
            View { tensor: 2, first: half, fraction_bits: 5 },
        ],
        raw_views: vec![],
        tasks: vec![
            task("fault", TaskKind::MultiClass, 4),
            task("stable", TaskKind::Binary, 2),
            task("energy", TaskKind::Regression, 0),
        ],
        golden: vec![GoldenSpec::Generated { seed: 1 }, GoldenSpec::Generated { seed: 2 }],
        host_part: Vec::new(),
    }
}
