//! Why a training ended without a model.

use thiserror::Error;

use crate::quantize::QuantizeError;
use crate::teachers::TeacherError;

/// Why a training ended without a model.
#[derive(Debug, Error)]
pub enum TrainError {
    /// There is no row or no task to train on.
    #[error(
        "nothing to train on: {rows} training rows, {tasks} tasks; check the split and the [[tasks]] of the project file"
    )]
    Empty {
        /// Training rows.
        rows: usize,
        /// Tasks.
        tasks: usize,
    },
    /// A task has no label among the training rows.
    #[error(
        "task `{task}`: none of its {rows} training rows has a label; check the task's target, or split so that every \
         training part holds labelled rows"
    )]
    NoLabels {
        /// Name of the task.
        task: String,
        /// Training rows.
        rows: usize,
    },
    /// A label is not a class of its task or not finite.
    #[error(
        "task `{task}`, row {row}: label {label} is not valid ({classes} classes); correct the data or the task's classes"
    )]
    Label {
        /// Name of the task.
        task: String,
        /// Row of the data set.
        row: usize,
        /// The label.
        label: f32,
        /// Classes of the task, 0 for a regression.
        classes: usize,
    },
    /// The loss does not fit the kind of the task.
    #[error(
        "task `{task}`: its loss does not fit a {kind} task; use `mse`, `huber` or `gaussian-nll` for regression, \
         `binary-cross-entropy` or `focal` for binary, `cross-entropy` or `focal` for multi-class"
    )]
    LossKind {
        /// Name of the task.
        task: String,
        /// Kind of the task.
        kind: &'static str,
    },
    /// Rows that something is to be chosen on cannot be parted from those to fit.
    #[error(
        "all {rows} training rows belong to one group or block: no model can answer rows that it has not seen; leave out \
         `training.calibration` and `training.distillation`, or give `split.group` a column with more groups"
    )]
    OneUnit {
        /// Training rows.
        rows: usize,
    },
    /// A task reads neither trunk nor features.
    #[error(
        "task `{task}` has neither a head on the trunk nor a linear path; set `trunk_head = true` or a `linear.mode`"
    )]
    NoPath {
        /// Name of the task.
        task: String,
    },
    /// A loss, or a weight that leads to it, became infinite or not a number.
    #[error(
        "the loss of task `{task}` is no longer finite in epoch {epoch}; lower `training.learning_rate`, check the task's \
         values for outliers, or use the `huber` loss"
    )]
    NonFinite {
        /// Name of the task.
        task: String,
        /// Epoch, counted from 1.
        epoch: usize,
    },
    /// A teacher could not be fitted or asked.
    #[error("task `{task}`: its teacher failed: {source}; leave the task out of `training.distillation.tasks`")]
    Teacher {
        /// Name of the task.
        task: String,
        /// Why.
        source: Box<TeacherError>,
    },
    /// Quantization-aware training on a network without an integer form.
    #[error("quantization-aware training: {0}")]
    Quantize(#[from] QuantizeError),
    /// The tensor library refused an operation.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
}
