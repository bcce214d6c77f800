//! Recorded windows of both data sets, with the model that `trunkline train` makes of them (but for its host part): the device
//! answers as the PC does, to the bit.

use std::path::Path;
use std::sync::OnceLock;

use trunkline_tests::data_sets;
use trunkline_tests::parity::{assert_same, expected};
use trunkline_tests::qemu::{self, Target, run};
use trunkline_trainer::artifact::{HOST_PART_VERSION, HostPart};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::evaluate::{Unobserved, refit};
use trunkline_trainer::features::FeatureSource;
use trunkline_trainer::{data, plant};

const WINDOWS: usize = 1000;

/// Recorded windows, and the artifact of a model trained on them.
struct Recorded {
    image: Vec<u8>,
    windows: Vec<i16>,
}

fn recorded(project: Project, data_dir: Option<&Path>) -> Recorded {
    let dataset = data::load(&project, data_dir).expect("the data set is sound");
    assert!(dataset.rows >= WINDOWS);
    let source = FeatureSource::new(&project, &dataset).expect("the project's features");
    let host_part = HostPart {
        version: HOST_PART_VERSION,
        trunkline_version: String::new(),
        config_sha256: String::new(),
        data_sha256: dataset.sha256.clone(),
        seed: 0,
        rows: 0,
        folds: 0,
        seeds: Vec::new(),
        relation: None,
        metrics: Vec::new(),
        personal: None,
    };
    let seed = project.training.seeds[0];
    let model = refit(&project, &dataset, &source, seed, host_part, &Unobserved).expect("a trained model");
    let windows = &model.prepared.windows;
    Recorded { windows: windows.counts[..WINDOWS * windows.window_len].to_vec(), image: model.image }
}

fn device_answers_like_the_pc(target: Target, recorded: &Recorded) {
    let Recorded { image, windows } = recorded;
    let answers = run(target, image, qemu::Recording::Counts(windows));
    assert_eq!(answers.len(), WINDOWS);
    assert_same(&answers, &expected(image, windows));
}

fn plant() -> &'static Recorded {
    static PLANT: OnceLock<Recorded> = OnceLock::new();
    PLANT.get_or_init(|| {
        let project = config::parse(plant::DEFAULT_PROJECT, "plant.toml").expect("the embedded project is sound");
        recorded(project, None)
    })
}

/// The hydraulic test rig, where its data set is at hand.
fn hydraulic() -> Option<&'static Recorded> {
    static HYDRAULIC: OnceLock<Recorded> = OnceLock::new();
    let folder = data_sets::folder("hydraulic")?;
    Some(HYDRAULIC.get_or_init(|| {
        let project = config::load(&data_sets::root().join("host-trainer/examples/hydraulic.toml"))
            .expect("the project is sound");
        recorded(project, Some(&folder))
    }))
}

#[test]
fn cortex_m4f_answers_a_thousand_windows_of_the_plant_like_the_pc() {
    device_answers_like_the_pc(Target::CortexM4f, plant());
}

#[test]
fn armv6m_answers_a_thousand_windows_of_the_plant_like_the_pc() {
    device_answers_like_the_pc(Target::Armv6m, plant());
}

#[test]
fn cortex_m4f_answers_a_thousand_windows_of_the_hydraulic_rig_like_the_pc() {
    if let Some(recorded) = hydraulic() {
        device_answers_like_the_pc(Target::CortexM4f, recorded);
    }
}

#[test]
fn armv6m_answers_a_thousand_windows_of_the_hydraulic_rig_like_the_pc() {
    if let Some(recorded) = hydraulic() {
        device_answers_like_the_pc(Target::Armv6m, recorded);
    }
}
