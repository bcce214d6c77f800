//! Quantized networks of random weights beside their float originals.

mod branches;
mod groups;
mod narrow;
mod plain;
mod refusals;
mod short;
mod simulated;
mod sums;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::TaskKind;
use trunkline_shared::quant::{quantize_feature, requantize};

use super::network::weight_rows;
use super::rows::bound_bits;
use super::*;
use crate::model::{Decision, Dense, FloatModel, Normalization, TargetScale, TaskHead, Trunk};

const FEATURES: usize = 40;

fn dense(random: &mut ChaCha8Rng, outputs: usize, inputs: usize, size: f32) -> Dense {
    // Heavy-tailed, as trained weights are.
    let mut weights = |count: usize| (0..count).map(|_| random.random_range(-1.0f32..1.0).powi(3) * size).collect();
    Dense { outputs, inputs, weight: weights(outputs * inputs), bias: weights(outputs) }
}

fn network(random: &mut ChaCha8Rng) -> FloatModel {
    let head = |task: &str, kind, head, linear, target| TaskHead {
        task: task.into(),
        kind,
        trunk: 0,
        hidden: vec![],
        head,
        linear,
        reads: vec![],
        target,
        decision: Decision::default(),
    };
    let (classes, value) = (TargetScale { mean: 0.0, sd: 1.0 }, TargetScale { mean: 350.0, sd: 12.5 });
    FloatModel {
        narrow: vec![],
        normalization: Normalization {
            mean: (0..FEATURES).map(|_| random.random_range(-50.0..50.0)).collect(),
            gain: (0..FEATURES).map(|_| random.random_range(0.01..10.0)).collect(),
            clip_sd: 8.0,
        },
        trunks: vec![Trunk {
            branches: vec![],
            layers: vec![dense(random, 24, FEATURES, 0.8), dense(random, 12, 24, 0.8)],
        }],
        heads: vec![
            head(
                "both",
                TaskKind::MultiClass,
                Some(dense(random, 4, 12, 0.5)),
                Some(dense(random, 4, FEATURES, 1.0)),
                classes,
            ),
            head("linear", TaskKind::MultiClass, None, Some(dense(random, 3, FEATURES, 30.0)), classes),
            head("binary", TaskKind::Binary, Some(dense(random, 1, 12, 2.0)), None, classes),
            head(
                "value",
                TaskKind::Regression,
                Some(dense(random, 1, 12, 1.0)),
                Some(dense(random, 1, FEATURES, 0.1)),
                value,
            ),
        ],
    }
}

fn rows(random: &mut ChaCha8Rng, model: &FloatModel, count: usize) -> Vec<Vec<f32>> {
    let value = |random: &mut ChaCha8Rng, index: usize| {
        let z: f32 = (0..4).map(|_| random.random_range(-1.0f32..1.0)).sum();
        if random.random_range(0..50) == 0 {
            f32::NAN
        } else {
            model.normalization.mean[index] + z / model.normalization.gain[index]
        }
    };
    (0..count).map(|_| (0..FEATURES).map(|index| value(random, index)).collect()).collect()
}

/// The integer network in exact arithmetic, independent of any kernel.
fn run(model: &QuantizedModel, features: &[f32]) -> Vec<Vec<f32>> {
    let mut tensors: Vec<Vec<i16>> = model.tensors.iter().map(|tensor| vec![0; usize::from(tensor.elements)]).collect();
    for view in &model.views {
        let range_bits = model.tensors[usize::from(view.tensor)].range_bits;
        let read = features.iter().zip(&model.mean).zip(&model.gain).skip(usize::from(view.first));
        tensors[usize::from(view.tensor)] = read
            .take(usize::from(model.tensors[usize::from(view.tensor)].elements))
            .map(|((x, mean), gain)| quantize_feature(*x, *mean, *gain, view.fraction_bits, range_bits))
            .collect();
    }
    for layer in &model.layers {
        let input = tensors[usize::from(layer.input)].clone();
        let high = ((1i32 << model.tensors[usize::from(layer.output)].range_bits) - 1) as i16;
        let low = if layer.relu { 0 } else { -high - 1 };
        let (kind, rows) = weight_rows(layer);
        for (row, weights) in rows.iter().enumerate() {
            let products = input.iter().zip(weights).map(|(x, weight)| i64::from(*x) * i64::from(*weight));
            let acc = i64::from(layer.biases[row]) + products.sum::<i64>();
            assert!(acc.unsigned_abs() < 1 << bound_bits(kind));
            let output = &mut tensors[usize::from(layer.output)][row];
            let zero = if layer.accumulate { *output } else { layer.zero };
            *output = requantize(acc as i32, layer.multipliers[row], zero, low, high);
        }
    }
    let counts = &tensors[tensors.len() - model.outputs.len()..];
    let read = |(counts, output): (&Vec<i16>, &OutputScale)| {
        counts.iter().map(|count| f32::from(*count) * output.scale + output.offset).collect()
    };
    counts.iter().zip(&model.outputs).map(read).collect()
}

fn quantized(model: &FloatModel, rows: &[Vec<f32>], bits: u8) -> QuantizedModel {
    let calibration = Calibration::measure(model, rows.iter().map(Vec::as_slice)).unwrap();
    quantize(model, &calibration, &[bits; 4]).unwrap()
}

/// Largest error of each task over rows, relative to the largest magnitude of its outputs.
fn worst_errors(bits: u8, seed: u64) -> Vec<f32> {
    worst_errors_of(network, bits, seed)
}

fn worst_errors_of(network: impl Fn(&mut ChaCha8Rng) -> FloatModel, bits: u8, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let model = network(&mut random);
    let calibration_rows = rows(&mut random, &model, 200);
    let integers = quantized(&model, &calibration_rows, bits);
    let (mut worst, mut largest) = (vec![0f32; 4], vec![0f32; 4]);
    for row in rows(&mut random, &model, 200) {
        for (task, (float, integer)) in model.forward(&row).iter().zip(run(&integers, &row)).enumerate() {
            for (a, b) in float.iter().zip(integer) {
                worst[task] = worst[task].max((a - b).abs());
                largest[task] = largest[task].max((a - integers.outputs[task].offset).abs());
            }
        }
    }
    worst.iter().zip(largest).map(|(worst, largest)| worst / largest).collect()
}
