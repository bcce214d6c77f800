//! The tables that a run goes through: records of fixed size in the weight section, read in place.
//!
//! Everything else of the header is decoded once, at boot; these records are read with every window, so that each field is one
//! bit field of a word.

use super::op::LayerOp;
use crate::kernels::{WeightKind, padded};

/// 32-bit words of a tensor's record.
pub const TENSOR_WORDS: usize = 2;
/// 32-bit words of a layer's record.
pub const LAYER_WORDS: usize = 7;

/// A tensor's place among the activations, and its range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TensorSpan {
    /// First element, counted in i16 from the start of the activations.
    pub start: u16,
    /// Elements, at least 1.
    pub elements: u16,
    /// k: values lie in -2^k ..= 2^k - 1, k in 1..=15.
    pub range_bits: u8,
}

impl TensorSpan {
    /// Reads a record; bits that mean nothing are left out.
    #[inline]
    pub fn from_words(words: &[u32; TENSOR_WORDS]) -> Self {
        let [place, range] = *words;
        Self { start: place as u16, elements: (place >> 16) as u16, range_bits: range as u8 }
    }

    /// The record.
    pub fn to_words(self) -> [u32; TENSOR_WORDS] {
        [u32::from(self.start) | u32::from(self.elements) << 16, self.range_bits.into()]
    }

    /// The tensor's elements in the activations.
    pub fn range(&self) -> core::ops::Range<usize> {
        let start = usize::from(self.start);
        start..start.saturating_add(usize::from(self.elements))
    }

    /// The tensor's elements and those up to the next multiple of [`crate::kernels::SLOT_ELEMENTS`]: what a kernel may touch.
    #[inline]
    pub fn slot(&self) -> core::ops::Range<usize> {
        let start = usize::from(self.start);
        start..start.saturating_add(padded(usize::from(self.elements)))
    }
}

/// What a layer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerRole {
    /// Shared by the tasks whose heads read it; trunk layers come first.
    Trunk,
    /// On a trunk, or on a tensor of another task, for the task of that index.
    Head(u8),
    /// From the features straight to the outputs of the task of that index.
    Linear(u8),
}

impl LayerRole {
    /// The role that a layer over several tensors has for the tensor `steps` after its first: that of the task as many on.
    pub fn after(self, steps: u8) -> Self {
        match self {
            LayerRole::Trunk => LayerRole::Trunk,
            LayerRole::Head(task) => LayerRole::Head(task.wrapping_add(steps)),
            LayerRole::Linear(task) => LayerRole::Linear(task.wrapping_add(steps)),
        }
    }

    /// The task, if it is for one alone.
    pub fn task(self) -> Option<u8> {
        match self {
            LayerRole::Trunk => None,
            LayerRole::Head(task) | LayerRole::Linear(task) => Some(task),
        }
    }

    const fn code(self) -> (u8, u8) {
        match self {
            LayerRole::Trunk => (0, 0),
            LayerRole::Head(task) => (1, task),
            LayerRole::Linear(task) => (2, task),
        }
    }
}

/// A layer of any op.
///
/// A fully connected one may write several tensors that lie back to back and have one range: the heads of several tasks in one pass
/// over what they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// What it computes.
    pub op: LayerOp,
    /// What it is for; with several tensors, the first one's role. The tasks of the others follow in order.
    pub role: LayerRole,
    /// Index of the input tensor, written by a view or an earlier layer.
    pub input: u8,
    /// Index of the first output tensor.
    pub output: u8,
    /// Output tensors, consecutive ones, at least 1.
    pub tensors: u8,
    /// Outputs at a position; of a fully connected layer the elements of all output tensors.
    pub rows: u16,
    /// Storage of the weights.
    pub weights: WeightKind,
    /// Where the weights lie: row-major, rows x columns. In another than the plain layout the one place of all numbers.
    pub weight_offset: u32,
    /// Where i32 `[rows]` biases lie; 0 in another than the plain layout.
    pub bias_offset: u32,
    /// Where i32 `[rows]` multipliers lie, each at least 0; 0 in another than the plain layout.
    pub multiplier_offset: u32,
    /// Zero point added after scaling; 0 where the layer accumulates.
    pub zero: i16,
    /// Whether negative outputs become 0.
    pub relu: bool,
    /// Whether what the output tensor already holds (written by an earlier layer) takes the place of `zero`: the sum of both
    /// is rounded once and limited once.
    pub accumulate: bool,
}

const RELU: u32 = 1 << 24;
const ACCUMULATE: u32 = 1 << 25;
const OP_SHIFT: u32 = 26;

/// Whether a record is that of a convolution or a pool, and this program is built without them.
pub(super) const fn is_left_out(words: &[u32; LAYER_WORDS]) -> bool {
    !cfg!(feature = "convolution") && words[0] >> OP_SHIFT != 0
}

impl Layer {
    /// Reads a record, or `None` where it holds what no layer has. Bits that mean nothing are left out.
    #[inline]
    pub fn from_words(words: &[u32; LAYER_WORDS]) -> Option<Self> {
        let [what, tensors, numbers, weight_offset, bias_offset, multiplier_offset, shape] = *words;
        let [weights, role, task, _] = what.to_le_bytes();
        let [input, output, tensors, _] = tensors.to_le_bytes();
        let op = LayerOp::from_words(what >> OP_SHIFT, shape)?;
        let weights = match weights {
            0 => WeightKind::I8,
            1 => WeightKind::I16,
            2 => WeightKind::I4,
            _ => return None,
        };
        let role = match role {
            0 => LayerRole::Trunk,
            1 => LayerRole::Head(task),
            2 => LayerRole::Linear(task),
            _ => return None,
        };
        Some(Self {
            op,
            role,
            input,
            output,
            tensors,
            rows: (numbers >> 16) as u16,
            weights,
            weight_offset,
            bias_offset,
            multiplier_offset,
            zero: numbers as i16,
            relu: what & RELU != 0,
            accumulate: what & ACCUMULATE != 0,
        })
    }

    /// Whether the bits of a record, as which this layer was read, that mean nothing are 0: whether it is [`Layer::to_words`].
    pub(super) fn is_exact(&self, words: &[u32; LAYER_WORDS]) -> bool {
        let [what, tensors, .., shape] = *words;
        let task = if self.role == LayerRole::Trunk { what >> 16 & 0xff } else { 0 };
        let shape = match self.op {
            LayerOp::Dense => shape,
            LayerOp::Pointwise { .. } => shape >> 16,
            LayerOp::Depthwise { .. } | LayerOp::Pool { .. } => 0,
        };
        task | tensors >> 24 | shape == 0
    }

    /// The record.
    pub fn to_words(&self) -> [u32; LAYER_WORDS] {
        let (role, task) = self.role.code();
        let kind = match self.weights {
            WeightKind::I8 => 0,
            WeightKind::I16 => 1,
            WeightKind::I4 => 2,
        };
        let (op, shape) = self.op.words();
        let flags = op << OP_SHIFT | if self.relu { RELU } else { 0 } | if self.accumulate { ACCUMULATE } else { 0 };
        [
            u32::from_le_bytes([kind, role, task, 0]) | flags,
            u32::from_le_bytes([self.input, self.output, self.tensors, 0]),
            u32::from(self.zero as u16) | u32::from(self.rows) << 16,
            self.weight_offset,
            self.bias_offset,
            self.multiplier_offset,
            shape,
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Layer, TensorSpan};

    proptest! {
        #[test]
        fn a_record_is_read_as_it_was_written_or_refused(words: [u32; 7], kind in 0u32..4, role in 0u32..4, op in 0u32..7, clear: bool) {
            let mut words = words;
            words[0] = words[0] & 0x03ff_0000 | kind | role << 8 | op << 26;
            if clear {
                words[1] &= 0x00ff_ffff;
                words[0] &= 0xff00_ffff;
                words[6] = [0, words[6], words[6] & 0xffff, words[6], words[6], 0, 0][op as usize];
            }
            let known = kind < 3 && role < 3 && op < 5;
            let empty = words[1] >> 24 == 0 && (role != 0 || words[0] >> 16 & 0xff == 0) && (op != 0 || words[6] == 0) && (op != 2 || words[6] >> 16 == 0);
            let again = Layer::from_words(&words).map(|layer| layer.to_words());
            prop_assert_eq!(again.is_some(), known);
            prop_assert_eq!(Layer::from_words(&words).is_some_and(|layer| layer.is_exact(&words)), known && empty);
            prop_assert_eq!(again == Some(words), known && empty);
        }

        #[test]
        fn a_tensors_record_is_read_as_it_was_written(start: u16, elements: u16, range_bits: u8) {
            let span = TensorSpan { start, elements, range_bits };
            prop_assert_eq!(TensorSpan::from_words(&span.to_words()), span);
        }
    }
}
