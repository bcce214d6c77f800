//! What a training promises whose branch convolves raw samples.

use super::*;
use crate::config::{BranchConfig, ConvolutionConfig, Pooling, QuantizationMode, WeightsConfig};
use crate::features::{FeatureBlock, RawColumns};
use crate::model::LayerPlace;
use crate::quantize::{Calibration, simulate};
use crate::train::quantization_aware::Rounder;

const SAMPLES: usize = 20;

/// The world with two channels of raw samples, of which the value depends on one.
fn raw_world() -> World {
    let mut world = World::new();
    let Labels::Values(values) = &mut world.labels[2].labels else { unreachable!() };
    let features = std::mem::take(&mut world.features.data);
    for (row, features) in features.chunks_exact(FEATURES).enumerate() {
        world.features.data.extend(features);
        let noise = |salt: usize| ((row * 13 + salt * 29 + row * salt) % 97) as f32 / 97.0 - 0.5;
        // A hump in one channel, at any place, whose width is the value, and as high a ripple in the other.
        let (place, width) = (4.0 + 12.0 * (noise(3) + 0.5), 1.0 + 3.0 * (noise(5) + 0.5));
        let hump = |sample: usize| (-((sample as f32 - place) / width).powi(2)).exp();
        world.features.data.extend((0..SAMPLES).map(|sample| (900.0 * hump(sample) + 50.0 * noise(sample)).round()));
        world
            .features
            .data
            .extend((0..SAMPLES).map(|sample| (3.0 * (sample as f32 * 2.1).sin() + noise(sample)).round()));
        values[row] = (!row.is_multiple_of(5)).then_some(50.0 + 4.0 * width);
    }
    let block = |name: &str, columns, channel, start| FeatureBlock {
        source: name.into(),
        channels: vec![name.into()],
        columns,
        raw: Some(RawColumns { channel, columns: start..start + SAMPLES }),
        indicator: None,
    };
    world.features.blocks = vec![block("u", 0..4, 0, FEATURES), block("v", 4..6, 1, FEATURES + SAMPLES)];
    world
}

fn convolving() -> Project {
    let mut project = project();
    let form = |kernel, filters, pool| ConvolutionConfig {
        kernel,
        stride: 1,
        filters,
        multiplier: 2,
        pool,
        pooling: Pooling::Mean,
    };
    project.model.branches = vec![BranchConfig {
        name: "raw".into(),
        channels: vec!["u".into(), "v".into()],
        widths: vec![5],
        convolutions: vec![form(5, 6, 4), form(2, 4, 3)],
    }];
    project
}

#[test]
fn rounding_puts_convolutions_on_their_integers_and_undoing_it_brings_back_every_bit() {
    let (world, mut project) = (raw_world(), convolving());
    project.quantization.mode = QuantizationMode::Qat;
    let set = world.set();
    let fitter = Fitter { project: &project, set: &set, start: Start::Drawn(&[12, 8]), seed: 3, progress: &Silent };
    let (problem, net) = fitter.prepare(set.rows).unwrap();
    let form = fitter.integer_form(set.rows);
    let before = net.to_float(&problem.normalization).unwrap();
    let rounder = Rounder::new(&net, &problem, &form, Vec::new()).unwrap();
    let rounded = rounder.round().unwrap();
    let during = net.to_float(&problem.normalization).unwrap();
    let places = before.places();
    let of_convolutions =
        |place: &&LayerPlace| matches!(place, LayerPlace::Depthwise { .. } | LayerPlace::Pointwise { .. });
    assert_eq!(places.iter().filter(of_convolutions).count(), 4);
    for place in places.iter().filter(of_convolutions) {
        assert_ne!(before.layer(*place).unwrap().weight, during.layer(*place).unwrap().weight, "{place:?}");
    }
    // What training sees is what the quantizer makes of the model.
    let rows: Vec<&[f32]> = set.rows.iter().map(|row| world.features.row(*row)).collect();
    let calibration = Calibration::measure(&before, rows.into_iter()).unwrap();
    let integers = simulate(&before, &calibration, &[16; 3], &[]).unwrap().float;
    assert_eq!(during.trunks, integers.trunks);
    rounded.undo(&net).unwrap();
    assert_eq!(net.to_float(&problem.normalization).unwrap(), before);
}

#[test]
fn every_way_to_train_repeats_itself_to_the_bit_on_any_number_of_threads() {
    let (world, mut project) = (raw_world(), convolving());
    project.channels = toml::from_str::<Project>(
        "name = 't'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[[channels]]\nname = 'u'\noptional = true\n",
    )
    .unwrap()
    .channels;
    project.training.early_stopping = EarlyStoppingConfig { validation: 0.2, ..project.training.early_stopping };
    (project.training.dropout, project.training.mixup, project.training.modality_dropout) = (0.1, 0.2, 0.2);
    (project.quantization.mode, project.quantization.weights) = (QuantizationMode::Qat, WeightsConfig::Mixed);
    (project.quantization.qat_epochs, project.quantization.mixed_tolerance) = (2, 10.0);
    let run = |threads| in_pool(threads, || fit(&project, &world.set(), &[12, 8], 5, &Silent).unwrap());
    let trained = run(1);
    assert_eq!(trained, run(3));
    let narrow = &trained.model.narrow;
    assert!(narrow.contains(&LayerPlace::Pointwise { trunk: 0, branch: 0, convolution: 0 }), "{narrow:?}");
    assert!(!narrow.iter().any(|place| matches!(place, LayerPlace::Depthwise { .. })), "{narrow:?}");
    // Without its channel the branch reads zeros.
    let without = world.features.row_without(0, "u");
    assert!(without[FEATURES..FEATURES + SAMPLES].iter().all(|sample| sample.is_nan()));
    assert!(trained.model.forward(&without).iter().flatten().all(|output| output.is_finite()));
    assert_eq!(trained.model.normalization.apply(&without)[FEATURES..FEATURES + SAMPLES], [0.0; SAMPLES]);
}
