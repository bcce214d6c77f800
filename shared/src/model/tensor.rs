//! How the arena is shared out: one computation for writer, validator and runtime.

use super::record::{TENSOR_WORDS, TensorSpan};
use crate::kernels::padded;

/// Most tensors of a model.
pub const MAX_TENSORS: usize = 64;

/// Most elements of the activations: 128 KiB.
pub const MAX_ACTIVATIONS: u32 = 65_532;

/// The tensors of a validated model.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TensorTable<'a>(pub(super) &'a [[u32; TENSOR_WORDS]]);

impl TensorTable<'_> {
    #[inline]
    pub(super) fn get(&self, index: u8) -> Option<TensorSpan> {
        self.0.get(usize::from(index)).map(TensorSpan::from_words)
    }

    /// `count` tensors from `first` on, at least one.
    pub(super) fn run(&self, first: u8, count: u8) -> Option<Self> {
        let first = usize::from(first);
        self.0.get(first..first.saturating_add(usize::from(count))).filter(|run| !run.is_empty()).map(Self)
    }

    pub(super) fn len(&self) -> u8 {
        // At most MAX_TENSORS.
        self.0.len() as u8
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = TensorSpan> + '_ {
        self.0.iter().map(TensorSpan::from_words)
    }

    /// The last `count` tensors, the tasks' outputs.
    pub(super) fn last(&self, count: usize) -> impl Iterator<Item = TensorSpan> + '_ {
        self.iter().skip(self.0.len().saturating_sub(count))
    }
}

/// How the arena's 32-bit words are shared out:
///
/// ```text
/// ├─ features: f32 [F] ─┼─ outputs: i16 ─┼─ while features are computed: scratch ──────────────────────┤
///                                        ├─ while the network runs: i16 [activations], kernels' scratch ┤
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ArenaLayout {
    /// Words of the feature vector.
    pub(super) features: usize,
    /// Words of the outputs of all tasks, which outlive a window.
    pub(super) outputs: usize,
    /// Words that the hungriest feature group works in.
    pub(super) scratch: usize,
    /// Words of the activations.
    pub(super) activations: usize,
    /// Words that the hungriest layer's kernel works in.
    pub(super) kernel: usize,
}

impl ArenaLayout {
    pub(super) fn words(&self) -> usize {
        // Each part is at most 2^17 words.
        let network = self.activations.saturating_add(self.kernel);
        self.features.saturating_add(self.outputs).saturating_add(self.scratch.max(network))
    }

    pub(super) fn bytes(&self) -> u32 {
        u32::try_from(self.words().saturating_mul(4)).unwrap_or(u32::MAX)
    }

    /// Words of `elements` activations.
    pub(super) fn words_of(elements: usize) -> usize {
        padded(elements) / 2
    }
}
