//! A model at work in an arena that the caller provides.

use core::fmt;

use super::Model;
use super::golden::{self, GoldenDifference, GoldenMismatch};
use super::header::GoldenWindow;
use super::network::{ALL_TASKS, Network, TaskSet};
use super::samples::Samples;
use crate::features::{Signal, extract_group};
use crate::kernels::standardize::standardize;
use crate::quant::quantize_feature;

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
    /// The tasks that were due, bit by bit; the outputs of the others are those of their last answer.
    pub due: TaskSet,
}

/// Runs a model: features, then the trunks once, then every head and linear path that is due.
#[derive(Debug)]
pub struct Runtime<'a, 'b> {
    model: Model<'a>,
    network: Network<'a>,
    /// f32 `[F]`.
    features: &'b mut [f32],
    /// The outputs of all tasks; they outlive a window.
    outputs: &'b mut [i16],
    /// Scratch of the features first, then the activations and the kernels' scratch.
    work: &'b mut [u32],
    /// Windows counted so far: they tell which tasks are due.
    windows: u32,
}

impl<'a, 'b> Runtime<'a, 'b> {
    /// Takes a model and the memory that it works in; what lies beyond [`Model::arena_bytes`] is left alone.
    ///
    /// # Errors
    /// [`RunError::ArenaTooSmall`].
    pub fn new(model: Model<'a>, arena: &'b mut [u32]) -> Result<Self, RunError> {
        let found = arena.len();
        let layout = model.arena;
        let error = RunError::ArenaTooSmall { needed: model.arena_bytes(), found: found.saturating_mul(4) as u32 };
        let arena = arena.get_mut(..layout.words()).ok_or(error)?;
        let (features, rest) = arena.split_at_mut_checked(layout.features).ok_or(error)?;
        let (outputs, work) = rest.split_at_mut_checked(layout.outputs).ok_or(error)?;
        let outputs: &mut [i16] = bytemuck::try_cast_slice_mut(outputs).unwrap_or_default();
        let outputs = outputs.get_mut(..model.output_len()).ok_or(error)?;
        let features = bytemuck::try_cast_slice_mut(features).unwrap_or_default();
        Ok(Self { network: model.network(), model, features, outputs, work, windows: 0 })
    }

    /// The model.
    pub fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// Answers one window: the tasks whose period has come.
    ///
    /// * `window`: i16 counts, [`i16::MIN`] where missing, one channel after the other, [`Model::window_len`] in all.
    ///
    /// # Errors
    /// [`RunError::WindowLength`], and nothing else.
    pub fn infer(&mut self, window: &[i16]) -> Result<Inference<'_>, RunError> {
        let due = self.due();
        self.windows = self.windows.wrapping_add(1);
        self.answer(window, due)
    }

    /// Answers one window for every task, due or not; the window is not counted.
    ///
    /// # Errors
    /// As [`Runtime::infer`].
    pub fn infer_all(&mut self, window: &[i16]) -> Result<Inference<'_>, RunError> {
        self.answer(window, ALL_TASKS)
    }

    /// Like [`Runtime::infer_all`], and shows what happens inside: `observe` is given each tensor, by its index, when it is written.
    ///
    /// # Errors
    /// As [`Runtime::infer`].
    pub fn trace(&mut self, window: &[i16], mut observe: impl FnMut(u8, &[i16])) -> Result<Inference<'_>, RunError> {
        self.prepare(window)?;
        let views = self.model.header.views.iter().map(|view| view.tensor);
        // A tensor is shown once, with the last of its raw views.
        let mut raw = self.model.header.raw_views.iter().map(|view| view.tensor).peekable();
        let raw = core::iter::from_fn(|| raw.next().map(|tensor| (tensor, raw.peek() != Some(&tensor))));
        let raw = raw.filter_map(|(tensor, last)| last.then_some(tensor));
        for tensor in views.chain(raw) {
            observe(tensor, self.network.tensor(tensor, self.work));
        }
        self.network.run_observed(self.work, ALL_TASKS, observe);
        Ok(self.collect(ALL_TASKS))
    }

    /// Computes the features of one window, `[F]`, and nothing else: the first step of [`Runtime::infer`], for tools.
    ///
    /// # Errors
    /// As [`Runtime::infer`].
    pub fn features(&mut self, window: &[i16]) -> Result<&[f32], RunError> {
        self.extract(window)?;
        Ok(self.features)
    }

    fn answer(&mut self, window: &[i16], due: TaskSet) -> Result<Inference<'_>, RunError> {
        self.prepare(window)?;
        self.network.run(self.work, due);
        Ok(self.collect(due))
    }

    /// Fills the network's inputs.
    fn prepare(&mut self, window: &[i16]) -> Result<(), RunError> {
        self.extract(window)?;
        enter(&self.model, self.features, &self.network, self.work);
        if cfg!(feature = "convolution") {
            enter_raw(&self.model, window, &self.network, self.work);
        }
        Ok(())
    }

    /// The tasks that are due in the coming window.
    fn due(&self) -> TaskSet {
        let periods = self.model.header.tasks.iter().map(|task| u32::from(task.period));
        let due = |period: u32| self.windows.checked_rem(period).is_none_or(|rest| rest == 0);
        periods.zip(0u32..).fold(0, |set, (period, task)| set | u32::from(due(period)) << (task & 31))
    }

    /// Copies the outputs of the tasks in `due` to where they outlive the window, and gives the answer.
    fn collect(&mut self, due: TaskSet) -> Inference<'_> {
        let first = self.network.tensors.len().saturating_sub(self.model.header.tasks.len() as u8);
        let mut rest = &mut *self.outputs;
        for (task, tensor) in (0u32..).zip(first..self.network.tensors.len()) {
            let answer = self.network.tensor(tensor, self.work);
            let Some((outputs, others)) = core::mem::take(&mut rest).split_at_mut_checked(answer.len()) else { break };
            if due >> (task & 31) & 1 != 0 {
                for (output, &number) in outputs.iter_mut().zip(answer) {
                    *output = number;
                }
            }
            rest = others;
        }
        Inference { features: self.features, outputs: self.outputs, due }
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
            let Ok(answer) = self.infer_all(window) else {
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

    fn extract(&mut self, window: &[i16]) -> Result<(), RunError> {
        let expected = self.model.window_len();
        if window.len() != expected {
            return Err(RunError::WindowLength { expected: expected as u32, found: window.len() as u32 });
        }
        let mut samples = Samples::new(self.model.header.channels, window);
        let mut rest = &mut *self.features;
        self.model.header.plan.try_each(|_, group| {
            let written = extract_group(group, |channel| samples.channel(channel), self.work, rest);
            rest = core::mem::take(&mut rest).get_mut(written..).unwrap_or_default();
            Ok(())
        })
    }
}

/// The first position at which two sequences of one length differ.
fn difference<T: PartialEq>(found: impl Iterator<Item = T>, expected: impl Iterator<Item = T>) -> Option<u32> {
    (0u32..).zip(found.zip(expected)).find(|(_, (found, expected))| found != expected).map(|(position, _)| position)
}

fn counts(bytes: &[u8]) -> impl Iterator<Item = i16> + '_ {
    bytes.chunks_exact(2).map(|bytes| bytes.try_into().map_or(0, i16::from_le_bytes))
}

/// Standardises every view's features into its tensor.
fn enter(model: &Model<'_>, features: &[f32], network: &Network<'_>, work: &mut [u32]) {
    for (view, span) in model.views() {
        let inputs = network.tensor_mut(view.tensor, work);
        let from = usize::from(view.first)..;
        let features = features.get(from.clone()).unwrap_or_default();
        let means = model.means.get(from.clone()).unwrap_or_default();
        let gains = model.gains.get(from).unwrap_or_default();
        for (((input, &feature), &mean), &gain) in inputs.iter_mut().zip(features).zip(means).zip(gains) {
            *input = quantize_feature(feature, mean, gain, view.fraction_bits, span.range_bits);
        }
    }
}

/// Standardises every raw view's samples into its row.
fn enter_raw(model: &Model<'_>, window: &[i16], network: &Network<'_>, work: &mut [u32]) {
    let (mut tensor, mut first) = (None, 0usize);
    let mut samples = Samples::new(model.header.channels, window);
    for (view, span) in model.raw_views() {
        let Some(Signal { counts, .. }) = samples.channel(view.channel) else { return };
        first = if tensor == Some(view.tensor) { first } else { 0 };
        tensor = Some(view.tensor);
        let row = network.tensor_mut(view.tensor, work).get_mut(first..).unwrap_or_default();
        standardize(counts, view.mean, view.multiplier, span.range_bits, row);
        first = first.saturating_add(counts.len());
    }
}
