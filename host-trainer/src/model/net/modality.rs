//! The branches under a trunk: layers of their own for consecutive features, whose outputs the trunk reads one after the other.

use candle_core::{Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

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
    layers: Vec<Layer>,
}

impl BranchNet {
    /// A branch of that shape, He initialised.
    pub(super) fn new(shape: &BranchShape, random: &mut ChaCha8Rng) -> Result<Self> {
        let (mut width, mut layers) = (shape.features.len(), Vec::new());
        for outputs in shape.widths.iter().copied() {
            layers.push(Layer::new(he_normal(random, width, width * outputs), vec![0.0; outputs])?);
            width = outputs;
        }
        Ok(Self { shape: shape.clone(), layers })
    }

    /// Widths of the layers.
    pub(super) fn widths(&self) -> impl Iterator<Item = usize> {
        self.layers.iter().map(Layer::width)
    }

    /// Its outputs (B, width) for the features `input` (B, F), on their `way`.
    pub(super) fn outputs(&self, input: &Tensor, way: &mut Way<'_>) -> Result<Tensor> {
        let features = &self.shape.features;
        let mut activations = way.rounded(input.narrow(1, features.start, features.len())?.contiguous()?)?;
        for (index, layer) in self.layers.iter().enumerate() {
            activations = way.shared(layer.hidden(&activations, index > 0)?)?;
        }
        Ok(activations)
    }

    /// The grids of what it reads and of its layers, branch `branch` of trunk `trunk`.
    pub(super) fn rounding(&self, trunk: usize, branch: usize, grids: &Grids<'_>) -> Result<Vec<FakeQuantize>> {
        let place = |layer| LayerPlace::Branch { trunk, branch, layer };
        let layers =
            self.widths().enumerate().map(|(layer, width)| grids.activations([(place(layer), width)].into_iter()));
        [grids.input(place(0), self.shape.features.len())].into_iter().chain(layers).collect()
    }

    /// Weights and biases of every layer.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        self.layers.iter().map(|layer| (&layer.weight, &layer.bias))
    }

    /// Takes the weights of `branch`.
    pub(super) fn assign(&self, branch: &ModalityBranch) -> Result<()> {
        self.layers.iter().zip(&branch.layers).try_for_each(|(layer, dense)| layer.assign_whole(dense))
    }

    /// As plain layers.
    pub(super) fn to_float(&self) -> Result<ModalityBranch> {
        Ok(ModalityBranch {
            name: self.shape.name.clone(),
            first: self.shape.features.start,
            layers: self.layers.iter().map(Layer::whole).collect::<Result<_>>()?,
        })
    }
}
