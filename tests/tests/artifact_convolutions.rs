//! Raw views, convolutions and pools: each rule broken alone is refused by its own error.

use std::sync::LazyLock;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::{ImageBuilder, WeightSpec};
use trunkline_shared::model::{
    Block, LayerOp, LayerRole, Layout, MAX_CONVOLUTION_MACS, MAX_TENSORS, ModelError, OpRule, PoolKind, RawView,
    RawViewRule, Table, Tensor, View, WeightKind, validate,
};
use trunkline_tests::artifact::convolutional::convolutional;
use trunkline_tests::artifact::layers::RandomLayer;
use trunkline_tests::artifact::parts::{Parts, expect_refusal_of};

static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| convolutional(true).build().expect("the sample is valid"));
static PACKED: LazyLock<Vec<u8>> =
    LazyLock::new(|| ImageBuilder { layout: Layout::M4, ..convolutional(true) }.build().expect("the sample is valid"));

/// Layers of the sample.
const DEPTHWISE: usize = 0;
const POINTWISE: usize = 1;
const MAX_POOL: usize = 2;
const SECOND_DEPTHWISE: usize = 3;
const MEAN_POOL: usize = 5;
const DENSE: usize = 6;

fn refused(error: ModelError, change: impl FnOnce(&mut Parts<'_>)) {
    expect_refusal_of(&IMAGE, error, |parts| change(parts));
}

/// A rule of layer `layer` broken by each of `changes`.
fn broken(layer: usize, rule: OpRule, changes: &[fn(&mut Parts<'_>)]) {
    for change in changes {
        refused(ModelError::LayerOp { layer: layer as u8, rule }, change);
    }
}

fn op(parts: &mut Parts<'_>, layer: usize, change: impl FnOnce(&mut LayerOp)) {
    change(&mut parts.layers[layer].op);
}

#[test]
fn a_model_without_any_view_is_refused_and_one_kind_of_view_is_enough() {
    let error = ModelError::Count { table: Table::Views, low: 1, high: MAX_TENSORS as u16, found: 0 };
    refused(error, |parts| {
        parts.views.clear();
        parts.raw_views.clear();
    });
    assert!(convolutional(false).views.is_empty() && convolutional(false).build().is_ok());
}

#[test]
fn a_raw_view_that_breaks_a_rule_is_refused() {
    let broken = |view, rule, change: fn(&mut Vec<RawView>)| {
        refused(ModelError::RawView { view, rule }, |parts| change(&mut parts.raw_views));
    };
    broken(1, RawViewRule::Tensor, |views| views[1].tensor = 200);
    broken(2, RawViewRule::Channel, |views| views[2].channel = 4);
    broken(0, RawViewRule::Multiplier, |views| views[0].multiplier = -1);
    broken(3, RawViewRule::Rewrites, |views| views.push(views[0]));
    broken(0, RawViewRule::Rewrites, |views| views[0].tensor = 8);
    broken(1, RawViewRule::Samples, |views| views[1].channel = 3);
    broken(1, RawViewRule::Samples, |views| views.truncate(2));
    broken(1, RawViewRule::Samples, |views| views[1].tensor = 1);
    broken(0, RawViewRule::Samples, |views| views[0].tensor = 4);
    let count = ModelError::Count { table: Table::RawViews, low: 0, high: MAX_TENSORS as u16, found: 65 };
    refused(count, |parts| parts.raw_views.resize(65, parts.raw_views[0]));
    let junk = Parts::of(&IMAGE).encode_with_table(Table::RawViews, 3, &[0xff; 9]);
    assert_eq!(validate(&junk).err(), Some(ModelError::Items { table: Table::RawViews }));
}

#[test]
fn a_view_of_features_onto_a_raw_tensor_is_refused() {
    refused(ModelError::RawView { view: 0, rule: RawViewRule::Rewrites }, |parts| {
        parts.tensors[0].elements = 3;
        parts.views.push(View { tensor: 0, first: 0, fraction_bits: 1 });
    });
}

#[test]
fn a_convolution_that_is_no_layer_of_a_trunk_alone_is_refused() {
    broken(
        DEPTHWISE,
        OpRule::Trunk,
        &[
            |parts| parts.layers[DEPTHWISE].tensors = 2,
            |parts| {
                parts.layers[DEPTHWISE].accumulate = true;
            },
        ],
    );
    // The layers after it would be trunk layers after a head.
    let head = |parts: &mut Parts<'_>| {
        for layer in &mut parts.layers {
            layer.role = LayerRole::Head(0);
        }
    };
    broken(DEPTHWISE, OpRule::Trunk, &[head]);
}

#[test]
fn numbers_that_a_convolution_or_a_pool_cannot_have_are_refused() {
    broken(
        DEPTHWISE,
        OpRule::Numbers,
        &[
            |parts| parts.layers[DEPTHWISE].weights = WeightKind::I16,
            |parts| parts.layers[DEPTHWISE].weights = WeightKind::I4,
        ],
    );
    broken(
        MAX_POOL,
        OpRule::Numbers,
        &[
            |parts| parts.layers[MAX_POOL].weights = WeightKind::I16,
            |parts| parts.layers[MAX_POOL].zero = 1,
            |parts| parts.layers[MAX_POOL].relu = true,
            |parts| parts.layers[MAX_POOL].weight_offset = 4,
            |parts| parts.layers[MAX_POOL].bias_offset = 4,
            |parts| parts.layers[MAX_POOL].multiplier_offset = 4,
        ],
    );
}

#[test]
fn a_shape_of_nothing_is_refused() {
    fn depthwise(parts: &mut Parts<'_>, with: [u16; 3]) {
        let [channels, kernel, stride] = with;
        parts.layers[DEPTHWISE].op = LayerOp::Depthwise { channels, kernel: kernel as u8, stride: stride as u8 };
    }
    broken(
        DEPTHWISE,
        OpRule::Shape,
        &[
            |parts| depthwise(parts, [0, 16, 4]),
            |parts| depthwise(parts, [3, 0, 4]),
            |parts| depthwise(parts, [3, 16, 0]),
            |parts| depthwise(parts, [4, 16, 4]),
            |parts| parts.layers[DEPTHWISE].rows = 5,
        ],
    );
    broken(POINTWISE, OpRule::Shape, &[|parts| op(parts, POINTWISE, |op| *op = LayerOp::Pointwise { channels: 0 })]);
    broken(
        MAX_POOL,
        OpRule::Shape,
        &[
            |parts| op(parts, MAX_POOL, |op| *op = LayerOp::Pool { kind: PoolKind::Max, channels: 8, size: 0 }),
            |parts| op(parts, MAX_POOL, |op| *op = LayerOp::Pool { kind: PoolKind::Max, channels: 0, size: 4 }),
            |parts| parts.layers[MAX_POOL].rows = 7,
        ],
    );
}

#[test]
fn an_input_that_does_not_hold_what_is_read_is_refused() {
    broken(
        DEPTHWISE,
        OpRule::Input,
        &[|parts| {
            parts.layers[DEPTHWISE].rows = 5;
            parts.layers[DEPTHWISE].op = LayerOp::Depthwise { channels: 5, kernel: 16, stride: 4 };
        }],
    );
    broken(
        SECOND_DEPTHWISE,
        OpRule::Input,
        &[|parts| {
            op(parts, SECOND_DEPTHWISE, |op| *op = LayerOp::Depthwise { channels: 8, kernel: 64, stride: 2 });
        }],
    );
    broken(
        MEAN_POOL,
        OpRule::Input,
        &[|parts| {
            op(parts, MEAN_POOL, |op| *op = LayerOp::Pool { kind: PoolKind::Mean, channels: 16, size: 29 });
        }],
    );
}

#[test]
fn what_a_convolution_writes_is_read_by_its_kind_alone() {
    // Positions of six outputs, padded to eight, read by a fully connected layer, by a depthwise convolution and as other channels.
    broken(
        POINTWISE,
        OpRule::Positions,
        &[
            |parts| {
                op(parts, POINTWISE, |op| *op = LayerOp::Dense);
                (parts.layers[POINTWISE].rows, parts.layers[POINTWISE].weight_offset) = (1, 0);
            },
            |parts| op(parts, POINTWISE, |op| *op = LayerOp::Depthwise { channels: 8, kernel: 1, stride: 1 }),
            |parts| op(parts, POINTWISE, |op| *op = LayerOp::Pointwise { channels: 7 }),
        ],
    );
    broken(
        MAX_POOL,
        OpRule::Positions,
        &[|parts| {
            parts.layers[MAX_POOL].rows = 7;
            op(parts, MAX_POOL, |op| *op = LayerOp::Pool { kind: PoolKind::Max, channels: 7, size: 4 });
        }],
    );
    // Samples that lie channel by channel, read position by position.
    broken(
        SECOND_DEPTHWISE,
        OpRule::Positions,
        &[|parts| {
            op(parts, SECOND_DEPTHWISE, |op| *op = LayerOp::Pointwise { channels: 8 });
        }],
    );
    // The last layer adds onto positions of six.
    broken(
        DENSE + 1,
        OpRule::Positions,
        &[|parts| {
            parts.weights.resize(16 * 1024, 0);
            let layer = &mut parts.layers[DENSE + 1];
            (layer.output, layer.rows) = (1, parts.tensors[1].elements);
            (layer.weight_offset, layer.bias_offset, layer.multiplier_offset) = (0, 0, 0);
        }],
    );
}

#[test]
fn positions_without_padding_are_read_as_they_lie() {
    let mut builder = convolutional(false);
    // Without the second stage's pool, the trunk layer reads 28 positions of 16.
    builder.layers.remove(MEAN_POOL);
    builder.tensors.remove(6);
    for layer in &mut builder.layers[MEAN_POOL..] {
        layer.input -= 1;
        layer.output -= 1;
    }
    let dense = &mut builder.layers[MEAN_POOL];
    dense.weights = WeightSpec::I8(vec![1; 16 * 28 * 16]);
    assert!(builder.build().is_ok());
}

#[test]
fn a_largest_number_out_of_range_is_refused() {
    broken(MAX_POOL, OpRule::Range, &[|parts| parts.tensors[3].range_bits = 10]);
}

#[test]
fn an_output_of_other_elements_is_refused() {
    for layer in [DEPTHWISE, POINTWISE, MAX_POOL, MEAN_POOL] {
        let tensor = usize::from(Parts::of(&IMAGE).layers[layer].output);
        refused(ModelError::LayerRun { layer: layer as u8 }, |parts| parts.tensors[tensor].elements -= 4);
    }
    refused(ModelError::LayerRun { layer: DEPTHWISE as u8 }, |parts| {
        op(parts, DEPTHWISE, |op| *op = LayerOp::Depthwise { channels: 3, kernel: 16, stride: 3 });
    });
}

#[test]
fn a_sum_of_a_depthwise_convolution_at_its_bound_is_refused_and_one_below_is_not() {
    let mut builder = convolutional(true);
    let worst = |builder: &ImageBuilder| {
        let row = &builder.layers[DEPTHWISE].weights.widened()[..16];
        row.iter().map(|weight| i64::from(*weight).abs()).sum::<i64>() << builder.tensors[0].range_bits
    };
    let room = (1 << 31) - 1 - worst(&builder);
    builder.layers[DEPTHWISE].biases[0] = room as i32;
    assert!(builder.build().is_ok());
    builder.layers[DEPTHWISE].biases[0] = -room as i32 - 1;
    let error = ModelError::Accumulator { layer: DEPTHWISE as u8, row: 0, limit: 1 << 31, found: 1 << 31 };
    assert_eq!(builder.build(), Err(error.into()));
}

#[test]
fn convolutions_that_would_keep_a_device_busy_are_refused() {
    // Twice 84 filters of 255 taps, one sample apart, over 1,000 samples.
    let mut builder = convolutional(false);
    let (outputs, positions) = (84, 746);
    builder.channels[0].samples = 1_000;
    builder.raw_views.truncate(1);
    let tensor = |elements| Tensor { elements, range_bits: 8 };
    builder.tensors.splice(..8, [1_000, outputs * positions, outputs, outputs * positions, outputs].map(tensor));
    let depthwise = LayerOp::Depthwise { channels: 1, kernel: 255, stride: 1 };
    let pool = LayerOp::Pool { kind: PoolKind::Mean, channels: outputs, size: positions };
    let layers = [(depthwise, 0, 1), (pool, 1, 2), (depthwise, 0, 3), (pool, 3, 4)];
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    builder.layers = layers
        .map(|(op, input, output)| {
            RandomLayer::convolution(op, outputs, input, output).draw(&builder.tensors, &mut rng)
        })
        .into();
    let found = 2 * u32::from(outputs * positions) * 255;
    let error = ModelError::ConvolutionWork { high: MAX_CONVOLUTION_MACS, found };
    assert_eq!(builder.build(), Err(error.into()));
}

#[test]
fn a_packed_depthwise_convolution_is_looked_through_like_a_plain_one() {
    let packed = |error, change: fn(&mut Parts<'_>)| expect_refusal_of(&PACKED, error, |parts| change(parts));
    let layer = DEPTHWISE as u8;
    fn word(parts: &mut Parts<'_>, word: usize, value: u32) {
        let place = parts.layers[DEPTHWISE].weight_offset as usize + 4 * word;
        parts.weights[place..place + 4].copy_from_slice(&value.to_le_bytes());
    }
    packed(ModelError::Weight { layer, row: 0 }, |parts| word(parts, 2, 128));
    packed(ModelError::Weight { layer, row: 1 }, |parts| word(parts, 3, 0xff80_0000));
    packed(ModelError::Multiplier { layer, row: 3, found: -1 }, |parts| word(parts, 39, u32::MAX));
    packed(ModelError::BlockAlignment { block: Block::Weights(layer), found: 2 }, |parts| {
        parts.layers[DEPTHWISE].weight_offset = 2;
    });
    let (section, offset) = (Parts::of(&PACKED).weights.len() as u32, 1 << 20);
    expect_refusal_of(&PACKED, ModelError::BlockBounds { block: Block::Weights(layer), section, offset }, |parts| {
        parts.layers[DEPTHWISE].weight_offset = 1 << 20;
    });
}
