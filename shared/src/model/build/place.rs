//! Where every tensor lies: memory is given to others as soon as nothing reads it any more.
//!
//! Largest first, each at the lowest place at which nothing that lives at the same time lies: "greedy by size" of Pisarchyk and
//! Lee, Efficient Memory Management for Deep Neural Net Inference, 2020.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::fuse::{Run, neighbours};
use super::{BuildError, ImageBuilder, LayerSpec};
use crate::kernels::padded;
use crate::model::TensorSpan;
use crate::model::header::Layout;
use crate::model::tensor::{ArenaLayout, MAX_ACTIVATIONS};

/// Tensors that lie back to back.
struct Stretch {
    tensors: core::ops::Range<usize>,
    elements: usize,
    /// From the step in which the first of them is written (the views' is 0, a layer's its index + 1) to the last that reads one.
    lives: RangeInclusive<usize>,
}

/// Gives every tensor of `model`, whose layers are joined to `runs`, its place.
///
/// # Errors
/// [`BuildError::TooMany`] where they do not fit.
pub(super) fn place(model: &ImageBuilder, runs: &[Run<'_>]) -> Result<Vec<TensorSpan>, BuildError> {
    let lives = lives(model, runs);
    let mut stretches: Vec<Stretch> = neighbours(model, runs)
        .into_iter()
        .map(|tensors| {
            let members = || lives.get(tensors.clone()).unwrap_or_default().iter();
            let first = members().map(|lives| *lives.start()).min().unwrap_or(0);
            let last = members().map(|lives| *lives.end()).max().unwrap_or(0);
            let elements = model.tensors[tensors.clone()].iter().map(|tensor| usize::from(tensor.elements)).sum();
            Stretch { tensors, elements: padded(elements), lives: first..=last }
        })
        .collect();
    // A stable sort: among equals the first in the header goes first.
    stretches.sort_by_key(|stretch| core::cmp::Reverse(stretch.elements));
    let mut placed: Vec<(usize, Stretch)> = Vec::new();
    for stretch in stretches {
        let mut taken: Vec<_> = placed
            .iter()
            .filter(|(_, other)| {
                other.lives.start() <= stretch.lives.end() && stretch.lives.start() <= other.lives.end()
            })
            .map(|(start, other)| *start..*start + other.elements)
            .collect();
        taken.sort_by_key(|range| range.start);
        let start = taken
            .iter()
            .fold(0, |start, range| if start + stretch.elements <= range.start { start } else { start.max(range.end) });
        // A gap that was passed over by a later range that begins further up does not matter: `start` only grows past ranges that
        // it would have met.
        placed.push((start, stretch));
    }
    let mut spans = vec![TensorSpan::default(); model.tensors.len()];
    for (start, stretch) in placed {
        let mut start = start;
        for tensor in stretch.tensors {
            let shape = model.tensors[tensor];
            let end = start + usize::from(shape.elements);
            if padded(end) > MAX_ACTIVATIONS as usize {
                let limit = MAX_ACTIVATIONS as usize;
                return Err(BuildError::TooMany { what: "activations at one time", count: end, limit });
            }
            spans[tensor] = TensorSpan { start: start as u16, elements: shape.elements, range_bits: shape.range_bits };
            start = end;
        }
    }
    Ok(spans)
}

/// When each tensor lives.
fn lives(model: &ImageBuilder, runs: &[Run<'_>]) -> Vec<RangeInclusive<usize>> {
    let mut lives: Vec<Option<RangeInclusive<usize>>> = vec![None; model.tensors.len()];
    let mut touch = |tensor: usize, step: usize| {
        if let Some(lives) = lives.get_mut(tensor) {
            let first = lives.as_ref().map_or(step, |lives| *lives.start());
            *lives = Some(first..=step);
        }
    };
    let views = model.views.iter().map(|view| view.tensor);
    for tensor in views.chain(model.raw_views.iter().map(|view| view.tensor)) {
        touch(tensor.into(), 0);
    }
    for (step, run) in (1..).zip(runs) {
        for layer in run.layers {
            touch(layer.input.into(), step);
            touch(layer.output.into(), step);
        }
    }
    for output in model.tensors.len().saturating_sub(model.tasks.len())..model.tensors.len() {
        touch(output, runs.len() + 1);
    }
    lives.into_iter().map(|lives| lives.unwrap_or(0..=0)).collect()
}

/// What a model needs of the arena; its features work in `scratch` words.
pub(super) fn arena(
    model: &ImageBuilder,
    layout: Layout,
    tensors: &[TensorSpan],
    features: u16,
    scratch: usize,
) -> ArenaLayout {
    let elements = |input: u8| tensors.get(usize::from(input)).map_or(0, |span| span.elements);
    let outputs: usize = model.outputs().iter().map(|tensor| usize::from(tensor.elements)).sum();
    let columns = |layer: &LayerSpec| usize::from(layer.op.columns(elements(layer.input)));
    let kernels = model.layers.iter().map(|layer| ArenaLayout::kernel_words(layout, layer.op, columns(layer)));
    ArenaLayout {
        features: features.into(),
        outputs: outputs.div_ceil(2),
        scratch,
        activations: ArenaLayout::words_of(tensors.iter().map(|span| span.slot().end).max().unwrap_or(0)),
        kernel: kernels.max().unwrap_or(0),
    }
}
