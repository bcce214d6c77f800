//! `[training.calibration]` and the thresholds of binary tasks.

use trunkline_shared::model::TaskKind;

use super::{Check, fail, within};
use crate::config::calibration::ThresholdConfig;
use crate::config::project::Project;
use crate::config::task::{TaskConfig, kind_name};

/// Most inner folds.
const MOST_FOLDS: f64 = 20.0;
/// Largest cost.
const LARGEST_COST: f64 = 1e9;

pub(super) fn check(project: &Project) -> Check {
    match &project.training.calibration {
        Some(calibration) => within("training.calibration.folds", calibration.folds as f64, 2.0, MOST_FOLDS),
        None => Ok(()),
    }
}

pub(super) fn threshold(project: &Project, task: &TaskConfig, key: &str) -> Check {
    let Some(threshold) = task.threshold else { return Ok(()) };
    if task.kind != TaskKind::Binary {
        return fail(
            key,
            format!("a {} task has no threshold", kind_name(task.kind)),
            "remove the key; a threshold tells the two classes of a binary task apart",
        );
    }
    if project.training.calibration.is_none() {
        return fail(
            key,
            "a threshold is chosen on answers to rows that a model has not seen, and none are made",
            "add [training.calibration] with folds = 3",
        );
    }
    match threshold {
        ThresholdConfig::Cost { false_alarm_cost, miss_cost } => {
            for (name, cost) in [("false_alarm_cost", false_alarm_cost), ("miss_cost", miss_cost)] {
                if !(cost > 0.0 && cost <= LARGEST_COST) {
                    return fail(
                        format!("{key}.{name}"),
                        format!("a cost of {cost}"),
                        format!("above 0, at most {LARGEST_COST:e}"),
                    );
                }
            }
            Ok(())
        }
        ThresholdConfig::Precision { precision } if precision > 0.0 && precision <= 1.0 => Ok(()),
        ThresholdConfig::Precision { precision } => {
            fail(format!("{key}.precision"), format!("a precision of {precision}"), "above 0, at most 1")
        }
    }
}
