//! The checks of a project file that need no data. Each gives the first key at fault, what is wrong with it, and a remedy.

mod architecture;
mod calibration;
mod channels;
mod convolutions;
mod data;
mod distillation;
mod evaluate;
mod grouping;
mod linear;
mod loss;
mod personalize;
mod quantization;
mod tasks;
mod training;
mod tune;

use super::error::Problem;
use crate::config::project::Project;
use trunkline_shared::model::{MAX_CHANNELS, MAX_TASKS};

/// Most channels, magnitudes included: what an artifact takes.
const MOST_CHANNELS: usize = MAX_CHANNELS as usize;
/// Most tasks.
const MOST_TASKS: usize = MAX_TASKS as usize;
/// Longest name in bytes.
const LONGEST_NAME: usize = 64;

/// A key at fault.
#[derive(Debug)]
pub(super) struct Finding {
    /// Its path.
    pub(super) key: String,
    /// What is wrong.
    pub(super) what: Problem,
}

type Check = Result<(), Finding>;

/// Every check, from the top of the file to its end.
pub(super) fn check(project: &Project) -> Check {
    name("name", &project.name)?;
    data::check(project)?;
    channels::check(project)?;
    tasks::check(project)?;
    linear::check(project)?;
    architecture::check(project)?;
    grouping::check(project)?;
    evaluate::check(project)?;
    training::check(project)?;
    quantization::check(project)?;
    distillation::check(project)?;
    tune::check(project)?;
    personalize::check(project)
}

fn fail(key: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Check {
    Err(Finding { key: key.into(), what: Problem::new(problem, remedy) })
}

/// A name: not empty, printable, short.
fn name(key: &str, name: &str) -> Check {
    if name.trim().is_empty() {
        return fail(key, "the name is empty", "give a name");
    }
    if name.len() > LONGEST_NAME {
        return fail(key, format!("the name is longer than {LONGEST_NAME} bytes"), "shorten it");
    }
    if name.chars().any(char::is_control) || name.trim() != name {
        return fail(key, "the name holds control characters or spaces at an end", "remove them");
    }
    Ok(())
}

/// Names that must differ, each with its key.
fn distinct<'n>(names: impl Iterator<Item = (String, &'n str)>, what: &str) -> Check {
    let mut seen: Vec<&str> = Vec::new();
    for (key, name) in names {
        if seen.contains(&name) {
            return fail(key, format!("a second {what} is named \"{name}\""), "names must differ");
        }
        seen.push(name);
    }
    Ok(())
}

/// A key that this kind of project has no use for.
fn unused<T>(value: &Option<T>, key: impl Into<String>, reader: &str) -> Check {
    match value {
        Some(_) => fail(key, format!("only read with {reader}"), format!("remove the key or set {reader}")),
        None => Ok(()),
    }
}

/// A number in a closed range; NaN is in none.
fn within(key: impl Into<String>, value: f64, low: f64, high: f64) -> Check {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    fail(key, format!("{value} lies outside {low} to {high}"), "choose a value in that range")
}
