//! `trunkline tune`: better settings for a project, found inside its training rows.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use trunkline_trainer::config::Project;
use trunkline_trainer::data::Dataset;
use trunkline_trainer::features::FeatureSource;
use trunkline_trainer::report::tuning;
use trunkline_trainer::tune::{self, ALL_ROWS, Found, Study};

use super::failure::Failure;
use super::output::{NESTED, Output, PROJECT, REPORT, TUNING, TUNING_FILES};
use super::progress::Console;
use super::project::{load_data, load_project};
use super::threads::use_threads;
use super::translate::{evaluation_failure, tune_failure};
use super::{print_json, print_text};

/// Search for better settings of a project, within a budget of trials and the limits of the device.
#[derive(Debug, Args)]
#[command(long_about = "\
Try settings of a project and say which do best: successive halving over random or TPE samples. Each trial is trained and scored, \
quantized, on inner folds of whole groups; the best third goes on with three times the epochs, until the last few have had them all. \
Settings whose model would exceed a limit ([tune] max_weights_bytes, max_macs, max_arena_bytes) are passed over untrained.

What may change stands in [tune.space] of the project file, one key a line; without it, learning rate, weight decay, noise, dropout, \
relation and trunk are searched:
  [tune]
  trials = 32
  max_weights_bytes = 20480
  [tune.space]
  \"training.learning_rate\" = { low = 5e-4, high = 8e-3, log = true }
  \"model.trunk\" = { values = [[16], [32, 16], [48, 32]] }
  \"tasks.pump.linear.scale\" = { low = 0.1, high = 1.0 }

Everything known lies in the study, a SQLite file. Stop the search when you like, with Ctrl-C or worse: the same command goes on where \
it was, and ends with the same winner. Start the same command in further terminals, and all work on the one study. On a finished \
study it shows the result.

Example:  trunkline tune --config host-trainer/examples/hydraulic.toml --data hydraulic --trials 16 --out tuned
Next:     trunkline train --config tuned/project.toml --data hydraulic --out result
Honest:   add --nested for a score on rows that the search has never seen")]
pub(super) struct Arguments {
    /// The project file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,

    /// The folder that the project's file names are relative to; not needed for the simulated plant.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// The study, a file on a disk of this machine; begun where it does not exist [default: the project file's name with
    /// .tune.sqlite, in the present folder].
    #[arg(long, value_name = "FILE")]
    study: Option<PathBuf>,

    /// Trials, the project as it stands among them [default: tune.trials of the project, or 32].
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    trials: Option<usize>,

    /// A folder for project.toml with the best settings, tune.json and report.html: absent, empty, or an earlier result.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Search inside the training rows of every fold of the split, and score each winner on the fold's test rows.
    #[arg(long)]
    nested: bool,

    /// With --nested: train each winner with the first N of the project's seeds only.
    #[arg(long, value_name = "N", requires = "nested", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    seeds: Option<usize>,

    /// Worker threads; the result does not depend on them [default: all cores].
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    threads: Option<usize>,

    /// Seconds without a sign of life after which another process takes over what a process was at.
    #[arg(long, value_name = "SECONDS", default_value_t = tune::DEFAULT_LEASE.as_secs(), value_parser = clap::value_parser!(u64).range(1..=86_400))]
    lease: u64,
}

/// What `--json` prints of a search.
#[derive(Debug, Serialize)]
struct Delivered<'a> {
    /// The study's file.
    study: String,
    /// The folder written, if any.
    out: Option<String>,
    /// As in `tune.json`.
    tuning: &'a Found,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    use_threads(arguments.threads)?;
    let mut project = load_project(&arguments.config)?;
    if let Some(trials) = arguments.trials {
        project.tune.get_or_insert_default().trials = trials;
    }
    if let Some(seeds) = arguments.seeds {
        project.training.seeds.truncate(seeds);
    }
    let output = arguments.out.as_deref().map(|out| Output::prepare_for(out, &TUNING_FILES)).transpose()?;
    let console = Console::new();
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let path = arguments.study.clone().unwrap_or_else(|| {
        let stem = arguments.config.file_stem().unwrap_or_default().to_string_lossy();
        PathBuf::from(format!("{stem}.tune.sqlite"))
    });
    let study = Study::open(&path, Duration::from_secs(arguments.lease)).map_err(|error| tune_failure(error.into()))?;
    console.stage(&format!("searching; the study is {}", path.display()));
    if arguments.nested {
        return nested(&project, &dataset, &study, &console, output.as_ref(), json);
    }

    let source = FeatureSource::new(&project, &dataset).map_err(|error| evaluation_failure(error.into()))?;
    let rows: Vec<usize> = (0..dataset.rows).collect();
    let found = tune::search(&project, &dataset, &source, &rows, ALL_ROWS, &study, &console);
    console.finish();
    let found = found.map_err(tune_failure)?;
    let best = found.best_project(&project, &dataset.sha256).map_err(|error| tune_failure(error.into()))?;
    let best = best.to_toml().map_err(|error| Failure::inside("write the best project", error))?;
    let page = tuning::page(&project.name, &found).map_err(|error| Failure::inside("draw the report", error))?;
    let files = [(PROJECT, best.into_bytes()), (TUNING, pretty(&found)?), (REPORT, page.into_bytes())];
    let out = deliver(output.as_ref(), &files)?;
    if json {
        return print_json(&Delivered { study: path.display().to_string(), out, tuning: &found });
    }
    let written = match &out {
        Some(out) => format!(
            "Written to {out}: {PROJECT} with the best settings, {TUNING}, {REPORT}\nNext: trunkline train --config {out}/{PROJECT}"
        ),
        None => {
            format!("To write a project file with the best settings, add --out DIR; {} is finished", path.display())
        }
    };
    print_text(&format!("{}\n\n{written}", tuning::text(&found)))
}

fn nested(
    project: &Project,
    dataset: &Dataset,
    study: &Study,
    console: &Console,
    output: Option<&Output>,
    json: bool,
) -> Result<(), Failure> {
    let nested = tune::nested(project, dataset, study, console);
    console.finish();
    let nested = nested.map_err(tune_failure)?;
    let out = deliver(output, &[(NESTED, pretty(&nested)?)])?;
    if json {
        return print_json(&nested);
    }
    let written = out.map_or(String::new(), |out| format!("\n\nWritten to {out}: {NESTED}"));
    print_text(&format!("{}{written}", tuning::nested_text(&nested)))
}

fn pretty<T: Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec_pretty(value).map_err(|error| Failure::inside("write the result as JSON", error))
}

/// Writes the files, where a folder is asked for; gives the folder.
fn deliver(output: Option<&Output>, files: &[(&str, Vec<u8>)]) -> Result<Option<String>, Failure> {
    let Some(output) = output else { return Ok(None) };
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    let placed = output.commit(&files)?;
    if let Some(warning) = placed.warning {
        eprintln!("warning: {warning}");
    }
    Ok(Some(placed.folder.display().to_string()))
}
