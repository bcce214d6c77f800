//! The integer model on a workstation: quantized on training rows, run by the device's own runtime from the raw window on.

use std::ops::Range;

use trunkline_shared::model::{Model, Runtime};
use trunkline_shared::quant::MISSING_COUNT;

use super::{Answer, EvaluateError, Predictions};
use crate::config::{Project, TaskConfig};
use crate::features::{FeatureMatrix, Windows};
use crate::model::FloatModel;
use crate::quantize::{Calibration, QuantizeError, QuantizedModel, quantize};

/// Measures the ranges of `model` on the rows `rows` of `features` and, where channels of `project` are optional, on each of them once more
/// without one of these channels in turn.
///
/// # Errors
/// See [`Calibration::measure`].
pub(crate) fn measure_ranges(
    project: &Project,
    model: &FloatModel,
    features: &FeatureMatrix,
    rows: &[usize],
) -> Result<Calibration, QuantizeError> {
    let optional: Vec<&str> =
        project.channels.iter().filter(|channel| channel.optional).map(|channel| channel.name.as_str()).collect();
    let masked: Vec<Vec<f32>> =
        rows.iter().zip(optional.iter().cycle()).map(|(row, channel)| features.row_without(*row, channel)).collect();
    let seen: Vec<&[f32]> = rows.iter().map(|row| features.row(*row)).chain(masked.iter().map(Vec::as_slice)).collect();
    Calibration::measure(model, seen.into_iter())
}

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
    let bits = |task: &TaskConfig| task.linear.bits.unwrap_or(project.quantization.linear_bits);
    project.tasks.iter().map(bits).collect()
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

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::features::FeatureBlock;
    use crate::model::{Decision, Dense, Normalization, TargetScale, TaskHead, Trunk};

    /// The indicator of a channel that is there in every row counts for 5, the channel itself for 1.
    #[test]
    fn ranges_are_measured_with_and_without_the_channels_that_may_be_missing() {
        let channel = "name = 'a'\nmissing_indicator = true\nfeatures = ['mean']\n";
        let text = |channel: &str| {
            format!("name = 'test'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[[channels]]\n{channel}")
        };
        let features = FeatureMatrix {
            rows: 3,
            columns: 2,
            names: vec!["mean".into(), "missing".into()],
            blocks: vec![FeatureBlock {
                source: "a".into(),
                channels: vec!["a".into()],
                columns: 0..2,
                indicator: Some(1),
            }],
            data: vec![1.0, 0.0, -0.5, 0.0, 0.25, 0.0],
        };
        let model = FloatModel {
            normalization: Normalization { mean: vec![0.0; 2], gain: vec![1.0; 2], clip_sd: 8.0 },
            trunks: vec![Trunk::default()],
            heads: vec![TaskHead {
                task: "t".into(),
                kind: TaskKind::Regression,
                trunk: 0,
                hidden: vec![],
                head: None,
                linear: Some(Dense { outputs: 1, inputs: 2, weight: vec![1.0, 5.0], bias: vec![0.0] }),
                reads: vec![],
                target: TargetScale { mean: 0.0, sd: 1.0 },
                decision: Decision::default(),
            }],
        };
        let largest = |channel: &str| {
            let project: Project = toml::from_str(&text(channel)).unwrap();
            measure_ranges(&project, &model, &features, &[0, 1, 2]).unwrap().outputs[0].max
        };
        assert_eq!((largest(channel), largest(&format!("{channel}optional = true\n"))), (1.0, 5.0));
    }
}
