//! Depthwise convolutions that a validator would accept, random and extreme, for the packed kernel in QEMU.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use trunkline_shared::kernels::depthwise::{Shape, depthwise, m4};
use trunkline_shared::kernels::{OutputStage, padded};

use crate::kernels::{Extremity, numbers, outputs, slot};
use crate::qemu::Target;

/// A convolution with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// What it connects.
    pub shape: Shape,
    /// `[rows][kernel]`.
    pub weights: Vec<i8>,
    /// One a row.
    pub biases: Vec<i32>,
    /// One a row.
    pub multipliers: Vec<i32>,
    /// How sums become outputs; without accumulation.
    pub stage: OutputStage,
    /// `[channels][samples]`.
    pub input: Vec<i16>,
}

impl Layer {
    /// A convolution of that shape over samples of the full range. Every row's sum stays below 2^31, at [`Extremity::Bound`] just so
    /// for the samples of a position that is drawn.
    pub fn new(rng: &mut impl Rng, shape: Shape, extremity: Extremity, stage: OutputStage) -> Self {
        let Shape { channels, samples, rows, kernel, stride } = shape;
        let weights: Vec<i8> = (0..rows * kernel)
            .map(|_| match extremity {
                Extremity::Random => rng.random_range(-127..=127),
                Extremity::Bound => *[-127, 127].choose(rng).expect("two"),
            })
            .collect();
        let biases: Vec<i32> = (weights.chunks(kernel))
            .map(|row| {
                let worst = row.iter().map(|weight| i64::from(*weight).abs()).sum::<i64>() << 15;
                let room = ((1 << 31) - 1 - worst) as i32;
                match extremity {
                    Extremity::Random => rng.random_range(-room..=room) / 64,
                    Extremity::Bound => *[-room, room].choose(rng).expect("two"),
                }
            })
            .collect();
        let mut input: Vec<i16> = (0..channels * samples).map(|_| rng.random()).collect();
        if extremity == Extremity::Bound {
            let (row, position) = (rng.random_range(0..rows), rng.random_range(0..shape.positions()));
            let start = row / (rows / channels) * samples + position * stride;
            let sign = if biases[row] < 0 { -1 } else { 1 };
            for (sample, weight) in input[start..].iter_mut().zip(&weights[row * kernel..][..kernel]) {
                *sample = if i32::from(*weight) * sign < 0 { i16::MIN } else { i16::MAX };
            }
        }
        let multipliers = (0..rows).map(|_| rng.random_range(0..=i32::MAX) >> rng.random_range(0..31)).collect();
        Self { shape, weights, biases, multipliers, stage, input }
    }

    /// The outputs without the padding, position by position, by the reference.
    pub fn expected(&self) -> Vec<i16> {
        let Self { shape, weights, biases, multipliers, stage, input } = self;
        let mut output = vec![0; shape.outputs()];
        depthwise(*shape, input, weights, biases, multipliers, *stage, &mut output);
        self.without_padding(&output)
    }

    fn without_padding(&self, output: &[i16]) -> Vec<i16> {
        output.chunks(padded(self.shape.rows)).flat_map(|position| &position[..self.shape.rows]).copied().collect()
    }

    /// As the program `kernels` reads it.
    fn words(&self) -> Vec<u32> {
        let Shape { channels, samples, rows, kernel, stride } = self.shape;
        let weights: Vec<i16> = self.weights.iter().map(|&weight| weight.into()).collect();
        let stream = m4::pack(kernel, &weights, &self.biases, &self.multipliers);
        let head = [2, channels, samples, rows, kernel, stride].map(|number| number as u32).to_vec();
        let held = vec![0; self.shape.outputs() / 2];
        [head, numbers(self.stage, &stream), slot(&self.input, i16::MIN), held].concat()
    }
}

/// The outputs of every convolution, as in [`Layer::expected`], by the kernel of `target` in QEMU.
///
/// # Panics
/// Where QEMU or the program fails, or has not ended after five minutes.
pub fn run(target: Target, layers: &[Layer]) -> Vec<Vec<i16>> {
    let mut elements = outputs(target, layers.iter().flat_map(Layer::words).collect()).into_iter();
    let mut take = |layer: &Layer| {
        let outputs: Vec<i16> = elements.by_ref().take(layer.shape.outputs()).collect();
        layer.without_padding(&outputs)
    };
    layers.iter().map(&mut take).collect()
}
