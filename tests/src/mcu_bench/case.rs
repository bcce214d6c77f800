//! The cases: which models, and how much of their way is counted.

use trunkline_shared::model::WeightKind;
use trunkline_trainer::config::Project;

use super::features::Features;
use super::networks::SHAPES;
use super::subject::Subject;
use crate::data_sets;
use crate::trained::{hydraulic_project, plant_project, trained};

/// What is counted of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// From quantized inputs to all outputs.
    Network,
    /// From the raw window to all outputs.
    Path,
    /// From the raw window to the features.
    Features,
}

/// A model, and how much of its way is counted.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What is counted.
    pub extent: Extent,
    /// The model with its input.
    pub subject: Subject,
}

/// The data sets with a shipped model; each is also taken task by task.
pub const DATA_SETS: [&str; 2] = ["hydraulic", "plant"];

/// The case of a set's task alone.
pub fn alone(set: &str, task: &str) -> String {
    format!("{set}_alone_{task}")
}

/// The case that sums up a set's tasks alone.
pub fn separate(set: &str) -> String {
    format!("{set}_separate")
}

/// Every case whose name `wanted` holds for; a set whose data are absent is left out, and that is said. The tasks of a set are needed for their
/// sum, too.
pub fn cases(wanted: impl Fn(&str) -> bool) -> Vec<Case> {
    let mut cases = Vec::new();
    let networks = SHAPES.iter().flat_map(|shape| [(shape, WeightKind::I8, "int8"), (shape, WeightKind::I4, "int4")]);
    for (shape, kind, weights) in networks {
        let name = format!("{}_{weights}", shape.name);
        if wanted(&name) {
            let image = shape.model(kind).build().expect("a valid model");
            cases.push(Case { name, extent: Extent::Network, subject: Subject::with_noise(image) });
        }
    }
    for (name, features) in Features::ALL {
        if wanted(name) {
            cases.push(Case { name: name.into(), extent: Extent::Features, subject: features.subject() });
        }
    }
    for set in DATA_SETS {
        cases.extend(shipped(set, &wanted));
    }
    cases
}

/// The shipped model of a data set and one for each of its tasks, of the same trunk: the project with that task alone.
fn shipped(set: &str, wanted: impl Fn(&str) -> bool) -> Vec<Case> {
    let project = if set == "plant" { plant_project() } else { hydraulic_project() };
    let with_sum = wanted(&separate(set));
    let tasks = project.tasks.iter().map(|task| {
        let single = Project { tasks: vec![task.clone()], ..project.clone() };
        (alone(set, &task.name), single)
    });
    let mut models: Vec<(String, Project)> = tasks.filter(|(name, _)| with_sum || wanted(name)).collect();
    if wanted(set) {
        models.insert(0, (set.to_owned(), project));
    }
    if models.is_empty() {
        return Vec::new();
    }
    let folder = if set == "plant" { None } else { data_sets::folder(set) };
    if set != "plant" && folder.is_none() {
        return Vec::new();
    }
    let case = |(name, project): (String, Project)| {
        let model = trained(&project, folder.as_deref());
        let window = model.windows.get(..model.window_len).expect("a window").to_vec();
        Case { name, extent: Extent::Path, subject: Subject { image: model.image, window } }
    };
    models.into_iter().map(case).collect()
}
