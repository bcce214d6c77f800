//! What a training leaves in `metrics.json`. The file is described in `host-trainer/METRICS.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Differences, EarlyWarning, PersonalRecord, TrainingCourse, Uncertainty};
use crate::explain::{Importance, RelationStability, TaskAttributions};
use crate::grouping::Grouping;
use crate::train::relation::TaskRelation;
use crate::train::{AlternationRecord, TaskCalibration};

/// Version of the schema: raised whenever a field is removed or changes its meaning, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that a training found out, as `metrics.json` holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of Trunkline that wrote the record.
    pub trunkline_version: String,
    /// Name of the project.
    pub name: String,
    /// The tasks in the order of the project file.
    pub tasks: Vec<TaskRecord>,
    /// Personal heads against what they compete with; left out without `[personalize]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<PersonalRecord>,
    /// What joining changed over all tasks, in percent, positive where the joint float network is better.
    pub delta_m_percent: Against,
    /// The relation that the model in the artifact learnt; `None` where fewer than one task has a head.
    pub relation: Option<TaskRelation>,
    /// The relation over the joint models of all folds and seeds; `None` without heads.
    #[serde(default)]
    pub relation_stability: Option<RelationStability>,
    /// The closed-form steps on that relation, in order.
    pub alternations: Vec<AlternationRecord>,
    /// Whether the relation came to rest before the epochs ended.
    pub relation_converged: bool,
    /// Projects with `[model.grouping]`: how the tasks of the model in the artifact were grouped, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping: Option<Grouping>,
    /// The artifact in numbers.
    pub model: Footprint,
    /// Seeds of the evaluation; the first one's model, refitted on all rows, is in the artifact.
    pub seeds: Vec<u64>,
    /// Folds evaluated a seed.
    pub folds: usize,
    /// Folds of the split; more than `folds` where the evaluation was cut short.
    pub folds_in_split: usize,
    /// Rows of the data set.
    pub rows: usize,
    /// Rows scored a seed: those of the test folds.
    pub test_rows: usize,
    /// Samples of each channel that lay outside its range and were clamped, by channel name.
    pub saturated_samples: BTreeMap<String, u64>,
    /// Whether a search has chosen the settings by the labels of these very rows, so that the figures flatter them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settings_chosen_on_these_rows: bool,
    /// Wall-clock time of evaluation and final training.
    pub seconds: f64,
    /// SHA-256 of the resolved project file.
    pub config_sha256: String,
    /// SHA-256 of everything read from the data.
    pub data_sha256: String,
}

/// One task's scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Name.
    pub name: String,
    /// fault, quality, energy or other.
    pub role: String,
    /// binary, multi-class or regression.
    pub kind: String,
    /// Unit of a regression; empty for classes.
    pub unit: String,
    /// Names of the classes; empty for a regression.
    pub classes: Vec<String>,
    /// Test rows that have a label.
    pub labelled_rows: usize,
    /// The most frequent class or the mean of the training rows.
    pub constant: Metrics,
    /// The closed-form linear model: shrinkage LDA or ridge.
    pub linear: Metrics,
    /// A network for this task alone, as large as the joint one.
    pub single: Metrics,
    /// A network for this task alone, so small that the networks of all tasks together are no larger than the joint one.
    pub single_same_size: Metrics,
    /// The joint network in floating point.
    pub joint_f32: Metrics,
    /// The joint network in integers, from the raw window on, as the device runs it.
    pub joint_int8: Metrics,
    /// The same for each optional channel, were it missing in every window.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joint_int8_without: BTreeMap<String, Metrics>,
    /// For each of the project's subsets of rows (`[[evaluate.subsets]]`) the contenders' metrics, by their keys above, on the test
    /// rows in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subsets: BTreeMap<String, BTreeMap<String, Metrics>>,
    /// This task's term of `delta_m_percent`.
    pub gain_percent: Against,
    /// How the trainings of each kind of network (by its key above) ended: whether what joining is compared with was trained long enough.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub training: BTreeMap<String, TrainingCourse>,
    /// How the joint integer model differs from the others, fold by fold, and how sure that is; all `None` in records of before it
    /// was computed.
    #[serde(default)]
    pub difference: Differences,
    /// Fault tasks of data whose rows have hours and machines: what each contender (by its key above) is worth as an early
    /// warning, with the first seed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub early_warning: BTreeMap<String, EarlyWarning>,
    /// Class tasks of projects with `[training.calibration]`: how the outputs of the model in the artifact were calibrated, and its
    /// threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<TaskCalibration>,
    /// Regressions whose loss is the likelihood of a Gaussian: the standard deviations that the joint float network gives with its
    /// values, on test rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Uncertainty>,
    /// What the task draws from each channel and magnitude: the rise of the joint float network's error on test rows when their
    /// features are permuted; `None` where no fold defines the error.
    #[serde(default)]
    pub importance: Option<Importance>,
    /// What drives the outputs of the model in the artifact, row by row and on average.
    #[serde(default)]
    pub attributions: Option<TaskAttributions>,
}

/// Scores by metric: `macro_f1`, `accuracy`, `nll`, `ece` and, for binary tasks, `auc`, `auc_pooled`, `precision`, `recall` and, where
/// the threshold states costs, `cost`; `r2`, `rmse` and `mae` for regressions. A metric that is defined in no seed is left out.
pub type Metrics = BTreeMap<String, Summary>;

/// A metric over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Mean over the seeds in which it is defined.
    pub mean: f64,
    /// Sample standard deviation over seeds; 0 with one seed, of which `per_seed` tells.
    pub sd: f64,
    /// One value a seed, in the order of [`Record::seeds`]; `None` where it is not defined.
    pub per_seed: Vec<Option<f64>>,
}

impl Summary {
    /// The summary of one value a seed; `None` if no seed has one.
    pub fn over_seeds(per_seed: Vec<Option<f64>>) -> Option<Self> {
        let defined: Vec<f64> = per_seed.iter().flatten().copied().collect();
        if defined.is_empty() {
            return None;
        }
        let mean = defined.iter().sum::<f64>() / defined.len() as f64;
        let squares: f64 = defined.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = (squares / (defined.len() - 1).max(1) as f64).sqrt();
        Some(Self { mean, sd, per_seed })
    }
}

/// The joint float network against each kind of single-task network, in percent; `None` (null) where an error is not defined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// Against networks as large as the joint one.
    pub single: Option<f64>,
    /// Against networks that together are no larger than the joint one.
    pub single_same_size: Option<f64>,
}

/// An artifact in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// The whole file.
    pub bytes: u64,
    /// Multiply-accumulates a window, features not counted.
    pub macs: u64,
    /// Working memory of a run.
    pub arena_bytes: u64,
    /// The weight section: weights, biases, multipliers, and the features' means and gains.
    pub weights_bytes: u64,
    /// Its share of means and gains.
    pub normalization_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_use_the_sample_standard_deviation() {
        let summary = Summary::over_seeds(vec![Some(1.0), Some(2.0), Some(3.0)]).unwrap();
        assert_eq!((summary.mean, summary.sd), (2.0, 1.0));
    }

    #[test]
    fn seeds_without_a_value_take_no_part() {
        let summary = Summary::over_seeds(vec![Some(1.0), None, Some(3.0)]).unwrap();
        assert_eq!((summary.mean, summary.per_seed.len()), (2.0, 3));
        assert_eq!(Summary::over_seeds(vec![Some(0.5)]).map(|summary| summary.sd), Some(0.0));
        assert_eq!(Summary::over_seeds(vec![None, None]), None);
    }
}
