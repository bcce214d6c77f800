//! What every loader gives: per row a raw window, labels that may be missing, and what the split needs.

use trunkline_shared::model::{TaskKind, TaskRole};

/// Rows of windows with their labels.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Number of rows N.
    pub rows: usize,
    /// Window length in milliseconds; 0 for a table.
    pub window_ms: u32,
    /// The input channels, in the order of the project file.
    pub channels: Vec<DatasetChannel>,
    /// The tasks' labels, in the order of the project file.
    pub tasks: Vec<TaskLabels>,
    /// Group of each row (N), numbered from 0; `None` where the split names no group column.
    pub groups: Option<Vec<u32>>,
    /// Name of each group, as the data has it; the plant's machines are counted from 1. Empty without groups.
    pub group_names: Vec<String>,
    /// Fold of each row (N), numbered from 0; `None` unless the split takes folds from a column.
    pub folds: Option<Vec<u32>>,
    /// Parts of the rows that the project file names (`[[evaluate.subsets]]`).
    pub subsets: Vec<Subset>,
    /// How many times each row counts in training (N, 0 or more); `None` where all count alike.
    pub weights: Option<Vec<f32>>,
    /// Hours since the start of the machine's record (N), where the source has such a time (the plant).
    pub hours: Option<Vec<f64>>,
    /// SHA-256 over everything read, lower-case hex.
    pub sha256: String,
}

/// A named part of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subset {
    /// Name.
    pub name: String,
    /// Whether each row (N) belongs to it.
    pub rows: Vec<bool>,
}

/// One input channel of a data set.
#[derive(Debug, Clone)]
pub struct DatasetChannel {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Sample rate in millihertz; 0 for a table column.
    pub rate_mhz: u32,
    /// Samples a window.
    pub samples: usize,
    /// The samples, row after row (N x samples).
    pub data: ChannelData,
}

/// A channel's samples.
#[derive(Debug, Clone)]
pub enum ChannelData {
    /// ADC counts with their scale and offset (value = count * scale + offset); `i16::MIN` is a missing sample.
    Counts {
        /// N x samples.
        counts: Vec<i16>,
        /// Units a count.
        scale: f32,
        /// Value at count 0.
        offset: f32,
        /// Samples that lay outside the ADC's range and were clamped to its end.
        saturated: u64,
    },
    /// Physical values, coded by a transform and range fitted on training rows; NaN is a missing value.
    Values(Vec<f32>),
}

/// The labels of one task.
#[derive(Debug, Clone)]
pub struct TaskLabels {
    /// Name of the task.
    pub name: String,
    /// Its role.
    pub role: TaskRole,
    /// Its kind.
    pub kind: TaskKind,
    /// Unit of a regression.
    pub unit: String,
    /// Names of the classes in label order; empty for a regression.
    pub class_names: Vec<String>,
    /// One label a row (N).
    pub labels: Labels,
}

impl TaskLabels {
    /// Outputs K of the task: one a class, or 1.
    pub fn outputs(&self) -> usize {
        match self.kind {
            TaskKind::MultiClass => self.class_names.len(),
            TaskKind::Binary | TaskKind::Regression => 1,
        }
    }

    /// A task for tests, without role and unit, whose classes are named by their numbers.
    #[cfg(test)]
    pub(crate) fn sample(name: &str, kind: TaskKind, classes: usize, labels: Labels) -> Self {
        let class_names = (0..classes).map(|class| class.to_string()).collect();
        Self { name: name.into(), role: TaskRole::Other, kind, unit: String::new(), class_names, labels }
    }

    /// The task with no row labelled.
    pub(crate) fn unlabelled(&self) -> Self {
        let labels = match &self.labels {
            Labels::Classes(classes) => Labels::Classes(vec![None; classes.len()]),
            Labels::Values(values) => Labels::Values(vec![None; values.len()]),
        };
        Self { labels, ..self.clone() }
    }
}

impl Labels {
    /// Whether row `row` has a label.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn is_known(&self, row: usize) -> bool {
        match self {
            Labels::Classes(classes) => classes[row].is_some(),
            Labels::Values(values) => values[row].is_some(),
        }
    }
}

/// Labels of one kind; `None` is a missing label.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Class of each row, 0-based.
    Classes(Vec<Option<u16>>),
    /// Value of each row in the task's unit.
    Values(Vec<Option<f32>>),
}
