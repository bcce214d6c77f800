//! The command line: what each command takes, what it prints, and with which code it ends.
//!
//! Results go to stdout, progress and messages to stderr, so that `--json` output can be piped. The work itself is done by the
//! library; here a path or a source line is added to its errors and [`Failure`] gives them a remedy and an exit code.

mod adapt;
mod compare_methods;
mod demo;
mod evaluate;
mod exit;
mod export;
mod failure;
mod float;
mod image;
mod inspect;
mod output;
mod pack;
mod progress;
mod project;
mod tensors;
mod threads;
mod train;
mod translate;
mod tune;
mod verify;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::exit::Exit;
use self::failure::Failure;

/// One joint model for a machine's faults, product quality and energy: trained on a PC, run on a microcontroller.
#[derive(Debug, Parser)]
#[command(
    name = "trunkline",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = format!("First look:  trunkline demo --quick\n\n{}", exit::HELP),
    after_long_help = exit::HELP,
    long_about = "\
One joint multi-task model for a machine: fault warning, product quality and energy from the same sensor window. Trained on a \
PC, quantized to integers, run on a microcontroller with the same answer in every bit.

First look (nothing to prepare):   trunkline demo --quick
Your own data:                     write a project file (see host-trainer/examples/), then
                                   trunkline train --config project.toml --data DIR --out result
Look at what came out:             open result/report.html; trunkline inspect result/model.tlm"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Print the result as one JSON document on stdout; progress and messages stay on stderr.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Train(train::Arguments),
    Tune(tune::Arguments),
    Evaluate(evaluate::Arguments),
    CompareMethods(compare_methods::Arguments),
    Adapt(adapt::Arguments),
    Inspect(inspect::Arguments),
    Pack(pack::Arguments),
    Export(export::Arguments),
}

/// Parses the process's arguments, runs the command and renders its failure, if any.
pub(crate) fn run() -> ExitCode {
    // Usage errors, --help and --version end here, with code 2 or 0.
    let arguments = Arguments::parse();
    let json = arguments.json;
    let outcome = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments, json),
        Command::Train(arguments) => train::run(&arguments, json),
        Command::Tune(arguments) => tune::run(&arguments, json),
        Command::Evaluate(arguments) => evaluate::run(&arguments, json),
        Command::CompareMethods(arguments) => compare_methods::run(&arguments, json),
        Command::Adapt(arguments) => adapt::run(&arguments, json),
        Command::Inspect(arguments) => inspect::run(&arguments, json),
        Command::Pack(arguments) => pack::run(&arguments, json),
        Command::Export(arguments) => export::run(&arguments, json),
    };
    match outcome {
        Ok(()) => Exit::Done.into(),
        Err(failure) => failure.report(json).into(),
    }
}

/// Prints a result as pretty JSON on stdout.
fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::inside("write the result as JSON", error))?;
    print_text(&text)
}

/// Prints text on stdout; a reader that has gone away (a closed pipe) is no failure.
fn print_text(text: &str) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write};
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::inside("write to stdout", error)),
        _ => Ok(()),
    }
}
