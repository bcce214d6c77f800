//! What weights of 4 bits cost: a short training here, and the full comparison that is committed.

use trunkline_tests::data_sets;
use trunkline_trainer::artifact::sha256_hex;
use trunkline_trainer::compare::{Applied, Comparison, method};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{self, Dataset, split};
use trunkline_trainer::evaluate::{Answer, Footprint, held_out, score_task};
use trunkline_trainer::features::FeatureSource;

/// Most that a task may lose by weights of 4 bits that its training knew of, as a share of its figure.
const MOST_LOST: f64 = 0.01;

fn project(name: &str) -> Project {
    let path = data_sets::root().join(format!("host-trainer/examples/{name}.toml"));
    config::load(&path).expect("the project is sound")
}

/// Figures of every task on the test rows of the first fold, and what the model costs, where `project` has the integer form `name`.
fn figures(project: &Project, dataset: &Dataset, name: &str) -> (Vec<f64>, Footprint) {
    let form = method(name).expect("a form of that name").apply(project);
    let Applied::Project(project) = form else { panic!("{name}: {form:?}") };
    let source = FeatureSource::new(&project, dataset).expect("the features fit the data");
    let rows = split::folds(&project, dataset, 1).expect("the split fits the data").remove(0);
    let found = held_out(&project, dataset, &source, &rows, 1).expect("the project trains");
    let of_task = |(labels, answers): (&data::TaskLabels, &Vec<Option<Answer>>)| {
        let mut of_rows = vec![None; dataset.rows];
        rows.test.iter().zip(answers).for_each(|(row, answer)| of_rows[*row] = answer.clone());
        let metrics = score_task(labels, &of_rows, &vec![Some(0); dataset.rows]);
        metrics.get("r2").or_else(|| metrics.get("auc")).or_else(|| metrics.get("macro_f1")).copied().expect("a figure")
    };
    let figures = dataset.tasks.iter().zip(&found.answers.tasks).map(of_task).collect();
    (figures, found.footprint)
}

#[test]
fn four_bits_save_flash_and_a_training_that_knows_of_them_keeps_the_figures() {
    let mut project = project("plant");
    project.training.seeds.truncate(1);
    let dataset = data::load(&project, None).expect("the plant needs no files");
    let [(wide, wide_cost), (rounded, cost), (known, known_cost)] =
        ["joint", "int4", "int4-qat"].map(|name| figures(&project, &dataset, name));
    assert_eq!(cost.weights_bytes, known_cost.weights_bytes);
    assert!(cost.weights_bytes < wide_cost.weights_bytes && cost.macs == wide_cost.macs, "{cost:?} {wide_cost:?}");
    for (task, (wide, known)) in wide.iter().zip(&known).enumerate() {
        assert!(*known > wide * (1.0 - 3.0 * MOST_LOST), "task {task}: {wide} {rounded:?} {known}");
    }
}

/// `tests/prove quantization` makes the file anew.
#[test]
fn on_the_hydraulic_rig_no_task_loses_a_hundredth_by_four_bits_that_its_training_knew_of() {
    let text = std::fs::read_to_string(data_sets::root().join("tests/results/quantization.json"))
        .expect("tests/results/quantization.json is part of the project");
    let found: Comparison = serde_json::from_str(&text).expect("a comparison as METRICS.md describes it");
    assert_eq!((found.seeds.len(), found.folds, found.label_shares.len()), (3, 5, 0), "not the full run");
    let resolved = project("hydraulic").without_search().to_toml().expect("a project can be written");
    let is_of_this_project = found.config_sha256 == sha256_hex(resolved.as_bytes());
    assert!(is_of_this_project, "examples/hydraulic.toml has changed since: `tests/prove quantization`");
    let column = |name: &str| found.columns.iter().find(|column| column.name == name).expect("a column of that name");
    for name in ["int4-qat", "mixed-qat", "qat"] {
        for (task, (wide, narrow)) in found.tasks.iter().zip(column("joint").scores.iter().zip(&column(name).scores)) {
            let [wide, narrow] = [wide, narrow].map(|scores| scores[&task.figure].mean);
            let least = wide * (1.0 - MOST_LOST);
            assert!(narrow >= least, "{name}: {} of {} falls from {wide:.4} to {narrow:.4}", task.figure, task.name);
        }
    }
}
