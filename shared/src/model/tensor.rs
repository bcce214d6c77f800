//! Where every tensor lies, and how the arena is shared out: one computation for writer, validator and runtime.

use core::ops::Range;

use super::ModelError;
use super::header::Tensor;
use crate::seq::Seq;

/// Most tensors of a model.
pub const MAX_TENSORS: usize = 64;

/// Most elements of all tensors together: 128 KiB of activations.
pub const MAX_TENSOR_ELEMENTS: u32 = 65_535;

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
    /// The tensor's elements in the activations.
    pub fn range(&self) -> Range<usize> {
        let start = usize::from(self.start);
        start..start.saturating_add(usize::from(self.elements))
    }

    /// Least value: -2^k.
    pub fn low(&self) -> i16 {
        i16::MIN >> 15u32.saturating_sub(u32::from(self.range_bits))
    }

    /// Largest value: 2^k - 1.
    pub fn high(&self) -> i16 {
        i16::MAX >> 15u32.saturating_sub(u32::from(self.range_bits))
    }
}

/// All tensors of a model, back to back in the order of the header.
#[derive(Debug, Clone, Copy)]
pub(super) struct TensorTable {
    spans: [TensorSpan; MAX_TENSORS],
    len: u8,
}

impl TensorTable {
    /// Lays the tensors out.
    ///
    /// # Errors
    /// [`ModelError::Count`], [`ModelError::TensorEmpty`], [`ModelError::TensorRange`] or [`ModelError::TensorMemory`].
    pub(super) fn lay_out(tensors: &Seq<'_, Tensor>) -> Result<Self, ModelError> {
        let mut table = Self { spans: [TensorSpan::default(); MAX_TENSORS], len: 0 };
        let mut start = 0u32;
        for (slot, tensor) in table.spans.iter_mut().zip(tensors.iter()) {
            if tensor.elements == 0 {
                return Err(ModelError::TensorEmpty { tensor: table.len });
            }
            if !(1..=15).contains(&tensor.range_bits) {
                return Err(ModelError::TensorRange { tensor: table.len, found: tensor.range_bits });
            }
            // `start` holds at most MAX_TENSOR_ELEMENTS: no wrap.
            let end = start.wrapping_add(u32::from(tensor.elements));
            if end > MAX_TENSOR_ELEMENTS {
                return Err(ModelError::TensorMemory { limit: MAX_TENSOR_ELEMENTS });
            }
            *slot = TensorSpan { start: start as u16, elements: tensor.elements, range_bits: tensor.range_bits };
            table.len = table.len.saturating_add(1);
            start = end;
        }
        Ok(table)
    }

    pub(super) fn get(&self, index: u8) -> Option<TensorSpan> {
        self.iter().nth(usize::from(index))
    }

    pub(super) fn len(&self) -> u8 {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = TensorSpan> + '_ {
        self.spans.iter().copied().take(usize::from(self.len))
    }

    /// Elements of all tensors.
    pub(super) fn elements(&self) -> usize {
        self.iter().last().map_or(0, |span| span.range().end)
    }

    /// The elements of the last `tensors` tensors, the tasks' outputs.
    pub(super) fn last(&self, tensors: usize) -> Range<usize> {
        let first = usize::from(self.len).saturating_sub(tensors);
        let end = self.elements();
        self.iter().nth(first).map_or(end, |span| span.range().start)..end
    }
}

/// How the arena's 32-bit words are shared out:
///
/// ```text
/// ├─ features: f32 [F] ─┼─ while features are computed: scratch ─────────────────┤
///                       ├─ while the network runs: i16 [tensors], outputs last ──┤
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ArenaLayout {
    /// Words of the feature vector.
    pub(super) features: usize,
    /// Words that the hungriest feature group works in.
    pub(super) scratch: usize,
    /// Words of the tensors.
    pub(super) tensors: usize,
}

impl ArenaLayout {
    pub(super) fn words(&self) -> usize {
        // Each part is at most 2^16 words.
        self.features.saturating_add(self.scratch.max(self.tensors))
    }

    pub(super) fn bytes(&self) -> u32 {
        u32::try_from(self.words().saturating_mul(4)).unwrap_or(u32::MAX)
    }
}
