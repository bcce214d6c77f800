//! From the parts of a trained model to the bytes of `model.tlm`.

use trunkline_shared::model::build::{BuildError, GoldenSpec, ImageBuilder, TaskSpec};
use trunkline_shared::model::{Layout, MAX_RECORDED_BYTES, TaskKind};

use crate::data::TaskLabels;
use crate::features::{CodeBook, PlanSpec, Windows};
use crate::quantize::{OutputScale, QuantizedModel};

/// What an artifact is made of.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    /// Name of the project.
    pub name: &'a str,
    /// Length of a window in milliseconds; 0 for a table.
    pub window_ms: u32,
    /// Channels with their codes.
    pub codes: &'a CodeBook,
    /// Feature plan.
    pub plan: &'a PlanSpec,
    /// The network.
    pub model: &'a QuantizedModel,
    /// The tasks in the order of the model's outputs; their labels are not read.
    pub tasks: &'a [TaskLabels],
    /// Windows from one answer of each task to the next.
    pub periods: Vec<u16>,
    /// Golden windows, at least one.
    pub golden: Vec<GoldenSpec>,
    /// Encoded host part.
    pub host_part: Vec<u8>,
}

/// Lays out an artifact, which has then passed the device's validator and holds the runtime's own answers to its golden windows.
///
/// # Errors
/// [`BuildError`]: more than the format can hold, or a rule of the format broken.
pub fn assemble(parts: Parts<'_>) -> Result<Vec<u8>, BuildError> {
    let Parts { name, window_ms, codes, plan, model, tasks, periods, golden, host_part } = parts;
    ImageBuilder {
        name: name.to_owned(),
        window_ms,
        layout: Layout::Plain,
        channels: codes.channels.clone(),
        plan: plan.groups.clone(),
        means: model.mean.clone(),
        gains: model.gain.clone(),
        tensors: model.tensors.clone(),
        views: model.views.clone(),
        raw_views: model.raw_views.clone(),
        layers: model.layers.clone(),
        tasks: (tasks.iter().zip(&model.outputs).zip(periods))
            .map(|((task, output), period)| TaskSpec { period, ..task_spec(task, output) })
            .collect(),
        golden,
        host_part,
    }
    .build()
}

/// A task as the artifact holds it.
/// Period 1.
pub(crate) fn task_spec(task: &TaskLabels, output: &OutputScale) -> TaskSpec {
    TaskSpec {
        name: task.name.clone(),
        role: task.role,
        kind: task.kind,
        unit: if task.kind == TaskKind::Regression { task.unit.clone() } else { String::new() },
        classes: task.class_names.clone(),
        scale: output.scale,
        offset: output.offset,
        threshold: output.threshold,
        period: 1,
    }
}

/// `count` golden windows: rows of `windows`, evenly spread, if they fit into the artifact's share for recorded windows, else
/// windows of the documented generator.
pub fn golden_windows(windows: &Windows, count: usize) -> Vec<GoldenSpec> {
    let recorded =
        count * windows.window_len * size_of::<i16>() <= MAX_RECORDED_BYTES as usize && windows.rows >= count;
    let spec = |index: usize| {
        if recorded {
            GoldenSpec::Recorded(windows.row(index * windows.rows / count).to_vec())
        } else {
            GoldenSpec::Generated { seed: index as u32 + 1 }
        }
    };
    (0..count).map(spec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(rows: usize, window_len: usize) -> Windows {
        let counts = (0..rows).flat_map(|row| vec![row as i16; window_len]).collect();
        Windows { rows, window_len, counts, saturated: vec![] }
    }

    #[test]
    fn short_windows_are_recorded_evenly_spread() {
        let rows = golden_windows(&windows(10, 1024), 4);
        let row = |row: i16| GoldenSpec::Recorded(vec![row; 1024]);
        assert_eq!(rows, [row(0), row(2), row(5), row(7)]);
    }

    #[test]
    fn windows_beyond_8_kib_and_missing_rows_are_generated() {
        let generated = [1, 2, 3, 4].map(|seed| GoldenSpec::Generated { seed });
        assert_eq!(golden_windows(&windows(10, 1025), 4), generated);
        assert_eq!(golden_windows(&windows(3, 4), 4), generated);
    }
}
