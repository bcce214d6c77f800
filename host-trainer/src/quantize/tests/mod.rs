//! Quantized networks of random weights beside their float originals.

mod branches;
mod convolutions;
mod groups;
mod narrow;
mod oracle;
mod plain;
mod refusals;
mod short;
mod simulated;
mod sums;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::TaskKind;

use super::*;
use crate::model::{Decision, Dense, FloatModel, Normalization, RawScale, TargetScale, TaskHead, Trunk};
use oracle::run;

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
            raw: vec![],
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
    let row = |_| {
        let mut row: Vec<f32> = (0..FEATURES).map(|index| value(random, index)).collect();
        model.normalization.raw.iter().for_each(|scale| row.extend(samples(random, scale)));
        row
    };
    (0..count).map(row).collect()
}

/// A window of ADC counts that wander about their mean.
fn samples(random: &mut ChaCha8Rng, scale: &RawScale) -> Vec<f32> {
    let mut z = 0.0f32;
    let mut next = |_| {
        z = 0.8 * z + random.random_range(-1.0f32..1.0);
        if random.random_range(0..50) == 0 { f32::NAN } else { (scale.mean + z / scale.gain).round() }
    };
    (0..scale.samples).map(&mut next).collect()
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
