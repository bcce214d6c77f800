//! Whether a network can fit into an artifact at all, told before anything is trained.

use trunkline_shared::model::MAX_IMAGE_BYTES;

use super::EvaluateError;
use super::integer::linear_bits;
use crate::config::{Project, TaskConfig, WeightsConfig};
use crate::data::{Dataset, TaskLabels};
use crate::features::PlanSpec;
use crate::train::Architecture;

/// Refuses the network of all tasks of `project` over the features of `plan` where its weights alone are larger than an artifact.
///
/// # Errors
/// [`EvaluateError::TooLarge`].
pub(super) fn check_size(project: &Project, dataset: &Dataset, plan: &PlanSpec) -> Result<(), EvaluateError> {
    let tasks: Vec<&TaskConfig> = project.tasks.iter().collect();
    let outputs: Vec<usize> = dataset.tasks.iter().map(TaskLabels::outputs).collect();
    let architecture = Architecture::new(&project.model, &plan.blocks, &tasks, project.trunk());
    // With a choice of widths, the least that they may be.
    let bits = if project.quantization.weights == WeightsConfig::Int8 { 8 } else { 4 };
    let bytes = architecture.weight_bytes(plan.feature_count(), &outputs, &linear_bits(project), bits);
    let features = plan.feature_count();
    let limit = MAX_IMAGE_BYTES as usize;
    if bytes > limit { Err(EvaluateError::TooLarge { bytes, limit, features }) } else { Ok(()) }
}
