//! One trunk with a head and a linear path a task.

use trunkline_shared::model::LayerOp;

use super::*;
use crate::quantize::network::weight_rows;
use crate::quantize::rows::bound_bits;

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
                    (sum << (tensor.range_bits + 1)) + 2 * u64::from(bias.unsigned_abs())
                        >= 1 << bound_bits(LayerOp::Dense, kind)
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

/// Rows that say next to nothing beside their bias count in the choice of the range as others do, and make the network much coarser; a row of
/// zeros does not.
#[test]
fn dead_rows_huge_biases_and_constant_targets_are_still_quantized() {
    type Change = fn(&mut Dense);
    let dead: Change = |layer| {
        layer.weight[..FEATURES].fill(0.0);
        layer.bias[0] = 0.0;
    };
    let biased: Change = |layer| {
        layer.weight[FEATURES..2 * FEATURES].fill(1e-30);
        layer.bias[1..3].copy_from_slice(&[3.0, -1e6]);
    };
    for (change, most) in [(dead, 0.02), (biased, 0.5)] {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut model = network(&mut random);
        change(&mut model.trunks[0].layers[0]);
        model.heads[3].target.sd = 0.0;
        let rows = rows(&mut random, &model, 50);
        let integers = quantized(&model, &rows, 16);
        assert!(integers.outputs[3].scale > 0.0);
        let (mut worst, mut largest) = ([0f32; 3], [0f32; 3]);
        for row in &rows {
            let (float, integer) = (model.forward(row), run(&integers, row));
            // Its target does not vary: nothing of the network is left in it.
            assert_eq!(integer[3], [350.0]);
            for (task, (float, integer)) in float.iter().zip(&integer).take(3).enumerate() {
                for (a, b) in float.iter().zip(integer) {
                    worst[task] = worst[task].max((a - b).abs());
                    largest[task] = largest[task].max(a.abs());
                }
            }
        }
        for (worst, largest) in worst.iter().zip(largest) {
            assert!(largest > 0.1 && worst / largest < most, "{most}: {worst} {largest}");
        }
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
