//! Layers over positions: convolutions and pools.

use super::layer::Storage;
use super::network::{Network, as_signed};
use super::op::LayerOp;
use super::record::Layer;
use crate::kernels::depthwise::{self, Shape};
use crate::kernels::pool::pool;
use crate::kernels::{padded, positions, reference};

impl Network<'_> {
    /// Runs a layer that is not fully connected.
    #[inline(never)]
    pub(super) fn run_convolution(&self, layer: &Layer, activations: &mut [i16], scratch: &mut [u32]) -> Option<()> {
        let input = self.tensors.get(layer.input)?;
        let output = self.tensors.get(layer.output)?;
        let [inputs, outputs] = activations.get_disjoint_mut([input.slot(), output.slot()]).ok()?;
        let rows = usize::from(layer.rows);
        let stage = layer.stage(output.range_bits);
        let at = |offset: u32| self.section.get(offset as usize / 4..);
        let numbers = at(layer.weight_offset)?;
        // In layouts of one stream they lie nowhere.
        let biases = as_signed(at(layer.bias_offset).unwrap_or_default());
        let multipliers = as_signed(at(layer.multiplier_offset).unwrap_or_default());
        match layer.op {
            LayerOp::Dense => {}
            LayerOp::Depthwise { channels, kernel, stride } => {
                let channels = usize::from(channels);
                let samples = usize::from(input.elements).checked_div(channels)?;
                let shape = Shape { channels, samples, rows, kernel: kernel.into(), stride: stride.into() };
                match self.layout.storage(layer.op) {
                    Storage::Taps => depthwise::m4::depthwise(shape, numbers, inputs, stage, outputs),
                    _ => {
                        let weights = bytemuck::cast_slice(numbers);
                        depthwise::depthwise(shape, inputs, weights, biases, multipliers, stage, outputs);
                    }
                }
            }
            LayerOp::Pointwise { channels } => {
                let (kind, columns) = (layer.weights, usize::from(channels));
                if let Storage::Packed(packing) = self.layout.storage(layer.op) {
                    packing.pointwise(kind, numbers, rows, columns, inputs, outputs, scratch, stage);
                } else {
                    for (inputs, outputs) in positions(inputs, padded(columns), outputs, padded(rows)) {
                        let (inputs, outputs) = (inputs.get(..columns)?, outputs.get_mut(..rows)?);
                        reference::dense(kind, inputs, numbers, biases, multipliers, stage, outputs);
                    }
                }
            }
            LayerOp::Pool { kind, channels, size } => {
                let outputs = outputs.get_mut(..usize::from(output.elements))?;
                pool(kind, channels.into(), size.into(), inputs, stage, outputs);
            }
        }
        Some(())
    }
}
