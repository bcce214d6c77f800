//! A layer of the table with its tensors and its blocks of the weight section: what a kernel needs, and what tools read.

use bytemuck::Pod;

use super::header::Layout;
use super::record::{Layer, LayerRole, TensorSpan};
use super::tensor::TensorTable;
use super::{Block, ModelError};
use crate::kernels::{OutputStage, PackedLayer, WeightKind, reference};

/// A fully connected layer ready to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedLayer<'a> {
    /// What it is for; with several tensors, the first one's role.
    pub role: LayerRole,
    /// The tensor read.
    pub input: TensorSpan,
    /// The tensors written, as one.
    pub output: TensorSpan,
    /// Storage of the weights.
    pub kind: WeightKind,
    /// Weights, biases and multipliers in place.
    pub numbers: Numbers<'a>,
    /// Zero point, bounds and accumulation.
    pub stage: OutputStage,
}

/// A layer's weights, biases and multipliers, as the artifact's layout has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers<'a> {
    /// [`Layout::Plain`].
    Plain {
        /// Row-major, outputs x inputs, each row from a whole byte on.
        weights: &'a [u8],
        /// One an output.
        biases: &'a [i32],
        /// One an output, each at least 0, in units of 2^-32.
        multipliers: &'a [i32],
    },
    /// Any other.
    Packed(PackedLayer<'a>),
}

impl ResolvedLayer<'_> {
    /// Outputs.
    pub fn rows(&self) -> usize {
        usize::from(self.output.elements)
    }

    /// Inputs.
    pub fn columns(&self) -> usize {
        usize::from(self.input.elements)
    }

    /// The weight of an output for an input; 0 beyond either.
    pub fn weight(&self, row: usize, column: usize) -> i32 {
        if row >= self.rows() || column >= self.columns() {
            return 0;
        }
        match self.numbers {
            Numbers::Plain { weights, .. } => reference::weight(self.kind, weights, self.columns(), row, column),
            Numbers::Packed(layer) => layer.weight(row, column),
        }
    }

    /// The bias of an output, which the layer has.
    pub fn bias(&self, row: usize) -> i32 {
        match self.numbers {
            Numbers::Plain { biases, .. } => biases.get(row).copied().unwrap_or(0),
            Numbers::Packed(layer) => layer.bias(row),
        }
    }

    /// The multiplier of an output, which the layer has, in units of 2^-32.
    pub fn multiplier(&self, row: usize) -> i32 {
        match self.numbers {
            Numbers::Plain { multipliers, .. } => multipliers.get(row).copied().unwrap_or(0),
            Numbers::Packed(layer) => layer.multiplier(row),
        }
    }

    /// Whether what a packed layout stores beside these numbers is what its kernel relies on.
    pub(super) fn is_canonical(&self) -> bool {
        match self.numbers {
            Numbers::Plain { .. } => true,
            Numbers::Packed(layer) => layer.is_canonical(),
        }
    }
}

/// Finds the tensors and blocks of layer `index`.
///
/// # Errors
/// [`ModelError::LayerTensor`], [`ModelError::BlockAlignment`], [`ModelError::BlockBounds`].
pub(super) fn resolve<'a>(
    index: u8,
    layer: &Layer,
    layout: Layout,
    tensors: TensorTable<'_>,
    section: &'a [u32],
) -> Result<ResolvedLayer<'a>, ModelError> {
    let tensor =
        |found| tensors.get(found).ok_or(ModelError::LayerTensor { layer: index, tensors: tensors.len(), found });
    let input = tensor(layer.input)?;
    let output = TensorSpan { elements: layer.rows, ..tensor(layer.output)? };
    let (rows, columns) = (usize::from(output.elements), usize::from(input.elements));
    Ok(ResolvedLayer {
        role: layer.role,
        input,
        output,
        kind: layer.weights,
        numbers: match layout.packing() {
            None => {
                let bytes = rows.saturating_mul(layer.weights.row_bytes(columns));
                let words = block::<u32>(section, layer.weight_offset, bytes.div_ceil(4), Block::Weights(index))?;
                Numbers::Plain {
                    weights: bytemuck::cast_slice(words).get(..bytes).unwrap_or_default(),
                    biases: block(section, layer.bias_offset, rows, Block::Biases(index))?,
                    multipliers: block(section, layer.multiplier_offset, rows, Block::Multipliers(index))?,
                }
            }
            Some(packing) => {
                let kind = layer.weights;
                let words = packing.words(kind, rows, columns);
                let stream = block(section, layer.weight_offset, words, Block::Weights(index))?;
                Numbers::Packed(PackedLayer { packing, kind, rows, columns, stream })
            }
        },
        stage: layer.stage(output.range_bits),
    })
}

impl Layer {
    /// How the layer's accumulators become outputs of a tensor of that range.
    #[inline]
    pub(super) fn stage(&self, range_bits: u8) -> OutputStage {
        OutputStage { zero: self.zero, range_bits, relu: self.relu, accumulate: self.accumulate }
    }
}

/// `count` numbers of 4 bytes at byte `offset` of the weight section, in place.
///
/// # Errors
/// [`ModelError::BlockAlignment`], [`ModelError::BlockBounds`].
pub(super) fn block<T: Pod>(section: &[u32], offset: u32, count: usize, block: Block) -> Result<&[T], ModelError> {
    if !offset.is_multiple_of(4) {
        return Err(ModelError::BlockAlignment { block, found: offset });
    }
    let start = offset as usize / 4;
    section
        .get(start..start.saturating_add(count))
        .and_then(|words| bytemuck::try_cast_slice(words).ok())
        .ok_or(ModelError::BlockBounds { block, section: section.len().saturating_mul(4) as u32, offset })
}
