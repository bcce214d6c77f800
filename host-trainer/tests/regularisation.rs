//! Mixup and distillation through a whole fit: finite, the same to the bit on any number of threads, and of use where they should be.

use trunkline_shared::model::{TaskKind, TaskRole};
use trunkline_trainer::config::{Project, parse};
use trunkline_trainer::data::{Labels, TaskLabels};
use trunkline_trainer::features::FeatureMatrix;
use trunkline_trainer::model::FloatModel;
use trunkline_trainer::train::{Silent, Task, TrainingSet, fit};

const ROWS: usize = 160;
const FEATURES: usize = 4;

const PROJECT: &str = r#"name = "regularised"
[data]
loader = "table"
file = "rows.csv"
[split]
method = "random"
[[channels]]
name = "a"
[[tasks]]
name = "class"
role = "fault"
kind = "multi-class"
target = { column = "class" }
classes = ["0", "1", "2"]
linear = { mode = "frozen" }
[[tasks]]
name = "value"
role = "energy"
kind = "regression"
target = { column = "value" }
linear = { mode = "zero", l2 = 1e-3 }
[model]
trunk = [12]
[training]
epochs = 6
batch = 16
input_noise = 0.1
"#;

fn number(i: usize) -> f32 {
    ((i * 7919 + i * i * 104_729) % 1009) as f32 / 504.5 - 1.0
}

struct World {
    features: FeatureMatrix,
    labels: Vec<TaskLabels>,
    units: Vec<u32>,
    rows: Vec<usize>,
}

impl World {
    /// Rows in units of 8; `labelled` says which have a value.
    fn new(labelled: impl Fn(usize) -> bool) -> Self {
        let x = |row: usize, column: usize| number(row * FEATURES + column);
        let class = |row: usize| Some(if x(row, 0) > 0.3 { 2 } else { u16::from(x(row, 1) > 0.0) });
        let value = |row: usize| labelled(row).then(|| 20.0 + 4.0 * x(row, 2).abs() + x(row, 0));
        let task = |name: &str, kind, classes: usize, labels| TaskLabels {
            name: name.into(),
            role: TaskRole::Other,
            kind,
            unit: String::new(),
            class_names: (0..classes).map(|class| class.to_string()).collect(),
            labels,
        };
        Self {
            features: FeatureMatrix {
                rows: ROWS,
                columns: FEATURES,
                names: (0..FEATURES).map(|column| format!("f{column}")).collect(),
                blocks: Vec::new(),
                data: (0..ROWS * FEATURES).map(number).collect(),
            },
            labels: vec![
                task("class", TaskKind::MultiClass, 3, Labels::Classes((0..ROWS).map(class).collect())),
                task("value", TaskKind::Regression, 0, Labels::Values((0..ROWS).map(value).collect())),
            ],
            units: (0..ROWS as u32).map(|row| row / 8).collect(),
            rows: (0..ROWS).filter(|row| row % 4 != 0).collect(),
        }
    }

    fn fit(&self, project: &Project) -> FloatModel {
        self.fit_weighed(project, &self.rows, None)
    }

    fn fit_weighed(&self, project: &Project, rows: &[usize], weights: Option<&[f32]>) -> FloatModel {
        let tasks = project.tasks.iter().zip(&self.labels).map(|(config, labels)| Task { config, labels }).collect();
        let set = TrainingSet { features: &self.features, tasks, rows, units: Some(&self.units), weights };
        fit(project, &set, &project.model.trunk, 1, &Silent).unwrap().model
    }

    fn outputs(&self, model: &FloatModel) -> Vec<u32> {
        (0..ROWS).flat_map(|row| model.forward(self.features.row(row)).concat()).map(f32::to_bits).collect()
    }
}

fn project(overlay: &str) -> Project {
    parse(PROJECT, "project.toml").unwrap().overlaid(overlay, "overlay").unwrap()
}

const METHODS: [&str; 4] = [
    "training.mixup = 0.3",
    "training.distillation = { teacher = \"extra-trees\", trees = 10 }",
    "training.distillation = { teacher = \"boosting\", trees = 10, tasks = [\"value\"] }",
    "training.distillation = { teacher = \"ensemble\", members = 2, folds = 2 }",
];

#[test]
fn every_method_is_finite_changes_the_model_and_gives_the_same_bits_on_any_number_of_threads() {
    let world = World::new(|row| !row.is_multiple_of(3));
    let plain = world.outputs(&world.fit(&project("")));
    for method in METHODS {
        let project = project(method);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| world.outputs(&world.fit(&project)))
        };
        let outputs = on(1);
        assert!(outputs.iter().all(|bits| f32::from_bits(*bits).is_finite()), "{method}");
        assert_ne!(outputs, plain, "{method}");
        assert_eq!(outputs, on(4), "{method}");
    }
}

#[test]
fn without_a_weight_distillation_is_the_plain_fit() {
    let world = World::new(|row| !row.is_multiple_of(3));
    let off = "training.distillation = { trees = 5, weight = 0.0 }";
    // One soft target too many for the class would move it: only where every row is labelled are the means the same.
    let project_off = project(&format!("{off}\ntraining.early_stopping.validation = 0.0"));
    let plain = project("training.early_stopping.validation = 0.0");
    let class = |model: &FloatModel| -> Vec<f32> {
        (0..ROWS).flat_map(|row| model.forward(world.features.row(row))[0].clone()).collect()
    };
    let (a, b) = (class(&world.fit(&plain)), class(&world.fit(&project_off)));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-3), "weights of 0 move nothing");
}

#[test]
fn keys_that_are_not_set_are_not_written() {
    let text = project("").to_toml().unwrap();
    assert!(!text.contains("mixup") && !text.contains("distillation"));
    for method in METHODS {
        let project = project(method);
        assert_eq!(parse(&project.to_toml().unwrap(), "resolved.toml").unwrap(), project);
    }
}

#[test]
fn weights_of_one_change_no_bit_and_labels_of_weight_zero_are_not_read() {
    let mut world = World::new(|row| !row.is_multiple_of(3));
    let project = project("");
    let alike = world.fit_weighed(&project, &world.rows, Some(&[1.0; ROWS]));
    assert_eq!(world.outputs(&alike), world.outputs(&world.fit(&project)));
    let weights: Vec<f32> = (0..ROWS).map(|row| [1.0, 2.0, 0.5, 0.0][row / 8 % 4]).collect();
    let weighed = world.outputs(&world.fit_weighed(&project, &world.rows, Some(&weights)));
    assert!(weighed.iter().all(|bits| f32::from_bits(*bits).is_finite()));
    assert_ne!(weighed, world.outputs(&alike));
    for task in &mut world.labels {
        let unweighed = (0..ROWS).filter(|row| weights[*row] == 0.0);
        match &mut task.labels {
            Labels::Classes(classes) => unweighed.for_each(|row| classes[row] = Some(0)),
            Labels::Values(values) => unweighed.for_each(|row| values[row] = Some(-1e3)),
        }
    }
    assert_eq!(world.outputs(&world.fit_weighed(&project, &world.rows, Some(&weights))), weighed);
}
