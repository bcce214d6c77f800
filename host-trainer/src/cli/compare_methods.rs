//! `trunkline compare-methods`: every way of joint training beside separate models, on the same folds.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use trunkline_trainer::compare::{self, Comparison, FRACTIONS, INTEGER_FORMS, METHODS, Method, Plan, TREES};
use trunkline_trainer::evaluate::Limits;
use trunkline_trainer::report::compare_page::compare_page;

use super::exit::Exit;
use super::failure::Failure;
use super::output::{COMPARISON, COMPARISON_FILES, COMPARISON_REPORT, Output};
use super::progress::Console;
use super::project::{load_data, load_project};
use super::threads::use_threads;
use super::translate::evaluation_failure;
use super::{print_json, print_text};

/// Compare methods of joint training with each other and with separate models.
#[derive(Debug, Args)]
#[command(
    long_about = "\
Train the project with one method after another (each a few keys laid over the project file), and beside them what joining is \
compared with: a network a task (of full size, and all together no larger than the joint one), linear models, extra trees and boosted \
trees (far too large for a device), a constant answer. All on the same folds and seeds, scored on rows that they have not seen. \
Nothing is chosen by these scores.

Printed are a table of methods x tasks, Delta_m (the mean over the tasks of the error saved) with its 95 % interval, the need for \
labels (the same with a part of the training rows, whole groups), and in words where joining helps, where it does not, and where \
the difference is within noise. --out receives compare.json and compare.html.

Example:  trunkline compare-methods --config host-trainer/examples/hydraulic.toml --data hydraulic --out comparison
First try: add --folds 1 --seeds 1 --methods no-relation --fractions 100 --trees 20
A README: trunkline compare-methods --from comparison/compare.json --markdown",
    after_long_help = methods_help()
)]
pub(super) struct Arguments {
    /// The project file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "from")]
    config: Option<PathBuf>,

    /// The folder that the project's file names are relative to; not needed for the simulated plant.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Methods to compare, by name, parted by commas; the project as it is always takes part [default: all, without integer forms].
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = method_named)]
    methods: Option<Vec<&'static Method>>,

    /// The first N of the project's seeds only.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    seeds: Option<usize>,

    /// The first N folds only.
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    folds: Option<usize>,

    /// Percent of the training rows by which the need for labels is tried [default: 5,15,50,100]; 100 leaves it out.
    #[arg(long, value_name = "PERCENTS", value_delimiter = ',', value_parser = percent)]
    fractions: Option<Vec<f64>>,

    /// Extra trees an output, with half as many boosted trees; 0 leaves both out.
    #[arg(long, value_name = "N", default_value_t = TREES, value_parser = RangedU64ValueParser::<usize>::new().range(0..=10_000))]
    trees: usize,

    /// A folder for compare.json and compare.html: absent, empty, or an earlier comparison.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Print the table as Markdown and nothing else.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Train nothing: show an earlier comparison, its compare.json.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "data", "methods", "seeds", "folds", "fractions", "trees", "out", "threads"])]
    from: Option<PathBuf>,

    /// Worker threads; the result does not depend on them [default: all cores].
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    threads: Option<usize>,
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=100_000)
}

fn method_named(name: &str) -> Result<&'static Method, String> {
    let names: Vec<&str> = METHODS.iter().chain(INTEGER_FORMS).map(|method| method.name).collect();
    compare::method(name.trim()).ok_or_else(|| format!("no method of that name; there are {}", names.join(", ")))
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent),
        _ => Err("a percentage above 0 and at most 100 is wanted, such as 15".to_owned()),
    }
}

/// The methods for `--help`.
fn methods_help() -> String {
    let width = METHODS.iter().map(|method| method.name.len()).max().unwrap_or(0);
    let line = |method: &Method| {
        let paper = if method.paper.is_empty() { String::new() } else { format!(" [{}]", method.paper) };
        format!("  {:width$}  {}{paper}", method.name, method.sentence)
    };
    let lines = |methods: &[Method]| methods.iter().map(line).collect::<Vec<_>>().join("\n");
    format!("Methods:\n{}\n\nInteger forms, where they are named:\n{}", lines(METHODS), lines(INTEGER_FORMS))
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    if let Some(path) = &arguments.from {
        let unreadable = |error: String| {
            Failure::new(Exit::Usage, format!("--from {}: {error}", path.display()))
                .remedy("give the compare.json of an earlier comparison")
        };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        let comparison: Comparison = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        return show(&comparison, arguments.markdown, json);
    }
    use_threads(arguments.threads)?;
    let Some(config) = &arguments.config else {
        return Err(Failure::new(Exit::Usage, "--config is missing").remedy("give --config FILE or --from FILE"));
    };
    let project = load_project(config)?;
    let output = arguments.out.as_deref().map(|out| Output::prepare_for(out, &COMPARISON_FILES)).transpose()?;
    let console = Console::new();
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let mut fractions = arguments.fractions.clone().unwrap_or_else(|| FRACTIONS.to_vec());
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    if fractions == [100.0] {
        fractions.clear();
    }
    let plan = Plan {
        methods: arguments.methods.clone().unwrap_or_else(|| METHODS.iter().collect()),
        limits: Limits { seeds: arguments.seeds, folds: arguments.folds },
        fractions,
        trees: arguments.trees,
    };
    console.stage(&format!("comparing {} methods on {} rows", plan.methods.len(), dataset.rows));
    let comparison = compare::compare(&project, &dataset, &plan, &console);
    console.finish();
    let comparison = comparison.map_err(evaluation_failure)?;
    if let Some(output) = output {
        let page = compare_page(&comparison).map_err(|error| Failure::inside("draw the comparison", error))?;
        let record =
            serde_json::to_vec_pretty(&comparison).map_err(|error| Failure::inside("write the comparison", error))?;
        let placed = output.commit(&[(COMPARISON, &record), (COMPARISON_REPORT, page.as_bytes())])?;
        if let Some(warning) = placed.warning {
            eprintln!("warning: {warning}");
        }
        console.stage(&format!("written to {}: {COMPARISON}, {COMPARISON_REPORT}", placed.folder.display()));
    }
    show(&comparison, arguments.markdown, json)
}

fn show(comparison: &Comparison, markdown: bool, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(comparison);
    }
    let table = compare::markdown(comparison);
    if markdown {
        return print_text(&table);
    }
    let findings: Vec<String> = comparison.findings.iter().map(|finding| format!("- {finding}")).collect();
    let mut blocks = vec![table];
    blocks.extend(compare::label_markdown(comparison));
    blocks.push(findings.join("\n"));
    print_text(&blocks.join("\n\n"))
}
