//! `[quantization]`.

use super::{Check, fail, within};
use crate::config::project::Project;
use crate::config::task::LinearMode;
use crate::config::{QuantizationConfig, QuantizationMode, WeightsConfig};

/// Most golden windows.
const MOST_GOLDEN_WINDOWS: usize = 64;

pub(super) fn check(project: &Project) -> Check {
    let quantization = &project.quantization;
    if !matches!(quantization.linear_bits, 8 | 16) {
        return fail("quantization.linear_bits", format!("{} bits", quantization.linear_bits), "8 or 16");
    }
    if !(1..=MOST_GOLDEN_WINDOWS).contains(&quantization.golden_windows) {
        return fail(
            "quantization.golden_windows",
            format!("{} golden windows", quantization.golden_windows),
            format!("1 to {MOST_GOLDEN_WINDOWS}: the device checks itself with them at boot"),
        );
    }
    within("quantization.qat_epochs", quantization.qat_epochs as f64, 1.0, 1e5)?;
    within("quantization.mixed_tolerance", quantization.mixed_tolerance, 0.0, 10.0)?;
    weights(project)?;
    mode(project)
}

/// Weights of 4 bits stand in trunk and heads.
fn weights(project: &Project) -> Check {
    let QuantizationConfig { weights, mixed_tolerance, .. } = project.quantization;
    if weights != WeightsConfig::Mixed && mixed_tolerance != QuantizationConfig::default().mixed_tolerance {
        return fail(
            "quantization.mixed_tolerance",
            "a tolerance for layers of 4 bits, of which there is no choice",
            "set quantization.weights = \"mixed\", or remove the key",
        );
    }
    if weights != WeightsConfig::Int8 && project.tasks.iter().all(|task| !task.trunk_head) {
        return fail(
            "quantization.weights",
            "no task has a head on the trunk, and linear paths have 8 or 16 bits",
            "give a task trunk_head = true, or remove the key; quantization.linear_bits says the width of linear paths",
        );
    }
    Ok(())
}

/// Quantization-aware epochs need something that learns.
fn mode(project: &Project) -> Check {
    let QuantizationConfig { mode, qat_epochs, .. } = project.quantization;
    if mode == QuantizationMode::Ptq {
        if qat_epochs == QuantizationConfig::default().qat_epochs {
            return Ok(());
        }
        return fail(
            "quantization.qat_epochs",
            format!("{qat_epochs} epochs of quantization-aware training, which is not asked for"),
            "set quantization.mode = \"qat\", or remove the key",
        );
    }
    let learns = project.tasks.iter().any(|task| {
        task.trunk_head || matches!(task.linear.mode, LinearMode::Trained | LinearMode::Zero) || !task.reads.is_empty()
    });
    if learns {
        return Ok(());
    }
    fail(
        "quantization.mode",
        "every task is its frozen linear path: there is nothing to train with the roundings",
        "remove the key, or give a task trunk_head = true or linear.mode = \"trained\"",
    )
}
