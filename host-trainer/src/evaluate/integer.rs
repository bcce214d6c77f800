//! The integer model on a workstation: quantized on training rows, run by the device's own runtime from the raw window on.

use std::ops::Range;

use trunkline_shared::model::{Model, Runtime};
use trunkline_shared::quant::MISSING_COUNT;

use super::{Answer, EvaluateError, Predictions};
use crate::config::Project;
use crate::features::{FeatureMatrix, Windows};
use crate::model::FloatModel;
use crate::quantize::{QuantizeError, QuantizedModel, measure_ranges, quantize};

/// Quantizes a model of all tasks of `project`, its ranges measured on the rows `rows` of `features`.
///
/// # Errors
/// See [`quantize`].
pub(super) fn quantize_model(
    project: &Project,
    model: &FloatModel,
    features: &FeatureMatrix,
    rows: &[usize],
) -> Result<QuantizedModel, QuantizeError> {
    let calibration = measure_ranges(project, model, features, rows)?;
    quantize(model, &calibration, &linear_bits(project))
}

/// Bits of the weights of each task's linear path.
pub(super) fn linear_bits(project: &Project) -> Vec<u8> {
    project.tasks.iter().map(|task| project.quantization.linear_bits_of(task)).collect()
}

/// Answers of `model` to the rows `rows` of `windows`, one place each in the order of `rows`, read as logits and values by the scale
/// and offset of each task.
///
/// # Errors
/// [`EvaluateError::Run`] where the windows are not as long as the model's.
pub fn run_integers(model: &Model<'_>, windows: &Windows, rows: &[usize]) -> Result<Predictions, EvaluateError> {
    run_integers_without(model, windows, rows, 0..0)
}

/// The same where the samples `missing` of every window are missing.
///
/// # Errors
/// [`EvaluateError::Run`] where the windows are not as long as the model's.
///
/// # Panics
/// If `missing` ends beyond the windows.
pub(super) fn run_integers_without(
    model: &Model<'_>,
    windows: &Windows,
    rows: &[usize],
    missing: Range<usize>,
) -> Result<Predictions, EvaluateError> {
    let tasks: Vec<_> = model.tasks().collect();
    let mut arena = vec![0u32; model.arena_bytes().div_ceil(4) as usize];
    let mut runtime = Runtime::new(model.clone(), &mut arena)?;
    let mut window = vec![0i16; windows.window_len];
    let mut predictions = Predictions::none(tasks.len(), rows.len());
    for (place, row) in rows.iter().enumerate() {
        window.copy_from_slice(windows.row(*row));
        window[missing.clone()].fill(MISSING_COUNT);
        let answer = runtime.infer_all(&window)?;
        let outputs = tasks.iter().map(|(task, range)| {
            let counts = answer.outputs.get(range.clone()).unwrap_or_default();
            let value = |count: i16| f32::from(count) * task.scale + task.offset;
            let outputs = counts.iter().map(|count| value(*count)).collect();
            Answer { outputs, threshold: value(task.threshold) }
        });
        predictions.set(place, outputs);
    }
    Ok(predictions)
}
