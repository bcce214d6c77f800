//! Quantization-aware training: the last epochs run on the numbers that the integer model will have.
//!
//! Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018. In each step
//! the quantizer itself rounds the present weights, on scales that follow them, and the network runs forward and back on what it made of
//! them, with its activations on the grids of the device. The gradients move the weights as they were before the rounding: the
//! straight-through estimator (Bengio, Leonard and Courville, arXiv 1308.3432, 2013). Activations are measured on the training rows
//! before each epoch, as the quantizer has them measured at the end.
//!
//! What is frozen stays as it is: it does not learn.

use candle_core::Tensor;

use super::TrainError;
use super::problem::Problem;
use crate::config::QuantizationConfig;
use crate::model::net::{Grids, Net, Rounding};
use crate::model::{FloatModel, LayerPlace};
use crate::quantize::{Calibration, QuantizeError, simulate};

/// Peak of the learning rate of the last epochs, as a share of that of the others; it falls to 0 by a cosine.
pub(crate) const RATE: f64 = 0.1;

/// Measures the activations of a model.
type Measure<'a> = dyn Fn(&FloatModel) -> Result<Calibration, QuantizeError> + 'a;

/// How a network becomes an integer one.
pub(crate) struct IntegerForm<'a> {
    /// Which layers may have weights of 4 bits.
    pub(crate) config: &'a QuantizationConfig,
    /// Bits of the weights of each task's linear path (T).
    pub(crate) linear_bits: Vec<u8>,
    /// On the training rows.
    pub(crate) measure: Box<Measure<'a>>,
}

/// Epochs of a network on its integer form.
pub(crate) struct Awareness<'a> {
    /// Their number, after the others.
    pub(crate) epochs: usize,
    /// The integer form.
    pub(crate) form: IntegerForm<'a>,
}

/// What a network is rounded by, as it was when its activations were measured.
pub(crate) struct Rounder<'a> {
    net: &'a Net,
    problem: &'a Problem,
    form: &'a IntegerForm<'a>,
    calibration: Calibration,
    /// Layers with weights of 4 bits.
    narrow: Vec<LayerPlace>,
    /// The ranges of the integer network's tensors.
    ranges: Vec<u8>,
}

/// A network on its integer weights, and the way back.
pub(crate) struct Rounded {
    /// Where its activations are rounded.
    pub(crate) rounding: Rounding,
    /// The weights before, variable after variable.
    latent: Vec<Tensor>,
}

impl<'a> Rounder<'a> {
    /// Measures the activations of `net` as it is and chooses the ranges of its tensors, where the layers `narrow` have weights of 4 bits.
    ///
    /// # Errors
    /// [`TrainError::Quantize`] where the network has no integer form, [`TrainError::Tensor`].
    pub(crate) fn new(
        net: &'a Net,
        problem: &'a Problem,
        form: &'a IntegerForm<'a>,
        narrow: Vec<LayerPlace>,
    ) -> Result<Self, TrainError> {
        let calibration = (form.measure)(&net.to_float(&problem.normalization)?)?;
        let mut rounder = Self { net, problem, form, calibration, narrow: Vec::new(), ranges: Vec::new() };
        rounder.set_narrow(narrow)?;
        Ok(rounder)
    }

    /// Chooses the ranges anew, for other layers of 4 bits.
    ///
    /// # Errors
    /// As [`Rounder::new`].
    pub(crate) fn set_narrow(&mut self, narrow: Vec<LayerPlace>) -> Result<(), TrainError> {
        self.narrow.clone_from(&narrow);
        let model = FloatModel { narrow, ..self.net.to_float(&self.problem.normalization)? };
        self.ranges = simulate(&model, &self.calibration, &self.form.linear_bits, &[])?.ranges;
        Ok(())
    }

    /// Puts the network's weights where its integer form has them.
    ///
    /// # Errors
    /// [`TrainError::Quantize`] for weights that are not finite, [`TrainError::Tensor`].
    pub(crate) fn round(&self) -> Result<Rounded, TrainError> {
        let normalization = &self.problem.normalization;
        let model = FloatModel { narrow: self.narrow.clone(), ..self.net.to_float(normalization)? };
        let integers = simulate(&model, &self.calibration, &self.form.linear_bits, &self.ranges)?;
        let rounding = self.net.rounding(&Grids { inputs: &integers.inputs, activations: &integers.activations })?;
        let latent = self.net.variables().into_iter().map(|(_, var)| var.as_tensor().copy());
        let latent = latent.collect::<candle_core::Result<_>>()?;
        let rounded = match self.net.to_float_with_all_outputs(normalization)? {
            Some(all) => with_layers_of(all, &integers.float),
            None => integers.float,
        };
        self.net.assign(&rounded)?;
        Ok(Rounded { rounding, latent })
    }
}

impl Rounded {
    /// Puts the weights of `net` back where they were.
    pub(crate) fn undo(self, net: &Net) -> candle_core::Result<()> {
        net.variables().into_iter().zip(&self.latent).try_for_each(|((_, var), latent)| var.set(latent))
    }
}

/// `all`, which has further outputs after those of `model`, with the layers of `model` in the places of its own.
fn with_layers_of(mut all: FloatModel, model: &FloatModel) -> FloatModel {
    let layers = model.places().into_iter().filter_map(|place| Some((place, model.layer(place)?)));
    for (place, from) in layers {
        if let Some(to) = all.layer_mut(place) {
            to.weight[..from.weight.len()].copy_from_slice(&from.weight);
            to.bias[..from.bias.len()].copy_from_slice(&from.bias);
        }
    }
    all
}
