//! `trunkline adapt`: a new task for an existing model, and what that is worth.

mod curve;
mod deliver;
mod model;
mod request;

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::exit::Exit;
use super::failure::Failure;
use super::output::{ADAPT_FILES, Output};
use super::threads::use_threads;

/// Add a task to a finished model from few labelled rows, or measure what that is worth.
#[derive(Debug, Args)]
#[command(long_about = "\
Give a finished model a new task from few labelled rows. The model stays as it is: a new linear head reads what the other tasks have \
learnt (the trunk's output, the old tasks' outputs) and the features, as inner folds of the labelled rows say. The old tasks' outputs do \
not change in a single bit; the command checks that on every row, with the device's own runtime, before it writes anything.

  1. Copy project.toml from the folder of the model and add the new [[tasks]] (and, if its target is a new channel, that channel with \
input = false).
  2. Put the labels into the data: a column, empty where there is no label.
  3. trunkline adapt --model result --config new.toml --data DIR --out adapted

The folder receives model.tlm (the old layers and the new head), model.safetensors, project.toml and adapt.json (what the head reads and \
why). It can be adapted again.

With --tune-trunk the model does not stay as it is. Training goes on from it and the new head, on the labelled rows and with the settings \
of [training]: the new head at the full learning rate, everything old at a tenth of it (or at FACTOR), so that the trunk can learn \
what the new task needs and it does not know yet. The old tasks need no labels: they are held to what the old model answers to these rows, \
and keep their temperatures and thresholds. Linear paths with mode = \"frozen\" stay frozen. The old answers do move all the same; the \
command measures how far, on every row read and with the device's own runtime, and adapt.json has it. Tune where there are some hundred \
labelled rows and the old tasks may give a little; do not where their answers have been approved as they are.

Is it worth it? With --curve nothing is written into a model: each task of a project (or --task) is taken for new in turn, on the \
folds of its split. The model of the other tasks is trained without it; then 10, 30, 100 and 300 of its labels are drawn, and a new head, \
a network trained from scratch and a linear model learn from the same rows; with --tune-trunk a tuned trunk as well. Scored on rows \
that none of them has seen.

Example:  trunkline adapt --curve --config host-trainer/examples/plant.toml
First try: add --folds 1 --rows 30 --task roughness")]
pub(super) struct Arguments {
    /// The folder of the model: the result of `trunkline train`, `demo` or an earlier `adapt`.
    #[arg(long, value_name = "DIR", required_unless_present = "curve", conflicts_with = "curve")]
    model: Option<PathBuf>,

    /// The project file (TOML): the model's with the new task, or with --curve any project of two tasks or more.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,

    /// The folder that the project's file names are relative to; not needed for the simulated plant.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// The new task; needed where the project has several that the model does not have. With --curve: parted by commas [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    task: Vec<String>,

    /// Learn from this many labelled rows, drawn at random with every class among them [default: all]. With --curve: parted by commas
    /// [default: 10,30,100,300].
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = at_least_one())]
    rows: Vec<usize>,

    /// Train the old model on with the new head, what is old at FACTOR times the learning rate, above 0 and at most 1 [default: 0.1]. The
    /// old tasks' answers then move, and adapt.json says how far. Without this option they stay the same in every bit.
    #[arg(long, value_name = "FACTOR", num_args = 0..=1, default_missing_value = DEFAULT_FACTOR, value_parser = factor)]
    tune_trunk: Option<f64>,

    /// Measure the learning curve instead of making a model.
    #[arg(long)]
    curve: bool,

    /// With --curve: draws of the labelled rows [default: 3].
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    draws: Option<usize>,

    /// With --curve: the first N folds only.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    folds: Option<usize>,

    /// The folder for the result: absent, empty, or an earlier one. With --curve it receives adapt.json and may be left out.
    #[arg(long, value_name = "DIR", required_unless_present = "curve")]
    out: Option<PathBuf>,

    /// Worker threads; the result does not depend on them [default: all cores].
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    threads: Option<usize>,
}

/// [`trunkline_trainer::adapt::FACTOR`] as it is typed.
const DEFAULT_FACTOR: &str = "0.1";

fn factor(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| format!("{REMEDY}, and this is no number"))?;
    if factor > 0.0 && factor <= 1.0 { Ok(factor) } else { Err(REMEDY.to_owned()) }
}

/// What a factor may be.
const REMEDY: &str =
    "a number above 0 and at most 1 is needed, 1 trains old and new alike; leave the option out to freeze the trunk";

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    if !arguments.curve && (arguments.draws.is_some() || arguments.folds.is_some()) {
        return Err(Failure::new(Exit::Usage, "--draws and --folds are for --curve")
            .remedy("add --curve for a learning curve, without --model; or leave them out to make a model"));
    }
    use_threads(arguments.threads)?;
    let output = arguments.out.as_deref().map(|out| Output::prepare_for(out, &ADAPT_FILES)).transpose()?;
    match (&arguments.model, output) {
        (Some(model), Some(output)) if !arguments.curve => model::run(arguments, model, &output, json),
        (_, output) => curve::run(arguments, output.as_ref(), json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_above_zero_and_at_most_one() {
        assert_eq!(factor(DEFAULT_FACTOR), Ok(trunkline_trainer::adapt::FACTOR));
        assert_eq!((factor("1"), factor("1e-3")), (Ok(1.0), Ok(1e-3)));
        for text in ["0", "-0.1", "1.01", "NaN", "inf", "tenth", ""] {
            assert!(factor(text).is_err_and(|error| error.contains("above 0")), "{text}");
        }
    }
}
