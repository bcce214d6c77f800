//! The integer network while it is laid down, tensor after tensor.

use std::ops::Range;

use trunkline_shared::model::build::{LayerSpec, WeightSpec};
use trunkline_shared::model::{LayerRole, MAX_TENSORS, RawView, Tensor, View, WeightKind};

use super::network::OutputScale;
use super::range::{FittedTensor, MOST_RANGE_BITS, Reader, fit_tensor};
use super::rows::{IntegerRows, ScaledRows, bound_bits};
use super::{Calibration, QuantizeError, check};
use crate::config::ReadOf;
use crate::model::{FloatModel, LayerPlace};

/// Most fraction bits of a view.
pub(super) const MOST_FRACTION_BITS: u8 = 14;

/// A layer and the tensor it reads; where it writes is not known yet.
pub(super) struct Open {
    pub(super) input: u8,
    pub(super) place: LayerPlace,
    /// The first of the float layer's columns that it has.
    pub(super) first_column: usize,
    pub(super) rows: ScaledRows,
}

/// Where a layer writes, and how.
pub(super) struct Writes {
    pub(super) role: LayerRole,
    pub(super) output: u8,
    /// Network units a count of the output.
    pub(super) step: f64,
    pub(super) relu: bool,
    pub(super) accumulate: bool,
}

/// Which float layer became an integer one, and what its counts are worth.
pub(super) struct Laid {
    /// `None` of a pool, which has no weights.
    pub(super) place: Option<LayerPlace>,
    /// The first of the float layer's columns that it has.
    pub(super) first_column: usize,
    /// Network units a count of each row's weights.
    pub(super) scales: Vec<f64>,
}

/// The integer network so far.
pub(super) struct Draft<'m> {
    pub(super) model: &'m FloatModel,
    pub(super) calibration: &'m Calibration,
    /// log2 of the clip.
    pub(super) clip_bits: u8,
    /// Weight kind of each task's linear path.
    linear_kinds: Vec<WeightKind>,
    /// The ranges chosen, in the order of the choices.
    pub(super) ranges: Vec<u8>,
    /// Ranges to take in place of choices.
    chosen: &'m [u8],
    pub(super) tensors: Vec<Tensor>,
    /// What a count of each tensor is worth in network units.
    pub(super) steps: Vec<f64>,
    pub(super) views: Vec<View>,
    pub(super) raw_views: Vec<RawView>,
    pub(super) layers: Vec<LayerSpec>,
    /// Of each of `layers`.
    pub(super) laid: Vec<Laid>,
    pub(super) outputs: Vec<OutputScale>,
}

impl<'m> Draft<'m> {
    /// Nothing yet of `model`, checked; `linear_bits` holds 8 or 16 for each task.
    pub(super) fn new(
        model: &'m FloatModel,
        calibration: &'m Calibration,
        linear_bits: &[u8],
    ) -> Result<Self, QuantizeError> {
        let clip_bits = check::float_model(model, calibration)?;
        let linear_kinds = check::linear_kinds(model, linear_bits)?;
        Ok(Self {
            model,
            calibration,
            clip_bits,
            linear_kinds,
            ranges: vec![],
            chosen: &[],
            tensors: vec![],
            steps: vec![],
            views: vec![],
            raw_views: vec![],
            layers: vec![],
            laid: vec![],
            outputs: vec![],
        })
    }

    /// The same where the ranges of an earlier draft of a like network, `chosen`, are taken in place of choices.
    pub(super) fn with_ranges(self, chosen: &'m [u8]) -> Self {
        Self { chosen, ..self }
    }

    /// What a layer reads its tensor as: `place` in the float network.
    pub(super) fn reader(&self, place: LayerPlace) -> Option<Reader<'m>> {
        let (dense, op) = (self.model.layer(place)?, self.op(place));
        Some(Reader { place, dense, op, kind: self.kind(place), first_column: 0 })
    }

    /// Kind of a layer's weights. Outputs have the widest range that there is, too wide for accumulators of 8-bit weights: what reads them
    /// has 16 bits.
    pub(super) fn kind(&self, place: LayerPlace) -> WeightKind {
        let of_output = |task: usize, read: usize| {
            let read = self.model.heads.get(task).and_then(|head| head.reads.get(read));
            read.is_some_and(|read| read.of == ReadOf::Output)
        };
        match place {
            LayerPlace::Linear { task } => self.linear_kinds.get(task).copied().unwrap_or(WeightKind::I16),
            LayerPlace::Read { task, read } if of_output(task, read) => WeightKind::I16,
            LayerPlace::Depthwise { .. } => WeightKind::I8,
            _ if self.model.narrow.contains(&place) => WeightKind::I4,
            _ => WeightKind::I8,
        }
    }

    /// A tensor for `readers`: see [`fit_tensor`].
    pub(super) fn fit(
        &mut self,
        readers: &[Reader<'_>],
        range_bits: std::ops::RangeInclusive<u8>,
        step: impl Fn(u8) -> f64,
        mean_square: f64,
    ) -> Result<FittedTensor, QuantizeError> {
        let range_bits = self.chosen.get(self.ranges.len()).map_or(range_bits, |bits| *bits..=*bits);
        let fitted = fit_tensor(readers, range_bits, step, mean_square).map_err(|widest| self.too_wide(widest))?;
        self.ranges.push(fitted.range_bits);
        Ok(fitted)
    }

    /// The error where `widest` cannot stay within its bound.
    pub(super) fn too_wide(&self, widest: Option<&Reader<'_>>) -> QuantizeError {
        QuantizeError::Accumulator {
            place: widest.map_or_else(String::new, |reader| reader.place.describe(self.model)),
            inputs: widest.map_or(0, |reader| reader.dense.inputs),
            bound_bits: widest.map_or(0, |reader| bound_bits(reader.op, reader.kind)),
        }
    }

    /// A view of the features `features` for `readers`, shared with an earlier one of the same features and range.
    pub(super) fn view(&mut self, readers: &[Reader<'_>], features: Range<usize>) -> Result<Vec<Open>, QuantizeError> {
        let clip_bits = self.clip_bits;
        let range_bits = clip_bits.max(1)..=MOST_RANGE_BITS.min(MOST_FRACTION_BITS + clip_bits);
        let step = |bits: u8| 0.5f64.powi(i32::from(bits - clip_bits));
        let mean_square = self.calibration.feature_mean_square;
        let fitted = self.fit(readers, range_bits, step, mean_square)?;
        let fraction_bits = fitted.range_bits - clip_bits;
        // Both fit: `check` has counted the features.
        let (first, elements) = (features.start as u16, features.len());
        let same = |view: &&View| {
            let length = usize::from(self.tensors[usize::from(view.tensor)].elements);
            (view.first, length, view.fraction_bits) == (first, elements, fraction_bits)
        };
        let input = match self.views.iter().find(same) {
            Some(view) => view.tensor,
            None => {
                let tensor = self.tensor(elements, fitted.range_bits, fitted.step)?;
                self.views.push(View { tensor, first, fraction_bits });
                tensor
            }
        };
        Ok(open(input, readers, fitted.rows))
    }

    /// A further tensor, a count of which is worth `step`.
    pub(super) fn tensor(&mut self, elements: usize, range_bits: u8, step: f64) -> Result<u8, QuantizeError> {
        let index = self.tensors.len();
        let too_many = |what, found, limit| Err(QuantizeError::TooMany { what, found, limit });
        if index >= MAX_TENSORS {
            return too_many("tensors", index + 1, MAX_TENSORS);
        }
        let Ok(elements) = u16::try_from(elements) else {
            return too_many("elements of one tensor", elements, usize::from(u16::MAX));
        };
        self.tensors.push(Tensor { elements, range_bits });
        self.steps.push(step);
        Ok(index as u8)
    }

    /// A further layer.
    pub(super) fn layer(&mut self, open: Open, writes: &Writes) {
        let IntegerRows { weights, biases, multipliers, scales } = open.rows.integers(writes.step);
        self.laid.push(Laid { place: Some(open.place), first_column: open.first_column, scales });
        self.layers.push(LayerSpec {
            op: open.rows.op(),
            role: writes.role,
            input: open.input,
            output: writes.output,
            weights: WeightSpec::of(open.rows.kind(), &weights),
            biases,
            multipliers,
            zero: 0,
            relu: writes.relu,
            accumulate: writes.accumulate,
        });
    }
}

/// The readers of tensor `input` with the rows that were fitted to them.
pub(super) fn open(input: u8, readers: &[Reader<'_>], rows: Vec<ScaledRows>) -> Vec<Open> {
    let open = |(reader, rows): (&Reader<'_>, ScaledRows)| Open {
        input,
        place: reader.place,
        first_column: reader.first_column,
        rows,
    };
    readers.iter().zip(rows).map(open).collect()
}
