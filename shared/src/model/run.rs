//! A model at work in an arena that the caller provides.

use core::fmt;

use super::Model;
use super::golden::{self, GoldenDifference, GoldenMismatch};
use super::header::{Channel, GoldenWindow};
use super::layer::{LayerWeights, ResolvedLayer};
use super::tensor::TensorSpan;
use crate::features::{Signal, extract_group};
use crate::kernels::reference::fully_connected;
use crate::quant::quantize_feature;
use crate::seq::Seq;

/// What a caller can get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunError {
    /// The arena is smaller than [`Model::arena_bytes`].
    ArenaTooSmall {
        /// Bytes needed.
        needed: u32,
        /// Bytes given.
        found: u32,
    },
    /// The window does not hold [`Model::window_len`] samples.
    WindowLength {
        /// Samples expected.
        expected: u32,
        /// Samples given.
        found: u32,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::ArenaTooSmall { needed, found } => {
                write!(f, "the model needs an arena of {needed} bytes, {found} were given")
            }
            RunError::WindowLength { expected, found } => {
                write!(f, "a window of this model holds {expected} samples, {found} were given")
            }
        }
    }
}

impl core::error::Error for RunError {}

/// The answer to one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inference<'r> {
    /// The features `[F]`, [`crate::features::MISSING`] where a source has no sample.
    pub features: &'r [f32],
    /// The outputs of all tasks in task order, one tensor after the other.
    pub outputs: &'r [i16],
}

/// Runs a model: features, then the trunk once, then every head and linear path.
#[derive(Debug)]
pub struct Runtime<'a, 'b> {
    model: Model<'a>,
    /// f32 `[F]`.
    features: &'b mut [f32],
    /// Scratch of the features first, then the tensors.
    work: &'b mut [u32],
}

impl<'a, 'b> Runtime<'a, 'b> {
    /// Takes a model and the memory that it works in; what lies beyond [`Model::arena_bytes`] is left alone.
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`].
    pub fn new(model: Model<'a>, arena: &'b mut [u32]) -> Result<Self, RunError> {
        let found = arena.len();
        let words = model.layout.words();
        let error = RunError::ArenaTooSmall { needed: model.arena_bytes(), found: found.saturating_mul(4) as u32 };
        let arena = arena.get_mut(..words).ok_or(error)?;
        let (features, work) = arena.split_at_mut_checked(model.layout.features).ok_or(error)?;
        Ok(Self { model, features: bytemuck::try_cast_slice_mut(features).unwrap_or_default(), work })
    }

    /// The model.
    pub fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// Answers one window.
    ///
    /// * `window`: i16 counts, [`i16::MIN`] where missing, one channel after the other, [`Model::window_len`] in all.
    ///
    /// # Errors
    /// [`RunError::WindowLength`], and nothing else.
    pub fn infer(&mut self, window: &[i16]) -> Result<Inference<'_>, RunError> {
        let expected = self.model.window_len();
        if window.len() != expected {
            return Err(RunError::WindowLength { expected: expected as u32, found: window.len() as u32 });
        }
        self.extract(window);
        let tensors: &mut [i16] = bytemuck::try_cast_slice_mut(self.work).unwrap_or_default();
        enter(&self.model, self.features, tensors);
        for layer in self.model.layers() {
            run_layer(&layer, tensors);
        }
        let outputs = tensors.get(self.model.outputs.clone()).unwrap_or_default();
        Ok(Inference { features: self.features, outputs })
    }

    /// What the elements of tensor `index` of the header hold since the last [`Runtime::infer`]: the activations inside the network,
    /// for tools. Empty where there is no such tensor.
    pub fn tensor(&self, index: u8) -> &[i16] {
        let tensors: &[i16] = bytemuck::try_cast_slice(self.work).unwrap_or_default();
        self.model.tensors.get(index).and_then(|span| tensors.get(span.range())).unwrap_or_default()
    }

    /// Runs every golden window and compares features and outputs, each to the bit.
    ///
    /// * `window`: a buffer of [`Model::window_len`] samples, overwritten.
    ///
    /// # Errors
    /// The first difference.
    pub fn self_test(&mut self, window: &mut [i16]) -> Result<(), GoldenMismatch> {
        let header = self.model.header;
        for (index, golden) in (0u8..).zip(header.golden.iter()) {
            let differs = |what, position| GoldenMismatch { index, what, position };
            match golden.window {
                GoldenWindow::Recorded(bytes) => {
                    for (sample, count) in window.iter_mut().zip(counts(bytes)) {
                        *sample = count;
                    }
                }
                GoldenWindow::Generated { seed } => golden::generate(seed, &header.channels, window),
            }
            let needed = self.model.window_len() as u32;
            let Ok(answer) = self.infer(window) else {
                return Err(differs(GoldenDifference::Buffer, needed));
            };
            let features = golden.features.chunks_exact(4).map(|bytes| bytes.try_into().map_or(0, u32::from_le_bytes));
            let outputs = counts(golden.outputs);
            if let Some(position) = difference(answer.features.iter().map(|feature| feature.to_bits()), features) {
                return Err(differs(GoldenDifference::Feature, position));
            }
            if let Some(position) = difference(answer.outputs.iter().copied(), outputs) {
                return Err(differs(GoldenDifference::Output, position));
            }
        }
        Ok(())
    }

    fn extract(&mut self, window: &[i16]) {
        let channels = self.model.header.channels;
        let mut rest = &mut *self.features;
        for group in self.model.header.plan.iter() {
            let written = extract_group(&group, |channel| signal(&channels, channel, window), self.work, rest);
            rest = rest.get_mut(written..).unwrap_or_default();
        }
    }
}

/// The samples of a channel.
fn signal<'w>(channels: &Seq<'_, Channel<'_>>, index: u8, window: &'w [i16]) -> Option<Signal<'w>> {
    let mut start = 0usize;
    let mut channels = channels.iter();
    for channel in channels.by_ref().take(usize::from(index)) {
        start = start.saturating_add(usize::from(channel.samples));
    }
    let Channel { samples, rate_mhz, code, .. } = channels.next()?;
    let counts = window.get(start..start.saturating_add(usize::from(samples)))?;
    Some(Signal::new(counts, code.scale, code.offset, rate_mhz))
}

/// The first position at which two sequences of one length differ.
fn difference<T: PartialEq>(found: impl Iterator<Item = T>, expected: impl Iterator<Item = T>) -> Option<u32> {
    (0u32..).zip(found.zip(expected)).find(|(_, (found, expected))| found != expected).map(|(position, _)| position)
}

fn counts(bytes: &[u8]) -> impl Iterator<Item = i16> + '_ {
    bytes.chunks_exact(2).map(|bytes| bytes.try_into().map_or(0, i16::from_le_bytes))
}

/// Standardises every view's features into its tensor.
fn enter(model: &Model<'_>, features: &[f32], tensors: &mut [i16]) {
    for (view, span) in model.views() {
        let inputs = tensors.get_mut(span.range()).unwrap_or_default();
        let from = usize::from(view.first)..;
        let features = features.get(from.clone()).unwrap_or_default();
        let means = model.means.get(from.clone()).unwrap_or_default();
        let gains = model.gains.get(from).unwrap_or_default();
        for (((input, &feature), &mean), &gain) in inputs.iter_mut().zip(features).zip(means).zip(gains) {
            *input = quantize_feature(feature, mean, gain, view.fraction_bits, span.range_bits);
        }
    }
}

fn run_layer(layer: &ResolvedLayer<'_>, tensors: &mut [i16]) {
    let spans: [TensorSpan; 2] = [layer.input, layer.output];
    let Ok([input, output]) = tensors.get_disjoint_mut(spans.map(|span| span.range())) else {
        return;
    };
    let ResolvedLayer { biases, multipliers, stage, .. } = *layer;
    match layer.weights {
        LayerWeights::I8(weights) => fully_connected(input, weights, biases, multipliers, stage, output),
        LayerWeights::I16(weights) => fully_connected(input, weights, biases, multipliers, stage, output),
    }
}
