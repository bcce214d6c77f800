use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::{LayerSpec, WeightSpec};
use trunkline_shared::model::{LayerRole, TaskKind};
use trunkline_shared::quant::{quantize_feature, requantize};

use super::network::weight_rows;
use super::range::bound_bits;
use super::*;
use crate::config::ReadOf;
use crate::model::{
    Decision, Dense, FloatModel, ModalityBranch, Normalization, ReadPath, TargetScale, TaskHead, Trunk,
};

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

/// The same tasks on two trunks, three of them with hidden layers of their own.
fn grouped_network(random: &mut ChaCha8Rng) -> FloatModel {
    let mut model = network(random);
    model.trunks.push(Trunk { branches: vec![], layers: vec![dense(random, 10, FEATURES, 0.8)] });
    let heads: [(usize, usize, &[usize]); 3] = [(0, 1, &[8]), (2, 0, &[]), (3, 1, &[6, 5])];
    for (task, trunk, widths) in heads {
        let mut width = if trunk == 0 { 12 } else { 10 };
        let head = &mut model.heads[task];
        head.trunk = trunk;
        for outputs in widths {
            head.hidden.push(dense(random, *outputs, width, 0.8));
            width = *outputs;
        }
        head.head = Some(dense(random, head.outputs(), width, 1.0));
    }
    model
}

/// The same tasks on a trunk over three branches of the widths `widths`, the last of which reads a single feature.
fn branched_network(random: &mut ChaCha8Rng, widths: [&[usize]; 3]) -> FloatModel {
    let mut model = network(random);
    let branch = |((first, features), widths): ((usize, usize), &[usize])| {
        let inputs = [features].into_iter().chain(widths.iter().copied());
        let layers = widths.iter().zip(inputs).map(|(outputs, inputs)| dense(random, *outputs, inputs, 0.9));
        ModalityBranch { name: format!("from {first}"), first, layers: layers.collect() }
    };
    model.trunks[0].branches = [(0, 30), (30, 9), (39, 1)].into_iter().zip(widths).map(branch).collect();
    model.trunks[0].layers[0] = dense(random, 24, 17, 0.8);
    model
}

#[test]
fn branches_of_up_to_two_layers_err_by_less_than_two_percent_on_average() {
    let network = |random: &mut ChaCha8Rng| branched_network(random, [&[16, 9], &[6], &[2]]);
    let errors: Vec<f32> = (0..20).flat_map(|seed| worst_errors_of(network, 16, seed)).collect();
    // The largest error of 200 rows each; single ones are larger, where a row lies far outside of those that were measured.
    assert!(errors.iter().sum::<f32>() / 80.0 < 0.02, "{errors:?}");
}

/// Branches of one layer each are a first trunk layer that is mostly zeros.
#[test]
fn branches_lose_no_more_than_a_layer_with_zeros_in_their_place() {
    let widths: [&[usize]; 3] = [&[9], &[6], &[2]];
    let with_zeros = |random: &mut ChaCha8Rng| {
        let mut model = branched_network(random, widths);
        let mut whole = Dense::zeros(0, FEATURES);
        for branch in model.trunks[0].branches.drain(..) {
            for output in 0..branch.outputs() {
                let mut row = vec![0.0; FEATURES];
                row[branch.first..][..branch.inputs()].copy_from_slice(branch.layers[0].row(output));
                whole.weight.extend(row);
                whole.bias.push(branch.layers[0].bias[output]);
                whole.outputs += 1;
            }
        }
        model.trunks[0].layers.insert(0, whole);
        model
    };
    let mean = |network: &dyn Fn(&mut ChaCha8Rng) -> FloatModel| {
        (0..20).flat_map(|seed| worst_errors_of(network, 16, seed)).sum::<f32>() / 80.0
    };
    let (branched, zeros) = (mean(&|random| branched_network(random, widths)), mean(&with_zeros));
    assert!(branched < 1.25 * zeros, "{branched} {zeros}");
}

#[test]
fn each_branch_has_its_view_and_the_trunk_adds_them_up_before_its_relu() {
    let mut random = ChaCha8Rng::seed_from_u64(29);
    let model = branched_network(&mut random, [&[16, 9], &[6], &[2]]);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let views: Vec<(u16, u16)> = integers.views[..3]
        .iter()
        .map(|view| (view.first, integers.tensors[usize::from(view.tensor)].elements))
        .collect();
    assert_eq!(views, [(0, 30), (30, 9), (39, 1)]);
    let trunk: Vec<_> = integers.layers.iter().filter(|layer| layer.role == LayerRole::Trunk).collect();
    let shape = |layer: &&LayerSpec| (layer.biases.len(), layer.accumulate, layer.relu);
    let expected = [
        (16, false, true),
        (9, false, true),
        (6, false, true),
        (2, false, true),
        (24, false, false),
        (24, true, false),
        (24, true, true),
        (12, false, true),
    ];
    assert_eq!(trunk.iter().map(shape).collect::<Vec<_>>(), expected);
    let refusal = |change: &dyn Fn(&mut FloatModel)| {
        let (mut model, calibration) =
            (model.clone(), Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap());
        change(&mut model);
        quantize(&model, &calibration, &[16; 4]).unwrap_err().to_string()
    };
    assert!(refusal(&|model| model.trunks[0].branches[2].first = 40).contains("41 features"));
    assert!(refusal(&|model| model.trunks[0].branches[1].layers.clear()).contains("branch \"from 30\" has 0 layers"));
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

#[test]
fn integer_outputs_stay_within_two_percent_of_the_float_range() {
    for seed in 0..20 {
        for bits in [8, 16] {
            for error in worst_errors(bits, seed) {
                assert!(error < 0.02, "seed {seed}, {bits} bits: {error}");
            }
        }
    }
}

#[test]
fn hidden_heads_and_a_second_trunk_stay_within_two_percent_on_average() {
    let errors: Vec<f32> = (0..20).flat_map(|seed| worst_errors_of(grouped_network, 16, seed)).collect();
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    assert!(mean < 0.02, "{mean}");
}

/// The grouped network with tasks that read others: an embedding and an output, also of a task that stands later.
fn cascade(random: &mut ChaCha8Rng) -> FloatModel {
    let mut model = grouped_network(random);
    let mut read = |by: usize, task: usize, of, inputs, size| {
        let outputs = model.heads[by].outputs();
        let read = ReadPath { task, of, dense: dense(random, outputs, inputs, size) };
        model.heads[by].reads.push(read);
    };
    read(3, 0, ReadOf::Embedding, 8, 0.5);
    read(3, 1, ReadOf::Output, 3, 0.02);
    read(0, 1, ReadOf::Output, 3, 0.02);
    read(2, 3, ReadOf::Output, 1, 0.5);
    model
}

#[test]
fn what_tasks_read_of_others_stays_as_close() {
    let errors: Vec<f32> = (0..20).flat_map(|seed| worst_errors_of(cascade, 16, seed)).collect();
    let mean = errors.iter().sum::<f32>() / errors.len() as f32;
    assert!(mean < 0.02, "{mean}");
}

#[test]
fn a_task_is_whole_before_another_reads_it() {
    let mut random = ChaCha8Rng::seed_from_u64(29);
    let model = cascade(&mut random);
    assert_eq!(model.order(), [1, 0, 3, 2]);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let outputs = integers.tensors.len() - 4;
    let written = |tensor: u8| integers.layers.iter().rposition(|layer| layer.output == tensor).unwrap();
    let mut reading = 0;
    for (index, layer) in integers.layers.iter().enumerate().filter(|(_, layer)| usize::from(layer.input) >= outputs) {
        assert!(index > written(layer.input) && layer.accumulate && matches!(layer.weights, WeightSpec::I16(_)));
        reading += 1;
    }
    assert_eq!(reading, 3);
    let elements: Vec<u16> = integers.tensors[outputs..].iter().map(|tensor| tensor.elements).collect();
    assert_eq!(elements, [4, 3, 1, 1]);
}

#[test]
fn reads_that_make_no_sense_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(31);
    let model = cascade(&mut random);
    let rows = rows(&mut random, &model, 10);
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let refusal = |change: &dyn Fn(&mut FloatModel)| {
        let mut model = model.clone();
        change(&mut model);
        quantize(&model, &calibration, &[16; 4]).unwrap_err().to_string()
    };
    let inputs = refusal(&|model| model.heads[3].reads[1] = ReadPath { task: 0, ..model.heads[2].reads[0].clone() });
    assert!(inputs.contains("has 1 inputs, 4 expected"), "{inputs}");
    let circle = refusal(&|model| model.heads[3].reads[0] = ReadPath { task: 2, ..model.heads[2].reads[0].clone() });
    assert!(circle.contains("the tasks binary, value read each other in a circle"), "{circle}");
    assert!(refusal(&|model| model.heads[0].reads[0].task = 9).contains("what task \"both\" reads has 10 tasks"));
    let embedding = refusal(&|model| model.heads[0].reads[0].of = ReadOf::Embedding);
    assert!(embedding.contains("what task \"both\" reads has 0 hidden layers"), "{embedding}");
}

#[test]
fn trunks_come_first_and_each_hidden_layer_has_a_tensor() {
    let mut random = ChaCha8Rng::seed_from_u64(23);
    let model = grouped_network(&mut random);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    let roles: Vec<LayerRole> = integers.layers.iter().map(|layer| layer.role).collect();
    let (trunk, head, linear) = (LayerRole::Trunk, LayerRole::Head, LayerRole::Linear);
    let expected =
        [trunk, trunk, trunk, head(0), head(3), head(3), head(0), linear(0), linear(1), head(2), head(3), linear(3)];
    assert_eq!(roles, expected);
    let views = integers.views.len();
    let elements: Vec<u16> = integers.tensors[views..].iter().map(|tensor| tensor.elements).collect();
    assert_eq!(elements, [24, 12, 10, 8, 6, 5, 4, 3, 1, 1]);
}

#[test]
fn a_linear_path_of_16_bits_is_ten_times_closer_than_one_of_8() {
    let mean = |bits| (0..10).map(|seed| worst_errors(bits, seed)[1]).sum::<f32>() / 10.0;
    let (coarse, fine) = (mean(8), mean(16));
    assert!(fine < coarse / 10.0, "{coarse} {fine}");
    assert!(fine < 5e-4, "{fine}");
}

#[test]
fn each_range_is_the_largest_that_its_readers_weights_allow() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let model = network(&mut random);
    let rows = rows(&mut random, &model, 100);
    for bits in [8, 16] {
        let integers = quantized(&model, &rows, bits);
        for (index, tensor) in integers.tensors.iter().enumerate() {
            let readers: Vec<_> = integers.layers.iter().filter(|layer| usize::from(layer.input) == index).collect();
            if readers.is_empty() || tensor.range_bits == 15 {
                continue;
            }
            let full = readers.iter().any(|layer| {
                let (kind, rows) = weight_rows(layer);
                rows.iter().zip(&layer.biases).any(|(weights, bias)| {
                    let sum: u64 = weights.iter().map(|weight| u64::from(weight.unsigned_abs())).sum();
                    (sum << (tensor.range_bits + 1)) + 2 * u64::from(bias.unsigned_abs()) >= 1 << bound_bits(kind)
                })
            });
            assert!(full, "tensor {index} has room for one more bit");
        }
    }
}

#[test]
fn views_of_equal_range_are_shared_and_outputs_come_last_in_task_order() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let model = network(&mut random);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 8);
    for (first, view) in integers.views.iter().enumerate() {
        assert!(integers.views[first + 1..].iter().all(|other| other.fraction_bits != view.fraction_bits));
        assert_eq!(integers.tensors[usize::from(view.tensor)].range_bits, view.fraction_bits + 3);
    }
    let outputs: Vec<u16> =
        integers.tensors[integers.tensors.len() - 4..].iter().map(|tensor| tensor.elements).collect();
    assert_eq!(outputs, [4, 3, 1, 1]);
}

#[test]
fn targets_are_folded_into_scale_and_offset() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let model = network(&mut random);
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    assert_eq!(integers.outputs[3].offset, 350.0);
    assert!(integers.outputs[..3].iter().all(|output| output.offset == 0.0));
}

#[test]
fn dead_rows_huge_biases_and_constant_targets_are_still_quantized() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut model = network(&mut random);
    model.trunks[0].layers[0].weight[..FEATURES].fill(0.0);
    model.trunks[0].layers[0].weight[FEATURES..2 * FEATURES].fill(1e-30);
    model.trunks[0].layers[0].bias[..3].copy_from_slice(&[0.0, 3.0, -1e6]);
    model.heads[3].target.sd = 0.0;
    let rows = rows(&mut random, &model, 50);
    let integers = quantized(&model, &rows, 16);
    assert!(integers.outputs[3].scale > 0.0);
    for row in &rows {
        assert!((run(&integers, row)[3][0] - 350.0).abs() < 1e-3);
    }
}

#[test]
fn a_network_without_heads_loses_its_trunk() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let mut model = network(&mut random);
    let rows = rows(&mut random, &model, 50);
    model.heads = vec![model.heads[1].clone()];
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let integers = quantize(&model, &calibration, &[16]).unwrap();
    assert_eq!((integers.tensors.len(), integers.layers.len()), (2, 1));
}

#[test]
fn a_network_without_a_trunk_has_its_heads_on_the_features() {
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let mut model = network(&mut random);
    let rows = rows(&mut random, &model, 50);
    model.trunks[0].layers.clear();
    model.heads = vec![model.heads[1].clone()];
    model.heads[0].head = Some(dense(&mut random, 3, FEATURES, 1.0));
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let integers = quantize(&model, &calibration, &[16]).unwrap();
    let worst = rows.iter().map(|row| (run(&integers, row)[0][0] - model.forward(row)[0][0]).abs()).fold(0.0, f32::max);
    assert!(worst < 0.5, "{worst}");
}

#[test]
fn what_cannot_be_quantized_is_refused_with_place_and_remedy() {
    let mut random = ChaCha8Rng::seed_from_u64(19);
    let model = network(&mut random);
    let rows = rows(&mut random, &model, 10);
    let calibration = Calibration::measure(&model, rows.iter().map(Vec::as_slice)).unwrap();
    let refusal = |change: &dyn Fn(&mut FloatModel), bits: &[u8]| {
        let mut model = model.clone();
        change(&mut model);
        quantize(&model, &calibration, bits).unwrap_err().to_string()
    };
    let bits = [16; 4];
    let nan = refusal(&|model| model.trunks[0].layers[1].weight[3] = f32::NAN, &bits);
    assert!(nan.starts_with("trunk layer 1 holds a number that is not finite"), "{nan}");
    assert!(refusal(&|model| model.normalization.clip_sd = 6.0, &bits).contains("power of two"));
    assert!(refusal(&|model| model.heads[1].linear = None, &bits).contains("\"linear\" has neither"));
    assert!(refusal(&|model| model.trunks[0].layers[1].inputs = 23, &bits).contains("has 23 inputs, 24 expected"));
    assert!(refusal(&|_| {}, &[16, 12, 16, 16]).contains("set linear_bits to 8 or 16"));
    assert!(refusal(&|_| {}, &[16]).contains("1 entries, 4 expected"));
    assert_eq!(Calibration::measure(&model, [].iter().copied()), Err(QuantizeError::NoCalibrationRows));
}

#[test]
fn too_many_inputs_for_the_accumulator_bound_are_refused() {
    let inputs = 60_000;
    let path = Dense { outputs: 1, inputs, weight: vec![1.0; inputs], bias: vec![0.0] };
    let target = TargetScale { mean: 0.0, sd: 1.0 };
    let model = FloatModel {
        normalization: Normalization { mean: vec![0.0; inputs], gain: vec![1.0; inputs], clip_sd: 1024.0 },
        trunks: vec![],
        heads: vec![TaskHead {
            task: "t".into(),
            kind: TaskKind::Binary,
            trunk: 0,
            hidden: vec![],
            head: None,
            linear: Some(path),
            reads: vec![],
            target,
            decision: Decision::default(),
        }],
    };
    let row = vec![1.0; inputs];
    let calibration = Calibration::measure(&model, [row.as_slice()].into_iter()).unwrap();
    let error = quantize(&model, &calibration, &[8]).map(|_| ()).unwrap_err();
    assert!(matches!(error, QuantizeError::Accumulator { .. }), "{error}");
}
