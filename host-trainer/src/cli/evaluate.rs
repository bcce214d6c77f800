//! `trunkline evaluate`: how a finished model answers a data set.

use std::path::PathBuf;

use clap::Args;
use trunkline_trainer::evaluate::{ArtifactScores, score_artifact};
use trunkline_trainer::report::tables::grid;

use super::failure::Failure;
use super::image::Image;
use super::project::{load_data, load_project};
use super::translate::evaluation_failure;
use super::verify::self_test;
use super::{print_json, print_text};

/// Score a finished model on a data set, as the device would answer.
#[derive(Debug, Args)]
#[command(long_about = "\
Run a finished model over every row of a data set, from the raw window on, with the device's own runtime, and score its answers. \
The project file says where channels and labels stand; it must have the model's channels and tasks. \
Of a model with one machine's own heads only that machine's rows are asked.

Scores on the rows that a model was trained on flatter it: the answer says so when the data is the same. Figures on unseen rows \
are in metrics.json and in the model file (trunkline inspect).

Example:  trunkline evaluate --model result/model.tlm --config result/project.toml --data later_months")]
pub(super) struct Arguments {
    /// The artifact, a model.tlm.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    /// The project file (TOML), such as the project.toml beside the model.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,

    /// The folder that the project's file names are relative to; not needed for the simulated plant.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let image = Image::read(&arguments.model)?;
    let model = image.model()?;
    self_test(&model)?;
    let project = load_project(&arguments.config)?;
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let scores = score_artifact(&model, &dataset).map_err(evaluation_failure)?;
    if json { print_json(&scores) } else { print_text(&text(&scores)) }
}

fn text(scores: &ArtifactScores) -> String {
    let rows = scores.tasks.iter().map(|task| {
        let metrics: Vec<String> = task.metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        vec![task.name.clone(), task.kind.to_owned(), task.unit.clone(), metrics.join("  ")]
    });
    let warning = if scores.training_rows {
        "The model was trained on these very rows: these scores flatter it. For unseen rows see metrics.json."
    } else {
        "This is not the very data that the model was trained on. Rows that both have in common still flatter it."
    };
    let whose = scores
        .group
        .as_ref()
        .map_or_else(String::new, |(by, group)| format!(" of {by} {group}, whose heads these are"));
    let grid = grid(&["task", "kind", "unit", "scores"], rows);
    format!("{}: {} rows{whose}\n\n{grid}\n\n{warning}", scores.name, scores.rows)
}
