//! `trunkline demo`: the whole path on a simulated plant.

use std::path::PathBuf;

use clap::Args;
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::plant::DEFAULT_PROJECT;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::progress::Console;
use super::project::load_data;
use super::work;

/// Simulate a plant, train, quantize, verify, report: the whole path, nothing to prepare.
#[derive(Debug, Args)]
#[command(long_about = "\
The whole path on a simulated plant, with nothing to prepare: simulate a fleet of machine tools; train one joint model, single \
models and baselines; score them on machines that they have not seen; quantize; verify the model as a device does; replay windows \
through the firmware on the PC; write a report. Under 4 minutes on 2 cores, with --quick under 40 seconds.

Example:  trunkline demo --quick
          trunkline demo --out demo, then open demo/report.html

Next:     the project file of the demo is demo/project.toml: copy it, change it, and
          trunkline train --config project.toml --out result")]
pub(super) struct Arguments {
    /// The folder for the result: absent, empty, or an earlier result.
    #[arg(long, value_name = "DIR", default_value = "trunkline-demo")]
    out: PathBuf,

    /// Fewer machines, windows, folds and epochs through the same code: figures are worse and noisier.
    #[arg(long)]
    quick: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let mut project = config::parse(DEFAULT_PROJECT, "the demo's project file")
        .map_err(|error| Failure::new(Exit::Inside, "the project file of the demo is broken").because(error))?;
    if arguments.quick {
        shrink(&mut project);
    }
    let output = Output::prepare(&arguments.out)?;
    let console = Console::new();
    console.stage("simulating the plant");
    let dataset = load_data(&project, None)?;
    work::run(&project, &dataset, None, &console)?.deliver(&output, json)
}

/// The same project, small. The folds stay: the intervals come from them.
fn shrink(project: &mut Project) {
    if let Some(plant) = &mut project.data.plant {
        plant.machines = plant.machines.min(16);
        plant.windows_per_machine = plant.windows_per_machine.min(90);
    }
    project.training.epochs = project.training.epochs.min(30);
    project.training.seeds.truncate(3);
}
