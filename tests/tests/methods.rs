//! Every registered method of joint training and every integer form trains the hydraulic and the plant set from the project file: finite gradients on every
//! variable, an artifact that the device's runtime accepts, and the same bytes on any number of threads.

use trunkline_shared::model::{Model, Runtime, validate};
use trunkline_tests::data_sets;
use trunkline_trainer::artifact::{HOST_PART_VERSION, HostPart};
use trunkline_trainer::compare::{Applied, INTEGER_FORMS, METHODS};
use trunkline_trainer::config::{self, Project, QuantizationMode};
use trunkline_trainer::data::{self, Dataset, split};
use trunkline_trainer::evaluate::{Unobserved, refit};
use trunkline_trainer::features::FeatureSource;
use trunkline_trainer::train::{Task, TrainingSet, probe_gradients};

/// Epochs of these short trainings, the ones that choose their number included.
const EPOCHS: usize = 2;

/// The example project `name`, to be trained for a few epochs.
fn project(name: &str) -> Project {
    let path = data_sets::root().join(format!("host-trainer/examples/{name}.toml"));
    let mut project = config::load(&path).expect("the project is sound");
    project.training.epochs = EPOCHS;
    project.training.seeds.truncate(1);
    project
}

/// The rows of the first fold's test part alone: a data set of a fifth of the size, with whole groups.
fn training_rows(project: &Project, dataset: &Dataset) -> Vec<usize> {
    let folds = split::folds(project, dataset, 1).expect("the split fits the data");
    folds[0].test.clone()
}

fn image(project: &Project, dataset: &Dataset, threads: usize) -> Vec<u8> {
    let host_part = HostPart {
        version: HOST_PART_VERSION,
        trunkline_version: "test".to_owned(),
        config_sha256: String::new(),
        data_sha256: String::new(),
        seed: 1,
        rows: 0,
        folds: 0,
        seeds: vec![1],
        relation: None,
        personal: None,
        metrics: Vec::new(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    pool.install(|| {
        let source = FeatureSource::new(project, dataset).expect("the features fit the data");
        refit(project, dataset, &source, 1, host_part, &Unobserved).expect("the method trains").image
    })
}

fn assert_answers(model: &Model<'_>) {
    let mut arena = vec![0u32; model.arena_bytes().div_ceil(4) as usize];
    let mut window = vec![0i16; model.window_len()];
    let mut runtime = Runtime::new(model.clone(), &mut arena).expect("the arena is as large as the model says");
    runtime.self_test(&mut window).expect("the golden windows are answered to the bit");
}

/// Trains by every method but those of `have_no_use`, which change nothing in this project.
fn assert_every_method_trains(project: &Project, dataset: &Dataset, have_no_use: &[&str]) {
    let mut left_out = Vec::new();
    for method in METHODS.iter().chain(INTEGER_FORMS) {
        let Applied::Project(mut changed) = method.apply(project) else {
            left_out.push(method.name);
            continue;
        };
        if let Some(distillation) = &mut changed.training.distillation {
            (distillation.trees, distillation.members, distillation.folds) = (2, 2, 2);
        }
        if changed.quantization.mode == QuantizationMode::Qat {
            changed.quantization.qat_epochs = EPOCHS;
        }
        let source = FeatureSource::new(&changed, dataset).expect("the features fit the data");
        let rows = training_rows(&changed, dataset);
        let prepared = source.prepare(&rows).expect("codes can be fitted");
        let units = split::units(&changed, dataset);
        let tasks = changed.tasks.iter().zip(&dataset.tasks).map(|(config, labels)| Task { config, labels });
        let set = TrainingSet {
            features: &prepared.features,
            tasks: tasks.collect(),
            rows: &rows,
            units: units.as_deref(),
            weights: None,
        };
        let gradients = probe_gradients(&changed, &set, &changed.model.trunk, 1).expect("the method takes a step");
        assert!(!gradients.is_empty(), "{}: no variable", method.name);
        for gradient in gradients {
            assert!(gradient.is_finite(), "{}: {gradient:?}", method.name);
        }

        let bytes = image(&changed, dataset, 1);
        assert_answers(&validate(&bytes).unwrap_or_else(|error| panic!("{}: {error:?}", method.name)));
        assert!(bytes == image(&changed, dataset, 2), "{}: the bytes depend on the threads", method.name);
    }
    assert_eq!(left_out, have_no_use);
}

#[test]
fn every_method_trains_the_hydraulic_rig_finitely_and_repeatably() {
    let Some(folder) = data_sets::folder("hydraulic") else { return };
    let project = project("hydraulic");
    let dataset = data::load(&project, Some(&folder)).expect("the data set is sound");
    assert_every_method_trains(&project, &dataset, &["huber"]);
}

#[test]
fn every_method_trains_the_plant_finitely_and_repeatably() {
    let mut project = project("plant");
    if let Some(plant) = &mut project.data.plant {
        (plant.machines, plant.windows_per_machine) = (8, 60);
    }
    let dataset = data::load(&project, None).expect("the plant needs no files");
    assert_every_method_trains(&project, &dataset, &["all-epochs", "mse"]);
}
