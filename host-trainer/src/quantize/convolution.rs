//! Convolutions of a branch: raw samples in, filters, units and pools.

use std::ops::Range;

use trunkline_shared::kernels::{PoolKind, padded};
use trunkline_shared::model::build::{LayerSpec, WeightSpec};
use trunkline_shared::model::{LayerOp, LayerRole, RawView};

use super::draft::{Draft, Laid, MOST_FRACTION_BITS, Open, Writes, open};
use super::range::{MOST_RANGE_BITS, Reader};
use super::rows::ScaledRows;
use super::{ActivationRange, ConvolutionRanges, QuantizeError};
use crate::config::Pooling;
use crate::model::{FrontEnd, LayerPlace, RawScale};

/// log2 of the unit of a raw view's multiplier.
const MULTIPLIER_BITS: u8 = 18;
/// Mean square of standardised samples.
const SAMPLE_MEAN_SQUARE: f64 = 1.0;

impl Draft<'_> {
    /// Lays down the convolutions `front` of branch `branch` of trunk `trunk`, whose activations spread as `ranges` say, and gives the
    /// `readers` of the last one's pools.
    pub(super) fn convolutions(
        &mut self,
        (trunk, branch): (usize, usize),
        front: &FrontEnd,
        ranges: &[ConvolutionRanges],
        readers: &[Reader<'_>],
    ) -> Result<Vec<Open>, QuantizeError> {
        let columns = self.model.trunks[trunk].branches[branch].columns.clone();
        let filters = |convolution| LayerPlace::Depthwise { trunk, branch, convolution };
        let first: Vec<Reader<'_>> = self.reader(filters(0)).into_iter().collect();
        let mut next = self.raw_view(&first, columns)?;
        for (index, ((form, channels, samples), ranges)) in front.shape().each().zip(ranges).enumerate() {
            let positions = form.positions(samples);
            let units = LayerPlace::Pointwise { trunk, branch, convolution: index };
            let units: Vec<Reader<'_>> = self.reader(units).into_iter().collect();
            let width = positions * padded(channels * form.multiplier);
            let (filtered, fitted) = self.position_layer(next, width, ranges.depthwise, false, &units)?;
            let after: Vec<Reader<'_>> = self.reader(filters(index + 1)).into_iter().collect();
            let after = if after.is_empty() { readers } else { &after };
            // What is read are the pools, and what has to fit into the range are the units.
            let pooled = ActivationRange { max: ranges.pointwise.max, ..ranges.pooled };
            let width = positions * padded(form.filters);
            let (input, rows) = self.position_layer(open(filtered, &units, fitted), width, pooled, true, after)?;
            let kind = match form.pooling {
                Pooling::Max => PoolKind::Max,
                Pooling::Mean => PoolKind::Mean,
            };
            // The check of the network has counted them.
            let op = LayerOp::Pool { kind, channels: form.filters as u16, size: form.pool as u16 };
            let output = self.pool(input, op, form.filters * form.pooled(samples))?;
            next = open(output, after, rows);
        }
        Ok(next)
    }

    /// Lays down the layer `layer`, of one part, which writes `elements` elements that spread as `activation` says; gives its tensor and
    /// the rows of its `readers`.
    fn position_layer(
        &mut self,
        layer: Vec<Open>,
        elements: usize,
        activation: ActivationRange,
        relu: bool,
        readers: &[Reader<'_>],
    ) -> Result<(u8, Vec<ScaledRows>), QuantizeError> {
        let fitted = self.fit_activations(&layer, activation, readers)?;
        let output = self.tensor(elements, fitted.range_bits, fitted.step)?;
        let writes = Writes { role: LayerRole::Trunk, output, step: fitted.step, relu, accumulate: false };
        layer.into_iter().for_each(|open| self.layer(open, &writes));
        Ok((output, fitted.rows))
    }

    /// Lays down a pool over tensor `input` and gives its tensor, of the same range and step.
    fn pool(&mut self, input: u8, op: LayerOp, elements: usize) -> Result<u8, QuantizeError> {
        let read = usize::from(input);
        let output = self.tensor(elements, self.tensors[read].range_bits, self.steps[read])?;
        self.laid.push(Laid { place: None, first_column: 0, scales: vec![] });
        self.layers.push(LayerSpec {
            op,
            role: LayerRole::Trunk,
            input,
            output,
            weights: WeightSpec::I8(vec![]),
            biases: vec![],
            multipliers: vec![],
            zero: 0,
            relu: false,
            accumulate: false,
        });
        Ok(output)
    }

    /// Raw views of the samples `columns` for `readers`, shared with earlier ones of the same samples and range.
    fn raw_view(&mut self, readers: &[Reader<'_>], columns: Range<usize>) -> Result<Vec<Open>, QuantizeError> {
        let (clip_bits, scales) = (self.clip_bits, self.model.normalization.raw_scales(&columns));
        // Multipliers stay within i32 and, so that the gain is the float network's own, have as many bits as there are.
        let largest = scales.iter().map(|scale| f64::from(scale.gain)).fold(f64::MIN_POSITIVE, f64::max);
        let room = 30 - i32::from(MULTIPLIER_BITS) - largest.log2().floor() as i32;
        let most = room.clamp(0, MOST_FRACTION_BITS.into()) as u8 + clip_bits;
        let range_bits = clip_bits.max(1)..=MOST_RANGE_BITS.min(most).max(clip_bits.max(1));
        let step = |bits: u8| 0.5f64.powi(i32::from(bits - clip_bits));
        let fitted = self.fit(readers, range_bits, step, SAMPLE_MEAN_SQUARE)?;
        let units = 2f64.powi(i32::from(MULTIPLIER_BITS + fitted.range_bits - clip_bits));
        let multiplier = |scale: &RawScale| (f64::from(scale.gain) * units).round() as i32;
        let views = |tensor: u8| {
            let view = move |scale: &RawScale| RawView {
                tensor,
                channel: scale.channel,
                mean: scale.mean as i16,
                multiplier: multiplier(scale),
            };
            scales.iter().map(view).collect::<Vec<_>>()
        };
        let known = self.raw_views.iter().map(|view| view.tensor).find(|tensor| {
            let of_tensor: Vec<RawView> =
                self.raw_views.iter().filter(|view| view.tensor == *tensor).copied().collect();
            of_tensor == views(*tensor) && self.tensors[usize::from(*tensor)].range_bits == fitted.range_bits
        });
        let input = match known {
            Some(tensor) => tensor,
            None => {
                let tensor = self.tensor(columns.len(), fitted.range_bits, fitted.step)?;
                self.raw_views.extend(views(tensor));
                tensor
            }
        };
        Ok(open(input, readers, fitted.rows))
    }

    /// What the layer at `place` computes.
    pub(super) fn op(&self, place: LayerPlace) -> LayerOp {
        let (trunk, branch, convolution, filters) = match place {
            LayerPlace::Depthwise { trunk, branch, convolution } => (trunk, branch, convolution, true),
            LayerPlace::Pointwise { trunk, branch, convolution } => (trunk, branch, convolution, false),
            _ => return LayerOp::Dense,
        };
        let branch = self.model.trunks.get(trunk).and_then(|trunk| trunk.branches.get(branch));
        let shape = branch.and_then(|branch| branch.front.as_ref()).map(FrontEnd::shape);
        let found = shape.as_ref().and_then(|shape| shape.each().nth(convolution));
        // The check of the network has counted all of them.
        found.map_or(LayerOp::Dense, |(form, channels, _)| {
            if filters {
                LayerOp::Depthwise { channels: channels as u16, kernel: form.kernel as u8, stride: form.stride as u8 }
            } else {
                LayerOp::Pointwise { channels: (channels * form.multiplier) as u16 }
            }
        })
    }
}
