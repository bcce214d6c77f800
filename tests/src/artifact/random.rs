//! Random valid models: plans of every feature, networks of every shape that the format allows.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{ChannelShape, Feature, Source};
use trunkline_shared::model::build::{
    ChannelSpec, GoldenSpec, GroupSpec, ImageBuilder, OwnedSeq, TaskSpec, TransformSpec,
};
use trunkline_shared::model::{LayerRole, TaskKind, Tensor, View, WeightKind};

use super::layers::RandomLayer;
use super::{front, sample};

/// How large a random model gets.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Most samples of a channel, at least 16.
    pub samples: u16,
    /// Most elements of a hidden tensor.
    pub width: u16,
    /// Most tasks.
    pub tasks: usize,
}

/// The model of `seed`.
pub fn model(seed: u64, size: Size) -> ImageBuilder {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rng = &mut rng;
    let channels = channels(rng, size);
    let (plan, features) = plan(rng, &channels);
    let mut builder = ImageBuilder {
        name: format!("random {seed}"),
        window_ms: rng.random(),
        channels,
        plan,
        means: (0..features).map(|_| rng.random_range(-100.0..100.0)).collect(),
        gains: (0..features).map(|_| 10f32.powf(rng.random_range(-4.0..2.0))).collect(),
        host_part: (0..rng.random_range(0..64)).map(|_| rng.random()).collect(),
        ..ImageBuilder::default()
    };
    network(rng, size, features as u16, &mut builder);
    let window: usize = builder.channels.iter().map(|channel| usize::from(channel.samples)).sum();
    builder.golden.push(GoldenSpec::Generated { seed: rng.random() });
    if window <= 2_000 {
        builder.golden.push(GoldenSpec::Recorded((0..window).map(|_| rng.random()).collect()));
    }
    builder
}

/// A window with noise, full-scale steps, constant stretches and gaps.
pub fn window(rng: &mut ChaCha8Rng, len: usize) -> Vec<i16> {
    let mut window = Vec::with_capacity(len);
    while window.len() < len {
        let stretch = rng.random_range(1..=40);
        let kind = rng.random_range(0..6);
        let level: i16 = rng.random();
        window.extend((0..stretch).map(|_| match kind {
            0 => level,
            1 => i16::MIN,
            2 => *[i16::MAX, -i16::MAX].choose(rng).expect("two"),
            3 => level / 4 + rng.random_range(-50..50),
            _ => rng.random(),
        }));
    }
    window.truncate(len);
    window
}

fn channels(rng: &mut ChaCha8Rng, size: Size) -> Vec<ChannelSpec> {
    let mut channels = Vec::new();
    let axes = if rng.random_bool(0.5) { 3 } else { 0 };
    let samples = rng.random_range(16..=size.samples);
    for index in 0..axes + rng.random_range(1..4) {
        let table = index >= axes && rng.random_bool(0.3);
        let transform = match rng.random_range(0..6) {
            0 => TransformSpec::SignedLog { unit: 0.5 },
            1 => TransformSpec::Rank(OwnedSeq::new(&[-1.0f32, 0.0, 4.0]).expect("few knots")),
            _ => TransformSpec::None,
        };
        let samples = if index < axes {
            samples
        } else if table {
            1
        } else {
            rng.random_range(1..=size.samples)
        };
        channels.push(sample::channel(&format!("c{index}"), if table { 0 } else { 500_000 }, samples, transform));
    }
    channels
}

fn plan(rng: &mut ChaCha8Rng, channels: &[ChannelSpec]) -> (Vec<GroupSpec>, usize) {
    let shape = |index: u8| {
        let channel = channels.get(usize::from(index))?;
        let (scale, offset) = (channel.code.scale, channel.code.offset);
        Some(ChannelShape { samples: channel.samples, rate_mhz: channel.rate_mhz, scale, offset })
    };
    let mut plan = Vec::new();
    let mut features = 0;
    while plan.is_empty() || plan.len() < 6 && rng.random_bool(0.7) {
        let axis = rng.random_range(0..channels.len());
        let source = if channels.len() > 3 && rng.random_bool(0.3) {
            Source::Magnitude([0, 1, 2])
        } else {
            Source::Channel(axis as u8)
        };
        let samples = if let Source::Channel(_) = source { channels[axis].samples } else { channels[0].samples };
        let spectral = samples >= 16 && rng.random_bool(0.5);
        let fft_size = if spectral { 16 << rng.random_range(0..=(samples / 16).ilog2()) } else { 0 };
        let list: Vec<Feature> = (0..rng.random_range(1..6)).map(|_| feature(rng, samples, fft_size)).collect();
        let group = sample::group(source, fft_size, &list);
        // Some draws do not suit their channel: unequal axes, no sample rate, an FFT without a spectral feature.
        if let Ok(count) = group.borrow().check(shape) {
            features += count;
            plan.push(group);
        }
    }
    (plan, features)
}

fn feature(rng: &mut ChaCha8Rng, samples: u16, fft_size: u16) -> Feature {
    if fft_size > 0 && rng.random_bool(0.5) {
        let first_bin = rng.random_range(1..fft_size / 2);
        return Feature::BandEnergy { first_bin, end_bin: rng.random_range(first_bin + 1..=fft_size / 2) };
    }
    match rng.random_range(0..17) {
        0 => Feature::Mean,
        1 => Feature::StandardDeviation,
        2 => Feature::RootMeanSquare,
        3 => Feature::Minimum,
        4 => Feature::Maximum,
        5 => Feature::PeakToPeak,
        6 => Feature::CrestFactor,
        7 => Feature::Skewness,
        8 => Feature::Kurtosis,
        9 => Feature::Slope,
        10 => Feature::First,
        11 => Feature::Last,
        12 => Feature::MissingIndicator,
        13 if fft_size > 0 => Feature::SpectralCentroid,
        14 => Feature::EndDifference { samples: rng.random_range(1..=(samples / 2).max(1)) },
        15 => Feature::BlockMeans { blocks: rng.random_range(1..=samples.min(20)) },
        _ => Feature::Raw { step: rng.random_range(samples.div_ceil(20)..=samples) },
    }
}

fn network(rng: &mut ChaCha8Rng, size: Size, features: u16, builder: &mut ImageBuilder) {
    let tasks = rng.random_range(1..=size.tasks);
    let mut tensors = Vec::new();
    let mut shapes = Vec::new();
    let mut read = if features > 1 && rng.random_bool(0.5) {
        branches(rng, size, features, &mut tensors, &mut shapes, builder)
    } else {
        builder.views.push(View { tensor: 0, first: 0, fraction_bits: rng.random_range(0..=8) });
        vec![narrow(rng, &mut tensors, features)]
    };
    if rng.random_bool(0.5)
        && let Some(front) = front::draw(rng, builder, &mut tensors, &mut shapes)
    {
        // First, so that it is what later layers read even where there are none in the trunk.
        read.insert(0, front);
    }
    for _ in 0..rng.random_range(0..3) {
        let width = rng.random_range(1..=size.width);
        let output = narrow(rng, &mut tensors, width);
        let relu = rng.random_bool(0.8);
        let last = read.len() - 1;
        shapes.extend(read.iter().enumerate().map(|(index, &input)| RandomLayer {
            relu: relu && index == last,
            accumulate: index > 0,
            ..RandomLayer::dense(LayerRole::Trunk, input, output, narrow_kind(rng))
        }));
        read = vec![output];
    }
    let trunk = read[0];
    // Where tasks do not differ, their layers can be joined.
    let alike = rng.random_bool(0.4);
    let mut hidden = vec![None; tasks];
    for hidden in &mut hidden {
        let width = rng.random_range(1..=size.width);
        *hidden = (!alike && rng.random_bool(0.6)).then(|| narrow(rng, &mut tensors, width));
    }
    let linear = tensors.len() as u8;
    let first_output = tensors.len() + 1;
    tensors.push(Tensor { elements: features, range_bits: rng.random_range(6..=15) });
    builder.views.push(View { tensor: linear, first: 0, fraction_bits: rng.random_range(0..=14) });
    let one_range = (alike || rng.random_bool(0.5)).then(|| rng.random_range(4..=15));
    let one_period = (alike || rng.random_bool(0.5)).then(|| *[1, 1, 2, 5].choose(rng).expect("some"));
    let first_of_tasks = shapes.len();
    for (task, hidden) in hidden.into_iter().enumerate() {
        let kind = *[TaskKind::Binary, TaskKind::MultiClass, TaskKind::Regression].choose(rng).expect("three");
        let classes = match kind {
            TaskKind::Binary => 2,
            TaskKind::MultiClass => rng.random_range(2..6),
            TaskKind::Regression => 0,
        };
        let period = one_period.unwrap_or_else(|| rng.random_range(1..4));
        builder.tasks.push(TaskSpec { period, ..sample::task(&format!("t{task}"), kind, classes) });
        let output = tensors.len() as u8;
        let elements = if kind == TaskKind::MultiClass { classes as u16 } else { 1 };
        tensors.push(Tensor { elements, range_bits: one_range.unwrap_or_else(|| rng.random_range(4..=15)) });
        let mut layers = Vec::new();
        let role = LayerRole::Head(task as u8);
        if alike || rng.random_bool(0.8) {
            let input = hidden.unwrap_or(trunk);
            let weights = if alike { WeightKind::I8 } else { narrow_kind(rng) };
            layers.push(RandomLayer::dense(role, input, output, weights));
        }
        if layers.is_empty() || rng.random_bool(0.6) {
            let role = LayerRole::Linear(task as u8);
            layers.push(RandomLayer::dense(role, linear, output, WeightKind::I16));
        }
        if !alike && rng.random_bool(0.5) {
            layers.reverse();
        }
        for layer in layers.iter_mut().skip(1) {
            layer.accumulate = true;
            layer.relu = !alike && rng.random_bool(0.2);
        }
        if let Some(output) = hidden {
            let relu = rng.random_bool(0.8);
            layers.insert(0, RandomLayer { relu, ..RandomLayer::dense(role, trunk, output, narrow_kind(rng)) });
        }
        shapes.extend(layers);
    }
    if alike || rng.random_bool(0.6) {
        // First what tasks write, then what they add.
        shapes[first_of_tasks..].sort_by_key(|layer| (usize::from(layer.output) >= first_output, layer.accumulate));
    }
    builder.layers = shapes.iter().map(|shape| shape.draw_to_the_limits(&tensors, rng)).collect();
    builder.tensors = tensors;
}

/// Adds two or three branches, each a view of its own stretch of the features and perhaps a layer on it; gives their tensors.
fn branches(
    rng: &mut ChaCha8Rng,
    size: Size,
    features: u16,
    tensors: &mut Vec<Tensor>,
    shapes: &mut Vec<RandomLayer>,
    builder: &mut ImageBuilder,
) -> Vec<u8> {
    let mut read = Vec::new();
    let mut first = 0;
    while first < features {
        let elements = if read.len() == 2 { features - first } else { rng.random_range(1..=features - first) };
        let input = narrow(rng, tensors, elements);
        builder.views.push(View { tensor: input, first, fraction_bits: rng.random_range(0..=8) });
        first += elements;
        read.push(if rng.random_bool(0.7) {
            let width = rng.random_range(1..=size.width);
            let output = narrow(rng, tensors, width);
            let relu = rng.random_bool(0.8);
            shapes.push(RandomLayer { relu, ..RandomLayer::dense(LayerRole::Trunk, input, output, narrow_kind(rng)) });
            output
        } else {
            input
        });
    }
    read
}

/// int8 mostly, or int4.
pub(super) fn narrow_kind(rng: &mut ChaCha8Rng) -> WeightKind {
    if rng.random_bool(0.75) { WeightKind::I8 } else { WeightKind::I4 }
}

/// Adds a tensor that int8 or int4 layers read, with a range at which weights of 127 still fit or one bit beyond, where they get smaller.
fn narrow(rng: &mut ChaCha8Rng, tensors: &mut Vec<Tensor>, elements: u16) -> u8 {
    let range_bits = narrow_bits(rng, elements);
    tensors.push(Tensor { elements, range_bits });
    (tensors.len() - 1) as u8
}

/// The range of such a tensor, where a row reads `columns` of its elements.
pub(super) fn narrow_bits(rng: &mut ChaCha8Rng, columns: u16) -> u8 {
    let fits = (((1u32 << 23) - 1) / (127 * u32::from(columns))).ilog2() as u8;
    rng.random_range(1..=(fits + 1).min(15))
}
