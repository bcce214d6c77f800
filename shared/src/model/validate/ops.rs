//! Convolutions and pools: their shapes, and who may read what they write.

use crate::kernels::{PoolKind, WeightKind, padded};
use crate::model::layer::ResolvedLayer;
use crate::model::{Layer, LayerOp, LayerRole, ModelError, OpRule};

/// Most multiply-accumulates of all convolutions in a window.
pub const MAX_CONVOLUTION_MACS: u32 = 1 << 24;

/// Checks the op of a layer; `read` and `held` are the channels of its input and output, where convolutions have written them.
///
/// # Errors
/// [`ModelError::LayerOp`].
pub(super) fn check(
    index: u8,
    layer: &Layer,
    resolved: &ResolvedLayer<'_>,
    read: u16,
    held: u16,
) -> Result<(), ModelError> {
    let inputs = resolved.input.elements;
    // Whether the padding of positions may be among what is read, or added to.
    let flat = |channels: u16| !cfg!(feature = "convolution") || padded(channels.into()) == usize::from(channels);
    let [numbers, shape, input, positions, range] = match layer.op {
        LayerOp::Dense => [true, true, true, flat(read) && (!layer.accumulate || flat(held)), true],
        LayerOp::Depthwise { channels, kernel, stride } => {
            let shape = kernel > 0 && stride > 0 && layer.rows.checked_rem(channels) == Some(0);
            [layer.weights == WeightKind::I8, shape, inputs.checked_rem(channels) == Some(0), flat(read), true]
        }
        LayerOp::Pointwise { channels } => [true, channels > 0, true, read == channels, true],
        LayerOp::Pool { kind, channels, size } => {
            let offsets = layer.weight_offset | layer.bias_offset | layer.multiplier_offset;
            let numbers = layer.weights == WeightKind::I8 && layer.zero == 0 && !layer.relu && offsets == 0;
            let range = kind == PoolKind::Mean || resolved.output.range_bits >= resolved.input.range_bits;
            [numbers, size > 0 && channels > 0 && layer.rows == channels, true, read == channels, range]
        }
    };
    let trunk = layer.role == LayerRole::Trunk && layer.tensors == 1 && !layer.accumulate;
    let rule = if !trunk && layer.op != LayerOp::Dense {
        OpRule::Trunk
    } else if !numbers {
        OpRule::Numbers
    } else if !shape {
        OpRule::Shape
    } else if !positions {
        OpRule::Positions
    } else if !input || layer.op.positions(inputs) == 0 {
        OpRule::Input
    } else if !range {
        OpRule::Range
    } else {
        return Ok(());
    };
    Err(ModelError::LayerOp { layer: index, rule })
}

/// Multiply-accumulates of a convolution, the padding of its positions counted in; 0 of other layers.
pub(super) fn macs(resolved: &ResolvedLayer<'_>) -> u32 {
    match resolved.op {
        LayerOp::Dense => 0,
        // Both are below 2^16.
        _ => u32::from(resolved.output.elements).wrapping_mul(resolved.columns() as u32),
    }
}

/// Channels that lie position by position in what a layer writes; 0 where none do.
pub(super) fn channels_written(layer: &Layer) -> u16 {
    match layer.op {
        LayerOp::Depthwise { .. } | LayerOp::Pointwise { .. } => layer.rows,
        LayerOp::Dense | LayerOp::Pool { .. } => 0,
    }
}
