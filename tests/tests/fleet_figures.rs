//! What personal heads must reach on data/parkinsons: one seed here; `tests/prove fleet` makes the full run.

use trunkline_tests::data_sets;
use trunkline_trainer::config;
use trunkline_trainer::data;
use trunkline_trainer::evaluate::{Limits, Unobserved, run};

#[test]
fn one_seed_at_five_percent_reaches_the_figures() {
    let Some(folder) = data_sets::folder("parkinsons") else { return };
    let project = config::load(&data_sets::root().join("host-trainer/examples/parkinsons_personal.toml"));
    let project = project.expect("the project is sound");
    let dataset = data::load(&project, Some(&folder)).expect("the data set is sound");
    let outcome = run(&project, &dataset, Limits { seeds: Some(1), folds: None }, &Unobserved).expect("it trains");
    let personal = outcome.record.personal.expect("personal heads");
    let task = &personal.tasks[0];
    let [pooled, separate, own, int8] =
        [&task.pooled, &task.separate, &task.personal, &task.personal_int8].map(|metrics| metrics["r2"].mean);
    println!("R2 pooled {pooled:.3}, separate {separate:.3}, personal {own:.3}, int8 {int8:.3}");
    assert!(own >= 0.955 && own > pooled && (own - int8).abs() < 0.005);
    let fleet = outcome.fleet.expect("an artifact a subject");
    assert_eq!(fleet.groups.len(), 42);
    assert!(fleet.groups.iter().all(|group| !group.image.is_empty() && group.tasks == ["total"]));
}
