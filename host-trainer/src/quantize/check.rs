//! What a float network must be before it can be quantized.

use trunkline_shared::model::{MAX_TASKS, TaskKind, WeightKind};

use super::{BranchRanges, Calibration, QuantizeError};
use crate::config::ReadOf;
use crate::model::{Dense, FloatModel, FrontEnd, LayerPlace, ModalityBranch, TaskHead, Trunk, read_order};

/// Checks sizes and numbers; gives log2 of the clip.
pub(super) fn float_model(model: &FloatModel, calibration: &Calibration) -> Result<u8, QuantizeError> {
    let normalization = &model.normalization;
    let features = normalization.mean.len();
    count("the normalisation", "gains", features, normalization.gain.len())?;
    at_most("features", features, usize::from(u16::MAX))?;
    at_most("tasks", model.heads.len(), usize::from(MAX_TASKS))?;
    finite("the normalisation", [&normalization.mean, &normalization.gain])?;
    count("the calibration", "trunks", model.trunks.len(), calibration.trunks.len())?;
    count("the calibration", "trunks with branches", model.trunks.len(), calibration.branches.len())?;
    count("the calibration", "tasks", model.heads.len(), calibration.outputs.len())?;
    count("the calibration", "sums", model.heads.len(), calibration.sums.len())?;
    count("the calibration", "heads", model.heads.len(), calibration.hidden.len())?;

    let mut widths = Vec::with_capacity(model.trunks.len());
    for (trunk, ranges) in calibration.trunks.iter().enumerate() {
        count("the calibration", "trunk layers", model.trunks[trunk].layers.len(), ranges.len())?;
        let read = branches(model, trunk, &calibration.branches[trunk])?;
        widths.push(chain(&model.trunks[trunk].layers, read, |layer| {
            LayerPlace::Trunk { trunk, layer }.describe(model)
        })?);
    }
    for (index, (head, ranges)) in model.heads.iter().zip(&calibration.hidden).enumerate() {
        let task = &head.task;
        count("the calibration", "hidden layers", head.hidden.len(), ranges.len())?;
        let width = match widths.get(head.trunk) {
            Some(width) => {
                chain(&head.hidden, *width, |layer| LayerPlace::Hidden { task: index, layer }.describe(model))?
            }
            None if head.head.is_none() => features,
            None => {
                let place = format!("task \"{task}\"");
                let (expected, found) = (model.trunks.len(), head.trunk + 1);
                return Err(QuantizeError::Shape { place, what: "trunks", expected, found });
            }
        };
        let Some(outputs) = head.head.as_ref().or(head.linear.as_ref()).map(|path| path.outputs) else {
            return Err(QuantizeError::NoPath { task: task.clone() });
        };
        let outputs = if head.kind == TaskKind::MultiClass { outputs } else { 1 };
        let places = [(LayerPlace::Head { task: index }, width), (LayerPlace::Linear { task: index }, features)];
        for (place, inputs) in places {
            if let Some(path) = model.layer(place) {
                dense(&place.describe(model), path, inputs, outputs)?;
            }
        }
        let decision = &head.decision;
        finite(
            &format!("the calibration of task \"{task}\""),
            [&[1.0 / decision.temperature, decision.threshold][..]],
        )?;
        reads(model, head, outputs)?;
        finite(&format!("the target scale of task \"{task}\""), [&[head.target.mean, head.target.sd][..]])?;
    }

    if let Err(circle) = read_order(&model.reads()) {
        let tasks: Vec<&str> = circle.iter().map(|task| model.heads[*task].task.as_str()).collect();
        return Err(QuantizeError::Circle { tasks: tasks.join(", ") });
    }

    let clip_bits = normalization.clip_sd.log2();
    if !(0.0..=14.0).contains(&clip_bits) || clip_bits.fract() != 0.0 {
        return Err(QuantizeError::Clip { clip_sd: normalization.clip_sd });
    }
    Ok(clip_bits as u8)
}

/// Checks the branches under trunk `trunk`; gives the inputs of the trunk's first layer.
fn branches(model: &FloatModel, trunk: usize, ranges: &[BranchRanges]) -> Result<usize, QuantizeError> {
    let (Trunk { branches, layers }, features) = (&model.trunks[trunk], model.feature_count());
    count("the calibration", "branches", branches.len(), ranges.len())?;
    if branches.is_empty() {
        return Ok(features);
    }
    at_least_one("a trunk on branches", "layers", layers.len())?;
    let mut read = 0;
    for (index, (branch, ranges)) in branches.iter().zip(ranges).enumerate() {
        count("the calibration", "branch layers", branch.layers.len(), ranges.layers.len())?;
        let limit = if branch.front.is_some() { model.normalization.width() } else { features };
        at_most("features up to the last one of a branch", branch.columns.end, limit)?;
        let inputs = match &branch.front {
            Some(front) => convolutions(model, (trunk, index), front, ranges.convolutions.len())?,
            None => branch.inputs(),
        };
        let place = |layer| LayerPlace::Branch { trunk, branch: index, layer }.describe(model);
        read += chain(&branch.layers, inputs, place)?;
    }
    Ok(read)
}

/// Checks the convolutions `front` of branch `branch` of trunk `trunk`, of which `ranges` have been measured; gives their outputs.
fn convolutions(
    model: &FloatModel,
    (trunk, branch): (usize, usize),
    front: &FrontEnd,
    ranges: usize,
) -> Result<usize, QuantizeError> {
    let ModalityBranch { name, columns, .. } = &model.trunks[trunk].branches[branch];
    let name = format!("branch \"{name}\"");
    count("the calibration", "convolutions", front.convolutions.len(), ranges)?;
    at_least_one(&name, "convolutions", front.convolutions.len())?;
    count(&name, "raw samples", columns.len(), front.inputs())?;
    let scales = model.normalization.raw_scales(columns);
    count(&name, "channels with a scale", front.channels, scales.len())?;
    for scale in scales {
        count(&name, "samples of a channel", front.samples, scale.samples)?;
        finite(&name, [&[scale.mean, scale.gain]])?;
    }
    for (index, (convolution, (form, channels, samples))) in
        front.convolutions.iter().zip(front.shape().each()).enumerate()
    {
        let filters = LayerPlace::Depthwise { trunk, branch, convolution: index }.describe(model);
        let units = LayerPlace::Pointwise { trunk, branch, convolution: index }.describe(model);
        at_least_one(&filters, "samples from one position to the next", form.stride)?;
        at_least_one(&filters, "filters a channel", form.multiplier)?;
        at_least_one(&filters, "positions", form.positions(samples))?;
        at_least_one(&units, "positions after pooling", form.pooled(samples))?;
        at_most("taps of a filter", form.kernel, u8::MAX.into())?;
        at_most("samples from one position to the next", form.stride, u8::MAX.into())?;
        at_most("channels of a convolution", channels * form.multiplier, u16::MAX.into())?;
        at_most("positions of a pool", form.pool, u16::MAX.into())?;
        dense(&filters, &convolution.depthwise, form.kernel, channels * form.multiplier)?;
        dense(&units, &convolution.pointwise, channels * form.multiplier, form.filters)?;
    }
    Ok(front.outputs())
}

/// The weight kind of each task's linear path.
pub(super) fn linear_kinds(model: &FloatModel, linear_bits: &[u8]) -> Result<Vec<WeightKind>, QuantizeError> {
    count("linear_bits", "entries", model.heads.len(), linear_bits.len())?;
    let kind = |(bits, task): (&u8, &String)| match bits {
        8 => Ok(WeightKind::I8),
        16 => Ok(WeightKind::I16),
        bits => Err(QuantizeError::Bits { task: task.clone(), bits: *bits }),
    };
    linear_bits.iter().zip(model.heads.iter().map(|head| &head.task)).map(kind).collect()
}

/// What the head `head`, of `outputs` outputs, reads of other tasks.
fn reads(model: &FloatModel, head: &TaskHead, outputs: usize) -> Result<(), QuantizeError> {
    for read in &head.reads {
        let place = format!("what task \"{}\" reads", head.task);
        let Some(source) = model.heads.get(read.task) else {
            let (expected, found) = (model.heads.len(), read.task + 1);
            return Err(QuantizeError::Shape { place, what: "tasks", expected, found });
        };
        let inputs = match (read.of, source.hidden.last()) {
            (ReadOf::Output, _) => source.outputs(),
            (ReadOf::Embedding, Some(hidden)) if source.head.is_some() => hidden.outputs,
            (ReadOf::Embedding, _) => {
                return Err(QuantizeError::Shape { place, what: "hidden layers", expected: 1, found: 0 });
            }
        };
        dense(&place, &read.dense, inputs, outputs)?;
    }
    Ok(())
}

/// Checks layers that read each other, the first of them `inputs` values; gives the outputs of the last.
fn chain(layers: &[Dense], inputs: usize, place: impl Fn(usize) -> String) -> Result<usize, QuantizeError> {
    let mut width = inputs;
    for (depth, layer) in layers.iter().enumerate() {
        dense(&place(depth), layer, width, layer.outputs)?;
        width = layer.outputs;
    }
    Ok(width)
}

fn dense(place: &str, dense: &Dense, inputs: usize, outputs: usize) -> Result<(), QuantizeError> {
    count(place, "inputs", inputs, dense.inputs)?;
    count(place, "outputs", outputs, dense.outputs)?;
    count(place, "weights", inputs * outputs, dense.weight.len())?;
    count(place, "biases", outputs, dense.bias.len())?;
    if inputs == 0 || outputs == 0 {
        return Err(QuantizeError::Shape { place: place.to_owned(), what: "weights", expected: 1, found: 0 });
    }
    finite(place, [&dense.weight, &dense.bias])
}

fn count(place: &str, what: &'static str, expected: usize, found: usize) -> Result<(), QuantizeError> {
    if expected == found {
        return Ok(());
    }
    Err(QuantizeError::Shape { place: place.to_owned(), what, expected, found })
}

fn at_least_one(place: &str, what: &'static str, found: usize) -> Result<(), QuantizeError> {
    if found > 0 { Ok(()) } else { Err(QuantizeError::Shape { place: place.to_owned(), what, expected: 1, found }) }
}

fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), QuantizeError> {
    if found <= limit { Ok(()) } else { Err(QuantizeError::TooMany { what, found, limit }) }
}

fn finite<'a, const N: usize>(
    place: &str,
    values: [impl IntoIterator<Item = &'a f32>; N],
) -> Result<(), QuantizeError> {
    if values.into_iter().flatten().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(QuantizeError::NotFinite { place: place.to_owned() })
}
