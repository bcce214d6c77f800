//! Tensors, views and layers: each rule broken alone is refused by its own error.

use trunkline_shared::model::{Block, LayerRole, MAX_ACTIVATIONS, ModelError, TensorSpan, View, WeightKind, validate};
use trunkline_tests::artifact::parts::{Parts, expect_refusal};
use trunkline_tests::artifact::sample;

fn word(parts: &Parts<'_>, at: u32) -> i32 {
    let at = at as usize;
    i32::from_le_bytes(parts.weights[at..at + 4].try_into().expect("four bytes"))
}

fn put_word(parts: &mut Parts<'_>, at: u32, value: i32) {
    parts.weights[at as usize..at as usize + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn a_tensor_without_elements_is_refused() {
    expect_refusal(ModelError::TensorEmpty { tensor: 3 }, |parts| parts.tensors[3].elements = 0);
}

#[test]
fn a_tensor_of_another_range_is_refused() {
    for found in [0, 16, 255] {
        expect_refusal(ModelError::TensorRange { tensor: 2, found }, |parts| parts.tensors[2].range_bits = found);
    }
}

#[test]
fn tensors_beyond_the_arenas_limit_are_refused() {
    expect_refusal(ModelError::TensorMemory { limit: MAX_ACTIVATIONS }, |parts| parts.tensors[2].elements = 65_535);
    expect_refusal(ModelError::TensorMemory { limit: MAX_ACTIVATIONS }, |parts| parts.tensors[2].start = 65_532);
}

#[test]
fn a_view_of_no_tensor_is_refused() {
    for found in [8, 255] {
        expect_refusal(ModelError::ViewTensor { view: 1, tensors: 8, found }, |parts| parts.views[1].tensor = found);
    }
}

#[test]
fn a_view_of_features_that_are_not_there_is_refused() {
    for first in [1, 12, u16::MAX] {
        let error = ModelError::ViewFeatures { view: 1, features: 12, first, elements: 12 };
        expect_refusal(error, |parts| parts.views[1].first = first);
    }
    let error = ModelError::ViewFeatures { view: 0, features: 12, first: 5, elements: 8 };
    expect_refusal(error, |parts| {
        parts.views[0].tensor = 2;
        parts.views[0].first = 5;
    });
}

#[test]
fn a_view_of_too_many_fraction_bits_is_refused() {
    for found in [15, 255] {
        expect_refusal(ModelError::ViewFraction { view: 1, found }, |parts| parts.views[1].fraction_bits = found);
    }
}

#[test]
fn a_tensor_filled_by_two_views_is_refused() {
    expect_refusal(ModelError::ViewRewrites { view: 2 }, |parts| {
        parts.views.push(View { tensor: 0, first: 0, fraction_bits: 1 })
    });
}

#[test]
fn a_layer_of_no_tensor_is_refused() {
    for found in [8, 255] {
        expect_refusal(ModelError::LayerTensor { layer: 1, tensors: 8, found }, |parts| parts.layers[1].input = found);
        expect_refusal(ModelError::LayerTensor { layer: 4, tensors: 8, found }, |parts| parts.layers[4].output = found);
    }
}

#[test]
fn a_block_off_its_alignment_is_refused() {
    for found in [1, 2, 3] {
        let off = |block| ModelError::BlockAlignment { block, found };
        expect_refusal(off(Block::Weights(0)), |parts| parts.layers[0].weight_offset = found);
        expect_refusal(off(Block::Biases(4)), |parts| parts.layers[4].bias_offset = found);
        expect_refusal(off(Block::Multipliers(8)), |parts| parts.layers[8].multiplier_offset = found);
    }
}

#[test]
fn a_block_that_leaves_the_weight_section_is_refused() {
    let image = sample::small_image();
    let section = Parts::of(image).weights.len() as u32;
    // The layers' blocks have 12 x 8 bytes, 12 x 3 x 2 bytes, and 3 x 4 bytes.
    for (offset, layer) in [(section - 92, 0), (section - 68, 4), (section, 0), (u32::MAX - 3, 4)] {
        let error = ModelError::BlockBounds { block: Block::Weights(layer), section, offset };
        expect_refusal(error, |parts| parts.layers[usize::from(layer)].weight_offset = offset);
    }
    for offset in [section - 8, section + 4, u32::MAX - 3] {
        let leaves = |block| ModelError::BlockBounds { block, section, offset };
        expect_refusal(leaves(Block::Biases(4)), |parts| parts.layers[4].bias_offset = offset);
        expect_refusal(leaves(Block::Multipliers(4)), |parts| parts.layers[4].multiplier_offset = offset);
    }
}

#[test]
fn a_layer_in_place_is_refused() {
    expect_refusal(ModelError::LayerInPlace { layer: 1 }, |parts| {
        parts.layers[1].input = 3;
        parts.layers[1].weight_offset = 0;
    });
}

#[test]
fn a_layer_that_reads_what_is_not_written_is_refused() {
    expect_refusal(ModelError::LayerReadsUnwritten { layer: 0, tensor: 2 }, |parts| {
        parts.layers[0].input = 2;
        parts.layers[0].output = 3;
        parts.layers[0].rows = 6;
    });
}

#[test]
fn a_layer_that_reads_what_another_has_overwritten_is_refused() {
    // Tensor 3 takes the place of tensor 1, which linear layers read later.
    expect_refusal(ModelError::LayerReadsUnwritten { layer: 4, tensor: 1 }, |parts| {
        parts.tensors[3].start = parts.tensors[1].start;
    });
}

#[test]
fn an_output_that_is_overwritten_before_the_end_is_refused() {
    expect_refusal(ModelError::OutputOverwritten { tensor: 5 }, |parts| {
        parts.tensors[7].start = parts.tensors[5].start;
    });
}

#[test]
fn a_tensor_off_a_slot_is_refused() {
    for (tensor, layer_reads) in [(0, true), (2, false)] {
        expect_refusal(ModelError::TensorPlace { tensor }, |parts| {
            parts.tensors[usize::from(tensor)].start += 2;
            assert_eq!(parts.layers[0].input == tensor, layer_reads);
        });
    }
}

#[test]
fn a_layer_whose_tensors_do_not_form_its_outputs_is_refused() {
    let run = |layer| ModelError::LayerRun { layer };
    expect_refusal(run(0), |parts| parts.layers[0].rows -= 1);
    expect_refusal(run(0), |parts| parts.layers[0].tensors = 0);
    // Tensors 6 and 7 neither lie back to back nor have one range.
    expect_refusal(run(5), |parts| (parts.layers[5].tensors, parts.layers[5].rows) = (2, 2));
    expect_refusal(run(5), |parts| {
        (parts.layers[5].tensors, parts.layers[5].rows) = (2, 2);
        parts.tensors[7].start = parts.tensors[6].start + 1;
    });
}

#[test]
fn a_record_that_no_layer_has_is_refused() {
    for (word, bit) in [(0, 2), (0, 16), (0, 29), (0, 31), (1, 24), (6, 0), (6, 31)] {
        expect_refusal(ModelError::LayerRecord { layer: 0 }, |parts| {
            parts.spoiled = Some((word, bit));
        });
    }
}

#[test]
fn layers_of_tasks_that_are_not_due_together_are_refused() {
    // The second task reads what the first one writes in every third window.
    expect_refusal(ModelError::LayerReadsSeldom { layer: 3, tensor: 4 }, |parts| {
        parts.tasks[0].period = 3;
        parts.layers[3].role = LayerRole::Head(1);
    });
    expect_refusal(ModelError::LayerPeriods { layer: 5 }, |parts| {
        parts.tasks[2].period = 2;
        (parts.layers[5].tensors, parts.layers[5].rows) = (2, 2);
    });
}

#[test]
fn a_layer_that_overwrites_is_refused() {
    expect_refusal(ModelError::LayerRewrites { layer: 4, tensor: 5 }, |parts| parts.layers[4].accumulate = false);
    expect_refusal(ModelError::LayerRewrites { layer: 0, tensor: 1 }, |parts| {
        parts.layers[0].output = 1;
        parts.layers[0].rows = 12;
        (parts.layers[0].weight_offset, parts.layers[0].bias_offset, parts.layers[0].multiplier_offset) = (0, 0, 0);
    });
}

#[test]
fn a_layer_that_accumulates_onto_nothing_is_refused() {
    expect_refusal(ModelError::LayerAccumulatesUnwritten { layer: 3, tensor: 5 }, |parts| {
        parts.layers[3].accumulate = true
    });
}

#[test]
fn a_layer_that_accumulates_with_a_zero_point_is_refused() {
    expect_refusal(ModelError::LayerZero { layer: 8, found: -3 }, |parts| parts.layers[8].zero = -3);
}

#[test]
fn a_trunk_layer_after_a_head_is_refused() {
    expect_refusal(ModelError::LayerOrder { layer: 4 }, |parts| parts.layers[4].role = LayerRole::Trunk);
}

#[test]
fn a_layer_of_no_task_is_refused() {
    expect_refusal(ModelError::LayerTask { layer: 3, tasks: 3, found: 3 }, |parts| {
        parts.layers[3].role = LayerRole::Head(3)
    });
    expect_refusal(ModelError::LayerTask { layer: 4, tasks: 3, found: 255 }, |parts| {
        parts.layers[4].role = LayerRole::Linear(255);
    });
}

#[test]
fn the_least_weight_of_its_type_is_refused() {
    expect_refusal(ModelError::Weight { layer: 0, row: 7 }, |parts| {
        let last = parts.layers[0].weight_offset as usize + 8 * 12 - 1;
        parts.weights[last] = 0x80;
    });
    expect_refusal(ModelError::Weight { layer: 4, row: 1 }, |parts| {
        let at = parts.layers[4].weight_offset as usize + 12 * 2;
        parts.weights[at..at + 2].copy_from_slice(&i16::MIN.to_le_bytes());
    });
}

#[test]
fn a_negative_multiplier_is_refused() {
    for found in [-1, i32::MIN] {
        expect_refusal(ModelError::Multiplier { layer: 5, row: 0, found }, |parts| {
            put_word(parts, parts.layers[5].multiplier_offset, found);
        });
    }
}

#[test]
fn an_accumulator_at_its_bound_is_refused_and_one_below_is_not() {
    let image = sample::small_image();
    for (layer, limit) in [(1usize, 1i64 << 23), (5, 1i64 << 31)] {
        let mut parts = Parts::of(image);
        let Layer { columns, range_bits, offset } = Layer::of(&parts, layer);
        let sum: i64 = (0..columns)
            .map(|column| match parts.layers[layer].weights {
                WeightKind::I8 => i64::from(parts.weights[offset + column] as i8).abs(),
                WeightKind::I16 => {
                    let at = offset + 2 * column;
                    i64::from(i16::from_le_bytes([parts.weights[at], parts.weights[at + 1]])).abs()
                }
                WeightKind::I4 => panic!("the sample has none"),
            })
            .sum();
        let room = limit - (sum << range_bits);
        let bias_offset = parts.layers[layer].bias_offset;
        let before = word(&parts, bias_offset);
        for sign in [1, -1] {
            put_word(&mut parts, bias_offset, (sign * (room - 1)) as i32);
            assert!(validate(&parts.encode()).is_ok());
            put_word(&mut parts, bias_offset, (sign * room) as i32);
            let (limit, layer) = (limit as u32, layer as u8);
            let error = ModelError::Accumulator { layer, row: 0, limit, found: limit };
            assert_eq!(validate(&parts.encode()).err(), Some(error));
        }
        put_word(&mut parts, bias_offset, i32::MIN);
        assert!(matches!(validate(&parts.encode()), Err(ModelError::Accumulator { row: 0, .. })));
        put_word(&mut parts, bias_offset, before);
        assert!(validate(&parts.encode()).is_ok());
    }
}

/// The row length, input range and first weight of a layer.
struct Layer {
    columns: usize,
    range_bits: u8,
    offset: usize,
}

impl Layer {
    fn of(parts: &Parts<'_>, layer: usize) -> Self {
        let TensorSpan { elements, range_bits, .. } = parts.tensors[usize::from(parts.layers[layer].input)];
        Self { columns: usize::from(elements), range_bits, offset: parts.layers[layer].weight_offset as usize }
    }
}

#[test]
fn a_tensor_that_nothing_writes_is_refused() {
    expect_refusal(ModelError::TensorUnwritten { tensor: 4 }, |parts| {
        parts.layers.drain(2..4);
        parts.layers[2].accumulate = false;
    });
    expect_refusal(ModelError::TensorUnwritten { tensor: 7 }, |parts| parts.layers.truncate(7));
}

#[test]
fn fewer_tensors_than_tasks_are_refused() {
    expect_refusal(ModelError::TaskTensors { expected: 9, found: 8 }, |parts| {
        let names = ["a", "b", "c", "d", "e", "f"];
        let more = names.map(|name| trunkline_shared::model::Task { name, ..parts.tasks[2] });
        parts.tasks.extend(more);
    });
}
