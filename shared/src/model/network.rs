//! The network alone: from quantized inputs to outputs, without features, names or scales.
//!
//! Everything that a run needs is read in place from the artifact; the value itself is a few words.

#[cfg(trunkline_kernels = "m4")]
mod m4;

use super::header::Layout;
use super::layer::Storage;
use super::op::LayerOp;
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
        let Some((activations, scratch)) = self.parts(work) else { return };
        let mut layers = self.layers;
        loop {
            let done = self.run_packed(layers, activations, due);
            let Some((words, rest)) = layers.get(done..).and_then(<[_]>::split_first) else { return };
            self.run_record(words, activations, scratch, due, !RUNS_PACKED);
            layers = rest;
        }
    }

    /// Like [`Network::run`]; after each layer that ran, `observe` is given each tensor that it wrote, by its index. For tools.
    pub fn run_observed(&self, work: &mut [u32], due: TaskSet, mut observe: impl FnMut(u8, &[i16])) {
        let Some((activations, scratch)) = self.parts(work) else { return };
        for words in self.layers {
            let Some(layer) = self.run_record(words, activations, scratch, due, true) else { continue };
            for tensor in (layer.output..).take(usize::from(layer.tensors)) {
                let span = self.tensors.get(tensor).unwrap_or_default();
                observe(tensor, activations.get(span.range()).unwrap_or_default());
            }
        }
    }

    /// Activations and the kernels' scratch.
    fn parts<'w>(&self, work: &'w mut [u32]) -> Option<(&'w mut [i16], &'w mut [u32])> {
        let (activations, scratch) = work.split_at_mut_checked(self.activation_words)?;
        Some((bytemuck::try_cast_slice_mut(activations).ok()?, scratch))
    }

    /// Runs the layer of a record if it is due, and gives it.
    ///
    /// * `packed`: whether it may be a packed, fully connected one.
    #[inline]
    fn run_record(
        &self,
        words: &[u32; LAYER_WORDS],
        activations: &mut [i16],
        scratch: &mut [u32],
        due: TaskSet,
        packed: bool,
    ) -> Option<Layer> {
        let layer = Layer::from_words(words)?;
        if layer.role.task().is_some_and(|task| due >> (task & 31) & 1 == 0) {
            return None;
        }
        // `None` is for models that were not validated.
        let _ = self.run_layer(&layer, activations, scratch, packed);
        Some(layer)
    }

    #[inline]
    fn run_layer(&self, layer: &Layer, activations: &mut [i16], scratch: &mut [u32], packed: bool) -> Option<()> {
        if layer.op != LayerOp::Dense {
            return self.run_convolution(layer, activations, scratch);
        }
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
            None if cfg!(feature = "plain") => {
                let inputs = inputs.get(..columns)?;
                let outputs = outputs.get_mut(..rows)?;
                let biases = as_signed(at(layer.bias_offset)?);
                let multipliers = as_signed(at(layer.multiplier_offset)?);
                reference::dense(layer.weights, inputs, numbers, biases, multipliers, stage, outputs);
            }
            Some(packing) if packed => {
                packing.dense(layer.weights, numbers, rows, columns, inputs, outputs, scratch, stage);
            }
            _ => {}
        }
        Some(())
    }
}

/// Whether [`Network::run_packed`] leaves no packed, fully connected layer.
const RUNS_PACKED: bool = cfg!(trunkline_kernels = "m4");

#[cfg(not(trunkline_kernels = "m4"))]
impl Network<'_> {
    /// Layers at the start of `layers` that were run without looking at each from here: none on this processor.
    fn run_packed(&self, _layers: &[[u32; LAYER_WORDS]], _activations: &mut [i16], _due: TaskSet) -> usize {
        0
    }
}

impl ArenaLayout {
    /// Words that the kernel of a layer with `columns` weights a row works in.
    pub(super) fn kernel_words(layout: Layout, op: LayerOp, columns: usize) -> usize {
        match layout.storage(op) {
            Storage::Packed(packing) => packing.scratch_words(columns),
            Storage::Nothing | Storage::Plain | Storage::Taps => 0,
        }
    }
}

pub(super) fn as_signed(words: &[u32]) -> &[i32] {
    bytemuck::try_cast_slice(words).unwrap_or_default()
}
