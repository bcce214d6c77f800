//! What an integer network computes, as a float network: weights and biases that counts can express, and the grids of its activations.

use super::draft::Draft;
use super::network::weight_rows;
use super::{Calibration, QuantizeError};
use crate::model::rounding::Grid;
use crate::model::{FloatModel, LayerPlace};

/// A float network on the numbers that its integer form has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Simulation {
    /// The network with every weight and bias where its count is.
    pub(crate) float: FloatModel,
    /// The grid of what a layer reads.
    pub(crate) inputs: Vec<(LayerPlace, Grid)>,
    /// The grid of what a ReLU layer or a filter over time writes.
    pub(crate) activations: Vec<(LayerPlace, Grid)>,
    /// The ranges of the tensors, in the order of their choices.
    pub(crate) ranges: Vec<u8>,
}

/// What [`super::quantize`] with these arguments makes of `model`, in floating point. `ranges` are those of an earlier simulation of the same
/// shape, to be taken again instead of chosen anew: that is quick.
///
/// # Errors
/// As [`super::quantize`].
pub(crate) fn simulate(
    model: &FloatModel,
    calibration: &Calibration,
    linear_bits: &[u8],
    ranges: &[u8],
) -> Result<Simulation, QuantizeError> {
    let mut draft = Draft::new(model, calibration, linear_bits)?.with_ranges(ranges);
    draft.network()?;
    let mut float = model.clone();
    let (mut inputs, mut activations) = (Vec::new(), Vec::new());
    for (layer, laid) in draft.layers.iter().zip(&draft.laid) {
        let grid = |tensor: u8, relu| {
            let tensor = usize::from(tensor);
            Grid::new(draft.steps[tensor], draft.tensors[tensor].range_bits, relu)
        };
        // A pool puts its outputs where its inputs are.
        let Some(place) = laid.place else { continue };
        inputs.push((place, grid(layer.input, false)));
        if layer.relu || matches!(place, LayerPlace::Depthwise { .. }) {
            activations.push((place, grid(layer.output, layer.relu)));
        }
        let Some(dense) = float.layer_mut(place) else { continue };
        let (_, rows) = weight_rows(layer);
        for (row, (counts, scale)) in rows.iter().zip(&laid.scales).enumerate() {
            let weights = dense.weight[row * dense.inputs + laid.first_column..].iter_mut();
            weights.zip(counts).for_each(|(weight, count)| *weight = (f64::from(*count) * scale) as f32);
        }
        // The first part of a layer brings its biases.
        if laid.first_column == 0 {
            let steps = laid.scales.iter().map(|scale| scale * draft.steps[usize::from(layer.input)]);
            let biases = layer.biases.iter().zip(steps).map(|(count, step)| (f64::from(*count) * step) as f32);
            dense.bias = biases.collect();
        }
    }
    Ok(Simulation { float, inputs, activations, ranges: draft.ranges })
}
