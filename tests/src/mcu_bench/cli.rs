//! The command `cargo mcu-bench`.

use clap::{Parser, ValueEnum};

use super::baseline::{Baseline, changes};
use super::case::cases;
use super::markdown::markdown;
use super::measure::measure;
use super::report::{changes_text, profile_text, report, variation_text};
use super::trace::profile;
use crate::qemu::{Target, device_compiler};

/// Counts what models take on a microcontroller: instructions, flash and RAM.
#[derive(Debug, Parser)]
#[command(name = "cargo mcu-bench", long_about = LONG, after_long_help = EXAMPLES)]
struct Arguments {
    /// Print the records as JSON.
    #[arg(long, group = "form")]
    json: bool,

    /// Print the README's tables.
    #[arg(long, group = "form")]
    markdown: bool,

    /// Show in which functions each case spends its instructions, in place of the tables.
    #[arg(long, group = "form")]
    profile: bool,

    /// Count each case over so many windows (inputs, of networks) that try to make it vary, in place of the tables.
    #[arg(long, value_name = "WINDOWS", group = "form")]
    variation: Option<usize>,

    /// Only this core; may be given several times.
    #[arg(long, value_name = "CORE")]
    core: Vec<Core>,

    /// Only cases whose names hold this; may be given several times.
    #[arg(long, value_name = "PART")]
    case: Vec<String>,

    /// Save what was measured as the baseline of this compiler, tests/results/mcu_bench.json, to which tests compare.
    #[arg(long, conflicts_with_all = ["profile", "variation"])]
    save: bool,
}

const LONG: &str = "\
Counts what models take on a microcontroller: instructions, flash and RAM.

One program for each core is built and run in QEMU with -icount, where an instruction is a nanosecond: counts are exact to less than 0.1 % \
and the same on every machine. They are instructions, not cycles; the column of M4 cycles is an estimate by rule. Needed: what \
tests/setup installs, and for the hydraulic cases the data set (see CONTRIBUTING.md).";

const EXAMPLES: &str = "\
Cases:
  t1_int8 .. t3_int4      the networks on which other engines were measured, from quantized inputs to all outputs
  hydraulic, plant        the shipped models, trained here, from a raw window to all outputs
  hydraulic_alone_TASK    the same project with that task alone; hydraulic_separate is the sum of them
  features_...            features of 1,024 points of vibration

Examples:
  cargo mcu-bench --core m4f --case t1                what one small network costs
  cargo mcu-bench --case plant --core m0 --profile    in which functions its instructions go
  cargo mcu-bench --case plant --variation 1000       how far the count depends on the window
  cargo mcu-bench --save                              after a change that costs, or saves, on purpose";

/// A core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Core {
    /// Cortex-M4F: Armv7E-M with floating point.
    M4f,
    /// Cortex-M0: Armv6-M.
    M0,
    /// RV32IMAC.
    Rv32,
}

impl Core {
    fn target(self) -> Target {
        match self {
            Core::M4f => Target::CortexM4f,
            Core::M0 => Target::Armv6m,
            Core::Rv32 => Target::Rv32,
        }
    }
}

/// Parses the process's arguments, measures and prints.
pub fn run() {
    let arguments = Arguments::parse();
    let mut cores: Vec<Target> = arguments.core.iter().map(|core| core.target()).collect();
    if cores.is_empty() {
        cores = Target::ALL.to_vec();
    }
    let wanted = |name: &str| arguments.case.is_empty() || arguments.case.iter().any(|part| name.contains(part));
    if arguments.profile {
        for case in cases(wanted) {
            for &core in &cores {
                print!("{}", profile_text(&case.name, core, &profile(core, &case)));
            }
        }
        return;
    }
    if let Some(count) = arguments.variation {
        for case in cases(wanted) {
            for &core in &cores {
                print!("{}", variation_text(&case, core, count));
            }
        }
        return;
    }
    let records = measure(&cores, wanted);
    let compiler = device_compiler();
    let mut baseline = Baseline::load();
    let changes = changes(baseline.0.get(&compiler).map_or(&[], Vec::as_slice), &records);
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&records).expect("records are plain data"));
    } else if arguments.markdown {
        print!("{}", markdown(&records));
    } else {
        print!("{}{}", report(&records), changes_text(&compiler, &changes));
    }
    if arguments.save {
        baseline.update(&compiler, &records);
        baseline.save();
    }
}
