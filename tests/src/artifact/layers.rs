//! Random layers whose numbers go to the limits that the format allows.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::{LayerSpec, WeightSpec};
use trunkline_shared::model::{LayerRole, Tensor, WeightKind};

/// What a random layer connects.
#[derive(Debug, Clone, Copy)]
pub struct RandomLayer {
    /// What it is for.
    pub role: LayerRole,
    /// Tensor read.
    pub input: u8,
    /// Tensor written.
    pub output: u8,
    /// Storage of the weights.
    pub weights: WeightKind,
    /// Whether negative outputs become 0.
    pub relu: bool,
    /// Whether it adds to what the output holds.
    pub accumulate: bool,
}

/// The numbers of a layer: weights row by row, one bias and one multiplier a row.
struct Numbers {
    weights: Vec<i64>,
    biases: Vec<i32>,
    multipliers: Vec<i32>,
}

impl RandomLayer {
    /// Draws weights of the full range, small biases and multipliers that spread the outputs over their range.
    pub fn draw(&self, tensors: &[Tensor], rng: &mut ChaCha8Rng) -> LayerSpec {
        let (input, output) = self.ends(tensors);
        let columns = i64::from(input.elements);
        let largest = ((i64::from(self.weights.accumulator_limit() - 1) >> input.range_bits) / (2 * columns))
            .clamp(1, self.largest());
        // Root of the columns, times half the input's range, times half the largest weight.
        let typical = (columns as f64).sqrt() * f64::from(1u32 << input.range_bits) / 2.0 * largest as f64 / 2.0;
        let multiplier = f64::from(1u32 << output.range_bits) / typical * 2f64.powi(31);
        let rows = i64::from(output.elements);
        let numbers = Numbers {
            weights: (0..rows * columns).map(|_| rng.random_range(-largest..=largest)).collect(),
            biases: (0..rows).map(|_| rng.random_range(-2_000..2_000)).collect(),
            multipliers: (0..rows).map(|_| (multiplier * rng.random_range(0.5..2.0)) as i32).collect(),
        };
        self.spec(numbers, rng.random_range(-20..20))
    }

    /// Draws weights up to ±127 or ±32767 (less where the input's range asks for it), biases that often bring a row's worst
    /// case to one below its bound, and multipliers from outputs near 0 to outputs that saturate.
    pub fn draw_to_the_limits(&self, tensors: &[Tensor], rng: &mut ChaCha8Rng) -> LayerSpec {
        let (input, output) = self.ends(tensors);
        let limit = i64::from(self.weights.accumulator_limit());
        let columns = i64::from(input.elements);
        let largest = (((limit - 1) >> input.range_bits) / columns).min(self.largest());
        let mut numbers = Numbers { weights: Vec::new(), biases: Vec::new(), multipliers: Vec::new() };
        for _ in 0..output.elements {
            let extreme = rng.random_bool(0.2);
            let row: Vec<i64> = (0..columns)
                .map(|_| {
                    let weight = rng.random_range(-largest..=largest);
                    if extreme { largest * weight.signum() } else { weight }
                })
                .collect();
            let room = limit - 1 - (row.iter().map(|weight| weight.abs()).sum::<i64>() << input.range_bits);
            let bias = match rng.random_range(0..4) {
                0 => room,
                1 => -room,
                _ => rng.random_range(-room..=room) / 16,
            };
            // From a share of the output's range to many times it, for an accumulator at a quarter of its bound.
            let gain = 2f64.powf(rng.random_range(-3.0..5.0)) * f64::from(1u32 << output.range_bits);
            numbers.multipliers.push((gain / (limit as f64 / 4.0) * 2f64.powi(32)) as i32);
            numbers.biases.push(bias as i32);
            numbers.weights.extend(row);
        }
        // Only layers without a zero point can be joined.
        let zero = if rng.random_bool(0.5) { 0 } else { rng.random_range(-300..300) };
        self.spec(numbers, zero)
    }

    /// The largest weight of the kind.
    fn largest(&self) -> i64 {
        self.weights.largest_weight().into()
    }

    fn ends(&self, tensors: &[Tensor]) -> (Tensor, Tensor) {
        (tensors[usize::from(self.input)], tensors[usize::from(self.output)])
    }

    fn spec(&self, numbers: Numbers, zero: i16) -> LayerSpec {
        let Numbers { weights, biases, multipliers } = numbers;
        LayerSpec {
            role: self.role,
            input: self.input,
            output: self.output,
            weights: WeightSpec::of(self.weights, &weights.iter().map(|&weight| weight as i16).collect::<Vec<_>>()),
            biases,
            multipliers,
            zero: if self.accumulate { 0 } else { zero },
            relu: self.relu,
            accumulate: self.accumulate,
        }
    }
}
