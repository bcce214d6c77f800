//! The windows of both data sets, through the features of their project files: the device answers as the PC does, to the bit.

use std::path::{Path, PathBuf};

use trunkline_shared::model::build::ImageBuilder;
use trunkline_tests::artifact::random_network::random_network;
use trunkline_tests::parity::{assert_same, expected};
use trunkline_tests::qemu::{Target, run};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::features::{CodeBook, FeatureMatrix, PlanSpec, encode_windows, extract};
use trunkline_trainer::{data, plant};

const WINDOWS: usize = 1000;

/// Recorded windows, and a model with the project's features.
struct Recorded {
    image: Vec<u8>,
    windows: Vec<i16>,
}

fn recorded(project: &Project, data_dir: Option<&Path>) -> Recorded {
    let dataset = data::load(project, data_dir).expect("the data set is sound");
    let rows: Vec<usize> = (0..dataset.rows).collect();
    let codes = CodeBook::fit(project, &dataset, &rows).expect("codes for every channel");
    let windows = encode_windows(&dataset, &codes);
    let plan = PlanSpec::new(project, &dataset).expect("the project's features");
    let (means, gains) = standardisation(&extract(&plan, &codes, &windows));
    let builder: ImageBuilder = random_network(&project.name, codes.channels, plan.groups, means, gains);
    let mut counts = windows.counts;
    assert!(dataset.rows >= WINDOWS);
    counts.truncate(WINDOWS * windows.window_len);
    Recorded { image: builder.build().expect("a valid model"), windows: counts }
}

/// Means and reciprocal standard deviations of the columns.
fn standardisation(matrix: &FeatureMatrix) -> (Vec<f32>, Vec<f32>) {
    (0..matrix.columns)
        .map(|column| {
            let values = (0..matrix.rows).map(|row| f64::from(matrix.row(row)[column])).filter(|value| !value.is_nan());
            let values: Vec<f64> = values.collect();
            let count = values.len().max(1) as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            (mean as f32, (1.0 / variance.sqrt().max(1e-6)) as f32)
        })
        .unzip()
}

fn device_answers_like_the_pc(target: Target, recorded: &Recorded) {
    let Recorded { image, windows } = recorded;
    let answers = run(target, image, windows);
    assert_eq!(answers.len(), WINDOWS);
    assert_same(&answers, &expected(image, windows));
}

fn plant() -> Recorded {
    let project = config::parse(plant::DEFAULT_PROJECT, "plant.toml").expect("the embedded project is sound");
    recorded(&project, None)
}

/// The hydraulic test rig, where its data set is at hand.
fn hydraulic() -> Option<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("TRUNKLINE_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let folder = folder.join("hydraulic");
    if !folder.is_dir() {
        println!("data absent: hydraulic");
        return None;
    }
    let project = config::load(&root.join("host-trainer/examples/hydraulic.toml")).expect("the project is sound");
    Some(recorded(&project, Some(&folder)))
}

#[test]
fn cortex_m4f_answers_a_thousand_windows_of_the_plant_like_the_pc() {
    device_answers_like_the_pc(Target::CortexM4f, &plant());
}

#[test]
fn armv6m_answers_a_thousand_windows_of_the_plant_like_the_pc() {
    device_answers_like_the_pc(Target::Armv6m, &plant());
}

#[test]
fn cortex_m4f_answers_a_thousand_windows_of_the_hydraulic_rig_like_the_pc() {
    if let Some(recorded) = hydraulic() {
        device_answers_like_the_pc(Target::CortexM4f, &recorded);
    }
}

#[test]
fn armv6m_answers_a_thousand_windows_of_the_hydraulic_rig_like_the_pc() {
    if let Some(recorded) = hydraulic() {
        device_answers_like_the_pc(Target::Armv6m, &recorded);
    }
}
