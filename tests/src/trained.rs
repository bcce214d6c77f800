//! The models that `trunkline train` makes of a project, but for their host part.

use std::path::Path;

use trunkline_trainer::artifact::{HOST_PART_VERSION, HostPart};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::evaluate::{Unobserved, refit};
use trunkline_trainer::features::FeatureSource;
use trunkline_trainer::{data, plant};

use crate::data_sets;

/// A model and the windows on which it was trained.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The artifact.
    pub image: Vec<u8>,
    /// Raw windows in the model's codes, one after the other.
    pub windows: Vec<i16>,
    /// Samples of a window.
    pub window_len: usize,
}

/// Trains on all rows of the project's data set, which lies in `data_dir` unless it is simulated.
///
/// # Panics
/// Where data or training fail.
pub fn trained(project: &Project, data_dir: Option<&Path>) -> Trained {
    let dataset = data::load(project, data_dir).expect("the data set is sound");
    let source = FeatureSource::new(project, &dataset).expect("the project's features");
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
    let model = refit(project, &dataset, &source, seed, host_part, &Unobserved).expect("a trained model");
    let windows = &model.prepared.windows;
    Trained { windows: windows.counts.clone(), window_len: windows.window_len, image: model.image }
}

/// The project of the demo.
///
/// # Panics
/// Never, as tests show.
pub fn plant_project() -> Project {
    config::parse(plant::DEFAULT_PROJECT, "plant.toml").expect("the embedded project is sound")
}

/// The project of the hydraulic test rig.
///
/// # Panics
/// Where the project's file is missing.
pub fn hydraulic_project() -> Project {
    let path = data_sets::root().join("host-trainer/examples/hydraulic.toml");
    config::load(&path).expect("the project is sound")
}
