//! The network computed again, slowly, with exact integers that cannot overflow, and every bound asserted on the way.

use trunkline_shared::model::{Layer, Model, TensorSpan, WeightKind};

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
    /// How many outputs of layers were limited by the range of their tensor.
    pub limited: usize,
}

/// Runs the network of a validated model on `features`, reading nothing but header and weight bytes.
///
/// # Panics
/// Where an accumulator reaches 2^23 (i8 layers), 2^31 (i16) or 2^19 (i4), or a tensor leaves its range.
pub fn run(model: &Model<'_>, features: &[f32]) -> Answer {
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
    let mut answer = Answer::default();
    for (layer, _) in model.layers() {
        let run = usize::from(layer.output)..usize::from(layer.output) + usize::from(layer.tensors);
        let held = tensors[run.clone()].concat();
        let input = &tensors[usize::from(layer.input)];
        let range = 1i64 << shapes[usize::from(layer.output)].range_bits;
        let outputs: Vec<i64> = held
            .iter()
            .enumerate()
            .map(|(row, &held)| {
                let sum = accumulate(&layer, section, row, input, &mut answer);
                let multiplier = i128::from(word(section, layer.multiplier_offset, row));
                let zero = if layer.accumulate { held } else { i64::from(layer.zero) };
                // Half up: floor(2 x + 1) / 2, with x in units of 2^-32.
                let doubled = 2 * i128::from(sum) * multiplier + (1 << 32);
                let value = doubled.div_euclid(1 << 33) as i64 + zero;
                let limited = value.clamp(if layer.relu { 0 } else { -range }, range - 1);
                answer.limited += usize::from(limited != value);
                limited
            })
            .collect();
        let mut outputs = outputs.into_iter();
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

fn accumulate(layer: &Layer, section: &[u8], row: usize, input: &[i64], answer: &mut Answer) -> i64 {
    let limit = match layer.weights {
        WeightKind::I8 => 1i64 << 23,
        WeightKind::I16 => 1i64 << 31,
        WeightKind::I4 => 1i64 << 19,
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
    match layer.weights {
        WeightKind::I8 => answer.largest_i8 = answer.largest_i8.max(largest),
        WeightKind::I16 => answer.largest_i16 = answer.largest_i16.max(largest),
        WeightKind::I4 => answer.largest_i4 = answer.largest_i4.max(largest),
    }
    sum
}

fn word(section: &[u8], offset: u32, index: usize) -> i32 {
    let start = offset as usize + 4 * index;
    i32::from_le_bytes(section[start..start + 4].try_into().expect("four bytes"))
}
