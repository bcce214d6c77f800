//! Every mistake in a data folder is answered with file, line, column and what to do.

use std::path::Path;

use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{self, ChannelData, DataError, Dataset, Labels};

const PROJECT: &str = r#"
name = "rig"
[data]
loader = "cycles"
file = "labels.csv"
window_s = 2.0
[split]
method = "folds"
column = "fold"
group = "run"
[[channels]]
name = "p"
file = "p.txt"
rate_hz = 1.0
range = [-10.0, 10.0]
features = ["raw"]
[[channels]]
name = "power"
file = "power.txt"
input = false
[[tasks]]
name = "wear"
role = "fault"
kind = "multi-class"
target = { column = "wear" }
classes = ["0", "1", "2"]
[[tasks]]
name = "energy"
role = "energy"
kind = "regression"
target = { channel = "power", statistic = "sum", factor = 0.5 }
"#;

/// (labels.csv, p.txt, power.txt)
const GOOD: [&str; 3] = [
    "wear,run,fold\n0,a,10\n1.0,a,10\n2,b,9\n,b,9\n",
    "1\t2\t9\n3\t\t9\n11\t-10\t9\nNaN\t10\t9\n",
    "1 2 3\n4 5 6\n7 8 NaN\n0 0 1\n",
];

fn project() -> Project {
    config::parse(PROJECT, "rig.toml").unwrap()
}

fn load_from(folder: &Path, files: [&str; 3]) -> Result<Dataset, DataError> {
    for (name, text) in ["labels.csv", "p.txt", "power.txt"].iter().zip(files) {
        std::fs::write(folder.join(name), text).unwrap();
    }
    data::load(&project(), Some(folder))
}

fn load(files: [&str; 3]) -> Result<Dataset, DataError> {
    load_from(tempfile::tempdir().unwrap().path(), files)
}

/// The message after replacing one text of one file, paths without their folder.
fn message(file: usize, from: &str, to: &str) -> String {
    let mut files = GOOD.map(str::to_owned);
    assert!(files[file].contains(from), "{from}");
    files[file] = files[file].replacen(from, to, 1);
    let folder = tempfile::tempdir().unwrap();
    let error = load_from(folder.path(), [&files[0], &files[1], &files[2]]).unwrap_err();
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn counts_targets_groups_and_folds_are_as_the_files_say() {
    let dataset = load(GOOD).unwrap();
    let ChannelData::Counts { counts, saturated, scale, offset } = &dataset.channels[0].data else {
        panic!("no counts")
    };
    assert_eq!((dataset.rows, dataset.channels.len(), dataset.channels[0].samples), (4, 1, 2));
    let count = |value: f32| (value / 10.0 * 32767.0 + 0.5).floor() as i16;
    assert_eq!(*counts, [count(1.0), count(2.0), count(3.0), i16::MIN, 32767, -32767, i16::MIN, 32767]);
    assert_eq!((*saturated, *offset), (1, 0.0));
    assert!((scale - 10.0 / 32767.0).abs() < 1e-9);
    assert_eq!(dataset.tasks[0].labels, Labels::Classes(vec![Some(0), Some(1), Some(2), None]));
    assert_eq!(dataset.tasks[1].labels, Labels::Values(vec![Some(3.0), Some(7.5), None, Some(0.5)]));
    assert_eq!(dataset.groups, Some(vec![0, 0, 1, 1]));
    assert_eq!(dataset.folds, Some(vec![1, 1, 0, 0]));
}

#[test]
fn the_digest_is_that_of_the_sha256sum_listing() {
    use sha2::{Digest, Sha256};
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let files = ["labels.csv", "p.txt", "power.txt"];
    let listing: String =
        files.iter().zip(GOOD).map(|(name, text)| format!("{}  {name}\n", hex(text.as_bytes()))).collect();
    assert_eq!(load(GOOD).unwrap().sha256, hex(listing.as_bytes()));
}

#[test]
fn a_missing_file_is_named_with_its_key_and_what_the_folder_holds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("labels.csv"), GOOD[0]).unwrap();
    std::fs::write(folder.path().join("P.TXT"), GOOD[1]).unwrap();
    let error = data::load(&project(), Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("p.txt: cannot be read"), "{error}");
    assert!(error.contains("channels[0].file names it; the data folder holds P.TXT, labels.csv"), "{error}");

    let error = data::load(&project(), Some(Path::new("/no/such/folder"))).unwrap_err().to_string();
    assert!(
        error.contains("data.file names it; the data folder /no/such/folder cannot be read either: check --data"),
        "{error}"
    );
    let error = data::load(&project(), None).unwrap_err().to_string();
    assert!(error.contains("add --data DIR"), "{error}");
}

#[test]
fn files_that_disagree_are_named_with_their_places() {
    let cases = [
        (0, "1.0,a,10", "1.0,a", "labels.csv:3: 2 values where 3 were expected"),
        (
            0,
            "1.0,a",
            "5,a",
            "labels.csv:3: column wear: label \"5\" is none of the classes; tasks[0].classes lists: 0, 1, 2; list it there, or empty the cell",
        ),
        (
            0,
            "1.0,a,10",
            "1.0,a,9",
            "labels.csv:3: group \"a\" of column run is in fold \"9\" here and in fold \"10\" above",
        ),
        (0, "2,b", "1,b", "task \"wear\": no row has class \"2\"; tasks[0].classes[2] lists it"),
        (
            0,
            "wear,",
            "waer,",
            "labels.csv:1: no column is named \"wear\", which tasks[0].target.column names; did you mean \"waer\"?",
        ),
        (0, "wear,run", "run,run", "labels.csv:1: no column is named \"wear\""),
        (0, "a,10", ",10", "labels.csv:2: column run, which split.group names, is empty"),
        (0, ",b,9\n", ",b,\n", "labels.csv:4: column fold, which split.column names, is empty"),
        (0, ",b,9\n", "", "p.txt: 4 rows, but labels.csv has 3; channels[0].file names it"),
        (1, "3\t", "3", "p.txt:2: 2 values where 3 were expected"),
        (1, "11", "eleven", "p.txt:3: column 1: \"eleven\" is not a finite number"),
        (1, "NaN\t10\t9\n", "", "p.txt: 3 rows, but labels.csv has 4"),
        (
            1,
            "1\t2\t9\n3\t\t9\n11\t-10\t9\nNaN\t10\t9\n",
            "1\n2\n3\n4\n",
            "p.txt: 1 samples a cycle, but the window takes 2; lower data.window_s or correct channels[0].rate_hz",
        ),
        (
            1,
            "1\t2\t9\n3\t\t9\n11\t-10\t9\nNaN\t10\t9\n",
            "\t\t1\n\t\t1\n\t\t1\n\t\t1\n",
            "channel \"p\": every value is missing; check channels[0].file",
        ),
        (
            2,
            "1 2 3\n4 5 6\n7 8 NaN\n0 0 1",
            "NaN\nNaN\nNaN\nNaN",
            "task \"energy\": every label is missing; check tasks[1].target",
        ),
        (2, "1 2 3\n4 5 6\n7 8 NaN\n0 0 1", "1\n1\n1\n1", "task \"energy\": the target is 0.5 in every row"),
    ];
    for (file, from, to, expected) in cases {
        let found = message(file, from, to);
        assert!(found.contains(expected), "{to:?} gave: {found}");
    }
}

#[test]
fn rows_are_weighed_by_a_column_that_holds_nothing_but_weights() {
    let mut project = project();
    project.data.row_weight = Some("times".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let load = |weights: [&str; 4]| {
        let rows =
            ["0,a,10", "1.0,a,10", "2,b,9", ",b,9"].iter().zip(weights).map(|(row, weight)| format!("{row},{weight}"));
        let labels = format!("wear,run,fold,times\n{}\n", rows.collect::<Vec<_>>().join("\n"));
        for (name, text) in [("labels.csv", labels.as_str()), ("p.txt", GOOD[1]), ("power.txt", GOOD[2])] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        data::load(&project, Some(folder.path())).map_err(|error| error.to_string())
    };
    assert_eq!(load(["1", "0", "2.5", "0.5"]).unwrap().weights, Some(vec![1.0, 0.0, 2.5, 0.5]));
    for (weights, expected) in [
        (["1", "-1", "1", "1"], "labels.csv:3: column times: \"-1\" is no weight of a row; write 0 to leave"),
        (["1", "1", "", "1"], "labels.csv:4: column times: \"\" is no weight of a row"),
        (["1", "1", "much", "1"], "labels.csv:4: column times: \"much\" is not a finite number"),
        (["0", "0", "0", "0"], "column times: the weights are 0.000e0 in the mean"),
        (["1e3", "1e3", "1e3", "1"], "divide all of them by their mean (data.row_weight names the column)"),
    ] {
        let error = load(weights).unwrap_err();
        assert!(error.contains(expected), "{weights:?} gave: {error}");
    }
    project.data.row_weight = Some("tims".to_owned());
    let error = data::load(&project, Some(folder.path())).unwrap_err().to_string();
    assert!(error.contains("data.row_weight names") && error.contains("did you mean \"times\"?"), "{error}");
}

#[test]
fn labels_that_are_all_missing_or_in_no_text_are_refused() {
    let error = load(["wear,run,fold\n?,a,1\n,a,1\nNA,b,2\nnan,b,2\n", GOOD[1], GOOD[2]]).unwrap_err();
    assert!(matches!(&error, DataError::NoLabels { task, .. } if task == "wear"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("labels.csv"), b"wear\n1\n\xff\n").unwrap();
    let error = data::load(&project(), Some(folder.path())).unwrap_err();
    assert!(matches!(error, DataError::NotText { line: 3, .. }), "{error}");
}
