//! `trunkline adapt`: a new task for an existing model, and what that is worth.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use trunkline_shared::model::Model;
use trunkline_trainer::adapt::{
    self, AdaptedHead, Candidate, DRAWS, Plan, ROWS, extend_artifact, fit_head, outputs_differ, split_tasks,
};
use trunkline_trainer::artifact::{HostPart, safetensors, sha256_hex};
use trunkline_trainer::config::Project;
use trunkline_trainer::data::{Dataset, fraction, split};
use trunkline_trainer::evaluate::check_channels;
use trunkline_trainer::features::{CodeBook, FeatureMatrix, PlanSpec, Windows, encode_windows, extract};
use trunkline_trainer::model::FloatModel;
use trunkline_trainer::report::tables::grid;
use trunkline_trainer::train::{Task, TaskCalibration, TrainingSet};

use super::exit::Exit;
use super::failure::Failure;
use super::float::read_float;
use super::image::Image;
use super::output::{ADAPT, ADAPT_FILES, MODEL, Output, PROJECT, WEIGHTS};
use super::progress::Console;
use super::project::{load_data, load_project};
use super::threads::use_threads;
use super::translate::evaluation_failure;
use super::{print_json, print_text, verify};

/// Fewest labelled rows of which a head is made: two in each of two inner folds, and one to spare.
const FEWEST_ROWS: usize = 5;
/// Most windows replayed through the firmware's application.
const MOST_REPLAYED: usize = 1000;

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

Is it worth it? With --curve nothing is written into a model: each task of a project (or --task) is taken for new in turn, on the \
folds of its split. The model of the other tasks is trained without it; then 10, 30, 100 and 300 of its labels are drawn, and a new head, \
a network trained from scratch and a linear model learn from the same rows. Scored on rows that none of them has seen.

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
        (Some(model), Some(output)) if !arguments.curve => adapt_model(arguments, model, &output, json),
        (_, output) => draw_curve(arguments, output.as_ref(), json),
    }
}

fn draw_curve(arguments: &Arguments, output: Option<&Output>, json: bool) -> Result<(), Failure> {
    let project = load_project(&arguments.config)?;
    for task in &arguments.task {
        known_task(&project, task)?;
    }
    let console = Console::new();
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let mut rows = if arguments.rows.is_empty() { ROWS.to_vec() } else { arguments.rows.clone() };
    rows.sort_unstable();
    rows.dedup();
    let draws = arguments.draws.unwrap_or(DRAWS);
    let plan = Plan { tasks: arguments.task.clone(), rows, draws, folds: arguments.folds };
    console.stage("every task in turn: a model of the others, then new heads and networks from few rows");
    let curve = adapt::curve(&project, &dataset, &plan, &console);
    console.finish();
    let curve = curve.map_err(evaluation_failure)?;
    if let Some(output) = output {
        let record = serde_json::to_vec_pretty(&curve).map_err(|error| Failure::inside("write the curve", error))?;
        let placed = output.commit(&[(ADAPT, &record)])?;
        placed.warning.iter().for_each(|warning| eprintln!("warning: {warning}"));
    }
    if json {
        return print_json(&curve);
    }
    let findings: Vec<String> = curve.findings.iter().map(|finding| format!("- {finding}")).collect();
    print_text(&format!(
        "{}: new tasks from few labelled rows; {} folds, {} draws, seed {}\n\n{}\n\n{}",
        curve.name,
        curve.folds,
        curve.draws,
        curve.seed,
        adapt::table(&curve),
        findings.join("\n")
    ))
}

/// What `adapt.json` says of a new head.
#[derive(Debug, Serialize)]
struct Adapted {
    /// Version of this form.
    schema_version: u32,
    /// Version of Trunkline.
    trunkline_version: &'static str,
    /// The new task.
    task: String,
    /// Labelled rows that it was learnt from.
    labelled_rows: usize,
    /// What the head reads.
    inputs: String,
    /// What it might have read, with the errors by which it was chosen.
    candidates: Vec<Candidate>,
    /// How its logits were calibrated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calibration: Vec<TaskCalibration>,
    /// The old tasks, whose outputs are those of the old model.
    unchanged: Vec<String>,
    /// Rows on which that was checked, to the bit.
    checked_rows: usize,
    /// Windows that the firmware answered as the runtime does, in every bit.
    replayed_windows: usize,
    /// Checksum of the old artifact.
    old_crc: String,
    /// Size of the old artifact and of the new one.
    bytes: [usize; 2],
    /// SHA-256 of the project with its defaults.
    config_sha256: String,
    /// SHA-256 of everything read from the data.
    data_sha256: String,
}

/// A finished model to build on.
struct Old {
    image: Image,
    float: FloatModel,
}

impl Old {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let image = Image::read(&folder.join(MODEL))?;
        let float = read_float(folder, &image.model()?)?;
        Ok(Self { image, float })
    }
}

fn adapt_model(arguments: &Arguments, folder: &Path, output: &Output, json: bool) -> Result<(), Failure> {
    let console = Console::new();
    let old = Old::read(folder)?;
    let model = old.image.model()?;
    verify::self_test(&model)?;
    let mut project = load_project(&arguments.config)?;
    let task = new_task(&mut project, &model, &arguments.task)?;
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let (windows, features) = read_rows(&project, &dataset, &model)?;
    let rows = chosen_rows(&dataset, &arguments.rows, project.training.seeds.first().copied().unwrap_or(0))?;

    console.stage(&format!("task `{task}`: a head from {} labelled rows", rows.len()));
    let seed = project.training.seeds.first().copied().unwrap_or(0);
    let units = split::units(&project, &dataset);
    let new = dataset.tasks.len() - 1;
    let set = TrainingSet {
        features: &features,
        tasks: vec![Task { config: &project.tasks[new], labels: &dataset.tasks[new] }],
        rows: &rows,
        units: units.as_deref(),
        weights: dataset.weights.as_deref(),
    };
    let adapted = fit_head(&project, &old.float, &set, seed).map_err(evaluation_failure)?;

    let resolved =
        project.without_search().to_toml().map_err(|error| Failure::inside("write out the project", error))?;
    let config_sha256 = sha256_hex(resolved.as_bytes());
    let host_part = HostPart::decode(model.host_part()).map_err(|error| evaluation_failure(error.into()))?;
    let host_part = HostPart { config_sha256: config_sha256.clone(), data_sha256: dataset.sha256.clone(), ..host_part };
    let bits = project.tasks[new].linear.bits.unwrap_or(project.quantization.linear_bits);
    let all: Vec<usize> = (0..dataset.rows).collect();
    let data = (&windows, &features, &all[..]);
    let bytes = extend_artifact(&model, &adapted.model, &project, &dataset.tasks[new], bits, data, &host_part)
        .map_err(evaluation_failure)?;
    console.stage("checking that the old tasks answer as before, in every bit");
    if let Some(row) = outputs_differ(&model, &bytes, &windows, &all).map_err(evaluation_failure)? {
        return Err(Failure::new(Exit::Verification, format!("an old task answers row {row} otherwise than before"))
            .remedy("this is a defect of trunkline: report it with the model folder and the project file"));
    }
    let image = Image::new(&bytes, MODEL);
    verify::self_test(&image.model()?)?;
    let replayed_windows = verify::replay(&image, &windows, MOST_REPLAYED)?;
    let record = Adapted {
        schema_version: 1,
        trunkline_version: env!("CARGO_PKG_VERSION"),
        task,
        labelled_rows: rows.len(),
        inputs: adapted.inputs.clone(),
        candidates: adapted.candidates.clone(),
        calibration: adapted.calibration.clone(),
        unchanged: model.tasks().map(|(task, _)| task.name.to_owned()).collect(),
        checked_rows: dataset.rows,
        replayed_windows,
        old_crc: format!("{:08x}", model.crc()),
        bytes: [old.image.bytes().len(), bytes.len()],
        config_sha256,
        data_sha256: dataset.sha256.clone(),
    };
    deliver(&record, &adapted, &bytes, &resolved, output, json)
}

fn deliver(
    record: &Adapted,
    adapted: &AdaptedHead,
    bytes: &[u8],
    project: &str,
    output: &Output,
    json: bool,
) -> Result<(), Failure> {
    let weights = safetensors(&adapted.model).map_err(|error| Failure::inside("write the float weights", error))?;
    let text = serde_json::to_vec_pretty(record).map_err(|error| Failure::inside("write adapt.json", error))?;
    let files: [(&str, &[u8]); 4] =
        [(MODEL, bytes), (WEIGHTS, &weights), (PROJECT, project.as_bytes()), (ADAPT, &text)];
    let placed = output.commit(&files)?;
    placed.warning.iter().for_each(|warning| eprintln!("warning: {warning}"));
    if json {
        return print_json(record);
    }
    let candidates = record.candidates.iter().map(|candidate| {
        let error = candidate.error.map_or_else(|| "-".to_owned(), |error| format!("{error:.4}"));
        let chosen = if candidate.inputs == record.inputs { "chosen" } else { "" };
        vec![candidate.inputs.clone(), error, chosen.to_owned()]
    });
    let out = placed.folder.display();
    print_text(&format!(
        "New task `{}` from {} labelled rows.\n\n{}\n\nThe errors are those of rows held out inside the labelled ones (squared error over \
         the variance, 1 - AUC, or balanced share of wrong classes). The trunk has seen these rows with the old labels: for figures on unseen rows run trunkline adapt \
         --curve.\n\nUnchanged in every bit on {} rows: {}.\nmodel.tlm: {} bytes, before {}.\n\nWritten to {out}: {MODEL}, {WEIGHTS}, \
         {PROJECT}, {ADAPT}\nNext: trunkline inspect {out}/{MODEL}",
        record.task,
        record.labelled_rows,
        grid(&["head reads", "inner error", ""], candidates),
        record.checked_rows,
        record.unchanged.join(", "),
        record.bytes[1],
        record.bytes[0],
    ))
}

/// Puts the model's tasks first in `project`, behind them the new one and no other; gives its name.
fn new_task(project: &mut Project, model: &Model<'_>, asked: &[String]) -> Result<String, Failure> {
    let usage = |what: String, remedy: String| Failure::new(Exit::Usage, what).remedy(remedy);
    let old: Vec<&str> = model.tasks().map(|(task, _)| task.name).collect();
    for name in asked {
        if old.contains(&name.as_str()) {
            return Err(usage(
                format!("--task {name}: the model has this task already"),
                "name a task that only the project file has, or train the model anew to change one".to_owned(),
            ));
        }
        known_task(project, name)?;
    }
    let new = split_tasks(project, model).map_err(evaluation_failure)?;
    let name = match (asked, &new[..]) {
        ([name], _) => name.clone(),
        ([], [name]) => name.clone(),
        (_, []) => {
            return Err(Failure::new(
                Exit::Project,
                "the project file has no task that the model does not have already",
            )
            .remedy("add a [[tasks]] for the new one; the model's own stay as they are"));
        }
        _ => {
            return Err(usage(
                format!("the project file has {} new tasks: {}", new.len(), new.join(", ")),
                "say with --task which one to add; the result can be adapted again for the next".to_owned(),
            ));
        }
    };
    project.tasks.retain(|task| task.name == name || old.contains(&task.name.as_str()));
    Ok(name)
}

fn known_task(project: &Project, name: &str) -> Result<(), Failure> {
    if project.tasks.iter().any(|task| task.name == name) {
        return Ok(());
    }
    let tasks: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
    Err(Failure::new(Exit::Usage, format!("--task {name}: the project file has no such task"))
        .remedy(format!("it has {}", tasks.join(", "))))
}

/// Windows and features of all rows as `model` takes them.
fn read_rows(project: &Project, dataset: &Dataset, model: &Model<'_>) -> Result<(Windows, FeatureMatrix), Failure> {
    let codes = CodeBook::of(model);
    check_channels(&codes, dataset).map_err(evaluation_failure)?;
    for (index, (task, _)) in model.tasks().enumerate() {
        let labels = &dataset.tasks[index];
        if task.kind != labels.kind || !task.classes.iter().eq(labels.class_names.iter()) {
            return Err(Failure::new(Exit::Project, format!("task `{}` is another one in the model", task.name))
                .remedy("leave the model's tasks as they stand in the project.toml beside it"));
        }
    }
    let plan = PlanSpec::new(project, dataset).map_err(|error| evaluation_failure(error.into()))?;
    if trunkline_shared::model::build::ImageBuilder::from_model(model).plan != plan.groups {
        return Err(Failure::new(Exit::Project, "the project file computes other features than the model reads")
            .remedy("leave channels, magnitudes and branches as they stand in the project.toml beside the model"));
    }
    let windows = encode_windows(dataset, &codes);
    let features = extract(&plan, &codes, &windows);
    Ok((windows, features))
}

/// The rows with a label of the last task, or as many of them as were asked for.
fn chosen_rows(dataset: &Dataset, asked: &[usize], seed: u64) -> Result<Vec<usize>, Failure> {
    let Some(task) = dataset.tasks.last() else { return Ok(Vec::new()) };
    let known: Vec<usize> = (0..dataset.rows).filter(|row| task.labels.is_known(*row)).collect();
    let wanted = match asked {
        [] => known.len(),
        [wanted] => *wanted,
        _ => {
            return Err(Failure::new(Exit::Usage, "--rows takes one number here").remedy("several are for --curve"));
        }
    };
    if wanted > known.len() {
        return Err(Failure::new(
            Exit::Data,
            format!("task `{}` has {} labelled rows, {wanted} are asked for", task.name, known.len()),
        )
        .remedy("lower --rows, or label more rows"));
    }
    if wanted < FEWEST_ROWS {
        return Err(Failure::new(
            Exit::Data,
            format!("{wanted} labelled rows of task `{}` are too few: a head takes at least {FEWEST_ROWS}", task.name),
        )
        .remedy("label more rows; trunkline adapt --curve shows how many it takes"));
    }
    let share = wanted as f64 / known.len() as f64;
    Ok(fraction(&known, None, std::slice::from_ref(task), share, seed))
}
