//! `trunkline evaluate`: how a finished model answers a data set.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use trunkline_shared::model::Model;
use trunkline_trainer::artifact::HostPart;
use trunkline_trainer::config::Project;
use trunkline_trainer::data::Dataset;
use trunkline_trainer::evaluate::{ArtifactScores, check_channels, score_artifact};
use trunkline_trainer::explain::{AttributionExample, explain_answer};
use trunkline_trainer::features::{CodeBook, PlanSpec, encode_windows, extract};
use trunkline_trainer::report::tables::{explained as explained_table, grid};

use super::exit::Exit;
use super::failure::Failure;
use super::float::read_float;
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

With --explain the answers to single rows are taken apart as well: what each channel adds to each task's output on the way from the \
training mean to the row, by integrated gradients of the float network beside the model (logits, or the task's unit; of two classes the \
logit of the second, of more that of the class named).

Example:  trunkline evaluate --model result/model.tlm --config result/project.toml --data later_months
          trunkline evaluate --model result/model.tlm --config result/project.toml --data later_months --explain 17,204")]
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

    /// Rows whose answers are to be explained, counted from 0, with commas between; needs the model.safetensors beside the model.
    #[arg(long, value_name = "ROW", value_delimiter = ',')]
    explain: Vec<usize>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Evaluated {
    #[serde(flatten)]
    scores: ArtifactScores,
    /// One list a row asked for, with one entry a task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explained: Vec<Vec<Explained>>,
}

/// One task's answer to one row.
#[derive(Debug, Serialize)]
struct Explained {
    task: String,
    #[serde(flatten)]
    answer: AttributionExample,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let image = Image::read(&arguments.model)?;
    let model = image.model()?;
    self_test(&model)?;
    let project = load_project(&arguments.config)?;
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let scores = score_artifact(&model, &dataset).map_err(evaluation_failure)?;
    let explained = explain(arguments, &model, &project, &dataset)?;
    if json {
        let named = |answers: Vec<AttributionExample>| {
            let answers = dataset.tasks.iter().zip(answers);
            answers.map(|(task, answer)| Explained { task: task.name.clone(), answer }).collect()
        };
        return print_json(&Evaluated { scores, explained: explained.into_iter().map(named).collect() });
    }
    let blocks = explained.iter().map(|answers| explained_table(&dataset.tasks, answers));
    print_text(&std::iter::once(text(&scores)).chain(blocks).collect::<Vec<_>>().join("\n\n"))
}

/// The answers of all tasks to each of the rows asked for, taken apart.
fn explain(
    arguments: &Arguments,
    model: &Model<'_>,
    project: &Project,
    dataset: &Dataset,
) -> Result<Vec<Vec<AttributionExample>>, Failure> {
    let Some(last) = arguments.explain.iter().max() else { return Ok(Vec::new()) };
    let provenance = HostPart::decode(model.host_part()).map_err(|error| evaluation_failure(error.into()))?;
    if provenance.personal.is_some() {
        return Err(Failure::new(Exit::Usage, "--explain: this is the model of a single group").remedy(
            "the float weights are those of the shared model: explain the answers of the model.tlm beside them",
        ));
    }
    if *last >= dataset.rows {
        return Err(Failure::new(Exit::Usage, format!("--explain: there is no row {last}"))
            .remedy(format!("the data has the rows 0 to {}", dataset.rows.saturating_sub(1))));
    }
    let float = read_float(arguments.model.parent().unwrap_or(Path::new("")), model)?;
    let codes = CodeBook::of(model);
    check_channels(&codes, dataset).map_err(evaluation_failure)?;
    let plan = PlanSpec::new(project, dataset).map_err(|error| evaluation_failure(error.into()))?;
    if plan.feature_count() != float.feature_count() {
        let what = format!(
            "the project file asks for {} features, the model reads {}",
            plan.feature_count(),
            float.feature_count()
        );
        return Err(
            Failure::new(Exit::Artifact, what).remedy("give the project.toml that was written beside the model")
        );
    }
    let features = extract(&plan, &codes, &encode_windows(dataset, &codes));
    let of_row = |row: &usize| {
        let tasks = dataset.tasks.iter().enumerate();
        tasks.map(|(task, labels)| explain_answer(&float, &features, *row, task, labels)).collect()
    };
    Ok(arguments.explain.iter().map(of_row).collect())
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
