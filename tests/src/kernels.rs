//! Layers that a validator would accept, random and extreme, for the packed kernels; and how they reach the board in QEMU.

use std::fs;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use trunkline_shared::kernels::reference::fully_connected;
use trunkline_shared::kernels::{OutputStage, WeightKind, m0, m4, padded};

use crate::qemu::{Job, Program, Target, program, run_in};

/// A packed layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// [`m0`].
    M0,
    /// [`m4`].
    M4,
}

/// [`m0::pack`] or [`m4::pack`].
type Pack = fn(WeightKind, usize, &[i16], &[i32], &[i32]) -> Vec<u32>;

/// Where the numbers of a layer lie in what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extremity {
    /// Anywhere.
    Random,
    /// Weights at either end, biases that take every row's worst sum to the bound, and inputs that take one row there.
    Bound,
}

/// A fully connected layer with an input and the outputs held before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Storage of the weights.
    pub kind: WeightKind,
    /// Row-major.
    pub weights: Vec<i16>,
    /// One a row.
    pub biases: Vec<i32>,
    /// One a row.
    pub multipliers: Vec<i32>,
    /// How sums become outputs.
    pub stage: OutputStage,
    /// One a column.
    pub input: Vec<i16>,
    /// One a row.
    pub held: Vec<i16>,
}

impl Layer {
    /// A layer of `rows` and `columns`, at least 1 each. Every row's sum stays below the bound of `kind`; multipliers of 8
    /// significant bits where `short`, of up to 31 elsewhere.
    pub fn new(
        rng: &mut impl Rng,
        kind: WeightKind,
        [rows, columns]: [usize; 2],
        extremity: Extremity,
        short: bool,
        stage: OutputStage,
    ) -> Self {
        let largest = kind.largest_weight() as i16;
        let signs = *[[1, 1], [-1, -1], [1, -1]].choose(rng).expect("three");
        let weights: Vec<i16> = (0..rows * columns)
            .map(|_| match extremity {
                Extremity::Random => rng.random_range(-largest..=largest),
                Extremity::Bound => largest * *signs.choose(rng).expect("two"),
            })
            .collect();
        let limit = i64::from(kind.accumulator_limit());
        let sum = |row: &[i16]| row.iter().map(|weight| i64::from(*weight).abs()).sum::<i64>();
        let worst = weights.chunks(columns).map(sum).max().unwrap_or(0);
        let bits = (0..=15).rev().find(|bits| worst << bits < limit).expect("a width that fits the bound");
        let biases: Vec<i32> = (weights.chunks(columns))
            .map(|row| {
                let room = (limit - 1 - (sum(row) << bits)) as i32;
                match extremity {
                    Extremity::Random => rng.random_range(-room..=room),
                    Extremity::Bound => *[-room, room].choose(rng).expect("two"),
                }
            })
            .collect();
        let (least, most) = ((-1i32 << bits) as i16, ((1i32 << bits) - 1) as i16);
        let input = match extremity {
            Extremity::Random => (0..columns).map(|_| rng.random_range(least..=most)).collect(),
            Extremity::Bound => {
                let row = rng.random_range(0..rows);
                let sign = if biases[row] < 0 { -1 } else { 1 };
                let row = &weights[row * columns..][..columns];
                row.iter().map(|weight| if weight * sign < 0 { least } else { most }).collect()
            }
        };
        let multiplier = |_| -> i32 {
            if short {
                (rng.random_range(0..256i64) << rng.random_range(0..31)).min(255 << 23) as i32
            } else {
                rng.random_range(0..=i32::MAX) >> rng.random_range(0..31)
            }
        };
        let multipliers = (0..rows).map(multiplier).collect();
        let held = (0..rows).map(|_| rng.random()).collect();
        Self { kind, weights, biases, multipliers, stage, input, held }
    }

    /// Every range, limit and way to store outputs, with a random zero.
    pub fn stages(rng: &mut impl Rng) -> Vec<OutputStage> {
        let ways = [(false, false), (false, true), (true, false), (true, true)];
        (1..=15)
            .flat_map(|range_bits| ways.map(|(relu, accumulate)| (range_bits, relu, accumulate)))
            .map(|(range_bits, relu, accumulate)| OutputStage { zero: rng.random(), range_bits, relu, accumulate })
            .collect()
    }

    /// The outputs, by the reference.
    pub fn expected(&self) -> Vec<i16> {
        let mut output = self.held.clone();
        fully_connected(&self.input, &self.weights, &self.biases, &self.multipliers, self.stage, &mut output);
        output
    }

    fn columns(&self) -> usize {
        self.input.len()
    }

    fn packed_by(&self, pack: Pack) -> Vec<u32> {
        pack(self.kind, self.columns(), &self.weights, &self.biases, &self.multipliers)
    }

    /// As the program `kernels` reads it.
    fn words(&self, packing: Packing) -> Vec<u32> {
        let (form, stream) = match packing {
            Packing::M0 => (0, self.packed_by(m0::pack)),
            Packing::M4 => (1, self.packed_by(m4::pack)),
        };
        let kind = match self.kind {
            WeightKind::I8 => 0,
            WeightKind::I16 => 1,
            WeightKind::I4 => 2,
        };
        let head = vec![form, kind, self.biases.len() as u32, self.columns() as u32];
        // A number in the padding that would show.
        [head, numbers(self.stage, &stream), slot(&self.input, i16::MIN), slot(&self.held, 0)].concat()
    }
}

/// How sums become outputs, and a stream.
pub(crate) fn numbers(stage: OutputStage, stream: &[u32]) -> Vec<u32> {
    let zero = i32::from(stage.zero) as u32;
    let head = [zero, stage.range_bits.into(), stage.relu.into(), stage.accumulate.into(), stream.len() as u32];
    [&head, stream].concat()
}

/// Two elements a word, padded with `padding`.
pub(crate) fn slot(elements: &[i16], padding: i16) -> Vec<u32> {
    let mut elements = elements.to_vec();
    elements.resize(padded(elements.len()), padding);
    let word = |pair: &[i16; 2]| u32::from(pair[0] as u16) | u32::from(pair[1] as u16) << 16;
    elements.as_chunks().0.iter().map(word).collect()
}

/// The outputs of every layer as the kernels of `target` in QEMU give them.
///
/// # Panics
/// Where QEMU or the program fails, or has not ended after five minutes.
pub fn run(target: Target, packing: Packing, layers: &[Layer]) -> Vec<Vec<i16>> {
    let words = layers.iter().flat_map(|layer| layer.words(packing)).collect();
    let mut elements = outputs(target, words).into_iter();
    let mut take = |layer: &Layer| {
        let mut outputs: Vec<i16> = elements.by_ref().take(padded(layer.biases.len())).collect();
        outputs.truncate(layer.biases.len());
        outputs
    };
    layers.iter().map(&mut take).collect()
}

/// What the program `kernels` makes of layers, on `target` in QEMU.
pub(crate) fn outputs(target: Target, layers: Vec<u32>) -> Vec<i16> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes: Vec<u8> = layers.into_iter().flat_map(u32::to_le_bytes).collect();
    fs::write(folder.path().join("layers.u32"), bytes).expect("room for a file");
    run_in(target, program(target, Program::Kernels), folder.path(), Job::default());
    let bytes = fs::read(folder.path().join("outputs.u32")).expect("the program writes the outputs");
    bytes.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect()
}

/// Samples as the kernel of `target` in QEMU standardises them.
///
/// # Panics
/// Where QEMU or the program fails, or has not ended after five minutes.
pub fn standardize(target: Target, counts: &[i16], mean: i16, multiplier: i32, range_bits: u8) -> Vec<i16> {
    // The program leaves the first out.
    let counts = [&[0], counts].concat();
    let samples = counts.len();
    let head = [3, samples as u32, i32::from(mean) as u32, multiplier as u32, range_bits.into()];
    let mut counts = slot(&counts, 0);
    counts.truncate(samples.div_ceil(2));
    outputs(target, [&head[..], &counts].concat()).into_iter().skip(1).take(samples - 1).collect()
}
