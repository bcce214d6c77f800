//! The integer network in exact arithmetic, independent of any kernel.

use trunkline_shared::kernels::{PoolKind, padded};
use trunkline_shared::model::LayerOp;
use trunkline_shared::model::build::LayerSpec;
use trunkline_shared::quant::{quantize_count, quantize_feature, requantize};

use crate::quantize::network::weight_rows;
use crate::quantize::rows::bound_bits;
use crate::quantize::{OutputScale, QuantizedModel};

/// Every task's outputs for a row of features (NaN where missing), with the raw samples that are read after them.
pub(super) fn run(model: &QuantizedModel, row: &[f32]) -> Vec<Vec<f32>> {
    let mut tensors: Vec<Vec<i16>> = model.tensors.iter().map(|tensor| vec![0; usize::from(tensor.elements)]).collect();
    for view in &model.views {
        let range_bits = model.tensors[usize::from(view.tensor)].range_bits;
        let read = row.iter().zip(&model.mean).zip(&model.gain).skip(usize::from(view.first));
        tensors[usize::from(view.tensor)] = read
            .take(usize::from(model.tensors[usize::from(view.tensor)].elements))
            .map(|((x, mean), gain)| quantize_feature(*x, *mean, *gain, view.fraction_bits, range_bits))
            .collect();
    }
    fill_raw(model, &row[model.mean.len()..], &mut tensors);
    for layer in &model.layers {
        let input = tensors[usize::from(layer.input)].clone();
        let high = ((1i32 << model.tensors[usize::from(layer.output)].range_bits) - 1) as i16;
        run_layer(layer, &input, high, &mut tensors[usize::from(layer.output)]);
    }
    let counts = &tensors[tensors.len() - model.outputs.len()..];
    let read = |(counts, output): (&Vec<i16>, &OutputScale)| {
        counts.iter().map(|count| f32::from(*count) * output.scale + output.offset).collect()
    };
    counts.iter().zip(&model.outputs).map(read).collect()
}

/// The tests have the samples of each channel once, in the order of the channels.
fn fill_raw(model: &QuantizedModel, samples: &[f32], tensors: &mut [Vec<i16>]) {
    let channels = model.raw_views.iter().map(|view| usize::from(view.channel) + 1).max().unwrap_or(1);
    let length = samples.len() / channels;
    for (tensor, elements) in tensors.iter_mut().enumerate() {
        let views = model.raw_views.iter().filter(|view| usize::from(view.tensor) == tensor);
        for (view, slots) in views.zip(elements.chunks_exact_mut(length.max(1))) {
            let range_bits = model.tensors[tensor].range_bits;
            let window = &samples[usize::from(view.channel) * length..][..length];
            for (slot, sample) in slots.iter_mut().zip(window) {
                let count = if sample.is_nan() { i16::MIN } else { *sample as i16 };
                *slot = quantize_count(count, view.mean, view.multiplier, range_bits);
            }
        }
    }
}

fn run_layer(layer: &LayerSpec, input: &[i16], high: i16, output: &mut [i16]) {
    let low = if layer.relu { 0 } else { -high - 1 };
    let (kind, rows) = weight_rows(layer);
    if let LayerOp::Pool { kind, channels, size } = layer.op {
        let (channels, size) = (usize::from(channels), usize::from(size));
        let pools = output.len() / channels;
        for (index, output) in output.iter_mut().enumerate() {
            let (channel, pool) = (index / pools, index % pools);
            let values = (pool * size..(pool + 1) * size).map(|position| input[position * padded(channels) + channel]);
            *output = match kind {
                PoolKind::Max => values.max().unwrap(),
                PoolKind::Mean => {
                    let multiplier = ((1u64 << 31) as f64 / size as f64).round().min(f64::from(i32::MAX)) as i32;
                    requantize(2 * values.map(i32::from).sum::<i32>(), multiplier, 0, low, high)
                }
            };
        }
        return;
    }
    // Where the first input of a row lies at a position, and how far apart positions are in the output.
    let (slot, reads): (usize, Box<dyn Fn(usize, usize) -> usize>) = match layer.op {
        LayerOp::Depthwise { channels, stride, .. } => {
            let (samples, multiplier) = (input.len() / usize::from(channels), rows.len() / usize::from(channels));
            let stride = usize::from(stride);
            (padded(rows.len()), Box::new(move |row, position| row / multiplier * samples + position * stride))
        }
        LayerOp::Pointwise { channels } => {
            let slot = padded(channels.into());
            (padded(rows.len()), Box::new(move |_, position| position * slot))
        }
        _ => (rows.len(), Box::new(|_, _| 0)),
    };
    for (position, outputs) in output.chunks_mut(slot).enumerate() {
        for (row, weights) in rows.iter().enumerate() {
            let inputs = &input[reads(row, position)..][..weights.len()];
            let products = inputs.iter().zip(weights).map(|(x, weight)| i64::from(*x) * i64::from(*weight));
            let acc = i64::from(layer.biases[row]) + products.sum::<i64>();
            assert!(acc.unsigned_abs() < 1 << bound_bits(layer.op, kind));
            let zero = if layer.accumulate { outputs[row] } else { layer.zero };
            outputs[row] = requantize(acc as i32, layer.multipliers[row], zero, low, high);
        }
    }
}
