//! A layer of the table with its tensors and its blocks of the weight section: what a kernel needs.

use bytemuck::Pod;

use super::header::{Layer, LayerRole, WeightKind};
use super::tensor::{TensorSpan, TensorTable};
use super::{Block, ModelError};
use crate::kernels::OutputStage;

/// A layer's weights in place, row-major, outputs x inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerWeights<'a> {
    /// Each in -127..=127.
    I8(&'a [i8]),
    /// Each in -32767..=32767.
    I16(&'a [i16]),
}

/// A fully connected layer ready to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedLayer<'a> {
    /// What it is for.
    pub role: LayerRole,
    /// The tensor read.
    pub input: TensorSpan,
    /// The tensor written.
    pub output: TensorSpan,
    /// The weights.
    pub weights: LayerWeights<'a>,
    /// One bias an output.
    pub biases: &'a [i32],
    /// One multiplier an output, each at least 0, in units of 2^-32.
    pub multipliers: &'a [i32],
    /// Zero point, bounds and accumulation.
    pub stage: OutputStage,
}

/// Finds the tensors and blocks of layer `index`.
///
/// # Errors
/// [`ModelError::LayerTensor`], [`ModelError::BlockAlignment`], [`ModelError::BlockBounds`], [`ModelError::Misaligned`].
pub(super) fn resolve<'a>(
    index: u8,
    layer: &Layer,
    tensors: &TensorTable,
    section: &'a [u8],
) -> Result<ResolvedLayer<'a>, ModelError> {
    let tensor =
        |found| tensors.get(found).ok_or(ModelError::LayerTensor { layer: index, tensors: tensors.len(), found });
    let input = tensor(layer.input)?;
    let output = tensor(layer.output)?;
    let rows = u32::from(output.elements);
    // 65535 * 65535 fits 32 bits.
    let count = rows.wrapping_mul(u32::from(input.elements));
    Ok(ResolvedLayer {
        role: layer.role,
        input,
        output,
        weights: match layer.weights {
            WeightKind::I8 => LayerWeights::I8(block(section, layer.weight_offset, count, Block::Weights(index))?),
            WeightKind::I16 => LayerWeights::I16(block(section, layer.weight_offset, count, Block::Weights(index))?),
        },
        biases: block(section, layer.bias_offset, rows, Block::Biases(index))?,
        multipliers: block(section, layer.multiplier_offset, rows, Block::Multipliers(index))?,
        stage: OutputStage {
            zero: layer.zero,
            range_bits: output.range_bits,
            relu: layer.relu,
            accumulate: layer.accumulate,
        },
    })
}

/// `count` numbers at `offset` of the weight section, in place.
///
/// # Errors
/// [`ModelError::BlockAlignment`], [`ModelError::BlockBounds`], [`ModelError::Misaligned`].
pub(super) fn block<T: Pod>(section: &[u8], offset: u32, count: u32, block: Block) -> Result<&[T], ModelError> {
    if !offset.is_multiple_of(4) {
        return Err(ModelError::BlockAlignment { block, found: offset });
    }
    let bytes = cut(section, offset, count, size_of::<T>() as u32).ok_or(ModelError::BlockBounds {
        block,
        section: section.len() as u32,
        offset,
    })?;
    bytemuck::try_cast_slice(bytes).map_err(|_| ModelError::Misaligned)
}

fn cut(section: &[u8], offset: u32, count: u32, size: u32) -> Option<&[u8]> {
    let end = offset.checked_add(count.checked_mul(size)?)?;
    section.get(offset as usize..end as usize)
}
