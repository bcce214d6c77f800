//! What personal heads must reach on data/parkinsons and show on the plant: a short run here, and the full run that is committed.

use std::collections::BTreeMap;

use serde::Deserialize;
use trunkline_tests::data_sets;
use trunkline_trainer::artifact::sha256_hex;
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data;
use trunkline_trainer::evaluate::{Limits, PersonalTaskRecord, Record, Unobserved, run};

/// Share of each subject's rows that train, and the least R2 of personal heads, mean over ten seeds.
const PARKINSONS: [(&str, f64); 3] = [("0.05", 0.960), ("0.1", 0.973), ("0.3", 0.980)];

/// The full run: `tests/prove fleet` makes it anew.
#[derive(Deserialize)]
struct FullRun {
    #[serde(flatten)]
    entries: BTreeMap<String, serde_json::Value>,
}

impl FullRun {
    fn committed() -> Self {
        let path = data_sets::root().join("tests/results/fleet.json");
        let text = std::fs::read_to_string(path).expect("tests/results/fleet.json is part of the project");
        serde_json::from_str(&text).expect("records by name")
    }

    fn record(&self, name: &str) -> Record {
        serde_json::from_value(self.entries[name].clone()).expect("a record as METRICS.md describes it")
    }
}

fn project(example: &str, overlay: &str) -> Project {
    let path = data_sets::root().join("host-trainer/examples").join(example);
    config::load(&path).and_then(|project| project.overlaid(overlay, "share")).expect("the project is sound")
}

fn r2(task: &PersonalTaskRecord) -> [f64; 4] {
    [&task.pooled, &task.separate, &task.personal, &task.personal_int8].map(|metrics| metrics["r2"].mean)
}

#[test]
fn one_seed_at_five_percent_reaches_the_figures() {
    let Some(folder) = data_sets::folder("parkinsons") else { return };
    let project = project("parkinsons_personal.toml", "split.share = 0.05");
    let dataset = data::load(&project, Some(&folder)).expect("the data set is sound");
    let outcome = run(&project, &dataset, Limits { seeds: Some(1), folds: None }, &Unobserved).expect("it trains");
    let personal = outcome.record.personal.expect("personal heads");
    let [pooled, separate, own, int8] = r2(&personal.tasks[0]);
    println!("R2 pooled {pooled:.3}, separate {separate:.3}, personal {own:.3}, int8 {int8:.3}");
    assert!(own >= 0.955 && own > pooled && own > separate && (own - int8).abs() < 0.005);
    let fleet = outcome.fleet.expect("an artifact a subject");
    assert_eq!(fleet.groups.len(), 42);
    assert!(fleet.groups.iter().all(|group| !group.image.is_empty() && group.tasks == ["total"]));
}

#[test]
fn the_committed_full_run_reaches_the_figures_on_parkinsons() {
    let full = FullRun::committed();
    for (share, least) in PARKINSONS {
        let record = full.record(&format!("parkinsons_{share}"));
        let resolved = project("parkinsons_personal.toml", &format!("split.share = {share}"))
            .without_search()
            .to_toml()
            .expect("TOML");
        assert_eq!(record.config_sha256, sha256_hex(resolved.as_bytes()), "changed since: `tests/prove fleet`");
        assert_eq!(record.seeds.len(), 10);
        let task = &record.personal.expect("personal heads").tasks[0];
        let [.., own, int8] = r2(task);
        assert!(own >= least, "{share}: {own}");
        assert!((own - int8).abs() < 0.005, "{share}: {own} {int8}");
        let over_separate = task.better_than.separate.as_ref().expect("ten seeds give an interval");
        let (Some(low), Some(high)) = (over_separate.low, over_separate.high) else { panic!("no interval at {share}") };
        assert!(low <= high && (share != "0.05" || low > 0.0), "{share}: {low} to {high}");
    }
}

#[test]
fn the_committed_full_run_compares_personal_pooled_and_separate_on_the_plant() {
    let full = FullRun::committed();
    for rows in [10, 30] {
        let record = full.record(&format!("plant_{rows}"));
        let resolved =
            project("plant_personal.toml", &format!("split.rows = {rows}")).without_search().to_toml().expect("TOML");
        assert_eq!(record.config_sha256, sha256_hex(resolved.as_bytes()), "changed since: `tests/prove fleet`");
        let personal = record.personal.expect("personal heads");
        assert_eq!((personal.groups, personal.tasks.len()), (24, 4));
        for task in &personal.tasks {
            let differences = &task.better_than;
            let all = [&differences.shared, &differences.pooled, &differences.separate];
            assert!(
                all.iter().all(|paired| paired.as_ref().is_some_and(|paired| paired.low.is_some())),
                "{}",
                task.name
            );
        }
    }
}
