//! From float layers to integer layers, tensor after tensor.

use trunkline_shared::model::{LayerOp, LayerRole, TaskKind, WeightKind};

use super::draft::{Draft, Open, Writes, open};
use super::network::{OutputScale, QuantizedModel};
use super::range::{FittedTensor, MOST_RANGE_BITS, Reader};
use super::{ActivationRange, Calibration, QuantizeError, prove};
use crate::config::ReadOf;
use crate::model::{Dense, FloatModel, LayerPlace, TaskHead, Trunk};

/// Room above the largest hidden activation of the training rows.
const HIDDEN_HEADROOM: f64 = 1.25;
/// Room above the largest output of the training rows.
const OUTPUT_HEADROOM: f64 = 2.0;
/// Room above the largest sum on the way to an output: each layer that adds to the output's tensor is limited to its range, so where
/// paths cancel out the sum before the last of them decides.
const SUM_HEADROOM: f64 = 1.1;

/// Quantizes `model`, whose activations `calibration` has measured on training rows. `linear_bits` holds 8 or 16 for each task:
/// the width of its linear path's weights. Trunk and heads have 8, or 4 where the model says so ([`FloatModel::narrow`]).
///
/// # Errors
/// [`QuantizeError`]: numbers that are not finite, sizes that do not fit, and whatever the artifact's validator would refuse.
pub fn quantize(
    model: &FloatModel,
    calibration: &Calibration,
    linear_bits: &[u8],
) -> Result<QuantizedModel, QuantizeError> {
    let mut draft = Draft::new(model, calibration, linear_bits)?;
    draft.network()?;
    let quantized = QuantizedModel {
        mean: model.normalization.mean.clone(),
        gain: model.normalization.gain.clone(),
        tensors: draft.tensors,
        views: draft.views,
        raw_views: draft.raw_views,
        layers: draft.layers,
        outputs: draft.outputs,
    };
    prove::quantized_model(&quantized)?;
    Ok(quantized)
}

/// What each task reads of others, in the order of its reads, which is that in which the float network adds them up.
type Reads = Vec<Vec<Option<Open>>>;

/// What reads the output of hidden layer `layer - 1` of the head of a task (of the trunk at 0): the next hidden layer, or the last layer.
/// `None` without a head.
fn head_reader(head: &TaskHead, task: usize, layer: usize) -> Option<LayerPlace> {
    let last = LayerPlace::Head { task };
    head.head.as_ref().map(|_| if layer < head.hidden.len() { LayerPlace::Hidden { task, layer } } else { last })
}

impl<'m> Draft<'m> {
    /// Lays down the whole network.
    pub(super) fn network(&mut self) -> Result<(), QuantizeError> {
        let model = self.model;
        let trunk_inputs: Vec<_> =
            (0..model.trunks.len()).map(|trunk| self.trunk_input(trunk)).collect::<Result<_, _>>()?;
        let mut linear_inputs = self.linear_inputs()?;
        let mut head_inputs: Vec<Option<Open>> = model.heads.iter().map(|_| None).collect();
        for (trunk, input) in trunk_inputs.into_iter().enumerate() {
            for (task, open) in self.trunk(trunk, input)? {
                head_inputs[task] = Some(open);
            }
        }
        let mut reads: Reads = model.heads.iter().map(|head| head.reads.iter().map(|_| None).collect()).collect();
        for (task, input) in head_inputs.iter_mut().enumerate() {
            *input = input.take().map(|open| self.hidden(task, open, &mut reads)).transpose()?;
        }
        self.outputs()?;
        let tasks_layers = self.layers.len();
        for task in model.order() {
            let head = head_inputs[task].take().into_iter().map(|open| (LayerRole::Head(task as u8), open));
            let linear = linear_inputs[task].take().into_iter().map(|open| (LayerRole::Linear(task as u8), open));
            let read =
                std::mem::take(&mut reads[task]).into_iter().flatten().map(|open| (LayerRole::Head(task as u8), open));
            let step = self.task(task, head.chain(linear).chain(read).collect());
            self.readers_of_output(task, step, &mut reads)?;
        }
        if model.heads.iter().all(|head| head.reads.is_empty()) {
            // First what every task writes, then what it adds: so layers that read one tensor stand together and can be run as one.
            let laid = self.laid.drain(tasks_layers..);
            let mut layers: Vec<_> = self.layers.drain(tasks_layers..).zip(laid).collect();
            layers.sort_by_key(|(layer, _)| layer.accumulate);
            let (layers, laid): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
            self.layers.extend(layers);
            self.laid.extend(laid);
        }
        Ok(())
    }

    /// The heads on trunk `trunk`: index of the task and what reads the trunk, the first hidden layer or else the last layer.
    fn heads_on(&self, trunk: usize) -> impl Iterator<Item = (usize, LayerPlace)> + use<'m> {
        let heads = self.model.heads.iter().enumerate().filter(move |(_, head)| head.trunk == trunk);
        heads.filter_map(|(task, head)| Some((task, head_reader(head, task, 0)?)))
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
        self.view(&readers, 0..self.model.feature_count())
    }

    /// Lays down the branches under trunk `trunk` and gives the parts of its first layer that read them.
    fn branches(&mut self, trunk: usize) -> Result<Vec<Open>, QuantizeError> {
        let (model, calibration) = (self.model, self.calibration);
        let Trunk { branches, layers } = &model.trunks[trunk];
        let mut open = Vec::new();
        for (index, (branch, columns)) in branches.iter().zip(model.trunks[trunk].places()).enumerate() {
            let place = LayerPlace::Trunk { trunk, layer: 0 };
            // The first part brings the biases.
            let parts: Vec<Dense> =
                layers.iter().take(1).map(|layer| layer.part(columns.clone(), index == 0)).collect();
            let (op, kind, first_column) = (LayerOp::Dense, self.kind(place), columns.start);
            let part = || parts.iter().map(|dense| Reader { place, dense, op, kind, first_column }).collect::<Vec<_>>();
            let layer = |layer| LayerPlace::Branch { trunk, branch: index, layer };
            let ranges = &calibration.branches[trunk][index];
            let readers = self.reader(layer(0)).map_or_else(&part, |reader| vec![reader]);
            let mut next = match &branch.front {
                Some(front) => self.convolutions((trunk, index), front, &ranges.convolutions, &readers)?,
                None => self.view(&readers, branch.columns.clone())?,
            };
            for (depth, activation) in ranges.layers.iter().enumerate() {
                let readers = self.reader(layer(depth + 1)).map_or_else(&part, |reader| vec![reader]);
                next = self.hidden_layer(LayerRole::Trunk, next, *activation, &readers)?;
            }
            open.extend(next);
        }
        Ok(open)
    }

    /// The layers that read the output of layer `layer - 1` of trunk `trunk` (the features at 0).
    fn trunk_readers(&self, trunk: usize, layer: usize) -> Vec<Reader<'m>> {
        match self.reader(LayerPlace::Trunk { trunk, layer }) {
            Some(reader) => vec![reader],
            None => self.heads_on(trunk).filter_map(|(_, place)| self.reader(place)).collect(),
        }
    }

    /// The linear paths, one entry a task, those of one weight kind behind one view.
    fn linear_inputs(&mut self) -> Result<Vec<Option<Open>>, QuantizeError> {
        let model = self.model;
        let mut inputs: Vec<Option<Open>> = model.heads.iter().map(|_| None).collect();
        let paths = (0..model.heads.len()).filter_map(|task| Some((task, self.reader(LayerPlace::Linear { task })?)));
        let paths: Vec<(usize, Reader<'_>)> = paths.collect();
        for kind in [WeightKind::I8, WeightKind::I16] {
            let of_kind = paths.iter().filter(|(_, reader)| reader.kind == kind);
            let (tasks, readers): (Vec<usize>, Vec<Reader<'_>>) = of_kind.cloned().unzip();
            if !readers.is_empty() {
                let opens = self.view(&readers, 0..model.feature_count())?;
                tasks.into_iter().zip(opens).for_each(|(task, open)| inputs[task] = Some(open));
            }
        }
        Ok(inputs)
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
            let own = head_reader(&model.heads[task], task, depth + 1).and_then(|place| self.reader(place));
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

    /// Lays down the ReLU layer whose parts are `layers`, which add up, and whose activations spread as `activation` says; gives its
    /// `readers`.
    fn hidden_layer(
        &mut self,
        role: LayerRole,
        layers: Vec<Open>,
        activation: ActivationRange,
        readers: &[Reader<'_>],
    ) -> Result<Vec<Open>, QuantizeError> {
        let fitted = self.fit_activations(&layers, activation, readers)?;
        let units = layers.first().map_or(0, |open| open.rows.outputs());
        let tensor = self.tensor(units, fitted.range_bits, fitted.step)?;
        let last = layers.len().saturating_sub(1);
        for (index, layer) in layers.into_iter().enumerate() {
            let (relu, accumulate) = (index == last, index > 0);
            self.layer(layer, &Writes { role, output: tensor, step: fitted.step, relu, accumulate });
        }
        Ok(open(tensor, readers, fitted.rows))
    }

    /// The range of what `layers` write, which spreads as `activation` says, for its `readers`.
    pub(super) fn fit_activations(
        &mut self,
        layers: &[Open],
        activation: ActivationRange,
        readers: &[Reader<'_>],
    ) -> Result<FittedTensor, QuantizeError> {
        let least = layers.iter().map(|open| open.rows.least_output_step()).fold(0.0, f64::max);
        let step = |bits: u8| (activation.max * HIDDEN_HEADROOM / f64::from(1u32 << bits)).max(least);
        self.fit(readers, 1..=MOST_RANGE_BITS, step, activation.mean_square)
    }

    /// The layers that read task `task` as `of` says, each with the task that it belongs to and its place among that one's reads.
    fn readers(&self, task: usize, of: ReadOf) -> Vec<((usize, usize), Reader<'m>)> {
        let of_head = |(by, head): (usize, &'m TaskHead)| {
            head.reads
                .iter()
                .enumerate()
                .filter(|(_, read)| (read.task, read.of) == (task, of))
                .map(move |(at, _)| (by, at))
        };
        let places = self.model.heads.iter().enumerate().flat_map(of_head);
        places.filter_map(|(by, at)| Some(((by, at), self.reader(LayerPlace::Read { task: by, read: at })?))).collect()
    }

    /// Lays down the tasks' output tensors, the last ones, in task order.
    fn outputs(&mut self) -> Result<(), QuantizeError> {
        let model = self.model;
        for head in &model.heads {
            self.tensor(head.outputs(), MOST_RANGE_BITS, 1.0)?;
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
        self.steps[usize::from(output)] = step;
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

    /// The layers that read the output of task `task`, a count of which is worth `step`, go to `reads`.
    fn readers_of_output(&mut self, task: usize, step: f64, reads: &mut Reads) -> Result<(), QuantizeError> {
        let (places, readers): (Vec<_>, Vec<Reader<'_>>) = self.readers(task, ReadOf::Output).into_iter().unzip();
        if readers.is_empty() {
            return Ok(());
        }
        let mean_square = self.calibration.outputs[task].mean_square;
        let fitted = self.fit(&readers, MOST_RANGE_BITS..=MOST_RANGE_BITS, |_| step, mean_square)?;
        let layers = open(self.output_tensor(task), &readers, fitted.rows);
        places.into_iter().zip(layers).for_each(|((by, at), open)| reads[by][at] = Some(open));
        Ok(())
    }

    /// The tensor of a task's output, once [`Draft::outputs`] has laid them down.
    fn output_tensor(&self, task: usize) -> u8 {
        // At most MAX_TENSORS of them, of which the outputs are the last.
        (self.tensors.len() - self.model.heads.len() + task) as u8
    }
}
