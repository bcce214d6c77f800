//! The example projects, and project files that a careless hand has changed.

use std::path::PathBuf;

use proptest::prelude::*;
use trunkline_trainer::config;
use trunkline_trainer::data;
use trunkline_trainer::features::{FeatureSource, PlanSpec};

fn examples() -> Vec<(PathBuf, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_example_is_accepted_and_its_resolved_form_reads_back_as_itself() {
    assert!(examples().len() >= 4);
    for (path, text) in examples() {
        let project = config::load(&path).unwrap();
        let resolved = project.to_toml().unwrap();
        assert_eq!(config::parse(&resolved, "resolved.toml").unwrap(), project, "{}", path.display());
        assert_eq!(config::parse(&text, "text").unwrap(), project);
    }
}

#[test]
fn the_plant_with_raw_vibration_is_the_plant_with_a_branch() {
    let load =
        |name: &str| config::load(&PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).join(name)).unwrap();
    let (mut plant, raw) = (load("plant.toml"), load("plant_raw.toml"));
    assert!(raw.model.branches.iter().any(config::BranchConfig::reads_raw));
    (plant.name, plant.model.branches) = (raw.name.clone(), raw.model.branches.clone());
    assert_eq!(plant, raw);
}

#[test]
fn the_plants_features_have_names_of_their_own_and_are_numbers_or_missing() {
    let text = trunkline_trainer::plant::DEFAULT_PROJECT.replace("machines = 24", "machines = 3");
    let text = text
        .replace("features = [\"mean\", \"sd\"]", "features = [\"band_energies(4)\", \"raw(16)\"]")
        .replace("unit = \"degC\"", "unit = \"degC\"\nmissing_indicator = true");
    let project = config::parse(&text, "plant.toml").unwrap();
    let dataset = data::load(&project, None).unwrap();
    let plan = PlanSpec::new(&project, &dataset).unwrap();
    let mut names = plan.names.clone();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), plan.feature_count());
    // 32 samples at 100 Hz: bins 3.125 Hz apart, 15 of them in four bands.
    for name in ["current.band_energy[3.125..12.5 Hz]", "current.raw[16]", "temperature.missing", "vib.peak_to_peak"] {
        assert!(plan.names.iter().any(|known| known == name), "{name} is not in {:?}", plan.names);
    }
    let prepared = FeatureSource::new(&project, &dataset).unwrap().prepare(&[]).unwrap();
    assert_eq!(prepared.features.data.len(), dataset.rows * plan.feature_count());
    assert!(prepared.features.data.iter().all(|value| value.is_finite() || value.to_bits() == 0x7fc0_0000));
    let missing = plan.names.iter().position(|name| name == "temperature.missing").unwrap();
    let mean = plan.names.iter().position(|name| name == "temperature.mean").unwrap();
    for row in 0..prepared.features.rows {
        let features = prepared.features.row(row);
        assert_eq!(features[mean].is_nan(), features[missing] == 1.0);
    }
}

/// The last line of `cargo bench` is the step benchmark's JSON: nothing with the harness of tests runs beside it.
#[test]
fn cargo_bench_runs_the_step_benchmark_alone() {
    let manifest: toml::Table = toml::from_str(include_str!("../Cargo.toml")).unwrap();
    let is_off = |target: &toml::Value| target.get("bench").and_then(toml::Value::as_bool) == Some(false);
    assert!(is_off(&manifest["lib"]) && manifest["bin"].as_array().unwrap().iter().all(is_off));
    let benches: Vec<_> = manifest["bench"].as_array().unwrap().iter().collect();
    assert!(benches.len() == 1 && benches[0]["harness"].as_bool() == Some(false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Lines lost, doubled or moved, numbers and words replaced: an answer always comes, and what is accepted reads back.
    #[test]
    fn a_changed_project_file_is_accepted_or_refused_with_a_place_but_never_panics(
        example in 0..7usize,
        changes in prop::collection::vec((0..3u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        value in prop::sample::select(vec![
            "0", "-1", "1e300", "nan", "65535", "[]", "{}", "\"\"", "\"raw\"", "true", "=", "\"band_energy(0..1e9)\"",
        ]),
    ) {
        let (_, text) = &examples()[example];
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (kind, from, to) in changes {
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            match kind {
                0 => drop(lines.remove(from)),
                1 => lines.insert(to, lines[from].clone()),
                _ => if let Some((key, _)) = lines[from].split_once('=') {
                    lines[from] = format!("{key}= {value}");
                },
            }
            if lines.is_empty() {
                break;
            }
        }
        match config::parse(&lines.join("\n"), "changed.toml") {
            Ok(project) => {
                let again = config::parse(&project.to_toml().unwrap(), "resolved.toml").unwrap();
                prop_assert_eq!(again, project);
            }
            Err(error) => {
                prop_assert!(error.line.is_some_and(|line| line >= 1 && line <= lines.len() + 1));
                prop_assert!(!error.problem.is_empty() && !error.remedy.is_empty());
            }
        }
    }
}
