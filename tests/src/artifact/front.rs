//! Random convolutions over the raw samples of channels.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{LayerOp, PoolKind, RawView, Tensor, WeightKind};

use super::layers::RandomLayer;
use super::random::{narrow_bits, narrow_kind};

/// Most elements of a tensor.
const MOST_ELEMENTS: usize = 6_000;

/// Adds raw views of a few channels of equally many samples and one or two stages of convolutions; the tensor that the last of
/// them writes, which a fully connected layer can read. `None` where the channels are too long.
pub(super) fn draw(
    rng: &mut ChaCha8Rng,
    builder: &mut ImageBuilder,
    tensors: &mut Vec<Tensor>,
    shapes: &mut Vec<RandomLayer>,
) -> Option<u8> {
    let samples = builder.channels.choose(rng)?.samples;
    let alike = (0u8..).zip(&builder.channels).filter(|(_, channel)| channel.samples == samples);
    let mut views: Vec<u8> = alike.map(|(index, _)| index).collect();
    views.truncate(rng.random_range(1..=4));
    let mut channels = views.len() as u16;
    let elements = usize::from(samples) * views.len();
    if elements > MOST_ELEMENTS {
        return None;
    }
    let range_bits = rng.random_range(4..=15);
    let mut input = push(tensors, elements as u16, range_bits);
    for channel in views {
        // From a share of the range to many times it, for samples of half their own.
        let gain = 2f64.powf(rng.random_range(-3.0..3.0)) * 2f64.powi(i32::from(range_bits) - 14);
        let multiplier = (gain * 2f64.powi(18)) as i32;
        builder.raw_views.push(RawView { tensor: input, channel, mean: rng.random_range(-8_000..8_000), multiplier });
    }
    for _ in 0..rng.random_range(1..=2) {
        let drawn = stage(rng, (input, channels), tensors, shapes);
        (input, channels) = drawn?;
    }
    Some(input)
}

/// Adds a depthwise convolution, perhaps a pointwise one, and a pool, over a tensor of so many channels, channel-major; what they
/// make of it.
fn stage(
    rng: &mut ChaCha8Rng,
    (input, channels): (u8, u16),
    tensors: &mut Vec<Tensor>,
    shapes: &mut Vec<RandomLayer>,
) -> Option<(u8, u16)> {
    let read = tensors[usize::from(input)];
    let kernel = rng.random_range(1..=(read.elements / channels).min(24)) as u8;
    let op = LayerOp::Depthwise { channels, kernel, stride: rng.random_range(1..=5) };
    let mut rows = channels * rng.random_range(1..=3);
    let positions = op.positions(read.elements);
    let size = rng.random_range(1..=positions.min(9));
    let kind = *[PoolKind::Max, PoolKind::Mean].choose(rng).expect("two");
    let filters = rng.random_bool(0.7).then(|| rng.random_range(1..=10));
    if op.outputs(rows, read.elements) > MOST_ELEMENTS || usize::from(positions) * 12 > MOST_ELEMENTS {
        return None;
    }
    // What a fully connected layer reads at the end decides on the range, which the largest number must not leave.
    let pooled = filters.unwrap_or(rows) * (positions / size);
    let range_bits = narrow_bits(rng, pooled);
    let before = |rng: &mut ChaCha8Rng| match kind {
        PoolKind::Max => rng.random_range(1..=range_bits),
        PoolKind::Mean => rng.random_range(1..=15),
    };
    let depthwise_bits = if filters.is_some() { narrow_bits(rng, rows) } else { before(rng) };
    let mut last = push(tensors, op.outputs(rows, read.elements) as u16, depthwise_bits);
    shapes.push(RandomLayer { relu: rng.random_bool(0.3), ..RandomLayer::convolution(op, rows, input, last) });
    if let Some(filters) = filters {
        let op = LayerOp::Pointwise { channels: rows };
        let elements = op.outputs(filters, tensors[usize::from(last)].elements);
        let (from, range_bits) = (last, before(rng));
        last = push(tensors, elements as u16, range_bits);
        let weights = if rng.random_bool(0.1) { WeightKind::I16 } else { narrow_kind(rng) };
        let layer = RandomLayer::convolution(op, filters, from, last);
        shapes.push(RandomLayer { relu: rng.random_bool(0.8), weights, ..layer });
        rows = filters;
    }
    let op = LayerOp::Pool { kind, channels: rows, size };
    let output = push(tensors, pooled, range_bits);
    shapes.push(RandomLayer::convolution(op, rows, last, output));
    Some((output, rows))
}

fn push(tensors: &mut Vec<Tensor>, elements: u16, range_bits: u8) -> u8 {
    tensors.push(Tensor { elements, range_bits });
    (tensors.len() - 1) as u8
}
