//! The branches under a trunk: layers of their own for consecutive features, whose outputs the trunk reads one after the other.

use candle_core::{Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::layer::Layer;
use super::wiring::BranchShape;
use crate::model::float::ModalityBranch;
use crate::model::init::he_normal;

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

    /// Its outputs (B, width) for the features `input` (B, F); takes a mask for each layer's activations from `masks` while there
    /// are any.
    pub(super) fn outputs<'m>(&self, input: &Tensor, masks: &mut impl Iterator<Item = &'m Tensor>) -> Result<Tensor> {
        let features = &self.shape.features;
        let mut activations = input.narrow(1, features.start, features.len())?.contiguous()?;
        for (index, layer) in self.layers.iter().enumerate() {
            activations = layer.hidden(&activations, index > 0)?;
            if let Some(mask) = masks.next() {
                activations = (activations * mask)?;
            }
        }
        Ok(activations)
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
