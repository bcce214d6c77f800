//! What the artifact's validator demands of the integers, proven before an artifact is written.

use trunkline_shared::model::build::LayerSpec;

use super::QuantizeError;
use super::network::{QuantizedModel, weight_rows};
use super::rows::{bound_bits, largest_weight};

/// Checks that no weight, accumulator or multiplier of `model` can leave its range and that every output can be read.
pub(super) fn quantized_model(model: &QuantizedModel) -> Result<(), QuantizeError> {
    for (index, layer) in model.layers.iter().enumerate() {
        let range_bits = model.tensors[usize::from(layer.input)].range_bits;
        layer_rows(layer, range_bits).map_err(|(row, what)| QuantizeError::Proof { layer: index, row, what })?;
    }
    let unreadable = model.outputs.iter().position(|output| !(output.scale * 32768.0 + output.offset).is_finite());
    match unreadable {
        Some(task) => Err(QuantizeError::NotFinite { place: format!("the output scale of task {task}") }),
        None => Ok(()),
    }
}

fn layer_rows(layer: &LayerSpec, range_bits: u8) -> Result<(), (usize, &'static str)> {
    let (kind, rows) = weight_rows(layer);
    for (row, ((weights, bias), multiplier)) in rows.iter().zip(&layer.biases).zip(&layer.multipliers).enumerate() {
        if weights.iter().any(|weight| weight.unsigned_abs() > largest_weight(kind).unsigned_abs()) {
            return Err((row, "a weight exceeds its type's symmetric range"));
        }
        let sum: u64 = weights.iter().map(|weight| u64::from(weight.unsigned_abs())).sum();
        if (sum << range_bits) + u64::from(bias.unsigned_abs()) >= 1 << bound_bits(layer.op, kind) {
            return Err((row, "the worst case exceeds the accumulator bound"));
        }
        if *multiplier < 0 {
            return Err((row, "the multiplier is negative"));
        }
    }
    Ok(())
}
