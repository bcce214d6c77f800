//! What a new task on a frozen model must be worth: a short learning curve here, and the full ones that are committed.

use trunkline_tests::data_sets;
use trunkline_trainer::adapt::{Curve, ErrorAt, Plan, curve, findings};
use trunkline_trainer::config;
use trunkline_trainer::data;
use trunkline_trainer::evaluate::Unobserved;

/// Set, its tasks, and those that win at 30 labelled rows.
const WINNERS: [(&str, usize, &[&str]); 2] = [("hydraulic", 7, &[]), ("plant", 4, &["roughness", "energy"])];

/// The point of task `name` at 30 labelled rows.
fn at_30<'c>(curve: &'c Curve, name: &str) -> &'c ErrorAt {
    let task = curve.tasks.iter().find(|task| task.name == name).expect("a task of the project");
    task.points.iter().find(|point| point.rows == 30).expect("every fold has 30 labelled rows")
}

fn committed(set: &str) -> Curve {
    let path = data_sets::root().join(format!("tests/results/adapt_{set}.json"));
    let text = std::fs::read_to_string(path).expect("a committed result (tests/prove adapt)");
    serde_json::from_str(&text).expect("as `trunkline adapt --curve` writes it")
}

#[test]
fn thirty_rows_of_a_new_task_on_the_plant_beat_a_network_from_scratch() {
    let path = data_sets::root().join("host-trainer/examples/plant.toml");
    let project = config::load(&path).expect("the project is sound");
    let dataset = data::load(&project, None).expect("the plant needs no files");
    let plan = Plan { tasks: vec!["energy".into()], rows: vec![30], draws: 2, folds: Some(2), tune_trunk: None };
    let curve = curve(&project, &dataset, &plan, &Unobserved).expect("the project trains");
    let point = at_30(&curve, "energy");
    assert!(point.adapted < point.scratch, "{point:?}");
}

/// Every task of both sets is there with its 10, 30, 100 and 300 rows. At 30 rows adapting beats a network from scratch on both sets, for
/// the tasks named here beyond noise; for the others the findings say why it does not.
#[test]
fn the_committed_curves_hold_what_is_said_of_them() {
    for (set, tasks, winners) in WINNERS {
        let curve = committed(set);
        assert_eq!((curve.tasks.len(), &curve.findings), (tasks, &findings(&curve)));
        for (task, finding) in curve.tasks.iter().zip(&curve.findings) {
            assert_eq!(
                task.points.iter().map(|point| point.rows).collect::<Vec<_>>(),
                [10, 30, 100, 300],
                "{}",
                task.name
            );
            let wins = at_30(&curve, &task.name).saved.is_above_zero();
            assert_eq!(wins, winners.contains(&task.name.as_str()), "{finding}");
            assert!(finding.contains(if wins { "beats a network from scratch" } else { "alone errs" }), "{finding}");
        }
    }
}
