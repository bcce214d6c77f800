//! The network alone: from quantized inputs to outputs, without features, names or scales.
//!
//! Everything that a run needs is read in place from the artifact; the value itself is a few words.

use super::header::Layout;
use super::record::{LAYER_WORDS, Layer};
use super::tensor::{ArenaLayout, TensorTable};
use crate::kernels::{padded, reference};

/// The layers of a validated model.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    pub(super) section: &'a [u32],
    pub(super) layout: Layout,
    pub(super) tensors: TensorTable<'a>,
    pub(super) layers: &'a [[u32; LAYER_WORDS]],
    /// Words of the activations and of the kernels' scratch.
    pub(super) activation_words: usize,
    pub(super) kernel_words: usize,
}

/// A set of tasks, one bit each.
pub type TaskSet = u32;

/// Every task there can be.
pub const ALL_TASKS: TaskSet = TaskSet::MAX;

impl Network<'_> {
    /// Words of memory that [`Network::run`] needs.
    pub fn work_words(&self) -> usize {
        self.activation_words.saturating_add(self.kernel_words)
    }

    /// The elements of tensor `index` in `work`; empty where there is no such tensor.
    pub fn tensor<'w>(&self, index: u8, work: &'w [u32]) -> &'w [i16] {
        let activations: &[i16] = bytemuck::try_cast_slice(work).unwrap_or_default();
        self.tensors.get(index).and_then(|span| activations.get(span.range())).unwrap_or_default()
    }

    /// The elements of tensor `index` in `work`, to be filled before a run if a view would fill it.
    pub fn tensor_mut<'w>(&self, index: u8, work: &'w mut [u32]) -> &'w mut [i16] {
        let activations: &mut [i16] = bytemuck::try_cast_slice_mut(work).unwrap_or_default();
        self.tensors.get(index).and_then(|span| activations.get_mut(span.range())).unwrap_or_default()
    }

    /// Runs the trunks and the layers of the tasks in `due`, over the inputs that lie in `work`. Layers of tasks that are not due
    /// cost a comparison.
    ///
    /// A tensor's memory is given to others once nothing reads it any more: when this returns, only the outputs of the tasks
    /// that were due are sure to be there.
    ///
    /// * `work`: at least [`Network::work_words`]; with fewer, nothing happens.
    #[inline(never)]
    pub fn run(&self, work: &mut [u32], due: TaskSet) {
        self.run_observed(work, due, |_, _| ());
    }

    /// Like [`Network::run`]; after each layer that ran, `observe` is given each tensor that it wrote, by its index. For tools.
    #[inline]
    pub fn run_observed(&self, work: &mut [u32], due: TaskSet, mut observe: impl FnMut(u8, &[i16])) {
        let Some((activations, scratch)) = work.split_at_mut_checked(self.activation_words) else { return };
        let activations: &mut [i16] = bytemuck::try_cast_slice_mut(activations).unwrap_or_default();
        for words in self.layers {
            let Some(layer) = Layer::from_words(words) else { continue };
            if layer.role.task().is_some_and(|task| due >> (task & 31) & 1 == 0) {
                continue;
            }
            // `None` is for models that were not validated.
            let _ = self.run_layer(&layer, activations, scratch);
            for tensor in (layer.output..).take(usize::from(layer.tensors)) {
                let span = self.tensors.get(tensor).unwrap_or_default();
                observe(tensor, activations.get(span.range()).unwrap_or_default());
            }
        }
    }

    #[inline]
    fn run_layer(&self, layer: &Layer, activations: &mut [i16], scratch: &mut [u32]) -> Option<()> {
        let input = self.tensors.get(layer.input)?;
        let output = self.tensors.get(layer.output)?;
        let (rows, columns) = (usize::from(layer.rows), usize::from(input.elements));
        let start = usize::from(output.start);
        let slots = [input.slot(), start..start.saturating_add(padded(rows))];
        let [inputs, outputs] = activations.get_disjoint_mut(slots).ok()?;
        let stage = layer.stage(output.range_bits);
        let at = |offset: u32| self.section.get(offset as usize / 4..);
        let numbers = at(layer.weight_offset)?;
        match self.layout.packing() {
            None => {
                let inputs = inputs.get(..columns)?;
                let outputs = outputs.get_mut(..rows)?;
                let biases = as_signed(at(layer.bias_offset)?);
                let multipliers = as_signed(at(layer.multiplier_offset)?);
                reference::dense(layer.weights, inputs, numbers, biases, multipliers, stage, outputs);
            }
            Some(packing) => packing.dense(layer.weights, numbers, rows, columns, inputs, outputs, scratch, stage),
        }
        Some(())
    }
}

impl ArenaLayout {
    /// Words that the kernel of a layer with `columns` inputs works in.
    pub(super) fn kernel_words(layout: Layout, columns: usize) -> usize {
        layout.packing().map_or(0, |packing| packing.scratch_words(columns))
    }
}

fn as_signed(words: &[u32]) -> &[i32] {
    bytemuck::try_cast_slice(words).unwrap_or_default()
}
