//! Mutated artifacts: bytes and decoded fields changed at random, with lengths mostly and the checksum always repaired, so that
//! the validator's own rules decide.

use rand::RngExt;
use rand::seq::{IndexedMutRandom, IndexedRandom};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::{
    GoldenWindow, LayerOp, LayerRole, Layout, ModelError, PoolKind, TaskKind, WeightKind, validate,
};
use trunkline_shared::quant::Transform;
use trunkline_shared::seq::Seq;

use super::parts::{Parts, bytes, join, repair_checksum};

/// Makes mutated artifacts from valid ones.
#[derive(Debug)]
pub struct Mutator<'a> {
    images: &'a [Vec<u8>],
    parts: Vec<Parts<'a>>,
    features: Vec<u8>,
}

impl<'a> Mutator<'a> {
    /// Starts from valid artifacts.
    pub fn new(images: &'a [Vec<u8>]) -> Self {
        let features = bytes(&[
            Feature::Raw { step: 7 },
            Feature::BlockMeans { blocks: 16 },
            Feature::EndDifference { samples: 3 },
            Feature::BandEnergy { first_bin: 1, end_bin: 8 },
            Feature::Kurtosis,
            Feature::Slope,
        ]);
        Self { images, parts: images.iter().map(|image| Parts::of(image)).collect(), features }
    }

    /// The next artifact, checksum repaired.
    pub fn next(&self, rng: &mut ChaCha8Rng) -> Vec<u8> {
        if rng.random_bool(0.4) {
            return self.with_changed_fields(rng);
        }
        let mut image = self.images.choose(rng).expect("at least one").clone();
        for _ in 0..rng.random_range(1..=3) {
            match rng.random_range(0..5) {
                0 => flip_bits(rng, &mut image),
                1 => set_bytes(rng, &mut image),
                2 => set_words(rng, &mut image),
                3 => image = self.splice(rng, &image),
                _ => image = self.replace_varint(rng, &image),
            }
        }
        repair_checksum(&mut image);
        image
    }

    /// Copies a stretch of an artifact over a stretch of this one's device header, of another length perhaps.
    fn splice(&self, rng: &mut ChaCha8Rng, image: &[u8]) -> Vec<u8> {
        let donor = self.images.choose(rng).expect("at least one");
        let start = rng.random_range(0..donor.len());
        let len = rng.random_range(0..=(donor.len() - start).min(24));
        let cut = if rng.random_bool(0.5) { len } else { rng.random_range(0..24) };
        replace_in_header(rng, image, cut, &donor[start..start + len])
    }

    /// Puts a varint of any size in the place of one to five bytes.
    fn replace_varint(&self, rng: &mut ChaCha8Rng, image: &[u8]) -> Vec<u8> {
        let value: u32 = edge(rng, 0) as u32;
        let varint = postcard::to_stdvec(&value).expect("encodes");
        let cut = if rng.random_bool(0.7) { varint.len() } else { rng.random_range(1..=5) };
        replace_in_header(rng, image, cut, &varint)
    }

    fn with_changed_fields(&self, rng: &mut ChaCha8Rng) -> Vec<u8> {
        let mut parts = self.parts.choose(rng).expect("at least one").clone();
        for _ in 0..rng.random_range(1..=2) {
            self.change_field(rng, &mut parts);
        }
        let image = parts.encode();
        // A changed tensor changes the arena: state it, so that the rest of the change is tried as well.
        if let Err(ModelError::ArenaBytes { expected, .. }) = validate(&image) {
            parts.header.arena_bytes = expected;
            return parts.encode();
        }
        image
    }

    fn change_field<'p>(&'p self, rng: &mut ChaCha8Rng, parts: &mut Parts<'p>) {
        match rng.random_range(0..11) {
            10 => change_raw_view(rng, parts),
            0 => change_tensor(rng, parts),
            1 => change_view(rng, parts),
            2 | 3 => change_layer(rng, parts),
            4 => change_task(rng, parts),
            5 => change_channel(rng, parts),
            6 => self.change_group(rng, parts),
            7 => change_scalar(rng, parts),
            8 => change_lists(rng, parts),
            _ => set_words(rng, &mut parts.weights),
        }
    }

    fn change_group<'p>(&'p self, rng: &mut ChaCha8Rng, parts: &mut Parts<'p>) {
        let group = any(rng, &mut parts.plan);
        match rng.random_range(0..4) {
            0 => group.source = Source::Channel(edge(rng, 0) as u8),
            1 => group.source = Source::Magnitude([rng.random_range(0..6), rng.random_range(0..6), edge(rng, 1) as u8]),
            2 => group.fft_size = 1u16.checked_shl(rng.random_range(0..18)).unwrap_or(0),
            _ => {
                let start = rng.random_range(0..self.features.len());
                group.features = Seq::from_parts(rng.random_range(0..7), &self.features[start..]);
            }
        }
    }
}

fn any<'t, T>(rng: &mut ChaCha8Rng, items: &'t mut [T]) -> &'t mut T {
    let index = rng.random_range(0..items.len());
    &mut items[index]
}

/// A number at an edge, near `now`, or anywhere.
fn edge(rng: &mut ChaCha8Rng, now: i64) -> i64 {
    const EDGES: [i64; 16] =
        [0, 1, 2, 3, 7, 15, 16, 63, 64, 127, 128, 255, 32_767, 65_535, i32::MAX as i64, u32::MAX as i64];
    match rng.random_range(0..4) {
        0 => now + rng.random_range(-4..=4),
        1 => *EDGES.choose(rng).expect("some"),
        2 => -*EDGES.choose(rng).expect("some"),
        _ => rng.random::<i64>() >> rng.random_range(32..63),
    }
}

fn change_tensor(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    let tensor = any(rng, &mut parts.tensors);
    match rng.random_range(0..3) {
        0 => tensor.elements = edge(rng, tensor.elements.into()) as u16,
        1 => tensor.start = edge(rng, tensor.start.into()) as u16,
        _ => tensor.range_bits = edge(rng, tensor.range_bits.into()) as u8,
    }
}

fn change_view(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    let Some(view) = parts.views.choose_mut(rng) else { return };
    match rng.random_range(0..3) {
        0 => view.tensor = edge(rng, view.tensor.into()) as u8,
        1 => view.first = edge(rng, view.first.into()) as u16,
        _ => view.fraction_bits = rng.random_range(0..20),
    }
}

fn change_raw_view(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    if let Some(view) = parts.raw_views.choose_mut(rng) {
        match rng.random_range(0..4) {
            0 => view.tensor = edge(rng, view.tensor.into()) as u8,
            1 => view.channel = edge(rng, view.channel.into()) as u8,
            2 => view.mean = edge(rng, view.mean.into()) as i16,
            _ => view.multiplier = edge(rng, view.multiplier.into()) as i32,
        }
    }
}

fn change_op(rng: &mut ChaCha8Rng, op: &mut LayerOp) {
    let (LayerOp::Dense | LayerOp::Pointwise { .. }) = *op else {
        match op {
            LayerOp::Depthwise { kernel, .. } if rng.random_bool(0.4) => *kernel = edge(rng, (*kernel).into()) as u8,
            LayerOp::Depthwise { stride, .. } if rng.random_bool(0.7) => *stride = edge(rng, (*stride).into()) as u8,
            LayerOp::Depthwise { channels, .. } => *channels = edge(rng, (*channels).into()) as u16,
            LayerOp::Pool { size, .. } if rng.random_bool(0.4) => *size = edge(rng, (*size).into()) as u16,
            LayerOp::Pool { kind, .. } => *kind = *[PoolKind::Max, PoolKind::Mean].choose(rng).expect("two"),
            _ => {}
        }
        return;
    };
    let number = edge(rng, 4) as u16;
    *op = match rng.random_range(0..4) {
        0 => LayerOp::Dense,
        1 => LayerOp::Depthwise { channels: number, kernel: rng.random_range(0..9), stride: rng.random_range(0..5) },
        2 => LayerOp::Pointwise { channels: number },
        _ => LayerOp::Pool { kind: PoolKind::Max, channels: number, size: rng.random_range(0..5) },
    };
}

fn change_layer(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    let tensors = parts.tensors.len() as u8;
    let words = parts.weights.len() as u32 / 4;
    let layer = any(rng, &mut parts.layers);
    match rng.random_range(0..14) {
        12 | 13 => change_op(rng, &mut layer.op),
        0 => layer.input = rng.random_range(0..=tensors),
        1 => layer.output = rng.random_range(0..=tensors),
        2 => layer.weights = *[WeightKind::I8, WeightKind::I16, WeightKind::I4].choose(rng).expect("three"),
        10 => layer.tensors = edge(rng, layer.tensors.into()) as u8,
        11 => layer.rows = edge(rng, layer.rows.into()) as u16,
        3 => layer.weight_offset = rng.random_range(0..words) * 4,
        4 => layer.bias_offset = rng.random_range(0..words) * 4,
        5 => layer.multiplier_offset = edge(rng, layer.multiplier_offset.into()) as u32,
        6 => layer.zero = edge(rng, layer.zero.into()) as i16,
        7 => layer.relu = !layer.relu,
        8 => layer.accumulate = !layer.accumulate,
        _ => {
            let task = edge(rng, 0) as u8;
            layer.role =
                *[LayerRole::Trunk, LayerRole::Head(task), LayerRole::Linear(task)].choose(rng).expect("three");
        }
    }
}

fn change_task(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    let classes = any(rng, &mut parts.tasks).classes;
    let task = any(rng, &mut parts.tasks);
    let number = f32::from_bits(rng.random());
    match rng.random_range(0..7) {
        0 => task.kind = *[TaskKind::Binary, TaskKind::MultiClass, TaskKind::Regression].choose(rng).expect("three"),
        1 => task.output = edge(rng, task.output.into()) as u8,
        2 => task.scale = number,
        3 => task.offset = number,
        4 => task.threshold = edge(rng, task.threshold.into()) as i16,
        6 => task.period = edge(rng, task.period.into()) as u16,
        _ => task.classes = classes,
    }
}

fn change_channel(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    let transform = any(rng, &mut parts.channels).code.transform;
    let channel = any(rng, &mut parts.channels);
    let number = f32::from_bits(rng.random());
    match rng.random_range(0..7) {
        0 => channel.samples = edge(rng, channel.samples.into()) as u16,
        1 => channel.rate_mhz = edge(rng, channel.rate_mhz.into()) as u32,
        2 => channel.code.scale = number,
        3 => channel.code.offset = number,
        4 => channel.code.transform = transform,
        5 => channel.optional = !channel.optional,
        _ => channel.code.transform = Transform::SignedLog { unit: number },
    }
}

fn change_scalar(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    let header = &mut parts.header;
    match rng.random_range(0..7) {
        6 => header.layout = *Layout::ALL.choose(rng).expect("some"),
        0 => header.window_ms = edge(rng, 0) as u32,
        1 => header.feature_count = edge(rng, header.feature_count.into()) as u16,
        2 => header.mean_offset = rng.random_range(0..parts.weights.len() as u32 / 4) * 4,
        3 => header.gain_offset = rng.random_range(0..parts.weights.len() as u32 / 4) * 4,
        4 => header.arena_bytes = edge(rng, header.arena_bytes.into()) as u32,
        _ => any(rng, &mut parts.golden).window = GoldenWindow::Generated { seed: rng.random() },
    }
}

/// Drops, doubles or swaps items of a table.
fn change_lists(rng: &mut ChaCha8Rng, parts: &mut Parts<'_>) {
    fn change<T: Clone>(rng: &mut ChaCha8Rng, items: &mut Vec<T>) {
        if items.is_empty() {
            return;
        }
        let (a, b) = (rng.random_range(0..items.len()), rng.random_range(0..items.len()));
        match rng.random_range(0..3) {
            0 if items.len() > 1 => drop(items.remove(a)),
            1 => items.insert(b, items[a].clone()),
            _ => items.swap(a, b),
        }
    }
    match rng.random_range(0..8) {
        7 => change(rng, &mut parts.raw_views),
        0 => change(rng, &mut parts.channels),
        1 => change(rng, &mut parts.plan),
        2 => change(rng, &mut parts.tensors),
        3 => change(rng, &mut parts.views),
        4 => change(rng, &mut parts.layers),
        5 => change(rng, &mut parts.tasks),
        _ => change(rng, &mut parts.golden),
    }
}

fn flip_bits(rng: &mut ChaCha8Rng, image: &mut [u8]) {
    for _ in 0..rng.random_range(1..=4) {
        *any(rng, image) ^= 1 << rng.random_range(0..8);
    }
}

fn set_bytes(rng: &mut ChaCha8Rng, image: &mut [u8]) {
    let start = rng.random_range(0..image.len());
    for byte in image[start..].iter_mut().take(rng.random_range(1..=6)) {
        *byte = edge(rng, (*byte).into()) as u8;
    }
}

/// Sets aligned words: weights, biases, multipliers, means, gains and lengths at their edges.
fn set_words(rng: &mut ChaCha8Rng, image: &mut [u8]) {
    if let Some(word) = image.as_chunks_mut::<4>().0.choose_mut(rng) {
        let now = i32::from_le_bytes(*word);
        *word = match rng.random_range(0..3) {
            0 => (edge(rng, now.into()) as i32).to_le_bytes(),
            1 => [*[0x7f, 0x80, 0x81].choose(rng).expect("three"); 4],
            _ => [word[0], word[1], rng.random(), rng.random()],
        };
    }
}

/// Replaces `cut` bytes somewhere in the device header; mostly with the section's lengths put right.
fn replace_in_header(rng: &mut ChaCha8Rng, image: &[u8], cut: usize, with: &[u8]) -> Vec<u8> {
    let length = |at: usize| image[at..at + 4].iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
    let (header, host, weights) = (length(12), length(16), length(20));
    let sections = (24 + header + host).next_multiple_of(4).saturating_add(weights);
    if header == 0 || header > image.len() || host > image.len() || sections.saturating_add(4) != image.len() {
        return image.to_vec();
    }
    let mut changed = image[24..24 + header].to_vec();
    let start = rng.random_range(0..header);
    changed.splice(start..(start + cut).min(header), with.iter().copied());
    if rng.random_bool(0.1) {
        changed.resize(header, 0);
    }
    join(&changed, &image[24 + header..24 + header + host], &image[sections - weights..sections])
}
