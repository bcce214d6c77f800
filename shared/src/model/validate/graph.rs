//! The network: tensors in their places, views, and layers in an order in which every one reads what is there.
//!
//! Memory is shared: a tensor whose memory another one takes is gone. `Live` follows, layer by layer, which tensors hold what was
//! written to them; a layer that reads one that does not is refused, so that no plan of the memory can do harm.

use super::layers;
use crate::kernels::{SLOT_ELEMENTS, padded};
use crate::model::ModelError;
use crate::model::header::{DeviceHeader, View};
use crate::model::layer::resolve;
use crate::model::record::{LAYER_WORDS, Layer, LayerRole, TensorSpan};
use crate::model::tensor::{ArenaLayout, MAX_ACTIVATIONS, MAX_TENSORS, TensorTable};

/// Elements, ranges and ends of the tensors.
pub(super) fn check_tensors(tensors: TensorTable<'_>) -> Result<(), ModelError> {
    for (index, span) in (0u8..).zip(tensors.iter()) {
        if span.elements == 0 {
            return Err(ModelError::TensorEmpty { tensor: index });
        }
        if !(1..=15).contains(&span.range_bits) {
            return Err(ModelError::TensorRange { tensor: index, found: span.range_bits });
        }
    }
    if tensors.activations() > MAX_ACTIVATIONS as usize {
        return Err(ModelError::TensorMemory { limit: MAX_ACTIVATIONS });
    }
    Ok(())
}

/// Checks views and layers; the words that the hungriest kernel works in.
pub(super) fn check(
    header: &DeviceHeader<'_>,
    tensors: TensorTable<'_>,
    records: &[[u32; LAYER_WORDS]],
    section: &[u32],
) -> Result<usize, ModelError> {
    let mut live = Live { holds: [false; MAX_TENSORS], ever: [false; MAX_TENSORS], periods: [1; MAX_TENSORS], tensors };
    for (index, view) in (0u8..).zip(header.views.iter()) {
        check_view(index, &view, header.feature_count, &mut live)?;
    }
    let mut kernel_words = 0;
    let mut trunk = true;
    for (index, words) in (0u8..).zip(records) {
        let layer = Layer::from_words(words).ok_or(ModelError::LayerRecord { layer: index })?;
        let period = check_tasks(index, &layer, header, &mut trunk)?;
        let resolved = resolve(index, &layer, header.layout, tensors, section)?;
        check_flow(index, &layer, period, &mut live)?;
        layers::check(index, &resolved)?;
        kernel_words = kernel_words.max(ArenaLayout::kernel_words(header.layout, resolved.columns()));
    }
    let tensors = || 0..live.tensors.len();
    if let Some(tensor) = tensors().find(|&tensor| !live.ever(tensor)) {
        return Err(ModelError::TensorUnwritten { tensor });
    }
    // Checked against the number of tensors in `tasks`.
    let outputs = tensors().skip(usize::from(live.tensors.len()).saturating_sub(header.tasks.len()));
    match outputs.clone().find(|&tensor| !live.holds(tensor)) {
        Some(tensor) => Err(ModelError::OutputOverwritten { tensor }),
        None => Ok(kernel_words),
    }
}

struct Live<'a> {
    holds: [bool; MAX_TENSORS],
    ever: [bool; MAX_TENSORS],
    /// Windows from one writing of a tensor to the next.
    periods: [u16; MAX_TENSORS],
    tensors: TensorTable<'a>,
}

impl Live<'_> {
    fn holds(&self, tensor: u8) -> bool {
        self.holds.get(usize::from(tensor)).copied().unwrap_or(false)
    }

    fn ever(&self, tensor: u8) -> bool {
        self.ever.get(usize::from(tensor)).copied().unwrap_or(false)
    }

    fn period(&self, tensor: u8) -> u16 {
        self.periods.get(usize::from(tensor)).copied().unwrap_or(1)
    }

    /// Notes that `count` tensors from `first` on are written, with everything up to the end of their slot.
    fn write(&mut self, first: u8, count: u8, period: u16) {
        let run = usize::from(first)..usize::from(first).saturating_add(usize::from(count));
        let spans = || self.tensors.iter().skip(run.start).take(run.len());
        let start = spans().next().map_or(0, |span| usize::from(span.start));
        let end = start.saturating_add(padded(spans().map(|span| usize::from(span.elements)).sum()));
        let states = self.holds.iter_mut().zip(&mut self.ever).zip(&mut self.periods);
        for ((index, span), ((holds, ever), written)) in self.tensors.iter().enumerate().zip(states) {
            if run.contains(&index) {
                (*holds, *ever, *written) = (true, true, period);
            } else if span.range().start < end && start < span.range().end {
                *holds = false;
            }
        }
    }
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
    if live.ever(view.tensor) {
        return Err(ModelError::ViewRewrites { view: index });
    }
    live.write(view.tensor, 1, 1);
    Ok(())
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
    let mut periods = header.tasks.iter().skip(usize::from(first)).take(usize::from(layer.tensors)).map(|t| t.period);
    let period = periods.next().unwrap_or(1);
    if periods.any(|other| other != period) { Err(ModelError::LayerPeriods { layer: index }) } else { Ok(period) }
}

fn check_flow(index: u8, layer: &Layer, period: u16, live: &mut Live<'_>) -> Result<(), ModelError> {
    let tensors = live.tensors;
    // `resolve` has found both.
    let input = tensors.get(layer.input).unwrap_or_default();
    let run = || tensors.iter().skip(usize::from(layer.output)).take(usize::from(layer.tensors));
    check_run(index, layer, run())?;
    let off_slot = |span: TensorSpan| !usize::from(span.start).is_multiple_of(SLOT_ELEMENTS);
    let output = run().next().unwrap_or_default();
    if off_slot(input) {
        return Err(ModelError::TensorPlace { tensor: layer.input });
    }
    if off_slot(output) {
        return Err(ModelError::TensorPlace { tensor: layer.output });
    }
    let written = TensorSpan { elements: layer.rows, ..output }.slot();
    let read = input.slot();
    if written.start < read.end && read.start < written.end {
        return Err(ModelError::LayerInPlace { layer: index });
    }
    if !live.holds(layer.input) {
        return Err(ModelError::LayerReadsUnwritten { layer: index, tensor: layer.input });
    }
    if !u32::from(period).is_multiple_of(u32::from(live.period(layer.input).max(1))) {
        return Err(ModelError::LayerReadsSeldom { layer: index, tensor: layer.input });
    }
    for tensor in (layer.output..).take(usize::from(layer.tensors)) {
        if layer.accumulate && (!live.holds(tensor) || live.period(tensor) != period) {
            return Err(ModelError::LayerAccumulatesUnwritten { layer: index, tensor });
        }
        if !layer.accumulate && live.ever(tensor) {
            return Err(ModelError::LayerRewrites { layer: index, tensor });
        }
    }
    if layer.accumulate && layer.zero != 0 {
        return Err(ModelError::LayerZero { layer: index, found: layer.zero });
    }
    live.write(layer.output, layer.tensors, period);
    Ok(())
}

/// The tensors that a layer writes are there, lie back to back, have one range and hold as many elements as it has outputs.
fn check_run(index: u8, layer: &Layer, run: impl Iterator<Item = TensorSpan>) -> Result<(), ModelError> {
    let (mut count, mut rows) = (0u8, 0u32);
    let mut first = None;
    for span in run {
        let first = *first.get_or_insert(span);
        if u32::from(span.start) != u32::from(first.start).wrapping_add(rows) || span.range_bits != first.range_bits {
            return Err(ModelError::LayerRun { layer: index });
        }
        // At most 64 tensors of at most 65535 elements.
        rows = rows.wrapping_add(u32::from(span.elements));
        count = count.wrapping_add(1);
    }
    let is_whole = count == layer.tensors && count > 0 && rows == u32::from(layer.rows);
    if is_whole { Ok(()) } else { Err(ModelError::LayerRun { layer: index }) }
}
