//! The network computed again, slowly, with exact integers that cannot overflow, and every bound asserted on the way.

use trunkline_shared::model::{Layer, LayerOp, Model, PoolKind, TensorSpan, WeightKind};

/// What the oracle found.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The outputs of all tasks in task order.
    pub outputs: Vec<i16>,
    /// The largest accumulator of an i8 layer, whole or partial.
    pub largest_i8: i64,
    /// The largest accumulator of an i16 layer, whole or partial.
    pub largest_i16: i64,
    /// The largest accumulator of an i4 layer, whole or partial.
    pub largest_i4: i64,
    /// The largest accumulator of a depthwise convolution, whole or partial.
    pub largest_depthwise: i64,
    /// How many outputs of layers were limited by the range of their tensor.
    pub limited: usize,
}

/// Runs the network of a validated model in the plain layout on a window and its features, reading nothing but header and weight
/// bytes.
///
/// # Panics
/// Where an accumulator reaches 2^23 (i8 layers), 2^31 (i16, depthwise convolutions) or 2^19 (i4), or a tensor leaves its range.
pub fn run(model: &Model<'_>, window: &[i16], features: &[f32]) -> Answer {
    let header = model.header();
    let section = model.weights();
    let shapes: Vec<TensorSpan> = model.tensors().collect();
    let mut tensors: Vec<Vec<i64>> = shapes.iter().map(|shape| vec![0; usize::from(shape.elements)]).collect();
    for view in header.views.iter() {
        let range = 1i64 << shapes[usize::from(view.tensor)].range_bits;
        for (index, slot) in tensors[usize::from(view.tensor)].iter_mut().enumerate() {
            let index = usize::from(view.first) + index;
            let mean = f32::from_bits(word(section, header.mean_offset, index) as u32);
            let gain = f32::from_bits(word(section, header.gain_offset, index) as u32);
            let steps = (features[index] - mean) * gain * f32::from(1u16 << view.fraction_bits);
            let rounded = (f64::from(steps) + 0.5).floor();
            *slot = if rounded.is_nan() { 0 } else { rounded.clamp(-range as f64, range as f64 - 1.0) as i64 };
        }
    }
    enter_raw(model, window, &shapes, &mut tensors);
    let mut answer = Answer::default();
    for (layer, _) in model.layers() {
        let run = usize::from(layer.output)..usize::from(layer.output) + usize::from(layer.tensors);
        let held = tensors[run.clone()].concat();
        let input = &tensors[usize::from(layer.input)];
        let range = 1i64 << shapes[usize::from(layer.output)].range_bits;
        let mut oracle = Oracle {
            layer: &layer,
            section,
            low: if layer.relu { 0 } else { -range },
            high: range - 1,
            answer: &mut answer,
        };
        let mut outputs = oracle.outputs(input, &held).into_iter();
        for tensor in &mut tensors[run] {
            *tensor = outputs.by_ref().take(tensor.len()).collect();
        }
    }
    for (shape, values) in shapes.iter().zip(&tensors) {
        let range = 1i64 << shape.range_bits;
        assert!(values.iter().all(|value| (-range..range).contains(value)), "a tensor left its range");
    }
    let outputs = &tensors[shapes.len() - header.tasks.len()..];
    answer.outputs = outputs.concat().into_iter().map(|value| value as i16).collect();
    answer
}

/// Fills the tensors of the raw views, row after row.
fn enter_raw(model: &Model<'_>, window: &[i16], shapes: &[TensorSpan], tensors: &mut [Vec<i64>]) {
    let lengths: Vec<usize> = model.header().channels.iter().map(|channel| channel.samples.into()).collect();
    let mut filled = vec![0; tensors.len()];
    for view in model.header().raw_views.iter() {
        let (tensor, channel) = (usize::from(view.tensor), usize::from(view.channel));
        let range = 1i64 << shapes[tensor].range_bits;
        let start: usize = lengths[..channel].iter().sum();
        for &count in &window[start..start + lengths[channel]] {
            let doubled = 2 * (i64::from(count) - i64::from(view.mean)) * i64::from(view.multiplier) + (1 << 18);
            let value = if count == i16::MIN { 0 } else { doubled.div_euclid(1 << 19).clamp(-range, range - 1) };
            tensors[tensor][filled[tensor]] = value;
            filled[tensor] += 1;
        }
    }
}

/// One layer.
struct Oracle<'a> {
    layer: &'a Layer,
    section: &'a [u8],
    low: i64,
    high: i64,
    answer: &'a mut Answer,
}

impl Oracle<'_> {
    fn outputs(&mut self, input: &[i64], held: &[i64]) -> Vec<i64> {
        let rows = usize::from(self.layer.rows);
        // Positions are slots of four; what lies in their padding is never read.
        let slot = |elements: usize| elements.div_ceil(4) * 4;
        let padding = || std::iter::repeat_n(0, slot(rows) - rows);
        match self.layer.op {
            LayerOp::Dense => (0..rows).map(|row| self.row(row, input, held[row])).collect(),
            LayerOp::Depthwise { channels, kernel, stride } => {
                let (channels, kernel, stride) = (usize::from(channels), usize::from(kernel), usize::from(stride));
                let samples = input.len() / channels;
                let starts = (0..=samples - kernel).step_by(stride);
                let position = |start: usize| {
                    let first = move |row: usize| row * channels / rows * samples + start;
                    let row = |row: usize| self.row(row, &input[first(row)..][..kernel], 0);
                    (0..rows).map(row).chain(padding()).collect::<Vec<i64>>()
                };
                starts.flat_map(position).collect()
            }
            LayerOp::Pointwise { channels } => {
                let channels = usize::from(channels);
                let position = |input: &[i64]| {
                    (0..rows).map(|row| self.row(row, &input[..channels], 0)).chain(padding()).collect::<Vec<i64>>()
                };
                input.chunks(slot(channels)).flat_map(position).collect()
            }
            LayerOp::Pool { kind, size, .. } => {
                let positions: Vec<&[i64]> = input.chunks(slot(rows)).collect();
                let pools = |channel: usize| {
                    let pool = move |pool: &[&[i64]]| {
                        let values: Vec<i64> = pool.iter().map(|position| position[channel]).collect();
                        values
                    };
                    positions.chunks_exact(size.into()).map(pool).collect::<Vec<_>>()
                };
                (0..rows).flat_map(pools).map(|values| self.pool(kind, &values)).collect()
            }
        }
    }

    fn pool(&mut self, kind: PoolKind, values: &[i64]) -> i64 {
        match kind {
            PoolKind::Max => values.iter().copied().max().expect("at least one position"),
            PoolKind::Mean => {
                let size = values.len() as i128;
                // Half up, and one less than 2^31.
                let multiplier = ((1 << 32) + size).div_euclid(2 * size).min((1 << 31) - 1);
                self.scale(2 * values.iter().sum::<i64>(), multiplier, 0)
            }
        }
    }

    /// Row `row` over what it reads.
    fn row(&mut self, row: usize, input: &[i64], held: i64) -> i64 {
        let sum = self.accumulate(row, input);
        let multiplier = i128::from(word(self.section, self.layer.multiplier_offset, row));
        self.scale(sum, multiplier, if self.layer.accumulate { held } else { i64::from(self.layer.zero) })
    }

    fn scale(&mut self, sum: i64, multiplier: i128, zero: i64) -> i64 {
        // Half up: floor(2 x + 1) / 2, with x in units of 2^-32.
        let doubled = 2 * i128::from(sum) * multiplier + (1 << 32);
        let value = doubled.div_euclid(1 << 33) as i64 + zero;
        let limited = value.clamp(self.low, self.high);
        self.answer.limited += usize::from(limited != value);
        limited
    }

    fn accumulate(&mut self, row: usize, input: &[i64]) -> i64 {
        let Self { layer, section, answer, .. } = self;
        let depthwise = matches!(layer.op, LayerOp::Depthwise { .. });
        let (limit, seen) = match layer.weights {
            _ if depthwise => (1i64 << 31, &mut answer.largest_depthwise),
            WeightKind::I8 => (1 << 23, &mut answer.largest_i8),
            WeightKind::I16 => (1 << 31, &mut answer.largest_i16),
            WeightKind::I4 => (1 << 19, &mut answer.largest_i4),
        };
        let mut sum = i64::from(word(section, layer.bias_offset, row));
        let mut largest = sum.abs();
        for (column, value) in input.iter().enumerate() {
            let index = row * input.len() + column;
            let start = layer.weight_offset as usize;
            let weight = match layer.weights {
                WeightKind::I8 => i64::from(section[start + index] as i8),
                WeightKind::I16 => {
                    i64::from(i16::from_le_bytes([section[start + 2 * index], section[start + 2 * index + 1]]))
                }
                WeightKind::I4 => {
                    let byte = section[start + row * input.len().div_ceil(2) + column / 2];
                    i64::from(if column % 2 == 0 { (byte << 4) as i8 >> 4 } else { byte as i8 >> 4 })
                }
            };
            sum += weight * value;
            largest = largest.max(sum.abs());
        }
        assert!(largest < limit, "an accumulator of {largest} reaches {limit}");
        *seen = largest.max(*seen);
        sum
    }
}

fn word(section: &[u8], offset: u32, index: usize) -> i32 {
    let start = offset as usize + 4 * index;
    i32::from_le_bytes(section[start..start + 4].try_into().expect("four bytes"))
}
