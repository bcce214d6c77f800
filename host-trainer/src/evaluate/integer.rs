//! The integer model on a workstation: quantized on training rows, run by the device's own runtime from the raw window on.

use trunkline_shared::model::{Model, Runtime};

use super::{EvaluateError, Predictions};
use crate::config::{Project, TaskConfig};
use crate::features::{FeatureMatrix, Windows};
use crate::model::FloatModel;
use crate::quantize::{Calibration, QuantizeError, QuantizedModel, quantize};

/// Quantizes a model of all tasks of `project`, calibrated on the rows `rows` of `features`.
///
/// # Errors
/// See [`quantize`].
pub(super) fn quantize_model(
    project: &Project,
    model: &FloatModel,
    features: &FeatureMatrix,
    rows: &[usize],
) -> Result<QuantizedModel, QuantizeError> {
    let row = |row: &usize| &features.data[row * features.columns..][..features.columns];
    let calibration = Calibration::measure(model, rows.iter().map(row))?;
    let bits = |task: &TaskConfig| task.linear.bits.unwrap_or(project.quantization.linear_bits);
    let linear_bits: Vec<u8> = project.tasks.iter().map(bits).collect();
    quantize(model, &calibration, &linear_bits)
}

/// Answers of `model` to the rows `rows` of `windows`, one place each in the order of `rows`, read as logits and values by the scale and offset of each task.
///
/// # Errors
/// [`EvaluateError::Run`] where the windows are not as long as the model's.
pub fn run_integers(model: &Model<'_>, windows: &Windows, rows: &[usize]) -> Result<Predictions, EvaluateError> {
    let tasks: Vec<_> = model.tasks().collect();
    let mut arena = vec![0u32; model.arena_bytes().div_ceil(4) as usize];
    let mut runtime = Runtime::new(model.clone(), &mut arena)?;
    let mut predictions = Predictions::none(tasks.len(), rows.len());
    for (place, row) in rows.iter().enumerate() {
        let answer = runtime.infer(windows.row(*row))?;
        let outputs = tasks.iter().map(|(task, range)| {
            let counts = answer.outputs.get(range.clone()).unwrap_or_default();
            counts.iter().map(|count| f32::from(*count) * task.scale + task.offset).collect()
        });
        predictions.set(place, outputs);
    }
    Ok(predictions)
}
