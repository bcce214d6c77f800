//! `trunkline adapt --curve`: what a new head is worth against the number of labelled rows.

use trunkline_trainer::adapt::{self, DRAWS, Plan, ROWS};

use super::Arguments;
use super::request::known_task;
use crate::cli::failure::Failure;
use crate::cli::output::{ADAPT, Output};
use crate::cli::progress::Console;
use crate::cli::project::{load_data, load_project};
use crate::cli::translate::evaluation_failure;
use crate::cli::{print_json, print_text};

/// Draws the curve.
pub(super) fn run(arguments: &Arguments, output: Option<&Output>, json: bool) -> Result<(), Failure> {
    let project = load_project(&arguments.config)?;
    for task in &arguments.task {
        known_task(&project, task)?;
    }
    let console = Console::new();
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let mut rows = if arguments.rows.is_empty() { ROWS.to_vec() } else { arguments.rows.clone() };
    rows.sort_unstable();
    rows.dedup();
    let draws = arguments.draws.unwrap_or(DRAWS);
    let plan =
        Plan { tasks: arguments.task.clone(), rows, draws, folds: arguments.folds, tune_trunk: arguments.tune_trunk };
    console.stage("every task in turn: a model of the others, then new heads and networks from few rows");
    let curve = adapt::curve(&project, &dataset, &plan, &console);
    console.finish();
    let curve = curve.map_err(evaluation_failure)?;
    if let Some(output) = output {
        let record = serde_json::to_vec_pretty(&curve).map_err(|error| Failure::inside("write the curve", error))?;
        let placed = output.commit(&[(ADAPT, &record)])?;
        placed.warning.iter().for_each(|warning| eprintln!("warning: {warning}"));
    }
    if json {
        return print_json(&curve);
    }
    let findings: Vec<String> = curve.findings.iter().map(|finding| format!("- {finding}")).collect();
    print_text(&format!(
        "{}: new tasks from few labelled rows; {} folds, {} draws, seed {}\n\n{}\n\n{}",
        curve.name,
        curve.folds,
        curve.draws,
        curve.seed,
        adapt::table(&curve),
        findings.join("\n")
    ))
}
