//! What the joint integer model must reach on the hydraulic test rig: a short run here, and the full run that is committed.

use std::path::PathBuf;

use trunkline_tests::data_sets;
use trunkline_trainer::artifact::sha256_hex;
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data;
use trunkline_trainer::evaluate::{Limits, Metrics, Record, TaskRecord, Unobserved, run};
use trunkline_trainer::tune::Nested;

/// What the integer model must reach: task, metric, and at least, or at most where the metric is an error.
type Figures = [(&'static str, &'static str, f64)];

/// With one seed.
const SHORT: &Figures = &[
    ("cooler", "macro_f1", 0.97),
    ("valve", "macro_f1", 0.99),
    ("pump", "macro_f1", 0.98),
    ("accumulator", "macro_f1", 0.86),
    ("stable", "auc", 0.905),
    ("efficiency", "r2", 0.78),
    ("energy", "r2", 0.76),
];

/// In the mean of five seeds, and with settings chosen inside the training rows.
const FULL: &Figures = &[
    ("cooler", "macro_f1", 0.985),
    ("valve", "macro_f1", 0.998),
    ("pump", "macro_f1", 0.988),
    ("accumulator", "macro_f1", 0.90),
    ("stable", "auc", 0.925),
    ("efficiency", "r2", 0.803),
    ("efficiency", "mae", 1.25),
    ("energy", "r2", 0.785),
    ("energy", "mae", 0.19),
];

/// Task, its metric, and the most that it may lose by quantization.
const MOST_LOST: [(&str, &str, f64); 7] = [
    ("cooler", "macro_f1", 0.005),
    ("valve", "macro_f1", 0.005),
    ("pump", "macro_f1", 0.005),
    ("accumulator", "macro_f1", 0.015),
    ("stable", "auc", 0.005),
    ("efficiency", "r2", 0.005),
    ("energy", "r2", 0.005),
];

/// What the accumulator must reach on the cycles that were stable: with one seed, and in the mean of five.
const ON_STABLE_CYCLES: [f64; 2] = [0.92, 0.94];

/// What the joint network may be worse than networks of the same total size.
const MOST_BEHIND_SAME_SIZE: f64 = 0.005;

/// Most bytes of weights, biases and scales together.
const WEIGHTS_BYTES: u64 = 20 * 1024;

fn project() -> Project {
    config::load(&data_sets::root().join("host-trainer/examples/hydraulic.toml")).expect("the project is sound")
}

fn committed(name: &str) -> PathBuf {
    data_sets::root().join("tests/results").join(name)
}

/// Macro-F1 of the accumulator on the cycles that were stable, of the integer model.
fn accumulator_on_stable_cycles(record: &Record) -> f64 {
    let task = record.tasks.iter().find(|task| task.name == "accumulator").expect("one of the seven tasks");
    task.subsets["stable cycles"]["joint_int8"]["macro_f1"].mean
}

fn assert_reaches(name: &str, metric: &str, found: f64, bound: f64) {
    let reached = if metric == "mae" { found <= bound } else { found >= bound };
    assert!(reached, "{name}: {metric} {found:.4}, {bound} is wanted");
}

fn assert_loses_little(name: &str, metric: &str, float: f64, integer: f64, most: f64) {
    assert!(float - integer <= most, "{name}: {metric} falls from {float:.4} to {integer:.4} by quantization");
}

fn mean(metrics: &Metrics, metric: &str) -> f64 {
    metrics.get(metric).expect("a metric of the task's kind").mean
}

fn task<'r>(record: &'r Record, name: &str) -> &'r TaskRecord {
    record.tasks.iter().find(|task| task.name == name).expect("one of the seven tasks")
}

fn assert_reaches_the_figures(record: &Record, figures: &Figures) {
    for (name, metric, bound) in figures {
        assert_reaches(name, metric, mean(&task(record, name).joint_int8, metric), *bound);
    }
    for (name, metric, most) in MOST_LOST {
        let task = task(record, name);
        assert_loses_little(name, metric, mean(&task.joint_f32, metric), mean(&task.joint_int8, metric), most);
    }
    let weights_bytes = record.model.weights_bytes;
    assert!(weights_bytes <= WEIGHTS_BYTES, "{weights_bytes} bytes of weights, biases and scales");
}

#[test]
fn one_seed_on_all_folds_reaches_the_figures() {
    let Some(folder) = data_sets::folder("hydraulic") else { return };
    let project = project();
    let dataset = data::load(&project, Some(&folder)).expect("the data set is sound");
    let limits = Limits { seeds: Some(1), folds: None };
    let outcome = run(&project, &dataset, limits, &Unobserved).expect("the project trains");
    assert_eq!(outcome.record.folds, 5);
    assert_reaches_the_figures(&outcome.record, SHORT);
    let on_stable = accumulator_on_stable_cycles(&outcome.record);
    assert!(on_stable >= ON_STABLE_CYCLES[0], "accumulator on stable cycles: macro_f1 {on_stable:.4}");
}

/// `tests/prove hydraulic` makes the file anew.
#[test]
fn the_committed_full_run_is_of_this_project_and_reaches_the_figures() {
    let text = std::fs::read_to_string(committed("hydraulic.json"))
        .expect("tests/results/hydraulic.json is part of the project");
    let record: Record = serde_json::from_str(&text).expect("a record as METRICS.md describes it");
    assert_eq!((record.seeds.len(), record.folds), (5, 5), "five seeds on five folds make the full run");
    let resolved = project().without_search().to_toml().expect("a project can be written");
    let is_of_this_project = record.config_sha256 == sha256_hex(resolved.as_bytes());
    assert!(is_of_this_project, "examples/hydraulic.toml has changed since the full run: `tests/prove hydraulic`");
    assert_reaches_the_figures(&record, FULL);
    let on_stable = accumulator_on_stable_cycles(&record);
    assert!(on_stable >= ON_STABLE_CYCLES[1], "accumulator on stable cycles: macro_f1 {on_stable:.4}");
    let mut better = 0;
    for (name, metric, _) in MOST_LOST {
        let task = task(&record, name);
        let (joint, small) = (mean(&task.joint_f32, metric), mean(&task.single_same_size, metric));
        assert!(joint >= small - MOST_BEHIND_SAME_SIZE, "{name}: {metric} {joint:.4}, {small:.4} by itself");
        better += usize::from(joint > small);
    }
    assert!(better >= 3, "better than networks of the same total size on {better} tasks");
}

/// `tests/prove nested` makes the file anew.
#[test]
fn the_committed_nested_search_is_of_this_project_and_reaches_the_figures() {
    let text =
        std::fs::read_to_string(committed("nested.json")).expect("tests/results/nested.json is part of the project");
    let nested: Nested = serde_json::from_str(&text).expect("nested scores as METRICS.md describes them");
    assert_eq!((nested.seeds.len(), nested.chosen.len()), (5, 5), "five seeds on five folds make the full run");
    let resolved = project().to_toml().expect("a project can be written");
    let is_of_this_project = nested.config_sha256 == sha256_hex(resolved.as_bytes());
    assert!(is_of_this_project, "examples/hydraulic.toml has changed since the nested search: `tests/prove nested`");
    let task = |name: &str| nested.tasks.iter().find(|task| task.name == name).expect("one of the seven tasks");
    for (name, metric, bound) in FULL {
        assert_reaches(name, metric, task(name).nested[*metric].mean, *bound);
    }
    for chosen in &nested.chosen {
        let (fold, bytes) = (chosen.fold, chosen.weights_bytes);
        assert!(bytes <= WEIGHTS_BYTES, "fold {fold}: {bytes} bytes of weights, biases and scales");
    }
    for (name, metric, most) in MOST_LOST {
        assert_loses_little(name, metric, task(name).nested_f32[metric].mean, task(name).nested[metric].mean, most);
    }
    let on_stable = task("accumulator").subsets["stable cycles"]["macro_f1"].mean;
    assert!(on_stable >= ON_STABLE_CYCLES[1], "accumulator on stable cycles: macro_f1 {on_stable:.4}");
}
