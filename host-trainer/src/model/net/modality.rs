//! The branches under a trunk: layers of their own for consecutive features or for raw samples, whose outputs the trunk reads one after the
//! other.

use candle_core::{Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::convolution::{ConvolutionNet, front_end};
use super::layer::Layer;
use super::way::{Grids, Way};
use super::wiring::BranchShape;
use crate::model::LayerPlace;
use crate::model::float::ModalityBranch;
use crate::model::init::he_normal;
use crate::model::rounding::FakeQuantize;

/// One branch and its variables.
pub(super) struct BranchNet {
    shape: BranchShape,
    convolutions: Vec<ConvolutionNet>,
    layers: Vec<Layer>,
}

impl BranchNet {
    /// A branch of that shape, He initialised.
    pub(super) fn new(shape: &BranchShape, random: &mut ChaCha8Rng) -> Result<Self> {
        let (mut width, mut convolutions, mut layers) = (shape.columns.len(), Vec::new(), Vec::new());
        if let Some(front) = &shape.front {
            convolutions = ConvolutionNet::all(front, random)?;
            width = front.outputs();
        }
        for outputs in shape.widths.iter().copied() {
            layers.push(Layer::new(he_normal(random, width, width * outputs), vec![0.0; outputs])?);
            width = outputs;
        }
        Ok(Self { shape: shape.clone(), convolutions, layers })
    }

    /// Widths of the layers.
    pub(super) fn widths(&self) -> impl Iterator<Item = usize> {
        self.layers.iter().map(Layer::width)
    }

    /// Number of outputs.
    pub(super) fn width(&self) -> usize {
        self.shape.outputs()
    }

    /// Its outputs (B, width) on their `way`: raw samples it reads of the rows `clean` (B, columns), features of `input`, which may have
    /// noise.
    pub(super) fn outputs(&self, clean: &Tensor, input: &Tensor, way: &mut Way<'_>) -> Result<Tensor> {
        let columns = &self.shape.columns;
        let input = if self.convolutions.is_empty() { input } else { clean };
        let mut activations = way.rounded(input.narrow(1, columns.start, columns.len())?.contiguous()?)?;
        for (index, convolution) in self.convolutions.iter().enumerate() {
            activations = convolution.outputs(&activations, index > 0, way)?;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let trained_below = index > 0 || !self.convolutions.is_empty();
            activations = way.shared(layer.hidden(&activations, trained_below)?)?;
        }
        Ok(activations)
    }

    /// The grids of what it reads and of its layers, branch `branch` of trunk `trunk`.
    pub(super) fn rounding(&self, trunk: usize, branch: usize, grids: &Grids<'_>) -> Result<Vec<FakeQuantize>> {
        let place = |layer| LayerPlace::Branch { trunk, branch, layer };
        let columns = self.shape.columns.len();
        let input = if !self.convolutions.is_empty() {
            grids.input(LayerPlace::Depthwise { trunk, branch, convolution: 0 }, columns)?
        } else if !self.layers.is_empty() {
            grids.input(place(0), columns)?
        } else {
            grids.part(LayerPlace::Trunk { trunk, layer: 0 }, branch, columns)?
        };
        let mut all = vec![input];
        for (index, convolution) in self.convolutions.iter().enumerate() {
            all.push(convolution.rounding((trunk, branch, index), grids)?);
        }
        for (layer, width) in self.widths().enumerate() {
            all.push(grids.activations([(place(layer), width)].into_iter())?);
        }
        Ok(all)
    }

    /// Weights and biases of every layer, those of the convolutions first.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        let layers = self.layers.iter().map(|layer| (&layer.weight, &layer.bias));
        self.convolutions.iter().flat_map(ConvolutionNet::variables).chain(layers)
    }

    /// A name for each layer of [`BranchNet::variables`].
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let parts = |index: usize| ["depthwise", "pointwise"].map(|part| format!("convolutions[{index}].{part}"));
        let layers = (0..self.layers.len()).map(|layer| format!("layers[{layer}]"));
        (0..self.convolutions.len()).flat_map(parts).chain(layers)
    }

    /// Takes the weights of `branch`.
    pub(super) fn assign(&self, branch: &ModalityBranch) -> Result<()> {
        let convolutions = branch.front.iter().flat_map(|front| &front.convolutions);
        self.convolutions.iter().zip(convolutions).try_for_each(|(net, weights)| net.assign(weights))?;
        self.layers.iter().zip(&branch.layers).try_for_each(|(layer, dense)| layer.assign_whole(dense))
    }

    /// As plain layers.
    pub(super) fn to_float(&self) -> Result<ModalityBranch> {
        Ok(ModalityBranch {
            name: self.shape.name.clone(),
            columns: self.shape.columns.clone(),
            front: front_end(&self.convolutions)?,
            layers: self.layers.iter().map(Layer::whole).collect::<Result<_>>()?,
        })
    }
}
