//! `[tune]`: budget, limits, and a space whose every key and value the project could hold.

use super::{Check, fail, within};
use crate::config::project::Project;
use crate::config::tune::{ParameterConfig, TuneConfig};

/// Most trials.
const MOST_TRIALS: usize = 100_000;
/// Most rungs.
const MOST_RUNGS: usize = 8;
/// Sections that a search must not touch: they say what is asked, not how it is answered.
const FIXED: [&str; 8] = ["name", "data", "channels", "magnitudes", "split", "evaluate", "tune", "training.seeds"];
/// Keys of a task that a search must not touch, for the same reason.
const FIXED_OF_TASKS: [&str; 7] = ["name", "role", "kind", "unit", "target", "classes", "class_names"];

pub(super) fn check(project: &Project) -> Check {
    let Some(tune) = &project.tune else { return Ok(()) };
    budget(tune)?;
    if tune.space.is_empty() {
        return fail(
            "tune.space",
            "nothing to search",
            "name keys, such as \"training.learning_rate\" = { low = 5e-4, high = 8e-3, log = true }, or remove [tune.space] for \
             the usual ones",
        );
    }
    for (key, parameter) in &tune.space {
        let place = format!("tune.space.\"{key}\"");
        range(&place, parameter)?;
        allowed(&place, key, project)?;
    }
    values(project, tune)
}

fn budget(tune: &TuneConfig) -> Check {
    within("tune.trials", tune.trials as f64, 1.0, MOST_TRIALS as f64)?;
    within("tune.rungs", tune.rungs as f64, 1.0, MOST_RUNGS as f64)?;
    within("tune.eta", tune.eta as f64, 2.0, 10.0)?;
    within("tune.inner_folds", tune.inner_folds as f64, 2.0, 20.0)?;
    let limits =
        [("weights_bytes", tune.max_weights_bytes), ("macs", tune.max_macs), ("arena_bytes", tune.max_arena_bytes)];
    match limits.iter().find(|(_, limit)| *limit == Some(0)) {
        Some((name, _)) => {
            fail(format!("tune.max_{name}"), "nothing fits into 0", "state a limit, or remove the key for none")
        }
        None => Ok(()),
    }
}

/// Either a choice or a range, and one that makes sense.
fn range(place: &str, parameter: &ParameterConfig) -> Check {
    let ParameterConfig { values, low, high, log, integer, step } = parameter;
    match (values, low, high) {
        (Some(values), None, None) if values.is_empty() => {
            fail(place, "no values to choose among", "name at least one")
        }
        (Some(_), None, None) if *log || *integer || step.is_some() => {
            fail(place, "log, integer and step have no meaning for a choice", "remove them, or give low and high")
        }
        (Some(_), None, None) => Ok(()),
        (None, Some(low), Some(high)) => {
            if !(low.is_finite() && high.is_finite() && low < high) {
                return fail(place, format!("no range from {low} to {high}"), "low must lie below high");
            }
            if *log && *low <= 0.0 {
                return fail(place, format!("no logarithm of {low}"), "with log = true, low must lie above 0");
            }
            if let Some(step) = step
                && !(*step > 0.0 && *step <= high - low)
            {
                return fail(place, format!("a step of {step}"), format!("above 0, at most {}", high - low));
            }
            let whole = |number: f64| number.fract() == 0.0 && number.abs() < 1e15;
            if *integer && !(whole(*low) && whole(*high) && step.is_none_or(whole)) {
                return fail(place, "whole numbers from a broken range", "give whole low, high and step");
            }
            Ok(())
        }
        _ => fail(
            place,
            "neither a choice nor a range",
            "write { values = [...] } or { low = .., high = .. }, the latter with log, integer or step as needed",
        ),
    }
}

/// A key that says how the question is answered.
fn allowed(place: &str, key: &str, project: &Project) -> Check {
    let fixed = |name: &str| key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    if key == "tasks" || key == "training" || FIXED.iter().any(|name| fixed(name)) {
        return fail(
            place,
            "a search must not change what is asked: its scores could not be compared",
            "search single keys of model, training, quantization and tasks",
        );
    }
    if fixed("model.branches") {
        return fail(
            place,
            "branches order the features anew, which all trials of a search share",
            "search other keys, and compare branches with trunkline compare-methods --methods branches",
        );
    }
    let Some(rest) = key.strip_prefix("tasks.") else { return Ok(()) };
    let Some((_, rest)) = project.task_of(rest) else {
        let names: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
        let name = rest.split('.').next().unwrap_or_default();
        return fail(place, "names no key of a task", crate::config::suggest(name, &names));
    };
    let key = rest.split('.').next().unwrap_or_default();
    if FIXED_OF_TASKS.contains(&key) {
        return fail(
            place,
            "a search must not change what a task is",
            "search how it is learnt: weight, linear, loss, trunk_head",
        );
    }
    Ok(())
}

/// Every value of a choice and both ends of a range, laid over the project one at a time.
fn values(project: &Project, tune: &TuneConfig) -> Check {
    let bare = project.without_search();
    for (key, parameter) in &tune.space {
        for value in parameter.ends() {
            let overlay = bare.overlay_of(&[(key, value.clone())]);
            if let Err(error) = bare.overlaid(&overlay, "tune.space") {
                let at =
                    if error.key.is_empty() || error.key == *key { String::new() } else { format!("{}: ", error.key) };
                return fail(
                    format!("tune.space.\"{key}\""),
                    format!("the value {value} cannot be: {at}{}", error.problem),
                    error.remedy,
                );
            }
        }
    }
    Ok(())
}
