//! Random layers whose numbers go to the limits that the format allows.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::{LayerSpec, WeightSpec};
use trunkline_shared::model::{LayerOp, LayerRole, Tensor, WeightKind};

/// What a random layer connects.
#[derive(Debug, Clone, Copy)]
pub struct RandomLayer {
    /// What it computes.
    pub op: LayerOp,
    /// Outputs at a position, of a convolution; others have those of their tensor.
    pub rows: u16,
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

/// The tensors that a layer connects, and what its weights are.
struct Shape {
    input: Tensor,
    output: Tensor,
    rows: i64,
    columns: i64,
}

/// The numbers of a layer: weights row by row, one bias and one multiplier a row.
struct Numbers {
    weights: Vec<i64>,
    biases: Vec<i32>,
    multipliers: Vec<i32>,
}

impl RandomLayer {
    /// A fully connected layer, without ReLU and accumulation.
    pub fn dense(role: LayerRole, input: u8, output: u8, weights: WeightKind) -> Self {
        Self { op: LayerOp::Dense, rows: 0, role, input, output, weights, relu: false, accumulate: false }
    }

    /// A trunk layer with int8 weights, without ReLU.
    pub fn convolution(op: LayerOp, rows: u16, input: u8, output: u8) -> Self {
        Self { op, rows, ..Self::dense(LayerRole::Trunk, input, output, WeightKind::I8) }
    }

    /// Draws weights of the full range, small biases and multipliers that spread the outputs over their range.
    pub fn draw(&self, tensors: &[Tensor], rng: &mut ChaCha8Rng) -> LayerSpec {
        let Shape { input, output, rows, columns } = self.shape(tensors);
        let largest =
            ((i64::from(self.limit() - 1) >> input.range_bits) / (2 * columns.max(1))).clamp(1, self.largest());
        // Root of the columns, times half the input's range, times half the largest weight.
        let typical = (columns as f64).sqrt() * f64::from(1u32 << input.range_bits) / 2.0 * largest as f64 / 2.0;
        let multiplier = f64::from(1u32 << output.range_bits) / typical * 2f64.powi(31);
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
        let Shape { input, output, rows, columns } = self.shape(tensors);
        let limit = i64::from(self.limit());
        let largest = (((limit - 1) >> input.range_bits) / columns.max(1)).min(self.largest());
        let mut numbers = Numbers { weights: Vec::new(), biases: Vec::new(), multipliers: Vec::new() };
        for _ in 0..rows {
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
            // From a share of the output's range to many times it, for an accumulator at a quarter of its bound, or of what it reaches.
            let gain = 2f64.powf(rng.random_range(-3.0..5.0)) * f64::from(1u32 << output.range_bits);
            let typical = if rng.random_bool(0.5) { limit } else { limit - room + i64::from(bias as i32).abs() };
            numbers.multipliers.push((gain / (typical as f64 / 4.0) * 2f64.powi(32)) as i32);
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

    /// What no accumulator may reach.
    fn limit(&self) -> u32 {
        match self.op {
            LayerOp::Depthwise { .. } => 1 << 31,
            _ => self.weights.accumulator_limit(),
        }
    }

    fn shape(&self, tensors: &[Tensor]) -> Shape {
        let (input, output) = (tensors[usize::from(self.input)], tensors[usize::from(self.output)]);
        let rows = match self.op {
            LayerOp::Dense => output.elements,
            LayerOp::Depthwise { .. } | LayerOp::Pointwise { .. } => self.rows,
            LayerOp::Pool { .. } => 0,
        };
        Shape { input, output, rows: rows.into(), columns: self.op.columns(input.elements).into() }
    }

    fn spec(&self, numbers: Numbers, zero: i16) -> LayerSpec {
        let Numbers { weights, biases, multipliers } = numbers;
        LayerSpec {
            op: self.op,
            role: self.role,
            input: self.input,
            output: self.output,
            weights: WeightSpec::of(self.weights, &weights.iter().map(|&weight| weight as i16).collect::<Vec<_>>()),
            biases,
            multipliers,
            zero: if self.accumulate || matches!(self.op, LayerOp::Pool { .. }) { 0 } else { zero },
            relu: self.relu,
            accumulate: self.accumulate,
        }
    }
}
