//! The new head in `model.tlm`, beside layers that stay as they are.

use std::collections::BTreeSet;

use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{LayerRole, Model, Runtime, validate};

use crate::artifact::{HostPart, task_spec};
use crate::config::{Project, TaskConfig};
use crate::data::TaskLabels;
use crate::evaluate::EvaluateError;
use crate::features::{FeatureMatrix, Windows};
use crate::model::FloatModel;
use crate::quantize::{OutputScale, QuantizedModel, TrunkTensor, extend, measure_ranges};

/// Least share of a float trunk's energy that the counts of its tensor must explain: less, and they are not of one training.
const LEAST_AGREEMENT: f64 = 0.98;
/// The same where layers have weights of 4 bits, whose roundings are coarser.
const LEAST_NARROW_AGREEMENT: f64 = 0.9;

/// Puts the tasks of `project` in the order of an artifact that extends `old`, the model's tasks first, and gives the names of the new
/// ones.
///
/// # Errors
/// [`EvaluateError::Mismatch`] where a task of the model is missing in the project.
pub fn split_tasks(project: &mut Project, old: &Model<'_>) -> Result<Vec<String>, EvaluateError> {
    let mut rest = std::mem::take(&mut project.tasks);
    for (task, _) in old.tasks() {
        let place = rest.iter().position(|config| config.name == task.name).ok_or_else(|| EvaluateError::Mismatch {
            what: format!(
                "task `{}` of the model is not in the project file: take the project.toml beside the model and add a [[tasks]] to it",
                task.name
            ),
        })?;
        project.tasks.push(rest.remove(place));
    }
    let new = rest.iter().map(|task: &TaskConfig| task.name.clone()).collect();
    project.tasks.extend(rest);
    Ok(new)
}

/// The bytes of `old` with the last head of `float` as a further task, `task`. Nothing else changes but `host_part`.
///
/// * `float`: the float model behind `old`, and the new head; `project` tells which channels may be missing.
/// * `windows`, `features`: of the rows `rows`, on which the scales of the new layers are measured, in the model's codes.
///
/// # Errors
/// [`EvaluateError::Mismatch`] where artifact and float weights are not of one training; quantization and layout.
pub fn extend_artifact(
    old: &Model<'_>,
    float: &FloatModel,
    project: &Project,
    task: &TaskLabels,
    linear_bits: u8,
    data: (&Windows, &FeatureMatrix, &[usize]),
    host_part: &HostPart,
) -> Result<Vec<u8>, EvaluateError> {
    let (windows, features, rows) = data;
    let mut parts = ImageBuilder::from_model(old);
    check_scales(&parts, float)?;
    let calibration = measure_ranges(project, float, features, rows)?;
    let trunk = match float.heads.last() {
        Some(head) if head.head.is_some() => Some(trunk_tensor(old, float, head.trunk, windows, features, rows)?),
        _ => None,
    };
    let outputs = parts.tasks.iter();
    let integers = QuantizedModel {
        mean: parts.means.clone(),
        gain: parts.gains.clone(),
        tensors: parts.tensors.clone(),
        views: parts.views.clone(),
        raw_views: parts.raw_views.clone(),
        layers: parts.layers.clone(),
        outputs: outputs
            .map(|task| OutputScale { scale: task.scale, offset: task.offset, threshold: task.threshold })
            .collect(),
    };
    let extended = extend(&integers, float, &calibration, linear_bits, trunk)?;
    (parts.tensors, parts.views, parts.layers) = (extended.tensors, extended.views, extended.layers);
    parts.tasks.extend(extended.outputs.last().map(|output| task_spec(task, output)));
    parts.host_part = host_part.encode()?;
    Ok(parts.build()?)
}

/// Checks that `float` is the float model behind `old`, by the scales of its features and the answers of its trunks to `rows`.
///
/// # Errors
/// [`EvaluateError::Mismatch`] where they are not of one training, [`EvaluateError::Run`] for windows of another length.
pub fn check_weights(
    old: &Model<'_>,
    float: &FloatModel,
    windows: &Windows,
    features: &FeatureMatrix,
    rows: &[usize],
) -> Result<(), EvaluateError> {
    check_scales(&ImageBuilder::from_model(old), float)?;
    let with_heads = float.heads.iter().filter(|head| head.head.is_some()).map(|head| head.trunk);
    let trunks: BTreeSet<usize> = with_heads.collect();
    trunks.into_iter().try_for_each(|trunk| trunk_tensor(old, float, trunk, windows, features, rows).map(|_| ()))
}

fn check_scales(parts: &ImageBuilder, float: &FloatModel) -> Result<(), EvaluateError> {
    let normalization = &float.normalization;
    if parts.means != normalization.mean || parts.gains != normalization.gain {
        return Err(not_of_one_training("they standardise the features differently"));
    }
    Ok(())
}

/// The tensor of trunk `trunk` in `old`, with the step at which its counts come nearest to the float activations.
fn trunk_tensor(
    old: &Model<'_>,
    float: &FloatModel,
    trunk: usize,
    windows: &Windows,
    features: &FeatureMatrix,
    rows: &[usize],
) -> Result<TrunkTensor, EvaluateError> {
    let layers = ImageBuilder::from_model(old).layers;
    let reads = |task: usize| {
        let role = LayerRole::Head(task as u8);
        layers.iter().find(|layer| layer.role == role).map(|layer| layer.input)
    };
    let heads = float.heads.iter().take(old.header().tasks.len()).enumerate();
    let mut on_trunk = heads.filter(|(_, head)| head.head.is_some() && head.trunk == trunk);
    let tensor = on_trunk.find_map(|(task, _)| reads(task));
    let tensor = tensor.ok_or_else(|| not_of_one_training("the artifact has no head on the trunk of the weights"))?;

    let mut arena = vec![0u32; old.arena_bytes().div_ceil(4) as usize];
    let mut runtime = Runtime::new(old.clone(), &mut arena)?;
    let (mut products, mut squares, mut energy) = (0.0, 0.0, 0.0);
    for row in rows {
        let mut counts = Vec::new();
        runtime.trace(windows.row(*row), |written, values| {
            if written == tensor {
                counts = values.to_vec();
            }
        })?;
        let values = float.embedding(trunk, features.row(*row));
        if counts.len() != values.len() {
            return Err(not_of_one_training("their trunks differ in width"));
        }
        for (count, value) in counts.iter().zip(&values) {
            let (count, value) = (f64::from(*count), f64::from(*value));
            products += count * value;
            squares += count * count;
            energy += value * value;
        }
    }
    // Of a trunk that answers 0 to every row any step will do: the head reads nothing.
    let step = if squares > 0.0 { products / squares } else { 1.0 };
    let least = if float.narrow.is_empty() { LEAST_AGREEMENT } else { LEAST_NARROW_AGREEMENT };
    if energy > 0.0 && products * products < least * squares * energy {
        return Err(not_of_one_training("the trunk of the artifact answers otherwise than that of the weights"));
    }
    Ok(TrunkTensor { tensor, step })
}

fn not_of_one_training(why: &str) -> EvaluateError {
    EvaluateError::Mismatch { what: format!("model.tlm and model.safetensors are not of one training: {why}") }
}

/// The first of the rows `rows` of `windows` to which `new` answers the tasks of `old` otherwise than `old` does, in any bit.
///
/// # Errors
/// [`EvaluateError::Model`] for bytes that are no artifact, [`EvaluateError::Run`] for windows of another length.
pub fn outputs_differ(
    old: &Model<'_>,
    new: &[u8],
    windows: &Windows,
    rows: &[usize],
) -> Result<Option<usize>, EvaluateError> {
    let new = validate(new)?;
    let arena = |model: &Model<'_>| vec![0u32; model.arena_bytes().div_ceil(4) as usize];
    let (mut old_arena, mut new_arena) = (arena(old), arena(&new));
    let (mut before, mut after) = (Runtime::new(old.clone(), &mut old_arena)?, Runtime::new(new, &mut new_arena)?);
    for row in rows {
        let window = windows.row(*row);
        let (before, after) = (before.infer_all(window)?, after.infer_all(window)?);
        if after.outputs.get(..before.outputs.len()) != Some(before.outputs) {
            return Ok(Some(*row));
        }
    }
    Ok(None)
}
