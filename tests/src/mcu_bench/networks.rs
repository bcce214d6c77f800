//! The networks on which the engines of others were measured, with random weights.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::build::{GoldenSpec, ImageBuilder, LayerSpec, TaskSpec, TransformSpec, WeightSpec};
use trunkline_shared::model::{LayerOp, LayerRole, Layout, TaskKind, Tensor, View, WeightKind};

use crate::artifact::sample::{channel, group, task};

/// A trunk, and on it heads of one or two layers: widths, the inputs first.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its name in the tables.
    pub name: &'static str,
    /// Widths of the trunk's tensors.
    pub trunk: &'static [u16],
    /// Width of every head's hidden layer; 0 for none.
    pub hidden: u16,
    /// Outputs of each head.
    pub heads: &'static [u16],
}

/// Those on which others were measured.
pub const SHAPES: [Shape; 3] = [
    Shape { name: "t1", trunk: &[32, 64, 32], hidden: 16, heads: &[4, 3, 1] },
    Shape { name: "t2", trunk: &[64, 128, 64], hidden: 32, heads: &[5, 2, 1] },
    // The 640 outputs of an autoencoder: as tasks of the most classes there can be, whose layers run as one.
    Shape { name: "t3", trunk: &[640, 128, 128, 128, 128, 8, 128, 128, 128, 128], hidden: 0, heads: &[64; 10] },
];

/// k of the activations: of 640 inputs no sum of int8 weights leaves what the validator allows, of 128 none of int4 weights.
const ACTIVATION_BITS: u8 = 6;
/// k of the outputs.
const OUTPUT_BITS: u8 = 12;

impl Shape {
    /// A model of this shape in the plain layout, whose window holds the inputs; weights of `kind`, int8 or int4, and multipliers as the
    /// trainer makes them.
    pub fn model(&self, kind: WeightKind) -> ImageBuilder {
        let mut draft = Draft { kind, rng: ChaCha8Rng::seed_from_u64(4), tensors: Vec::new(), layers: Vec::new() };
        let inputs = self.trunk[0];
        let mut last = draft.tensor(inputs, ACTIVATION_BITS);
        for &width in &self.trunk[1..] {
            let next = draft.tensor(width, ACTIVATION_BITS);
            draft.layer(LayerRole::Trunk, last, next, true);
            last = next;
        }
        let roles = || (0..self.heads.len() as u8).map(LayerRole::Head);
        let mut from = vec![last; self.heads.len()];
        if self.hidden > 0 {
            from.fill_with(|| draft.tensor(self.hidden, ACTIVATION_BITS));
            for (role, &hidden) in roles().zip(&from) {
                draft.layer(role, last, hidden, true);
            }
        }
        let to: Vec<u8> = self.heads.iter().map(|&width| draft.tensor(width, OUTPUT_BITS)).collect();
        for (role, (from, to)) in roles().zip(from.into_iter().zip(to)) {
            draft.layer(role, from, to, false);
        }
        let kind_of = |width: u16| if width == 1 { TaskKind::Regression } else { TaskKind::MultiClass };
        let count = usize::from(inputs);
        ImageBuilder {
            name: self.name.into(),
            window_ms: 1000,
            layout: Layout::Plain,
            channels: vec![channel("x", 1_000_000, inputs, TransformSpec::None)],
            plan: vec![group(Source::Channel(0), 0, &[Feature::Raw { step: 1 }])],
            means: vec![0.5; count],
            gains: vec![0.1; count],
            tensors: draft.tensors,
            raw_views: Vec::new(),
            views: vec![View { tensor: 0, first: 0, fraction_bits: 3 }],
            layers: draft.layers,
            tasks: (0..).zip(self.heads).map(|(index, &width)| named(index, kind_of(width), width)).collect(),
            golden: vec![GoldenSpec::Generated { seed: 1 }],
            host_part: Vec::new(),
        }
    }
}

fn named(index: usize, kind: TaskKind, width: u16) -> TaskSpec {
    let classes = if kind == TaskKind::Regression { 0 } else { width.into() };
    task(&format!("task {index}"), kind, classes)
}

/// A model being drawn.
struct Draft {
    kind: WeightKind,
    rng: ChaCha8Rng,
    tensors: Vec<Tensor>,
    layers: Vec<LayerSpec>,
}

impl Draft {
    fn tensor(&mut self, elements: u16, range_bits: u8) -> u8 {
        self.tensors.push(Tensor { elements, range_bits });
        (self.tensors.len() - 1) as u8
    }

    fn layer(&mut self, role: LayerRole, input: u8, output: u8, relu: bool) {
        let [from, to] = [input, output].map(|tensor| self.tensors[usize::from(tensor)]);
        let (rows, columns) = (usize::from(to.elements), usize::from(from.elements));
        let largest = self.kind.largest_weight() as i16;
        let weights: Vec<i16> = (0..rows * columns).map(|_| self.rng.random_range(-largest..=largest)).collect();
        // Root of the columns, times half the input's range, times half the largest weight.
        let typical = (columns as f64).sqrt() * f64::from(1u32 << from.range_bits) / 2.0 * f64::from(largest) / 2.0;
        let multiplier = f64::from(1u32 << to.range_bits) / typical * 2f64.powi(31);
        let multipliers = (0..rows).map(|_| short(multiplier * self.rng.random_range(0.5..2.0)));
        self.layers.push(LayerSpec {
            op: LayerOp::Dense,
            role,
            input,
            output,
            weights: WeightSpec::of(self.kind, &weights),
            multipliers: multipliers.collect(),
            biases: (0..rows).map(|_| self.rng.random_range(-2_000..2_000)).collect(),
            zero: 0,
            relu,
            accumulate: false,
        });
    }
}

/// Eight significant bits and a power of two.
fn short(multiplier: f64) -> i32 {
    let shift = (multiplier as u32).ilog2().saturating_sub(7);
    (multiplier as i32) >> shift << shift
}
