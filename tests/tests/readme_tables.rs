//! The README's tables of methods are what `tests/prove table` prints: those of the committed comparisons, which belong to the projects.

use trunkline_tests::data_sets;
use trunkline_trainer::artifact::sha256_hex;
use trunkline_trainer::compare::{Comparison, METHODS, markdown};
use trunkline_trainer::config;

fn committed(set: &str) -> Comparison {
    let path = data_sets::root().join(format!("tests/results/compare_{set}.json"));
    let text = std::fs::read_to_string(path).expect("the comparison is part of the project");
    serde_json::from_str(&text).expect("a comparison as METRICS.md describes it")
}

#[test]
fn the_tables_of_methods_are_those_of_the_committed_comparisons() {
    let root = data_sets::root();
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the project has a README");
    for set in ["hydraulic", "plant"] {
        let comparison = committed(set);
        let project = config::load(&root.join(format!("host-trainer/examples/{set}.toml"))).expect("it is sound");
        let resolved = project.without_search().to_toml().expect("a project can be written");
        assert_eq!(comparison.config_sha256, sha256_hex(resolved.as_bytes()), "{set}: `tests/prove compare`");
        assert_eq!(comparison.seeds.len(), 3);
        let told = |name: &str| {
            comparison.column(name).is_some() || comparison.skipped.iter().any(|skipped| skipped.name == name)
        };
        assert!(METHODS.iter().all(|method| told(method.name)), "{set}: a method is missing: `tests/prove compare`");
        assert!(
            readme.contains(&markdown(&comparison)),
            "{set}: README.md does not hold what `tests/prove table` prints"
        );
    }
}
