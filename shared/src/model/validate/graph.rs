//! The network: tensors in their places, views, and layers in an order in which every one reads what is there.
//!
//! Memory is shared: a tensor whose memory another one takes is gone. `Live` follows, layer by layer, which tensors hold what was
//! written to them; a layer that reads one that does not is refused, so that no plan of the memory can do harm.

use super::layers;
use super::ops::{self, MAX_CONVOLUTION_MACS};
use crate::kernels::{SLOT_ELEMENTS, padded};
use crate::model::header::{DeviceHeader, View};
use crate::model::layer::{ResolvedLayer, resolve};
use crate::model::record::{LAYER_WORDS, Layer, LayerRole, TensorSpan, is_left_out};
use crate::model::tensor::{ArenaLayout, MAX_ACTIVATIONS, MAX_TENSORS, TensorTable};
use crate::model::{ModelError, OpRule, RawViewRule};
use crate::rolled::rolled;

/// Elements, ranges and ends of the tensors; the elements of the activations, up to the end of the last slot.
pub(super) fn check_tensors(tensors: TensorTable<'_>) -> Result<usize, ModelError> {
    let mut activations = 0;
    for (index, span) in rolled((0u8..).zip(tensors.iter())) {
        if span.elements == 0 {
            return Err(ModelError::TensorEmpty { tensor: index });
        }
        if !(1..=15).contains(&span.range_bits) {
            return Err(ModelError::TensorRange { tensor: index, found: span.range_bits });
        }
        activations = activations.max(span.slot().end);
    }
    if activations > MAX_ACTIVATIONS as usize {
        return Err(ModelError::TensorMemory { limit: MAX_ACTIVATIONS });
    }
    Ok(activations)
}

/// Checks views and layers; the words that the hungriest kernel works in.
pub(super) fn check(
    header: &DeviceHeader<'_>,
    tensors: TensorTable<'_>,
    records: &[[u32; LAYER_WORDS]],
    section: &[u32],
) -> Result<usize, ModelError> {
    let mut live = Live::new(tensors);
    header.views.try_each(|index, view| check_view(index, view, header.feature_count, &mut live))?;
    check_raw_views(header, &mut live)?;
    let mut kernel_words = 0;
    let mut macs = 0u32;
    let mut trunk = true;
    for (index, words) in (0u8..).zip(records) {
        if is_left_out(words) {
            return Err(ModelError::LayerOp { layer: index, rule: OpRule::LeftOut });
        }
        let layer = Layer::from_words(words).filter(|layer| layer.is_exact(words));
        let layer = layer.ok_or(ModelError::LayerRecord { layer: index })?;
        let period = check_tasks(index, &layer, header, &mut trunk)?;
        let resolved = resolve(index, &layer, header.layout, tensors, section)?;
        ops::check(index, &layer, &resolved, live.state(layer.input).channels, live.state(layer.output).channels)?;
        check_flow(index, &layer, &resolved, period, &mut live)?;
        layers::check(index, &resolved)?;
        macs = macs.saturating_add(ops::macs(&resolved));
        if macs > MAX_CONVOLUTION_MACS {
            return Err(ModelError::ConvolutionWork { high: MAX_CONVOLUTION_MACS, found: macs });
        }
        kernel_words = kernel_words.max(ArenaLayout::kernel_words(header.layout, layer.op, resolved.columns()));
    }
    let tensors = live.tensors.len();
    if let Some(tensor) = (0..tensors).find(|&tensor| !live.state(tensor).ever) {
        return Err(ModelError::TensorUnwritten { tensor });
    }
    // Checked against the number of tensors in `tasks`.
    let outputs = tensors.saturating_sub(header.tasks.len() as u8)..tensors;
    match outputs.into_iter().find(|&tensor| !live.state(tensor).holds) {
        Some(tensor) => Err(ModelError::OutputOverwritten { tensor }),
        None => Ok(kernel_words),
    }
}

/// What is known of a tensor after the layers so far; of one that nothing has written, zeros.
#[derive(Clone, Copy, Default)]
struct State {
    /// Whether it holds what was written to it.
    holds: bool,
    /// Whether anything was ever written to it.
    ever: bool,
    /// Windows from one writing to the next.
    period: u16,
    /// Its channels, where a convolution has written it position by position; 0 elsewhere.
    channels: u16,
}

struct Live<'a> {
    states: [State; MAX_TENSORS],
    tensors: TensorTable<'a>,
}

impl<'a> Live<'a> {
    fn new(tensors: TensorTable<'a>) -> Self {
        Self { states: [State::default(); MAX_TENSORS], tensors }
    }

    #[inline(never)]
    fn state(&self, tensor: u8) -> State {
        self.states.get(usize::from(tensor)).copied().unwrap_or_default()
    }

    /// Notes that `count` tensors from `first` on are written, with everything up to the end of their slot.
    #[inline(never)]
    fn write(&mut self, first: u8, count: u8, period: u16) {
        let run = self.tensors.run(first, count).unwrap_or_default();
        let start = run.get(0).map_or(0, |span| usize::from(span.start));
        let end = start.saturating_add(padded(rolled(run.iter()).map(|span| usize::from(span.elements)).sum()));
        for (index, (span, state)) in (0u8..).zip(self.tensors.iter().zip(&mut self.states)) {
            if index.checked_sub(first).is_some_and(|step| step < count) {
                *state = State { holds: true, ever: true, period, ..*state };
            } else if span.range().start < end && start < span.range().end {
                state.holds = false;
            }
        }
    }
}

#[inline(never)]
fn task_period(header: &DeviceHeader<'_>, task: u8) -> u16 {
    header.tasks.get(task.into()).map_or(1, |task| task.period)
}

fn check_view(index: u8, view: &View, features: u16, live: &mut Live<'_>) -> Result<(), ModelError> {
    let tensors = live.tensors;
    let Some(span) = tensors.get(view.tensor) else {
        return Err(ModelError::ViewTensor { view: index, tensors: tensors.len(), found: view.tensor });
    };
    let (first, elements) = (view.first, span.elements);
    if first.checked_add(elements).is_none_or(|end| end > features) {
        return Err(ModelError::ViewFeatures { view: index, features, first, elements });
    }
    if view.fraction_bits > 14 {
        return Err(ModelError::ViewFraction { view: index, found: view.fraction_bits });
    }
    if live.state(view.tensor).ever {
        return Err(ModelError::ViewRewrites { view: index });
    }
    live.write(view.tensor, 1, 1);
    Ok(())
}

/// The raw views of a tensor stand one after the other, and the channels that they read fill it.
fn check_raw_views(header: &DeviceHeader<'_>, live: &mut Live<'_>) -> Result<(), ModelError> {
    // The tensor that is being filled, samples of each of its channels, and its elements that are left.
    let (mut tensor, mut samples, mut left) = (0, 0, 0u16);
    let mut last = 0;
    if !cfg!(feature = "convolution") {
        let rule = RawViewRule::LeftOut;
        return if header.raw_views.is_empty() { Ok(()) } else { Err(ModelError::RawView { view: 0, rule }) };
    }
    for (index, view) in (0u8..).zip(header.raw_views.iter()) {
        let broken = |rule| Err(ModelError::RawView { view: index, rule });
        let Some(span) = live.tensors.get(view.tensor) else { return broken(RawViewRule::Tensor) };
        let Some(channel) = header.channels.get(view.channel.into()) else { return broken(RawViewRule::Channel) };
        if view.multiplier < 0 {
            return broken(RawViewRule::Multiplier);
        }
        if left == 0 {
            if live.state(view.tensor).ever {
                return broken(RawViewRule::Rewrites);
            }
            live.write(view.tensor, 1, 1);
            (tensor, samples, left) = (view.tensor, channel.samples, span.elements);
        }
        match left.checked_sub(channel.samples) {
            Some(rest) if view.tensor == tensor && channel.samples == samples => left = rest,
            _ => return broken(RawViewRule::Samples),
        }
        last = index;
    }
    if left == 0 { Ok(()) } else { Err(ModelError::RawView { view: last, rule: RawViewRule::Samples }) }
}

/// Checks what the layer is for; the period of its tasks.
fn check_tasks(index: u8, layer: &Layer, header: &DeviceHeader<'_>, trunk: &mut bool) -> Result<u16, ModelError> {
    let (LayerRole::Head(first) | LayerRole::Linear(first)) = layer.role else {
        return if *trunk { Ok(1) } else { Err(ModelError::LayerOrder { layer: index }) };
    };
    *trunk = false;
    let tasks = header.tasks.len() as u8;
    let last = first.saturating_add(layer.tensors.saturating_sub(1));
    if last >= tasks {
        return Err(ModelError::LayerTask { layer: index, tasks, found: last });
    }
    let period = task_period(header, first);
    let differs = (first..last).any(|task| task_period(header, task.wrapping_add(1)) != period);
    if differs { Err(ModelError::LayerPeriods { layer: index }) } else { Ok(period) }
}

fn check_flow(
    index: u8,
    layer: &Layer,
    resolved: &ResolvedLayer<'_>,
    period: u16,
    live: &mut Live<'_>,
) -> Result<(), ModelError> {
    let tensors = live.tensors;
    let (input, output) = (resolved.input, resolved.output);
    let run = tensors.run(layer.output, layer.tensors);
    if !run.is_some_and(|run| is_whole(run, output.elements)) {
        return Err(ModelError::LayerRun { layer: index });
    }
    let off_slot = |span: TensorSpan| !usize::from(span.start).is_multiple_of(SLOT_ELEMENTS);
    if off_slot(input) {
        return Err(ModelError::TensorPlace { tensor: layer.input });
    }
    if off_slot(output) {
        return Err(ModelError::TensorPlace { tensor: layer.output });
    }
    if output.slot().start < input.slot().end && input.slot().start < output.slot().end {
        return Err(ModelError::LayerInPlace { layer: index });
    }
    let read = live.state(layer.input);
    if !read.holds {
        return Err(ModelError::LayerReadsUnwritten { layer: index, tensor: layer.input });
    }
    if !u32::from(period).is_multiple_of(u32::from(read.period.max(1))) {
        return Err(ModelError::LayerReadsSeldom { layer: index, tensor: layer.input });
    }
    for tensor in (layer.output..).take(usize::from(layer.tensors)) {
        let held = live.state(tensor);
        if layer.accumulate && (!held.holds || held.period != period) {
            return Err(ModelError::LayerAccumulatesUnwritten { layer: index, tensor });
        }
        if !layer.accumulate && held.ever {
            return Err(ModelError::LayerRewrites { layer: index, tensor });
        }
    }
    if layer.accumulate && layer.zero != 0 {
        return Err(ModelError::LayerZero { layer: index, found: layer.zero });
    }
    live.write(layer.output, layer.tensors, period);
    if let Some(state) = live.states.get_mut(usize::from(layer.output)) {
        state.channels = ops::channels_written(layer);
    }
    Ok(())
}

/// Whether the tensors that a layer writes lie back to back, have one range and hold as many elements as it has outputs.
fn is_whole(run: TensorTable<'_>, elements: u16) -> bool {
    let first = run.get(0).unwrap_or_default();
    let mut rows = 0u32;
    let in_place = rolled(run.iter()).all(|span| {
        let place = u32::from(first.start).wrapping_add(rows);
        // At most 64 tensors of at most 65535 elements.
        rows = rows.wrapping_add(u32::from(span.elements));
        u32::from(span.start) == place && span.range_bits == first.range_bits
    });
    in_place && rows == u32::from(elements)
}
