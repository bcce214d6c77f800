//! An integer network as plain numbers, ready to be laid out in an artifact.

use trunkline_shared::model::build::LayerSpec;
use trunkline_shared::model::{RawView, Tensor, View, WeightKind};

/// An integer network: what a `FloatModel` becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantizedModel {
    /// Training means (F).
    pub mean: Vec<f32>,
    /// Reciprocal training standard deviations (F).
    pub gain: Vec<f32>,
    /// The tensors: views first, each branch's with its layers' at once, then the trunks', then those of the heads' hidden layers, then
    /// one a task, in task order.
    pub tensors: Vec<Tensor>,
    /// How the standardised features enter.
    pub views: Vec<View>,
    /// How raw samples enter.
    pub raw_views: Vec<RawView>,
    /// The layers in execution order.
    pub layers: Vec<LayerSpec>,
    /// How to read the tasks' outputs, in task order.
    pub outputs: Vec<OutputScale>,
}

/// How counts of a task's output tensor become logits or values: `value = count * scale + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputScale {
    /// Logits or units a count, above 0.
    pub scale: f32,
    /// Value at count 0; 0 for classes.
    pub offset: f32,
    /// Binary tasks: the answer is the second class where the count is greater; 0 for the others.
    pub threshold: i16,
}

/// Kind of a layer's weights, and the weights of each of its rows, widened.
pub(super) fn weight_rows(layer: &LayerSpec) -> (WeightKind, Vec<Vec<i16>>) {
    let (weights, rows) = (layer.weights.widened(), layer.biases.len().max(1));
    (layer.weights.kind(), weights.chunks((weights.len() / rows).max(1)).map(<[i16]>::to_vec).collect())
}
