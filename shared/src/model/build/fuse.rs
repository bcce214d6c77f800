//! Layers that can be run as one: the first layers of all heads on a trunk, the linear paths on one view.
//!
//! They read the same tensor, have the same kind of weights and the same output stage, and write tensors that follow each other
//! in the header and, placed back to back, in memory: then their rows are the rows of one layer.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::weights::WeightSection;
use super::{BuildError, ImageBuilder, LayerSpec, WeightSpec, bytes_of_counts, count};
use crate::kernels::{SLOT_ELEMENTS, depthwise};
use crate::model::header::Layout;
use crate::model::layer::Storage;
use crate::model::{Layer, LayerOp, LayerRole, TensorSpan, WeightKind};

/// Consecutive layers that are run as one; mostly one alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) layers: &'a [LayerSpec],
}

/// Joins the layers of `model` wherever that is possible.
pub(super) fn fuse(model: &ImageBuilder) -> Vec<Run<'_>> {
    // Between tensor i and i + 1: whether they may lie back to back.
    let mut joinable = vec![true; model.tensors.len()];
    loop {
        let runs: Vec<Run<'_>> =
            model.layers.chunk_by(|a, b| fits(model, &joinable, a, b)).map(|layers| Run { layers }).collect();
        match first_off_slot(model, &runs) {
            Some(tensor) => joinable[tensor] = false,
            None => return runs,
        }
    }
}

/// Whether `b` can be run with `a`, which stands before it.
fn fits(model: &ImageBuilder, joinable: &[bool], a: &LayerSpec, b: &LayerSpec) -> bool {
    let range = |layer: &LayerSpec| model.tensors.get(usize::from(layer.output)).map(|tensor| tensor.range_bits);
    let period =
        |role: LayerRole| role.task().and_then(|task| model.tasks.get(usize::from(task))).map(|task| task.period);
    (a.op, b.op) == (LayerOp::Dense, LayerOp::Dense)
        && a.input == b.input
        && (a.relu, a.accumulate, a.zero) == (b.relu, b.accumulate, b.zero)
        && a.weights.kind() == b.weights.kind()
        && a.output.checked_add(1) == Some(b.output)
        && joinable.get(usize::from(a.output)) == Some(&true)
        && range(a) == range(b)
        && a.role.after(1) == b.role
        && period(a.role) == period(b.role)
}

/// The tensors that lie back to back because a run writes them, as ranges of indices that cover all tensors.
pub(super) fn neighbours(model: &ImageBuilder, runs: &[Run<'_>]) -> Vec<Range<usize>> {
    let mut joined = vec![false; model.tensors.len()];
    for run in runs {
        for layer in run.layers.iter().rev().skip(1) {
            if let Some(joined) = joined.get_mut(usize::from(layer.output)) {
                *joined = true;
            }
        }
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for tensor in 0..joined.len() {
        match ranges.last_mut() {
            Some(range) if joined[tensor - 1] => range.end = tensor + 1,
            _ => ranges.push(tensor..tensor + 1),
        }
    }
    ranges
}

/// The tensor after which a join has to be undone: the next one would begin off a slot although a layer reads it or begins to write
/// there, or a layer stops writing there.
fn first_off_slot(model: &ImageBuilder, runs: &[Run<'_>]) -> Option<usize> {
    let mut begins = vec![false; model.tensors.len() + 1];
    for run in runs {
        let ends = run.layers.last().map_or(0, |layer| usize::from(layer.output) + 1);
        let starts = run.layers.iter().map(|layer| usize::from(layer.input));
        let starts = starts.chain(run.layers.first().map(|layer| usize::from(layer.output))).chain([ends]);
        for tensor in starts {
            if let Some(begins) = begins.get_mut(tensor) {
                *begins = true;
            }
        }
    }
    neighbours(model, runs).into_iter().find_map(|range| {
        let mut place = 0;
        range.clone().find_map(|tensor| {
            let is_off = begins[tensor] && place % SLOT_ELEMENTS != 0;
            place += usize::from(model.tensors[tensor].elements);
            is_off.then(|| tensor - 1)
        })
    })
}

impl Run<'_> {
    /// Lays the run's numbers out and gives its record.
    ///
    /// # Errors
    /// [`BuildError::TooMany`].
    pub(super) fn encode(
        &self,
        layout: Layout,
        tensors: &[TensorSpan],
        section: &mut WeightSection,
    ) -> Result<Layer, BuildError> {
        let Some(first) = self.layers.first() else {
            return Err(BuildError::TooMany { what: "layers in a run", count: 0, limit: 0 });
        };
        let kind = first.weights.kind();
        let biases: Vec<i32> = self.layers.iter().flat_map(|layer| layer.biases.iter().copied()).collect();
        let multipliers: Vec<i32> = self.layers.iter().flat_map(|layer| layer.multipliers.iter().copied()).collect();
        let weights: Vec<i16> = self.layers.iter().flat_map(|layer| layer.weights.widened()).collect();
        let inputs = tensors.get(usize::from(first.input)).map_or(0, |span| span.elements);
        let columns = usize::from(first.op.columns(inputs));
        let (weight_offset, bias_offset, multiplier_offset) = match layout.storage(first.op) {
            Storage::Nothing => (0, 0, 0),
            Storage::Plain => {
                let bias_offset = section.intern_words(biases.iter().map(|&bias| bias as u32));
                let multiplier_offset = section.intern_words(multipliers.iter().map(|&multiplier| multiplier as u32));
                (section.intern(plain(kind, &weights, columns)), bias_offset, multiplier_offset)
            }
            Storage::Packed(packing) => {
                let stream = packing.pack(kind, columns, &weights, &biases, &multipliers);
                (section.intern_words(stream), 0, 0)
            }
            Storage::Taps => {
                let stream = depthwise::m4::pack(columns, &weights, &biases, &multipliers);
                (section.intern_words(stream), 0, 0)
            }
        };
        Ok(Layer {
            op: first.op,
            role: first.role,
            input: first.input,
            output: first.output,
            // At most MAX_TENSORS.
            tensors: self.layers.len() as u8,
            rows: count("outputs of a layer", self.layers.iter().map(LayerSpec::rows).sum())?,
            weights: kind,
            weight_offset,
            bias_offset,
            multiplier_offset,
            zero: first.zero,
            relu: first.relu,
            accumulate: first.accumulate,
        })
    }
}

/// The bytes of row-major weights in the plain layout.
fn plain(kind: WeightKind, weights: &[i16], columns: usize) -> Vec<u8> {
    match WeightSpec::of(kind, weights) {
        WeightSpec::I8(weights) => weights.iter().map(|&weight| weight as u8).collect(),
        WeightSpec::I16(weights) => bytes_of_counts(&weights),
        WeightSpec::I4(weights) => {
            let byte = |pair: &[i8]| pair.first().map_or(0, |low| low & 15) | pair.get(1).map_or(0, |high| high << 4);
            weights.chunks(columns.max(1)).flat_map(|row| row.chunks(2).map(|pair| byte(pair) as u8)).collect()
        }
    }
}
