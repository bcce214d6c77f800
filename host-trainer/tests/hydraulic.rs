//! The example project over the real recording, where it is at hand (`../shared/data/hydraulic` beside the repository, or the
//! folder that `TRUNKLINE_DATA` names); without it only the project file is tested.

use std::path::{Path, PathBuf};

use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{self, ChannelData, Labels, split};
use trunkline_trainer::features::FeatureSource;

fn project() -> Project {
    config::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hydraulic.toml"))).unwrap()
}

fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("TRUNKLINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let folder = data.join("hydraulic");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("data absent: hydraulic");
    None
}

#[test]
fn the_project_has_thirteen_inputs_and_the_seven_tasks() {
    let project = project();
    assert_eq!(project.channels.iter().filter(|channel| channel.input).count(), 13);
    let names: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["cooler", "valve", "pump", "accumulator", "stable", "efficiency", "energy"]);
}

#[test]
fn the_resolved_project_reads_back_as_itself() {
    let project = project();
    let text = project.to_toml().unwrap();
    assert_eq!(config::parse(&text, "resolved.toml").unwrap(), project);
}

#[test]
fn the_recording_loads_without_saturation_and_with_targets_over_the_whole_cycle() {
    let Some(folder) = folder() else { return };
    let dataset = data::load(&project(), Some(&folder)).unwrap();
    assert_eq!((dataset.rows, dataset.window_ms, dataset.channels.len()), (2205, 15_000, 13));
    for channel in &dataset.channels {
        let ChannelData::Counts { counts, saturated, .. } = &channel.data else {
            panic!("{} has no counts", channel.name)
        };
        assert_eq!((counts.len(), channel.samples, *saturated), (2205 * 15, 15, 0), "{}", channel.name);
        assert!(!counts.contains(&i16::MIN));
    }
    let Labels::Values(energy) = &dataset.tasks[6].labels else { panic!("energy has no values") };
    let Labels::Values(efficiency) = &dataset.tasks[5].labels else { panic!("efficiency has no values") };
    assert!((energy[0].unwrap() - 2538.9292 / 60.0).abs() < 1e-3);
    assert!((efficiency[0].unwrap() - 59.1572).abs() < 1e-3);
    let Labels::Classes(stable) = &dataset.tasks[4].labels else { panic!("stable has no classes") };
    assert_eq!(stable.iter().filter(|label| **label == Some(1)).count(), 756);
}

#[test]
fn the_folds_of_the_column_part_no_run() {
    let Some(folder) = folder() else { return };
    let project = project();
    let dataset = data::load(&project, Some(&folder)).unwrap();
    let folds = split::folds(&project, &dataset, 1).unwrap();
    let runs = dataset.groups.as_ref().unwrap();
    assert_eq!(folds.len(), 5);
    assert_eq!(runs.iter().max(), Some(&193));
    for fold in folds {
        assert_eq!(fold.train.len() + fold.test.len(), dataset.rows);
        assert!(fold.test.iter().all(|row| fold.train.iter().all(|other| runs[*row] != runs[*other])));
    }
}

#[test]
fn recipe_f_gives_183_features_which_equal_the_values_in_the_files() {
    let Some(folder) = folder() else { return };
    let project = project();
    let dataset = data::load(&project, Some(&folder)).unwrap();
    let source = FeatureSource::new(&project, &dataset).unwrap();
    let prepared = source.prepare(&[]).unwrap();
    let features = &prepared.features;
    assert_eq!((features.rows, features.columns), (2205, 183));
    assert!(features.data.iter().all(|value| value.is_finite()));

    let text = std::fs::read_to_string(folder.join("PS5_1hz_mean.tsv")).unwrap();
    let column = |name: &str| features.names.iter().position(|known| known == name).unwrap();
    for (row, line) in text.lines().enumerate().take(100) {
        let samples: Vec<f64> = line.split('\t').take(15).map(|cell| cell.parse().unwrap()).collect();
        let mean = |range: std::ops::Range<usize>| samples[range.clone()].iter().sum::<f64>() / range.len() as f64;
        let variance = samples.iter().map(|sample| (sample - mean(0..15)).powi(2)).sum::<f64>() / 15.0;
        let expected = [
            ("PS5.mean", mean(0..15)),
            ("PS5.sd", variance.sqrt()),
            ("PS5.min", samples.iter().copied().fold(f64::INFINITY, f64::min)),
            ("PS5.end_difference(2)", mean(13..15) - mean(0..2)),
            ("PS5.block_mean[3]", mean(7..10)),
        ];
        for (name, value) in expected {
            let found = f64::from(features.row(row)[column(name)]);
            assert!((found - value).abs() < 5e-4, "cycle {row}, {name}: {found} for {value}");
        }
    }
}

#[test]
fn features_are_the_same_to_the_bit_on_one_thread_and_on_four() {
    let Some(folder) = folder() else { return };
    let project = project();
    let dataset = data::load(&project, Some(&folder)).unwrap();
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| FeatureSource::new(&project, &dataset).unwrap().prepare(&[]).unwrap())
    };
    let bits = |threads| with_threads(threads).features.data.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
    assert_eq!(bits(1), bits(4));
}
