//! `trunkline adapt --model`: a new task in a finished model.

use std::path::Path;

use trunkline_shared::model::Model;
use trunkline_trainer::adapt::{
    AdaptedHead, TunedModel, check_weights, extend_artifact, fit_head, movements, outputs_differ, tune_trunk,
};
use trunkline_trainer::artifact::{HostPart, sha256_hex};
use trunkline_trainer::config::Project;
use trunkline_trainer::data::{Dataset, split};
use trunkline_trainer::evaluate::lay_out;
use trunkline_trainer::features::{PlanSpec, Prepared};
use trunkline_trainer::model::FloatModel;
use trunkline_trainer::train::{Task, TrainingSet};

use super::Arguments;
use super::deliver::{Adapted, Tuned, deliver};
use super::request::{chosen_rows, new_task, read_rows};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::float::read_float;
use crate::cli::image::Image;
use crate::cli::output::{MODEL, Output};
use crate::cli::progress::Console;
use crate::cli::project::{load_data, load_project};
use crate::cli::translate::evaluation_failure;
use crate::cli::verify;

/// Most windows replayed through the firmware's application.
const MOST_REPLAYED: usize = 1000;

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

/// What a new task is learnt from.
struct Lesson<'a> {
    old: &'a Old,
    model: &'a Model<'a>,
    project: &'a Project,
    dataset: &'a Dataset,
    plan: &'a PlanSpec,
    prepared: &'a Prepared,
    /// The old tasks, then the new one, and the rows to learn it from.
    set: TrainingSet<'a>,
    seed: u64,
    host_part: HostPart,
}

/// The model with the new task.
struct Adaptation {
    head: AdaptedHead,
    bytes: Vec<u8>,
    unchanged: Vec<String>,
    tuned: Option<Tuned>,
}

/// Makes the model.
pub(super) fn run(arguments: &Arguments, folder: &Path, output: &Output, json: bool) -> Result<(), Failure> {
    let console = Console::new();
    let old = Old::read(folder)?;
    let model = old.image.model()?;
    verify::self_test(&model)?;
    let mut project = load_project(&arguments.config)?;
    let task = new_task(&mut project, &model, &arguments.task)?;
    console.stage("reading the data");
    let dataset = load_data(&project, arguments.data.as_deref())?;
    let (plan, prepared) = read_rows(&project, &dataset, &model)?;
    let seed = project.training.seeds.first().copied().unwrap_or(0);
    let rows = chosen_rows(&dataset, &arguments.rows, seed)?;

    console.stage(&format!("task `{task}`: a head from {} labelled rows", rows.len()));
    let resolved =
        project.without_search().to_toml().map_err(|error| Failure::inside("write out the project", error))?;
    let config_sha256 = sha256_hex(resolved.as_bytes());
    let host_part = HostPart::decode(model.host_part()).map_err(|error| evaluation_failure(error.into()))?;
    let units = split::units(&project, &dataset);
    let tasks = project.tasks.iter().zip(&dataset.tasks).map(|(config, labels)| Task { config, labels });
    let lesson = Lesson {
        old: &old,
        model: &model,
        project: &project,
        dataset: &dataset,
        plan: &plan,
        prepared: &prepared,
        set: TrainingSet {
            features: &prepared.features,
            tasks: tasks.collect(),
            rows: &rows,
            units: units.as_deref(),
            weights: dataset.weights.as_deref(),
        },
        seed,
        host_part: HostPart { config_sha256: config_sha256.clone(), data_sha256: dataset.sha256.clone(), ..host_part },
    };
    let Adaptation { head, bytes, unchanged, tuned } = match arguments.tune_trunk {
        None => lesson.frozen(&console)?,
        Some(factor) => lesson.tuned(factor, &console)?,
    };
    let image = Image::new(&bytes, MODEL);
    verify::self_test(&image.model()?)?;
    let replayed_windows = verify::replay(&image, &prepared.windows, MOST_REPLAYED)?;
    let record = Adapted {
        schema_version: 1,
        trunkline_version: env!("CARGO_PKG_VERSION"),
        task,
        labelled_rows: rows.len(),
        inputs: head.inputs,
        candidates: head.candidates,
        calibration: head.calibration,
        unchanged,
        tuned,
        checked_rows: dataset.rows,
        replayed_windows,
        old_crc: format!("{:08x}", model.crc()),
        bytes: [old.image.bytes().len(), bytes.len()],
        config_sha256,
        data_sha256: dataset.sha256.clone(),
    };
    deliver(&record, &head.model, &bytes, &resolved, output, json)
}

impl Lesson<'_> {
    fn all_rows(&self) -> Vec<usize> {
        (0..self.dataset.rows).collect()
    }

    /// The new head beside layers that stay as they are, which is checked in every bit.
    fn frozen(&self, console: &Console) -> Result<Adaptation, Failure> {
        let Self { old, model, project, dataset, prepared, .. } = self;
        let new = dataset.tasks.len() - 1;
        let set = TrainingSet { tasks: vec![self.set.tasks[new]], ..self.set.clone() };
        let head = fit_head(project, &old.float, &set, self.seed).map_err(evaluation_failure)?;
        let bits = project.quantization.linear_bits_of(&project.tasks[new]);
        let (all, windows) = (self.all_rows(), &prepared.windows);
        let data = (windows, &prepared.features, &all[..]);
        let bytes = extend_artifact(model, &head.model, project, &dataset.tasks[new], bits, data, &self.host_part)
            .map_err(evaluation_failure)?;
        console.stage("checking that the old tasks answer as before, in every bit");
        if let Some(row) = outputs_differ(model, &bytes, windows, &all).map_err(evaluation_failure)? {
            return Err(Failure::new(
                Exit::Verification,
                format!("an old task answers row {row} otherwise than before"),
            )
            .remedy("this is a defect of trunkline: report it with the model folder and the project file"));
        }
        let unchanged = model.tasks().map(|(task, _)| task.name.to_owned()).collect();
        Ok(Adaptation { head, bytes, unchanged, tuned: None })
    }

    /// The whole model trained on, quantized anew, and how far its old answers moved.
    fn tuned(&self, factor: f64, console: &Console) -> Result<Adaptation, Failure> {
        let Self { old, model, project, dataset, plan, prepared, .. } = self;
        let (all, windows) = (self.all_rows(), &prepared.windows);
        check_weights(model, &old.float, windows, &prepared.features, &all).map_err(evaluation_failure)?;
        console.stage(&format!("training on, what is old at {factor} of the learning rate"));
        let tuned = tune_trunk(project, &old.float, &self.set, factor, self.seed, console);
        console.finish();
        let TunedModel { model: float, inputs, candidates, calibration, log } = tuned.map_err(evaluation_failure)?;
        // The scores in the old model are not of this one.
        let host_part = HostPart {
            relation: log.relation,
            metrics: Vec::new(),
            folds: 0,
            seeds: Vec::new(),
            ..self.host_part.clone()
        };
        let bytes = lay_out(project, dataset, plan, prepared, &float, &host_part).map_err(evaluation_failure)?;
        console.stage("measuring how far the old tasks' answers moved");
        let old_tasks = movements(model, &bytes, windows, &all).map_err(evaluation_failure)?;
        let still = old_tasks.iter().filter(|moved| moved.largest == 0.0);
        let unchanged = still.map(|moved| moved.task.clone()).collect();
        let head = AdaptedHead { model: float, inputs, candidates, calibration };
        Ok(Adaptation { head, bytes, unchanged, tuned: Some(Tuned { factor, epochs: log.chosen_epochs, old_tasks }) })
    }
}
