//! What a comparison leaves in `compare.json`. The file is described in `host-trainer/METRICS.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluate::bootstrap::Interval;
use crate::evaluate::{Metrics, TrainingCourse};

/// Version of the schema: raised whenever a field is removed or changes its meaning, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that a comparison found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of Trunkline that wrote the record.
    pub trunkline_version: String,
    /// Name of the project.
    pub name: String,
    /// The tasks in the order of the project file.
    pub tasks: Vec<TaskInfo>,
    /// Baselines, then methods, in the order of the tables.
    pub columns: Vec<Column>,
    /// Methods that were asked for and do not apply.
    pub skipped: Vec<Skipped>,
    /// Scores with fewer training rows; empty where that was not asked for.
    pub label_shares: Vec<LabelShare>,
    /// Tasks whose labels do not vary within groups that the split keeps whole.
    pub constant_within_groups: Vec<GroupLabels>,
    /// The findings in words.
    pub findings: Vec<String>,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Folds evaluated a seed.
    pub folds: usize,
    /// Folds of the split.
    pub folds_in_split: usize,
    /// Rows of the data set.
    pub rows: usize,
    /// Units of test rows that the intervals draw: groups, folds or blocks that stay together, or single rows.
    pub units: usize,
    /// What a unit is: `group`, `fold`, `block` or `row`.
    #[serde(default = "row")]
    pub unit: String,
    /// Draws behind each interval; 0 where there are too few units for any.
    pub draws: usize,
    /// Whether the project has personal heads, which take no part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal_heads_left_out: bool,
    /// Extra trees an output; boosting has half as many. 0 where neither took part.
    #[serde(default)]
    pub trees: usize,
    /// Wall-clock time; the only field that differs between equal runs.
    pub seconds: f64,
    /// SHA-256 of the resolved project file.
    pub config_sha256: String,
    /// SHA-256 of everything read from the data.
    pub data_sha256: String,
}

fn row() -> String {
    "row".to_owned()
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskInfo {
    /// Name.
    pub name: String,
    /// fault, quality, energy or other.
    pub role: String,
    /// binary, multi-class or regression.
    pub kind: String,
    /// Unit of a regression.
    pub unit: String,
    /// The metric by which it is read first: `auc`, `macro_f1` or `r2`.
    pub figure: String,
    /// The error by which it is compared: `1-auc`, `1-macro_f1` or `rmse`.
    pub error: String,
}

/// One contender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// `constant`, `linear`, `extra_trees`, `boosting`, `single`, `single_same_size`, or the name of a method.
    pub name: String,
    /// What it is, one sentence.
    pub sentence: String,
    /// Where it was published; may be empty.
    pub paper: String,
    /// Whether it is a joint model, quantized, as the device runs it; the others are in floating point.
    pub joint: bool,
    /// For each task its metrics.
    pub scores: Vec<Metrics>,
    /// For each task how its trainings ended; empty where nothing is trained step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub training: Vec<Option<TrainingCourse>>,
    /// How it compares with others, by their names; empty for a baseline.
    pub against: BTreeMap<String, Against>,
    /// For each task by how much it is better than a constant answer, in the error that knows no lucky constant: RMSE, 1 - AUC,
    /// 1 - mean recall.
    pub skill: Vec<Option<Interval>>,
    /// The same with intervals that hold for all tasks at once, of the project as it is configured and of the linear models: by these a
    /// task counts as learnt or not. Empty for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skill_simultaneous: Vec<Option<Interval>>,
}

/// One contender against another, positive where the one is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// Delta_m in percent; `None` where no task has a ratio.
    pub delta_m: Option<Interval>,
    /// Tasks that it is the mean of.
    #[serde(default)]
    pub delta_m_tasks: usize,
    /// The same within each fold, one list a seed.
    pub delta_m_of_folds: Vec<Vec<Option<f64>>>,
    /// For each task the error of the other minus that of the one.
    pub tasks: Vec<Option<Interval>>,
    /// The same with intervals that hold for all differences of the family at once, where the findings tell of it. Empty elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub simultaneous: Vec<Option<Interval>>,
}

/// A method that was not trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The method.
    pub name: String,
    /// Why not.
    pub reason: String,
}

/// All contenders on a part of the training rows; the test rows are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelShare {
    /// Percent of each fold's training rows that were asked for.
    pub percent: f64,
    /// Training rows there were, mean over folds and seeds.
    pub training_rows: f64,
    /// How many times the configured epochs the networks were trained at most, to take about as many steps.
    #[serde(default = "one")]
    pub times_epochs: f64,
    /// `constant`, `linear`, `extra_trees`, `single` and `joint`.
    pub columns: Vec<Column>,
}

fn one() -> f64 {
    1.0
}

/// A task whose labels do not vary within groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLabels {
    /// The task.
    pub task: String,
    /// Groups with a label.
    pub groups: usize,
    /// Rows with a label.
    pub rows: usize,
}

impl Comparison {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
