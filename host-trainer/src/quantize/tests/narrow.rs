//! Layers of 4 bits.

use trunkline_shared::model::WeightKind;
use trunkline_shared::model::build::LayerSpec;

use super::groups::cascade;
use super::*;
use crate::model::LayerPlace;

/// The cascade with all layers but linear paths in 4 bits, also what reads an output, which cannot have so few.
fn narrow_cascade(random: &mut ChaCha8Rng) -> FloatModel {
    let mut model = cascade(random);
    model.narrow = model.places();
    model.narrow.retain(|place| !matches!(place, LayerPlace::Linear { .. }));
    model
}

#[test]
fn layers_of_four_bits_stand_beside_others_and_keep_their_bounds() {
    let mut random = ChaCha8Rng::seed_from_u64(43);
    let model = narrow_cascade(&mut random);
    let rows = rows(&mut random, &model, 100);
    let integers = quantized(&model, &rows, 8);
    let kinds = |layers: &[LayerSpec]| {
        [WeightKind::I4, WeightKind::I8, WeightKind::I16]
            .map(|kind| layers.iter().filter(|layer| layer.weights.kind() == kind).count())
    };
    // Three layers of trunks, three hidden ones, three heads and an embedding; three linear paths; three reads of outputs.
    assert_eq!(kinds(&integers.layers), [10, 3, 3]);
    for layer in integers.layers.iter().filter(|layer| layer.weights.kind() == WeightKind::I4) {
        let (weights, rows) = (layer.weights.widened(), layer.biases.len());
        assert!(weights.iter().all(|weight| weight.abs() <= 7));
        let range_bits = integers.tensors[usize::from(layer.input)].range_bits;
        for (row, bias) in weights.chunks(weights.len() / rows).zip(&layer.biases) {
            let sum: i64 = row.iter().map(|weight| i64::from(weight.abs())).sum();
            assert!((sum << range_bits) + i64::from(bias.abs()) < 1 << 19);
        }
    }
    // Its own arithmetic checks every accumulator.
    rows.iter().for_each(|row| assert_eq!(run(&integers, row).len(), 4));
}

#[test]
fn four_bits_err_more_than_eight_but_within_the_range_of_the_outputs() {
    let mean = |network: &dyn Fn(&mut ChaCha8Rng) -> FloatModel| {
        (0..10).flat_map(|seed| worst_errors_of(network, 16, seed)).sum::<f32>() / 40.0
    };
    let (wide, narrow) = (mean(&cascade), mean(&narrow_cascade));
    assert!(narrow > 5.0 * wide && narrow < 0.5, "{wide} {narrow}");
}
