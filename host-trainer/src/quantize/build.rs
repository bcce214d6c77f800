//! From float layers to integer layers, tensor after tensor.

use std::ops::Range;

use trunkline_shared::model::build::{LayerSpec, WeightSpec};
use trunkline_shared::model::{LayerRole, MAX_TENSORS, TaskKind, Tensor, View, WeightKind};

use super::network::{OutputScale, QuantizedModel};
use super::range::{MOST_RANGE_BITS, Reader, fit_tensor};
use super::rows::{IntegerRows, ScaledRows};
use super::{ActivationRange, Calibration, QuantizeError, check, prove};
use crate::config::ReadOf;
use crate::model::{Dense, FloatModel, TaskHead, Trunk};

/// Room above the largest hidden activation of the training rows.
const HIDDEN_HEADROOM: f64 = 1.25;
/// Room above the largest output of the training rows.
const OUTPUT_HEADROOM: f64 = 2.0;
/// Room above the largest sum on the way to an output: each layer that adds to the output's tensor is limited to its range, so where
/// paths cancel out the sum before the last of them decides.
const SUM_HEADROOM: f64 = 1.1;
/// Most fraction bits of a view.
const MOST_FRACTION_BITS: u8 = 14;

/// Quantizes `model`, whose activations `calibration` has measured on training rows. `linear_bits` holds 8 or 16 for each task:
/// the width of its linear path's weights. Trunk and heads have 8.
///
/// # Errors
/// [`QuantizeError`]: numbers that are not finite, sizes that do not fit, and whatever the artifact's validator would refuse.
pub fn quantize(
    model: &FloatModel,
    calibration: &Calibration,
    linear_bits: &[u8],
) -> Result<QuantizedModel, QuantizeError> {
    let clip_bits = check::float_model(model, calibration)?;
    let kinds = check::linear_kinds(model, linear_bits)?;
    let mut draft =
        Draft { model, calibration, clip_bits, tensors: vec![], views: vec![], layers: vec![], outputs: vec![] };

    let trunk_inputs: Vec<_> =
        (0..model.trunks.len()).map(|trunk| draft.trunk_input(trunk)).collect::<Result<_, _>>()?;
    let mut linear_inputs = draft.linear_inputs(&kinds)?;
    let mut head_inputs: Vec<Option<Open>> = model.heads.iter().map(|_| None).collect();
    for (trunk, input) in trunk_inputs.into_iter().enumerate() {
        for (task, open) in draft.trunk(trunk, input)? {
            head_inputs[task] = Some(open);
        }
    }
    let mut reads: Reads = model.heads.iter().map(|head| head.reads.iter().map(|_| None).collect()).collect();
    for (task, input) in head_inputs.iter_mut().enumerate() {
        *input = input.take().map(|open| draft.hidden(task, open, &mut reads)).transpose()?;
    }
    draft.outputs()?;
    let tasks_layers = draft.layers.len();
    for task in model.order() {
        let head = head_inputs[task].take().into_iter().map(|open| (LayerRole::Head(task as u8), open));
        let linear = linear_inputs[task].take().into_iter().map(|open| (LayerRole::Linear(task as u8), open));
        let read =
            std::mem::take(&mut reads[task]).into_iter().flatten().map(|open| (LayerRole::Head(task as u8), open));
        let step = draft.task(task, head.chain(linear).chain(read).collect());
        draft.readers_of_output(task, step, &mut reads)?;
    }
    if model.heads.iter().all(|head| head.reads.is_empty()) {
        // First what every task writes, then what it adds: so layers that read one tensor stand together and can be run as one.
        draft.layers[tasks_layers..].sort_by_key(|layer| layer.accumulate);
    }

    let quantized = QuantizedModel {
        mean: model.normalization.mean.clone(),
        gain: model.normalization.gain.clone(),
        tensors: draft.tensors,
        views: draft.views,
        layers: draft.layers,
        outputs: draft.outputs,
    };
    prove::quantized_model(&quantized)?;
    Ok(quantized)
}

/// A layer and the tensor it reads; where it writes is not known yet.
pub(super) struct Open {
    pub(super) input: u8,
    pub(super) rows: ScaledRows,
}

/// What each task reads of others, in the order of its reads, which is that in which the float network adds them up.
type Reads = Vec<Vec<Option<Open>>>;

/// Where a layer writes, and how.
struct Writes {
    role: LayerRole,
    output: u8,
    /// Network units a count of the output.
    step: f64,
    relu: bool,
    accumulate: bool,
}

/// The integer network so far.
pub(super) struct Draft<'m> {
    pub(super) model: &'m FloatModel,
    pub(super) calibration: &'m Calibration,
    /// log2 of the clip.
    pub(super) clip_bits: u8,
    pub(super) tensors: Vec<Tensor>,
    pub(super) views: Vec<View>,
    pub(super) layers: Vec<LayerSpec>,
    pub(super) outputs: Vec<OutputScale>,
}

/// What reads the output of hidden layer `depth - 1` of a head (of the trunk at 0): the next hidden layer, or the last layer.
/// `None` without a head.
fn head_reader(head: &TaskHead, depth: usize) -> Option<Reader<'_>> {
    let last = head.head.as_ref()?;
    Some(match head.hidden.get(depth) {
        Some(dense) => Reader { place: check::hidden_place(&head.task, depth), dense },
        None => Reader { place: format!("the head of task \"{}\"", head.task), dense: last },
    })
}

impl<'m> Draft<'m> {
    /// The heads on trunk `trunk`: index of the task and what reads the trunk, the first hidden layer or else the last layer.
    fn heads_on(&self, trunk: usize) -> impl Iterator<Item = (usize, Reader<'m>)> + use<'m> {
        let heads = self.model.heads.iter().enumerate().filter(move |(_, head)| head.trunk == trunk);
        heads.filter_map(|(task, head)| Some((task, head_reader(head, 0)?)))
    }

    /// What reads the features or branches as trunk `trunk` does: its first layer, in one part a branch, or the heads themselves where
    /// it is empty. Nothing if no task has a head on it: then the trunk is left out, and so are its branches.
    fn trunk_input(&mut self, trunk: usize) -> Result<Vec<Open>, QuantizeError> {
        if self.heads_on(trunk).next().is_none() {
            return Ok(Vec::new());
        }
        if !self.model.trunks[trunk].branches.is_empty() {
            return self.branches(trunk);
        }
        let readers = self.trunk_readers(trunk, 0);
        self.view(&readers, WeightKind::I8, 0..self.model.feature_count())
    }

    /// Lays down the branches under trunk `trunk` and gives the parts of its first layer that read them.
    fn branches(&mut self, trunk: usize) -> Result<Vec<Open>, QuantizeError> {
        let (model, calibration) = (self.model, self.calibration);
        let Trunk { branches, layers } = &model.trunks[trunk];
        let mut open = Vec::new();
        for (index, (branch, place)) in branches.iter().zip(model.trunks[trunk].places()).enumerate() {
            // The first part brings the biases.
            let parts: Vec<Dense> = layers.iter().take(1).map(|layer| layer.part(place.clone(), index == 0)).collect();
            let readers = |depth: usize| -> Vec<Reader<'_>> {
                let part = || Some(Reader { place: check::trunk_place(model, trunk, 0), dense: parts.first()? });
                let next = branch.layers.get(depth);
                let next = next.map(|dense| Reader { place: check::branch_place(&branch.name, depth), dense });
                next.or_else(part).into_iter().collect()
            };
            let mut next = self.view(&readers(0), WeightKind::I8, branch.first..branch.first + branch.inputs())?;
            for (depth, activation) in calibration.branches[trunk][index].iter().enumerate() {
                next = self.hidden_layer(LayerRole::Trunk, next, *activation, &readers(depth + 1))?;
            }
            open.extend(next);
        }
        Ok(open)
    }

    /// The layers that read the output of layer `depth - 1` of trunk `trunk` (the features at 0).
    fn trunk_readers(&self, trunk: usize, depth: usize) -> Vec<Reader<'m>> {
        let model = self.model;
        match model.trunks[trunk].layers.get(depth) {
            Some(dense) => vec![Reader { place: check::trunk_place(model, trunk, depth), dense }],
            None => self.heads_on(trunk).map(|(_, reader)| reader).collect(),
        }
    }

    /// The linear paths, one entry a task, those of one weight kind behind one view.
    fn linear_inputs(&mut self, kinds: &[WeightKind]) -> Result<Vec<Option<Open>>, QuantizeError> {
        let model = self.model;
        let mut inputs: Vec<Option<Open>> = model.heads.iter().map(|_| None).collect();
        for kind in [WeightKind::I8, WeightKind::I16] {
            let paths = model.heads.iter().enumerate().filter(|(task, _)| kinds[*task] == kind);
            let paths: Vec<_> = paths.filter_map(|(task, head)| Some((task, head.linear.as_ref()?))).collect();
            if paths.is_empty() {
                continue;
            }
            let place = |task: usize| format!("the linear path of task \"{}\"", model.heads[task].task);
            let readers: Vec<_> = paths.iter().map(|(task, dense)| Reader { place: place(*task), dense }).collect();
            let opens = self.view(&readers, kind, 0..model.feature_count())?;
            for ((task, _), open) in paths.iter().zip(opens) {
                inputs[*task] = Some(open);
            }
        }
        Ok(inputs)
    }

    /// A view of the features `features` for `readers`, shared with an earlier one of the same features and range.
    pub(super) fn view(
        &mut self,
        readers: &[Reader<'_>],
        kind: WeightKind,
        features: Range<usize>,
    ) -> Result<Vec<Open>, QuantizeError> {
        let clip_bits = self.clip_bits;
        let range_bits = clip_bits.max(1)..=MOST_RANGE_BITS.min(MOST_FRACTION_BITS + clip_bits);
        let step = |bits: u8| 0.5f64.powi(i32::from(bits - clip_bits));
        let fitted = fit_tensor(readers, kind, range_bits, step, self.calibration.feature_mean_square)?;
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
                let tensor = self.tensor(elements, fitted.range_bits)?;
                self.views.push(View { tensor, first, fraction_bits });
                tensor
            }
        };
        Ok(fitted.rows.into_iter().map(|rows| Open { input, rows }).collect())
    }

    /// Lays down trunk `trunk`, whose first layer is `open`, and gives the layers on it, each with its task; nothing where the trunk
    /// is left out.
    fn trunk(&mut self, trunk: usize, mut open: Vec<Open>) -> Result<Vec<(usize, Open)>, QuantizeError> {
        let calibration = self.calibration;
        if !open.is_empty() {
            for (depth, activation) in calibration.trunks[trunk].iter().enumerate() {
                let readers = self.trunk_readers(trunk, depth + 1);
                open = self.hidden_layer(LayerRole::Trunk, open, *activation, &readers)?;
            }
        }
        Ok(self.heads_on(trunk).map(|(task, _)| task).zip(open).collect())
    }

    /// Lays down the hidden layers of the head of task `task`, the first of which (or else the last layer) is `open`, and gives the
    /// last layer; the layers of other tasks that read the last hidden layer go to `reads`.
    fn hidden(&mut self, task: usize, mut open: Open, reads: &mut Reads) -> Result<Open, QuantizeError> {
        let (model, calibration) = (self.model, self.calibration);
        for (depth, activation) in calibration.hidden[task].iter().enumerate() {
            let others = if depth + 1 < model.heads[task].hidden.len() {
                Vec::new()
            } else {
                self.readers(task, ReadOf::Embedding)
            };
            let own = head_reader(&model.heads[task], depth + 1);
            let (places, others): (Vec<_>, Vec<Reader<'_>>) = others.into_iter().unzip();
            let readers: Vec<_> = own.into_iter().chain(others).collect();
            let next = self.hidden_layer(LayerRole::Head(task as u8), vec![open], *activation, &readers)?;
            let mut next = next.into_iter();
            match next.next() {
                Some(next) => open = next,
                None => return Err(QuantizeError::NoPath { task: model.heads[task].task.clone() }),
            }
            places.into_iter().zip(next).for_each(|((by, at), open)| reads[by][at] = Some(open));
        }
        Ok(open)
    }

    /// Lays down the ReLU layer whose parts are `open`, which add up, and whose activations spread as `activation` says; gives its
    /// `readers`.
    fn hidden_layer(
        &mut self,
        role: LayerRole,
        open: Vec<Open>,
        activation: ActivationRange,
        readers: &[Reader<'_>],
    ) -> Result<Vec<Open>, QuantizeError> {
        let least = open.iter().map(|open| open.rows.least_output_step()).fold(0.0, f64::max);
        let step = |bits: u8| (activation.max * HIDDEN_HEADROOM / f64::from(1u32 << bits)).max(least);
        let kind = WeightKind::I8;
        let fitted = fit_tensor(readers, kind, 1..=MOST_RANGE_BITS, step, activation.mean_square)?;
        let units = open.first().map_or(0, |open| open.rows.outputs());
        let tensor = self.tensor(units, fitted.range_bits)?;
        let last = open.len().saturating_sub(1);
        for (index, layer) in open.into_iter().enumerate() {
            let (relu, accumulate) = (index == last, index > 0);
            self.layer(layer, &Writes { role, output: tensor, step: fitted.step, relu, accumulate });
        }
        Ok(fitted.rows.into_iter().map(|rows| Open { input: tensor, rows }).collect())
    }

    /// The layers that read task `task` as `of` says, each with the task that it belongs to and its place among that one's reads.
    fn readers(&self, task: usize, of: ReadOf) -> Vec<((usize, usize), Reader<'m>)> {
        let model = self.model;
        let of_head =
            |(by, head): (usize, &'m TaskHead)| head.reads.iter().enumerate().map(move |(at, read)| ((by, at), read));
        let reads = model.heads.iter().enumerate().flat_map(of_head);
        let reads = reads.filter(|(_, read)| (read.task, read.of) == (task, of));
        reads
            .map(|(place, read)| {
                let (by_name, name) = (&model.heads[place.0].task, &model.heads[task].task);
                (
                    place,
                    Reader { place: format!("what task \"{by_name}\" reads of task \"{name}\""), dense: &read.dense },
                )
            })
            .collect()
    }

    /// Lays down the tasks' output tensors, the last ones, in task order.
    fn outputs(&mut self) -> Result<(), QuantizeError> {
        let model = self.model;
        for head in &model.heads {
            self.tensor(head.outputs(), MOST_RANGE_BITS)?;
            self.outputs.push(OutputScale { scale: 1.0, offset: 0.0, threshold: 0 });
        }
        Ok(())
    }

    /// A task's output: the sum of the `paths` that lead to it, on one scale. Gives what a count of it is worth.
    pub(super) fn task(&mut self, task: usize, paths: Vec<(LayerRole, Open)>) -> f64 {
        let float = &self.model.heads[task];
        let least = paths.iter().map(|(_, open)| open.rows.least_output_step()).fold(0.0, f64::max);
        let (whole, sums) = (self.calibration.outputs[task].max, self.calibration.sums[task]);
        let range = (whole * OUTPUT_HEADROOM).max(sums * SUM_HEADROOM);
        let step = (range / f64::from(1u32 << MOST_RANGE_BITS)).max(least);
        let output = self.output_tensor(task);
        for (index, (role, open)) in paths.into_iter().enumerate() {
            self.layer(open, &Writes { role, output, step, relu: false, accumulate: index > 0 });
        }
        let (scale, offset) = match float.kind {
            TaskKind::Regression => (step * f64::from(float.target.sd), float.target.mean),
            TaskKind::Binary | TaskKind::MultiClass => (step / f64::from(float.decision.temperature), 0.0),
        };
        // Counts are whole: one is greater than the threshold where it is greater than its floor.
        let threshold = match float.kind {
            TaskKind::Binary => (f64::from(float.decision.threshold) / scale).floor() as i16,
            TaskKind::MultiClass | TaskKind::Regression => 0,
        };
        self.outputs[task] = OutputScale { scale: (scale as f32).max(f32::MIN_POSITIVE), offset, threshold };
        step
    }

    /// The layers that read the output of task `task`, a count of which is worth `step`, go to `reads`. Outputs have the widest
    /// range that there is, too wide for accumulators of 8-bit weights: these layers have 16 bits.
    fn readers_of_output(&self, task: usize, step: f64, reads: &mut Reads) -> Result<(), QuantizeError> {
        let (places, readers): (Vec<_>, Vec<Reader<'_>>) = self.readers(task, ReadOf::Output).into_iter().unzip();
        if readers.is_empty() {
            return Ok(());
        }
        let kind = WeightKind::I16;
        let mean_square = self.calibration.outputs[task].mean_square;
        let fitted = fit_tensor(&readers, kind, MOST_RANGE_BITS..=MOST_RANGE_BITS, |_| step, mean_square)?;
        let input = self.output_tensor(task);
        let layers = fitted.rows.into_iter().map(|rows| Open { input, rows });
        places.into_iter().zip(layers).for_each(|((by, at), open)| reads[by][at] = Some(open));
        Ok(())
    }

    /// The tensor of a task's output, once [`Draft::outputs`] has laid them down.
    fn output_tensor(&self, task: usize) -> u8 {
        // At most MAX_TENSORS of them, of which the outputs are the last.
        (self.tensors.len() - self.model.heads.len() + task) as u8
    }

    pub(super) fn tensor(&mut self, elements: usize, range_bits: u8) -> Result<u8, QuantizeError> {
        let index = self.tensors.len();
        let too_many = |what, found, limit| Err(QuantizeError::TooMany { what, found, limit });
        if index >= MAX_TENSORS {
            return too_many("tensors", index + 1, MAX_TENSORS);
        }
        let Ok(elements) = u16::try_from(elements) else {
            return too_many("elements of one tensor", elements, usize::from(u16::MAX));
        };
        self.tensors.push(Tensor { elements, range_bits });
        Ok(index as u8)
    }

    fn layer(&mut self, open: Open, writes: &Writes) {
        let IntegerRows { weights, biases, multipliers } = open.rows.integers(writes.step);
        self.layers.push(LayerSpec {
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
