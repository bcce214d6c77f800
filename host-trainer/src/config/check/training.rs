//! `[model]` and `[training]`.

use super::{Check, calibration, fail, within};
use crate::config::project::Project;
use crate::config::training::GradientConfig;

/// Least alpha of mixup: below it a share is 0 or 1 nearly always, and its generator runs out of digits.
const LEAST_MIXUP: f64 = 1e-2;

pub(super) fn check(project: &Project) -> Check {
    model(project)?;
    training(project)
}

fn model(project: &Project) -> Check {
    let model = &project.model;
    let exponent = model.clip_sd.log2();
    if !(0.0..=6.0).contains(&exponent) || exponent != exponent.round() {
        return fail(
            "model.clip_sd",
            format!("{} is no power of two from 1 to 64", model.clip_sd),
            "8 suits most data",
        );
    }
    within("model.head_init", model.head_init, 0.0, 10.0)
}

fn training(project: &Project) -> Check {
    let training = &project.training;
    if training.seeds.is_empty() {
        return fail(
            "training.seeds",
            "no seed",
            "one training a seed, such as [1, 2, 3, 4, 5]; the first makes the artifact",
        );
    }
    for (index, seed) in training.seeds.iter().enumerate() {
        if training.seeds[..index].contains(seed) {
            return fail(format!("training.seeds[{index}]"), format!("seed {seed} stands twice"), "seeds must differ");
        }
    }
    within("training.epochs", training.epochs as f64, 1.0, 1e5)?;
    within("training.batch", training.batch as f64, 1.0, 1e6)?;
    if !(training.learning_rate > 0.0 && training.learning_rate <= 1.0) {
        return fail(
            "training.learning_rate",
            format!("a rate of {}", training.learning_rate),
            "above 0, at most 1; 2e-3 suits most",
        );
    }
    within("training.weight_decay", training.weight_decay, 0.0, 100.0)?;
    if training.weight_decay * training.learning_rate >= 1.0 {
        return fail(
            "training.weight_decay",
            "weight_decay * learning_rate reaches 1: one step would wipe out every weight",
            "lower one of the two",
        );
    }
    if training.warmup_epochs > training.epochs {
        return fail(
            "training.warmup_epochs",
            format!("{} of {} epochs", training.warmup_epochs, training.epochs),
            "at most training.epochs",
        );
    }
    within("training.input_noise", training.input_noise, 0.0, 10.0)?;
    within("training.dropout", training.dropout, 0.0, 0.9)?;
    within("training.modality_dropout", training.modality_dropout, 0.0, 0.9)?;
    if training.modality_dropout > 0.0 && project.channels.iter().all(|channel| !channel.optional) {
        return fail(
            "training.modality_dropout",
            "no channel is optional, so none can be left out",
            "set optional = true in the [[channels]] that may be missing, or remove the key",
        );
    }
    gradient(project)?;
    within("training.mixup", training.mixup, 0.0, 10.0)?;
    if training.mixup > 0.0 && training.mixup < LEAST_MIXUP {
        return fail("training.mixup", format!("an alpha of {}", training.mixup), format!("0, or {LEAST_MIXUP} to 10"));
    }
    within("training.early_stopping.validation", training.early_stopping.validation, 0.0, 0.9)?;
    within("training.early_stopping.patience", training.early_stopping.patience as f64, 1.0, 1e5)?;
    within("training.early_stopping.tolerance", training.early_stopping.tolerance, 0.0, 10.0)?;
    calibration::check(project)?;
    let relation = &training.relation;
    within("training.relation.strength", relation.strength, 0.0, 1e3)?;
    within("training.relation.epsilon", relation.epsilon, 1e-9, 1.0)?;
    within("training.relation.every_epochs", relation.every_epochs as f64, 1.0, 1e5)?;
    within("training.relation.tolerance", relation.tolerance, 0.0, 1.0)
}

/// A gradient method needs gradients that meet.
fn gradient(project: &Project) -> Check {
    let readers = project.tasks.iter().filter(|task| task.trunk_head).count();
    let meeting = if project.model.trunk.is_empty() { 0 } else { readers };
    if project.training.gradient == GradientConfig::Sum || meeting >= 2 {
        return Ok(());
    }
    fail(
        "training.gradient",
        format!("tasks with a head on the trunk: {meeting}; gradients can only conflict between two"),
        "give model.trunk a layer and two tasks trunk_head = true, or set training.gradient = \"sum\"",
    )
}
