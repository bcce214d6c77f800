//! Tables: transforms and ranges fitted on training rows, missing inputs and labels, files without header; and the example projects.

use std::path::{Path, PathBuf};

use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{self, ChannelData, Dataset, Labels, split};
use trunkline_trainer::features::FeatureSource;

const PROJECT: &str = r#"
name = "small"
[data]
loader = "table"
file = "t.csv"
[split]
method = "random"
folds = 2
[[channels]]
name = "plain"
missing_indicator = true
[[channels]]
name = "long"
column = "long tail"
transform = "signed-log"
[[channels]]
name = "ranked"
transform = "rank"
[[tasks]]
name = "value"
role = "other"
kind = "regression"
target = { column = "y" }
[[tasks]]
name = "state"
role = "fault"
kind = "binary"
target = { column = "s" }
classes = ["ok", "worn|broken"]
class_names = ["good", "bad"]
"#;

const TABLE: &str = "\u{feff}plain;long tail;ranked;y;s
1;10;5;0.5;ok
2;-10;5;?;worn
;1000;6;1.5;broken
4;;900;2.5;
3;1e9;7;3.5;ok
2;3;8;;ok
";

fn load(project: &str, files: &[(&str, &str)]) -> (Project, Dataset) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let project = config::parse(project, "small.toml").unwrap();
    let dataset = data::load(&project, Some(folder.path())).unwrap();
    (project, dataset)
}

#[test]
fn missing_labels_are_masked_one_task_at_a_time_and_no_row_is_dropped() {
    let (_, dataset) = load(PROJECT, &[("t.csv", TABLE)]);
    assert_eq!((dataset.rows, dataset.window_ms), (6, 0));
    assert_eq!(dataset.tasks[0].labels, Labels::Values(vec![Some(0.5), None, Some(1.5), Some(2.5), Some(3.5), None]));
    assert_eq!(dataset.tasks[1].labels, Labels::Classes(vec![Some(0), Some(1), Some(1), None, Some(0), Some(0)]));
    assert_eq!(dataset.tasks[1].class_names, ["good", "bad"]);
    let ChannelData::Values(values) = &dataset.channels[0].data else { panic!("a column has no counts") };
    assert!(values[2].is_nan() && values[3] == 4.0);
}

#[test]
fn codes_are_fitted_on_training_rows_alone_and_later_values_saturate() {
    let (project, dataset) = load(PROJECT, &[("t.csv", TABLE)]);
    let source = FeatureSource::new(&project, &dataset).unwrap();
    assert_eq!(source.plan.names, ["plain", "plain.missing", "long", "ranked"]);
    let prepared = source.prepare(&[0, 1, 5]).unwrap();
    let features = &prepared.features;
    let column = |index: usize| (0..6).map(|row| features.row(row)[index]).collect::<Vec<f32>>();

    let plain = column(0);
    assert!((plain[0] - 1.0).abs() < 1e-4 && (plain[1] - 2.0).abs() < 1e-4 && plain[2].is_nan());
    // Training rows span 1..=2; a quarter of that is left above.
    assert!((plain[3] - 2.25).abs() < 1e-4, "{plain:?}");
    assert_eq!(column(1), [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);

    // The unit is the median of 10, 10, 3.
    let long = column(2);
    assert!((long[0] - 2f32.ln()).abs() < 1e-4 && (long[1] + 2f32.ln()).abs() < 1e-4 && long[3].is_nan());
    // 5, 5 and 8 leave the knots 5 and 8.
    let ranked = column(3);
    for (found, rank) in ranked.iter().zip([0.0, 0.0, 1.0 / 3.0, 1.0, 2.0 / 3.0, 1.0]) {
        assert!((found - rank).abs() < 1e-4, "{ranked:?}");
    }
    assert_eq!(prepared.windows.saturated, [2, 2, 0]);
    assert_eq!(prepared.windows.row(2)[0], i16::MIN);
}

#[test]
fn the_held_out_rows_change_nothing_that_is_fitted() {
    let other = TABLE.replace("1e9", "7").replace("900", "-3");
    let codes = |table: &str| {
        let (project, dataset) = load(PROJECT, &[("t.csv", table)]);
        FeatureSource::new(&project, &dataset).unwrap().prepare(&[0, 1, 5]).unwrap().codes.clone()
    };
    assert_eq!(codes(TABLE), codes(&other));
}

#[test]
fn a_column_with_a_stated_range_needs_no_fit_and_is_computed_once() {
    let text = PROJECT
        .replace("transform = \"signed-log\"", "range = [-100, 100]")
        .replace("transform = \"rank\"", "range = [0, 1000]");
    let text = text.replace("missing_indicator = true", "range = [0, 5]");
    let (project, dataset) = load(&text, &[("t.csv", TABLE)]);
    let source = FeatureSource::new(&project, &dataset).unwrap();
    assert!(std::sync::Arc::ptr_eq(&source.prepare(&[0]).unwrap(), &source.prepare(&[1]).unwrap()));
}

#[test]
fn a_table_without_header_takes_its_names_from_a_file() {
    let text = PROJECT.replace("file = \"t.csv\"", "file = \"t.csv\"\nheader = \"names.txt\"");
    let (names, rows) = TABLE.split_once('\n').unwrap();
    let names = names.replace(';', "\n");
    let (_, headless) = load(&text, &[("t.csv", rows), ("names.txt", &names)]);
    let (_, whole) = load(PROJECT, &[("t.csv", TABLE)]);
    assert_eq!(headless.tasks[0].labels, whole.tasks[0].labels);
    assert_ne!(headless.sha256, whole.sha256);
}

fn example(name: &str) -> Project {
    config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)).unwrap()
}

/// The folder of a real data set, where it is at hand.
fn folder(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("TRUNKLINE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let folder = data.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("{} is not there: the example is checked without its data", folder.display());
    None
}

#[test]
fn the_parkinsons_example_parts_no_subject() {
    let project = example("parkinsons.toml");
    let Some(folder) = folder("parkinsons") else { return };
    let dataset = data::load(&project, Some(&folder)).unwrap();
    assert_eq!((dataset.rows, dataset.channels.len(), dataset.tasks.len()), (5875, 16, 2));
    let groups = dataset.groups.as_ref().unwrap();
    assert_eq!(groups.iter().max(), Some(&41));
    let source = FeatureSource::new(&project, &dataset).unwrap();
    for fold in split::folds(&project, &dataset, 1).unwrap() {
        assert!((1100..1250).contains(&fold.test.len()), "{}", fold.test.len());
        let tested: std::collections::BTreeSet<u32> = fold.test.iter().map(|row| groups[*row]).collect();
        assert!(fold.train.iter().all(|row| !tested.contains(&groups[*row])));
        assert!(source.prepare(&fold.train).unwrap().features.data.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn the_medical_example_keeps_missing_inputs_and_joins_the_causes_of_death() {
    let project = example("medical_mi.toml");
    let Some(folder) = folder("medical_mi") else { return };
    let dataset = data::load(&project, Some(&folder)).unwrap();
    assert_eq!((dataset.rows, dataset.tasks.len()), (1700, 7));
    let Labels::Classes(deaths) = &dataset.tasks[0].labels else { panic!("death has no classes") };
    assert_eq!(deaths.iter().filter(|label| **label == Some(1)).count(), 271);
    let fold = &split::folds(&project, &dataset, 1).unwrap()[0];
    let source = FeatureSource::new(&project, &dataset).unwrap();
    let features = &source.prepare(&fold.train).unwrap().features;
    let column = |name: &str| features.names.iter().position(|known| known == name).unwrap();
    let (value, missing) = (column("K_BLOOD"), column("K_BLOOD.missing"));
    let absent = (0..features.rows).filter(|row| features.row(*row)[value].is_nan());
    assert_eq!(absent.inspect(|row| assert_eq!(features.row(*row)[missing], 1.0)).count(), 371);
}
