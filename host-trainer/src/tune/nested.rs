//! An honest score of tuning: the whole search inside each outer fold's training rows, its winner asked about rows that the search has
//! never seen (Varma & Simon, BMC Bioinformatics 2006).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Found, Observer, Study, TuneError, search};
use crate::artifact::sha256_hex;
use crate::config::{Project, kind_name};
use crate::data::{Dataset, split};
use crate::evaluate::{EvaluateError, Metrics, Predictions, held_out, score_over_seeds, side_by_side};
use crate::features::FeatureSource;

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// The nested scores of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nested {
    /// Version of this form.
    pub schema_version: u32,
    /// Name of the project.
    pub name: String,
    /// Each task's scores on the outer test rows.
    pub tasks: Vec<NestedTask>,
    /// What each fold's search has chosen.
    pub chosen: Vec<ChosenInFold>,
    /// Seeds that the chosen settings were trained with on each fold's training rows.
    pub seeds: Vec<u64>,
    /// Fits of all searches.
    pub evaluations: usize,
    /// SHA-256 of the resolved project file.
    pub config_sha256: String,
    /// SHA-256 of everything read from the data.
    pub data_sha256: String,
}

/// One task's scores, of joint integer models as the device runs them if nothing else is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NestedTask {
    /// Name.
    pub name: String,
    /// binary, multi-class or regression.
    pub kind: String,
    /// With the settings that each fold's search has chosen.
    pub nested: Metrics,
    /// The same in floating point; empty in results of before it was recorded, as the subsets.
    #[serde(default)]
    pub nested_f32: Metrics,
    /// With the settings chosen, on the test rows of each of the project's subsets (`[[evaluate.subsets]]`).
    #[serde(default)]
    pub subsets: BTreeMap<String, Metrics>,
    /// With the project's own settings, on the same folds.
    pub project_itself: Metrics,
}

/// What the search inside one outer fold has chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChosenInFold {
    /// The outer fold, from 0.
    pub fold: usize,
    /// Number of the trial; 0 is the project as it stands.
    pub trial: usize,
    /// Its settings, TOML.
    pub overlay: String,
    /// Its score on the inner folds.
    pub score: Option<f64>,
    /// The score there of the project as it stands.
    pub score_of_project: Option<f64>,
    /// Most bytes of weights, biases and scales of its models on this fold.
    pub weights_bytes: u64,
}

/// Runs the search inside the training rows of every outer fold of the project's split (dealt with its first seed), trains the winner
/// on all of the fold's training rows with each of the project's seeds, and scores it on the fold's test rows, beside the project as it
/// stands. In `study` each fold has a search of its own.
///
/// # Errors
/// As [`search`].
pub fn nested(
    project: &Project,
    dataset: &Dataset,
    study: &Study,
    observer: &dyn Observer,
) -> Result<Nested, TuneError> {
    let resolved = project.to_toml().map_err(EvaluateError::Project)?;
    let source = FeatureSource::new(project, dataset).map_err(EvaluateError::Features)?;
    let seeds = &project.training.seeds;
    let outer =
        split::folds(project, dataset, seeds.first().copied().unwrap_or_default()).map_err(EvaluateError::Data)?;
    let search_in = |(fold, rows): (usize, &split::Fold)| -> Result<Found, TuneError> {
        let name = format!("training rows of fold {} of {}", fold + 1, outer.len());
        search(project, dataset, &source, &rows.train, &name, study, observer)
    };
    let found: Vec<Found> = outer.iter().enumerate().map(search_in).collect::<Result<_, _>>()?;
    let winners: Vec<Project> =
        found.iter().map(|found| found.best_project(project, &dataset.sha256)).collect::<Result<_, _>>()?;

    let jobs: Vec<(usize, usize, bool)> = (0..outer.len())
        .flat_map(|fold| (0..seeds.len()).flat_map(move |seed| [(fold, seed, true), (fold, seed, false)]))
        .collect();
    let models = side_by_side(&jobs, |&(fold, seed, chosen)| {
        let project = if chosen { &winners[fold] } else { project };
        held_out(project, dataset, &source, &outer[fold], seeds[seed])
    })?;

    let mut weights_bytes = vec![0; outer.len()];
    let nobody = || vec![Predictions::none(dataset.tasks.len(), dataset.rows); seeds.len()];
    let (mut nested, mut nested_f32, mut project_itself) = (nobody(), nobody(), nobody());
    for (&(fold, seed, chosen), model) in jobs.iter().zip(models) {
        let test = &outer[fold].test;
        if chosen {
            weights_bytes[fold] = model.footprint.weights_bytes.max(weights_bytes[fold]);
            place(&mut nested[seed], model.answers, test);
            place(&mut nested_f32[seed], model.float, test);
        } else {
            place(&mut project_itself[seed], model.answers, test);
        }
    }
    let mut fold_of_row = vec![None; dataset.rows];
    for (fold, rows) in outer.iter().enumerate() {
        rows.test.iter().for_each(|row| fold_of_row[*row] = Some(fold));
    }
    let metrics = |task: usize, answers: &[Predictions], rows: &[bool]| -> Metrics {
        let within = fold_of_row.iter().zip(rows).map(|(fold, within)| fold.filter(|_| *within)).collect();
        let folds: Vec<Vec<Option<usize>>> = vec![within; seeds.len()];
        let answers = answers.iter().map(|answers| &answers.tasks[task]);
        score_over_seeds(&dataset.tasks[task], project.tasks[task].threshold, answers, &folds)
    };
    let all = vec![true; dataset.rows];
    let task = |(index, task): (usize, &crate::data::TaskLabels)| NestedTask {
        name: task.name.clone(),
        kind: kind_name(task.kind).to_owned(),
        nested: metrics(index, &nested, &all),
        nested_f32: metrics(index, &nested_f32, &all),
        subsets: dataset
            .subsets
            .iter()
            .map(|subset| (subset.name.clone(), metrics(index, &nested, &subset.rows)))
            .collect(),
        project_itself: metrics(index, &project_itself, &all),
    };
    let chosen = |((fold, found), weights_bytes): ((usize, &Found), &u64)| ChosenInFold {
        fold,
        trial: found.best,
        overlay: found.best().map(|trial| trial.overlay.clone()).unwrap_or_default(),
        score: found.best().and_then(|trial| trial.score),
        score_of_project: found.trials.first().and_then(|trial| trial.score),
        weights_bytes: *weights_bytes,
    };
    Ok(Nested {
        schema_version: SCHEMA_VERSION,
        name: project.name.clone(),
        tasks: dataset.tasks.iter().enumerate().map(task).collect(),
        chosen: found.iter().enumerate().zip(&weights_bytes).map(chosen).collect(),
        seeds: seeds.clone(),
        evaluations: found.iter().map(|found| found.evaluations).sum(),
        config_sha256: sha256_hex(resolved.as_bytes()),
        data_sha256: dataset.sha256.clone(),
    })
}

/// Moves the answers to the rows `test` into their places.
fn place(into: &mut Predictions, answers: Predictions, test: &[usize]) {
    for (all, outputs) in into.tasks.iter_mut().zip(answers.tasks) {
        test.iter().zip(outputs).for_each(|(row, output)| all[*row] = output);
    }
}
