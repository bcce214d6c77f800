//! `trunkline train`: from a project file and its data to a model for the device, with the figures that judge it.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use trunkline_trainer::config::Project;

use super::failure::Failure;
use super::output::Output;
use super::progress::Console;
use super::project::{load_data, load_project};
use super::threads::use_threads;
use super::work;

/// Train a joint model from your data and judge it against single models.
#[derive(Debug, Args)]
#[command(long_about = "\
Train one joint model for all tasks of a project file, each task alone, and the baselines; score them on rows that they have not \
seen (the folds of the project's split, every seed); quantize the joint model, check it, and write everything to a new folder.

The folder receives model.tlm (for the device: the model refitted on all rows with the first seed), metrics.json (every figure), \
report.html (for people), project.toml (the project, defaults filled in) and model.safetensors (float weights). It appears at \
the end, whole; a run that is stopped leaves nothing behind. An earlier result there is replaced at that moment.

Example:  trunkline train --config host-trainer/examples/hydraulic.toml --data hydraulic --out result
First try: add --folds 1 --seeds 1

The same project, data and seed give the same model.tlm, byte for byte, on any number of threads.

Next:     open result/report.html; trunkline inspect result/model.tlm")]
pub(super) struct Arguments {
    /// The project file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,

    /// The folder that the project's file names are relative to; not needed for the simulated plant.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// The folder for the result: absent, empty, or an earlier result.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Train with this one seed instead of the project's.
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    seed: Option<u64>,

    /// Train with the first N of the project's seeds only.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    seeds: Option<usize>,

    /// Evaluate on the first N folds only.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    folds: Option<usize>,

    /// Worker threads; the result does not depend on them [default: all cores].
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    threads: Option<usize>,
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=100_000)
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    use_threads(arguments.threads)?;
    let mut project = load_project(&arguments.config)?;
    choose_seeds(&mut project, arguments);
    let output = Output::prepare(&arguments.out)?;
    let console = Console::new();
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    work::run(&project, &dataset, arguments.folds, &console)?.deliver(&output, json)
}

fn choose_seeds(project: &mut Project, arguments: &Arguments) {
    let seeds = &mut project.training.seeds;
    if let Some(seed) = arguments.seed {
        *seeds = vec![seed];
    }
    if let Some(count) = arguments.seeds {
        seeds.truncate(count);
    }
}
