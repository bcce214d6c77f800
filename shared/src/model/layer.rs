//! A layer of the table with its tensors and its blocks of the weight section: what a kernel needs, and what tools read.

use bytemuck::cast_slice;

use super::header::Layout;
use super::op::LayerOp;
use super::record::{Layer, LayerRole, TensorSpan};
use super::tensor::TensorTable;
use super::{Block, ModelError};
use crate::kernels::{OutputStage, PackedLayer, Packing, WeightKind, depthwise, reference};

/// A layer ready to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedLayer<'a> {
    /// What it computes.
    pub op: LayerOp,
    /// What it is for; with several tensors, the first one's role.
    pub role: LayerRole,
    /// The tensor read.
    pub input: TensorSpan,
    /// The tensors written, as one.
    pub output: TensorSpan,
    /// Outputs at a position.
    pub rows: u16,
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
        /// Row-major, rows x columns, each row from a whole byte on.
        weights: &'a [u8],
        /// One a row.
        biases: &'a [i32],
        /// One a row, each at least 0, in units of 2^-32.
        multipliers: &'a [i32],
    },
    /// Any other.
    Packed(PackedLayer<'a>),
    /// A depthwise convolution in [`Layout::M4`], see [`depthwise::m4`].
    Taps(&'a [u32]),
}

/// Which numbers this program can have: the readers of others are left out.
const HAS_PLAIN: bool = cfg!(any(feature = "plain", feature = "convolution"));
const HAS_TAPS: bool = cfg!(feature = "convolution") && Packing::M4.runs_here();

impl ResolvedLayer<'_> {
    /// Outputs at a position.
    pub fn rows(&self) -> usize {
        usize::from(self.rows)
    }

    /// Weights of a row.
    pub fn columns(&self) -> usize {
        usize::from(self.op.columns(self.input.elements))
    }

    /// Multiply-accumulates of a run.
    pub fn macs(&self) -> u64 {
        let position = self.rows() as u64 * self.columns() as u64;
        position.saturating_mul(self.op.positions(self.input.elements).into())
    }

    /// What no sum of the layer may reach in magnitude: 2^31 of a depthwise convolution, that of the kind of weights elsewhere.
    pub fn accumulator_limit(&self) -> u32 {
        self.op.accumulator_limit(self.kind)
    }

    /// A weight of a row; 0 where there is none.
    pub fn weight(&self, row: usize, column: usize) -> i32 {
        if row >= self.rows() || column >= self.columns() {
            return 0;
        }
        match self.numbers {
            Numbers::Plain { weights, .. } if HAS_PLAIN => {
                reference::weight(self.kind, weights, self.columns(), row, column)
            }
            Numbers::Packed(layer) => layer.weight(row, column),
            Numbers::Taps(stream) if HAS_TAPS => depthwise::m4::weight(stream, self.columns(), row, column),
            _ => 0,
        }
    }

    /// The bias of a row, which the layer has.
    pub fn bias(&self, row: usize) -> i32 {
        match self.numbers {
            Numbers::Plain { biases, .. } if HAS_PLAIN => biases.get(row).copied().unwrap_or(0),
            Numbers::Packed(layer) => layer.bias(row),
            Numbers::Taps(stream) if HAS_TAPS => depthwise::m4::bias(stream, self.columns(), row),
            _ => 0,
        }
    }

    /// The multiplier of a row, which the layer has, in units of 2^-32.
    pub fn multiplier(&self, row: usize) -> i32 {
        match self.numbers {
            Numbers::Plain { multipliers, .. } if HAS_PLAIN => multipliers.get(row).copied().unwrap_or(0),
            Numbers::Packed(layer) => layer.multiplier(row),
            Numbers::Taps(stream) if HAS_TAPS => depthwise::m4::multiplier(stream, self.columns(), row),
            _ => 0,
        }
    }

    /// Whether what a packed layout stores beside these numbers is what its kernel relies on.
    pub(super) fn is_canonical(&self) -> bool {
        match self.numbers {
            Numbers::Packed(layer) => layer.is_canonical(),
            Numbers::Taps(stream) if HAS_TAPS => depthwise::m4::is_canonical(stream, self.rows(), self.columns()),
            _ => true,
        }
    }
}

/// How the numbers of a layer lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    /// There are none.
    Nothing,
    /// Weights, biases and multipliers apart.
    Plain,
    /// One stream.
    Packed(Packing),
    /// The stream of [`depthwise::m4`].
    Taps,
}

impl Layout {
    /// How the numbers of a layer of that op lie.
    #[inline]
    pub(super) const fn storage(self, op: LayerOp) -> Storage {
        match (op, self.packing()) {
            (LayerOp::Pool { .. }, _) => Storage::Nothing,
            (_, None) if !cfg!(feature = "plain") => Storage::Nothing,
            (_, None) => Storage::Plain,
            (LayerOp::Depthwise { .. }, Some(Packing::M4)) if HAS_TAPS => Storage::Taps,
            (LayerOp::Depthwise { .. }, _) => Storage::Plain,
            (_, Some(packing)) => Storage::Packed(packing),
        }
    }
}

/// Finds the tensors and blocks of layer `index`.
///
/// # Errors
/// [`ModelError::LayerTensor`], [`ModelError::BlockAlignment`], [`ModelError::BlockBounds`].
#[inline(always)]
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
    let (op, rows, columns) = (layer.op, usize::from(layer.rows), usize::from(layer.op.columns(input.elements)));
    let elements = op.outputs(layer.rows, input.elements).try_into().unwrap_or(u16::MAX);
    let output = TensorSpan { elements, ..tensor(layer.output)? };
    Ok(ResolvedLayer {
        op,
        role: layer.role,
        input,
        output,
        rows: layer.rows,
        kind: layer.weights,
        numbers: match layout.storage(op) {
            Storage::Nothing => Numbers::Plain { weights: &[], biases: &[], multipliers: &[] },
            Storage::Plain => {
                let bytes = rows.saturating_mul(layer.weights.row_bytes(columns));
                let words = block(section, layer.weight_offset, bytes.div_ceil(4), Block::Weights(index))?;
                Numbers::Plain {
                    weights: cast_slice(words).get(..bytes).unwrap_or_default(),
                    biases: cast_slice(block(section, layer.bias_offset, rows, Block::Biases(index))?),
                    multipliers: cast_slice(block(section, layer.multiplier_offset, rows, Block::Multipliers(index))?),
                }
            }
            Storage::Packed(packing) => {
                let kind = layer.weights;
                let words = packing.words(kind, rows, columns);
                let stream = block(section, layer.weight_offset, words, Block::Weights(index))?;
                Numbers::Packed(PackedLayer { packing, kind, rows, columns, stream })
            }
            Storage::Taps => {
                let words = depthwise::m4::words(rows, columns);
                Numbers::Taps(block(section, layer.weight_offset, words, Block::Weights(index))?)
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

/// `count` words at byte `offset` of the weight section, in place.
///
/// # Errors
/// [`ModelError::BlockAlignment`], [`ModelError::BlockBounds`].
#[inline(never)]
pub(super) fn block(section: &[u32], offset: u32, count: usize, block: Block) -> Result<&[u32], ModelError> {
    if !offset.is_multiple_of(4) {
        return Err(ModelError::BlockAlignment { block, found: offset });
    }
    let start = offset as usize / 4;
    section.get(start..start.saturating_add(count)).ok_or(ModelError::BlockBounds {
        block,
        section: section.len().saturating_mul(4) as u32,
        offset,
    })
}
