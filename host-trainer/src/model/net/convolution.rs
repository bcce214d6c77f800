//! A branch's convolutions and their variables.

use candle_core::{Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::layer::Layer;
use super::way::{Grids, Way};
use crate::config::ConvolutionConfig;
use crate::model::LayerPlace;
use crate::model::convolution::{Convolution, FrontEnd, FrontShape};
use crate::model::convolve::Convolve;
use crate::model::init::{he_normal, lecun_normal};
use crate::model::rounding::FakeQuantize;

/// One convolution over `channels` channels of `samples` samples.
pub(super) struct ConvolutionNet {
    channels: usize,
    samples: usize,
    form: ConvolutionConfig,
    depthwise: Layer,
    pointwise: Layer,
}

impl ConvolutionNet {
    /// Those of `shape`, in order. The filters are linear: they start so that they keep a variance as it is; the units have He's
    /// initialisation.
    pub(super) fn all(shape: &FrontShape, random: &mut ChaCha8Rng) -> Result<Vec<Self>> {
        let mut all = Vec::with_capacity(shape.convolutions.len());
        for (form, channels, samples) in shape.each() {
            let (kernel, rows) = (form.kernel, channels * form.multiplier);
            let depthwise = Layer::new(lecun_normal(random, kernel, kernel * rows, 1.0), vec![0.0; rows])?;
            let pointwise = Layer::new(he_normal(random, rows, rows * form.filters), vec![0.0; form.filters])?;
            all.push(Self { channels, samples, form: *form, depthwise, pointwise });
        }
        Ok(all)
    }

    /// Its outputs (B, filters * P / pool) for the samples `x` (B, C N), on their `way`.
    pub(super) fn outputs(&self, x: &Tensor, input_gradient: bool, way: &mut Way<'_>) -> Result<Tensor> {
        let Self { channels, samples, form, depthwise, pointwise } = self;
        let (channels, samples, form) = (*channels, *samples, *form);
        let op = Convolve { channels, samples, form, input_gradient, grids: way.pair() };
        op.apply(x, [&depthwise.weight, &depthwise.bias], [&pointwise.weight, &pointwise.bias])
    }

    /// The grids of its filters and of its units, of convolution `convolution` of branch `branch` of trunk `trunk`.
    pub(super) fn rounding(
        &self,
        (trunk, branch, convolution): (usize, usize, usize),
        grids: &Grids<'_>,
    ) -> Result<FakeQuantize> {
        let filters = LayerPlace::Depthwise { trunk, branch, convolution };
        let units = LayerPlace::Pointwise { trunk, branch, convolution };
        grids.activations([(filters, 1), (units, 1)].into_iter())
    }

    /// Filters and units.
    fn layers(&self) -> [&Layer; 2] {
        [&self.depthwise, &self.pointwise]
    }

    /// Weights and biases of filters and units.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        self.layers().into_iter().map(|layer| (&layer.weight, &layer.bias))
    }

    /// Takes the weights of `convolution`.
    pub(super) fn assign(&self, convolution: &Convolution) -> Result<()> {
        self.depthwise.assign_whole(&convolution.depthwise)?;
        self.pointwise.assign_whole(&convolution.pointwise)
    }

    fn to_float(&self) -> Result<Convolution> {
        Ok(Convolution {
            depthwise: self.depthwise.whole()?,
            stride: self.form.stride,
            pointwise: self.pointwise.whole()?,
            pool: self.form.pool,
            pooling: self.form.pooling,
        })
    }
}

/// `convolutions` as plain layers; `None` without any.
pub(super) fn front_end(convolutions: &[ConvolutionNet]) -> Result<Option<FrontEnd>> {
    let Some(first) = convolutions.first() else { return Ok(None) };
    Ok(Some(FrontEnd {
        channels: first.channels,
        samples: first.samples,
        convolutions: convolutions.iter().map(ConvolutionNet::to_float).collect::<Result<_>>()?,
    }))
}
