//! `trunkline adapt`: a new task beside old ones that do not change, and what can be wrong with the request.

mod command;

use std::fs;
use std::path::{Path, PathBuf};

use command::{assert_code, entries, json, run, stderr, stdout};
use trunkline_shared::model::{Runtime, validate};
use trunkline_trainer::artifact::read_safetensors;

const PROJECT: &str = r#"
name = "pump"
[data]
loader = "table"
file = "rows.csv"
[split]
method = "grouped"
group = "machine"
folds = 3
[[channels]]
name = "a"
[[channels]]
name = "b"
[[channels]]
name = "c"
transform = "signed-log"
[[tasks]]
name = "load"
role = "energy"
kind = "regression"
unit = "W"
target = { column = "load" }
[[tasks]]
name = "state"
role = "fault"
kind = "multi-class"
target = { column = "state" }
classes = ["ok", "worn", "broken"]
[model]
trunk = [12, 6]
[training]
seeds = [3]
epochs = 12
batch = 32
"#;

const NEW: &str = r#"
[[tasks]]
name = "wear"
role = "quality"
kind = "regression"
unit = "mm"
target = { column = "wear" }
"#;

/// 240 rows of 12 machines; `wear` is what load and state have in common, and known in every third row.
fn write_data(folder: &Path) {
    let mut text = "machine,a,b,c,load,state,wear\n".to_owned();
    for row in 0..240u32 {
        let noise = |salt: u32| f64::from((row + 1) * salt * 7919 % 1009) / 1009.0 - 0.5;
        let (a, b, c) = (2.0 * noise(3), 2.0 * noise(5), noise(11));
        let hidden = (a + 0.5 * b).max(0.0) + 0.2 * c;
        let state = ["ok", "worn", "broken"][usize::from(hidden > 0.2) + usize::from(hidden > 0.7)];
        let wear = if row % 3 == 0 { format!("{:.4}", 5.0 + 2.0 * hidden + 0.02 * noise(13)) } else { String::new() };
        let load = 10.0 + 4.0 * hidden + 0.1 * noise(17);
        text += &format!("{},{a:.4},{b:.4},{c:.4},{load:.4},{state},{wear}\n", row / 20);
    }
    fs::write(folder.join("rows.csv"), text).unwrap();
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// Data, the old project, the new one, and a trained model.
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        write_data(place.folder.path());
        fs::write(place.path("old.toml"), PROJECT).unwrap();
        // The new task stands first: the order of the project file does not matter.
        fs::write(place.path("new.toml"), PROJECT.replacen("[[tasks]]", &format!("{NEW}[[tasks]]"), 1)).unwrap();
        let (old, data, out) = (place.text("old.toml"), place.text(""), place.text("old"));
        assert_code(&run(&["train", "--config", &old, "--data", &data, "--out", &out, "--folds", "1"]), 0);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn adapt(&self, model: &str, config: &str, out: &str, more: &[&str]) -> std::process::Output {
        let [model, config, data, out] = [model, config, "", out].map(|name| self.text(name));
        run(&[&["adapt", "--model", &model, "--config", &config, "--data", &data, "--out", &out], more].concat())
    }

    /// Counts of all outputs of the model in `folder` to windows all over the range of counts.
    fn outputs(&self, folder: &str) -> Vec<Vec<i16>> {
        let bytes = fs::read(self.path(folder).join("model.tlm")).unwrap();
        let mut words = vec![0u32; bytes.len().div_ceil(4)];
        bytemuck::cast_slice_mut::<u32, u8>(&mut words)[..bytes.len()].copy_from_slice(&bytes);
        let model = validate(&bytemuck::cast_slice::<u32, u8>(&words)[..bytes.len()]).unwrap();
        let mut arena = vec![0u32; model.arena_bytes() as usize / 4];
        let mut runtime = Runtime::new(model, &mut arena).unwrap();
        let window = |row: i32| [3, 5, 7].map(|factor| (row * 7919 * factor % 32_000) as i16);
        (-300..300).map(|row| runtime.infer(&window(row)).unwrap().outputs.to_vec()).collect()
    }
}

#[test]
fn old_outputs_stay_to_the_bit_and_the_new_task_is_learnt_from_few_rows() {
    let place = Place::new();
    let output = place.adapt("old", "new.toml", "adapted", &["--json"]);
    assert_code(&output, 0);
    let record = json(&output);
    assert_eq!(entries(&place.path("adapted")), ["adapt.json", "model.safetensors", "model.tlm", "project.toml"]);
    assert_eq!(record["labelled_rows"].as_u64(), Some(80));
    assert_eq!(record["unchanged"], serde_json::json!(["load", "state"]));
    assert_eq!(record["checked_rows"].as_u64(), Some(240));

    let (before, after) = (place.outputs("old"), place.outputs("adapted"));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after[..before.len()], before[..]);
        assert_eq!(after.len(), before.len() + 1);
    }

    // The float weights hold the old model and the new head.
    let weights =
        |folder: &str| read_safetensors(&fs::read(place.path(folder).join("model.safetensors")).unwrap()).unwrap();
    let (old, mut new) = (weights("old"), weights("adapted"));
    assert_eq!(new.heads.pop().map(|head| head.task), Some("wear".to_owned()));
    assert_eq!(new, old);

    // As the device answers.
    let (model, config) = (place.text("adapted/model.tlm"), place.text("adapted/project.toml"));
    let scores = run(&["evaluate", "--model", &model, "--config", &config, "--data", &place.text(""), "--json"]);
    assert_code(&scores, 0);
    let wear = &json(&scores)["tasks"][2];
    assert_eq!(wear["name"], "wear");
    assert!(wear["metrics"]["r2"].as_f64().unwrap() > 0.9, "{wear}");
    assert_code(&run(&["inspect", &model]), 0);

    // The same bytes again, on one thread.
    assert_code(&place.adapt("old", "new.toml", "again", &["--threads", "1"]), 0);
    for name in ["model.tlm", "model.safetensors", "adapt.json"] {
        let [one, two] = ["adapted", "again"].map(|folder| fs::read(place.path(folder).join(name)).unwrap());
        assert!(one == two, "{name}");
    }

    // A further task on the result; a class this time, and of few rows.
    let further = fs::read_to_string(place.path("adapted/project.toml")).unwrap()
        + "[[tasks]]\nname = \"late\"\nrole = \"fault\"\nkind = \"binary\"\ntarget = { column = \"state\" }\nclasses = [\"ok\", \"worn|broken\"]\n";
    fs::write(place.path("further.toml"), further).unwrap();
    let output = place.adapt("adapted", "further.toml", "further", &["--rows", "30"]);
    assert_code(&output, 0);
    assert!(
        stdout(&output).contains("30 labelled rows") && stdout(&output).contains("Unchanged in every bit"),
        "{}",
        stdout(&output)
    );
    let further = place.outputs("further");
    assert!(after.iter().zip(&further).all(|(after, further)| further[..after.len()] == after[..]));
}

#[test]
fn a_tuned_trunk_learns_the_new_task_and_says_how_far_the_old_ones_moved() {
    let place = Place::new();
    let output = place.adapt("old", "new.toml", "tuned", &["--tune-trunk", "--json", "--threads", "2"]);
    assert_code(&output, 0);
    let record = json(&output);
    assert_eq!(entries(&place.path("tuned")), ["adapt.json", "model.safetensors", "model.tlm", "project.toml"]);
    assert_eq!(record["tuned"]["factor"].as_f64(), Some(0.1));
    assert!(record["tuned"]["epochs"].as_u64().unwrap() > 0, "{record}");
    assert_eq!(record["unchanged"], serde_json::json!([]));
    // 240 windows of the table, each replayed by the firmware.
    assert_eq!((record["checked_rows"].as_u64(), record["replayed_windows"].as_u64()), (Some(240), Some(240)));
    let [load, state] = [0, 1].map(|task| record["tuned"]["old_tasks"][task].clone());
    assert_eq!((&load["task"], &load["unit"], load.get("class_changed")), (&"load".into(), &"W".into(), None));
    let [mean, largest] = ["mean", "largest"].map(|figure| load[figure].as_f64().unwrap());
    assert!(0.0 < mean && mean < largest && mean < 0.3, "of 10 W: {load}");
    assert_eq!((&state["task"], &state["unit"]), (&"state".into(), &"logit".into()));
    assert!(state["class_changed"].as_f64().unwrap() < 0.1, "{state}");

    // What the record says of the old tasks is what the two models answer.
    let (before, after) = (place.outputs("old"), place.outputs("tuned"));
    assert!(before.iter().zip(&after).all(|(before, after)| after.len() == before.len() + 1));
    let r2 = |folder: &str, task: usize| {
        let [model, config] = ["model.tlm", "project.toml"].map(|name| place.text(&format!("{folder}/{name}")));
        let scores = run(&["evaluate", "--model", &model, "--config", &config, "--data", &place.text(""), "--json"]);
        assert_code(&scores, 0);
        json(&scores)["tasks"][task]["metrics"]["r2"].as_f64().unwrap()
    };
    let (old_load, load, wear) = (r2("old", 0), r2("tuned", 0), r2("tuned", 2));
    assert!((load - old_load).abs() < 0.02 && wear > 0.9, "{old_load} {load} {wear}");
    let model = place.text("tuned/model.tlm");
    let output = run(&["inspect", &model]);
    assert_code(&output, 0);
    assert!(stdout(&output).contains("no scores on unseen rows"), "{}", stdout(&output));

    // The same bytes on one thread, with the factor spelt out; others with another factor.
    let output = place.adapt("old", "new.toml", "again", &["--tune-trunk", "0.1", "--threads", "1"]);
    assert_code(&output, 0);
    assert!(stdout(&output).contains("moved by (mean)"), "{}", stdout(&output));
    let read = |folder: &str, name: &str| fs::read(place.path(folder).join(name)).unwrap();
    for name in ["model.tlm", "model.safetensors", "adapt.json"] {
        assert!(read("tuned", name) == read("again", name), "{name}");
    }
    let output = place.adapt("old", "new.toml", "small", &["--tune-trunk", "0.001", "--json"]);
    assert_code(&output, 0);
    assert!(json(&output)["tuned"]["old_tasks"][0]["mean"].as_f64().unwrap() < mean);
    assert!(read("tuned", "model.tlm") != read("small", "model.tlm"));

    // The result can be adapted again.
    let further = fs::read_to_string(place.path("tuned/project.toml")).unwrap()
        + &NEW.replace("name = \"wear\"", "name = \"twice\"");
    fs::write(place.path("further.toml"), further).unwrap();
    assert_code(&place.adapt("tuned", "further.toml", "further", &[]), 0);
}

#[test]
fn a_request_that_does_not_fit_is_refused_with_a_remedy() {
    let place = Place::new();
    let refused = |model: &str, config: &str, more: &[&str], code: i32, said: &[&str]| {
        let output = place.adapt(model, config, "out", more);
        assert_code(&output, code);
        let text = stderr(&output);
        said.iter().for_each(|said| assert!(text.contains(said), "`{said}` in: {text}"));
        assert!(!place.path("out").exists());
    };
    refused("nowhere", "new.toml", &[], 5, &["model.tlm", "trunkline train"]);
    refused("old", "old.toml", &[], 3, &["no task that the model does not have", "[[tasks]]"]);
    refused("old", "new.toml", &["--task", "load"], 2, &["has this task already"]);
    refused("old", "new.toml", &["--task", "werr"], 2, &["no such task", "wear"]);
    refused("old", "new.toml", &["--rows", "81"], 4, &["80 labelled rows", "lower --rows"]);
    refused("old", "new.toml", &["--rows", "3"], 4, &["too few", "label more rows"]);
    refused("old", "new.toml", &["--draws", "3"], 2, &["--curve"]);
    for factor in ["0", "1.5", "tenth"] {
        refused("old", "new.toml", &["--tune-trunk", factor], 2, &["--tune-trunk", "above 0 and at most 1"]);
    }

    let new = fs::read_to_string(place.path("new.toml")).unwrap();
    let variant = |name: &str, from: &str, to: &str| {
        assert!(new.contains(from), "{from}");
        fs::write(place.path(name), new.replace(from, to)).unwrap();
    };
    variant("column.toml", "column = \"wear\"", "column = \"weer\"");
    refused("old", "column.toml", &[], 4, &["weer"]);
    variant("without.toml", "name = \"load\"", "name = \"lode\"");
    refused("old", "without.toml", &[], 3, &["task `load` of the model is not in the project file"]);
    variant("classes.toml", "[\"ok\", \"worn\", \"broken\"]", "[\"ok\", \"broken\", \"worn\"]");
    refused("old", "classes.toml", &[], 3, &["task `state` is another one in the model"]);
    variant("features.toml", "name = \"b\"\n", "name = \"b\"\nmissing_indicator = true\n");
    refused("old", "features.toml", &[], 3, &["other features"]);
    variant("channels.toml", "name = \"b\"\n", "name = \"load\"\n");
    refused("old", "channels.toml", &[], 3, &["channels"]);
    fs::write(place.path("two.toml"), new.clone() + &NEW.replace("name = \"wear\"", "name = \"wear2\"")).unwrap();
    refused("old", "two.toml", &[], 2, &["2 new tasks", "--task"]);

    // Weights of another training beside the artifact; no weights at all.
    let other = PROJECT.replace("seeds = [3]", "seeds = [4]").replace("trunk = [12, 6]", "trunk = [10, 6]");
    fs::write(place.path("other.toml"), other).unwrap();
    let [config, data, out] = ["other.toml", "", "other"].map(|name| place.text(name));
    assert_code(&run(&["train", "--config", &config, "--data", &data, "--out", &out, "--folds", "1"]), 0);
    fs::copy(place.path("other/model.safetensors"), place.path("old/model.safetensors")).unwrap();
    refused("old", "new.toml", &[], 3, &["not of one training"]);
    refused("old", "new.toml", &["--tune-trunk"], 3, &["not of one training"]);
    fs::remove_file(place.path("old/model.safetensors")).unwrap();
    refused("old", "new.toml", &[], 5, &["model.safetensors", "keep model.tlm in the result folder"]);

    // A model without a trunk has none to tune.
    for (name, project) in [("linear.toml", PROJECT.to_owned()), ("linear_new.toml", PROJECT.to_owned() + NEW)] {
        fs::write(place.path(name), project.replace("trunk = [12, 6]", "kind = \"linear\"")).unwrap();
    }
    let [config, data, out] = ["linear.toml", "", "linear"].map(|name| place.text(name));
    assert_code(&run(&["train", "--config", &config, "--data", &data, "--out", &out, "--folds", "1"]), 0);
    refused("linear", "linear_new.toml", &["--tune-trunk"], 3, &["no trunk", "leave out --tune-trunk"]);
}

#[test]
fn the_curve_compares_with_a_network_from_scratch_and_a_linear_model() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let config = folder.path().join("p.toml");
    fs::write(&config, PROJECT.to_owned() + NEW).unwrap();
    let [config, data] = [config.as_path(), folder.path()].map(|path| path.to_str().unwrap());
    let out = folder.path().join("curve");
    let arguments = ["adapt", "--curve", "--config", config, "--data", data, "--draws", "2", "--rows", "30,10,3000"];
    let output = run(&[&arguments[..], &["--out", out.to_str().unwrap(), "--json"]].concat());
    assert_code(&output, 0);
    let curve = json(&output);
    assert_eq!(entries(&out), ["adapt.json"]);
    assert_eq!(curve["tasks"].as_array().unwrap().len(), 3);
    for task in curve["tasks"].as_array().unwrap() {
        // 3000 rows are more than there are.
        let rows: Vec<u64> =
            task["points"].as_array().unwrap().iter().map(|point| point["rows"].as_u64().unwrap()).collect();
        assert_eq!(rows, [10, 30]);
        let point = &task["points"][1];
        let [low, value, high] = ["low", "value", "high"].map(|end| point["saved"][end].as_f64().unwrap());
        assert!(low <= value && value <= high, "{point}");
    }
    assert_eq!(curve["findings"].as_array().unwrap().len(), 3);
    // What was not asked for leaves no trace.
    let text = fs::read_to_string(out.join("adapt.json")).unwrap();
    assert!(!text.contains("tun"), "{text}");

    let output = run(&[&arguments[..], &["--task", "wear", "--folds", "1"]].concat());
    assert_code(&output, 0);
    assert!(
        stdout(&output).contains("from scratch") && stdout(&output).contains("- wear: with 30"),
        "{}",
        stdout(&output)
    );
    assert_code(&run(&["adapt", "--curve", "--config", config, "--data", data, "--task", "none"]), 2);

    let tuned = [&arguments[..], &["--task", "wear", "--folds", "1", "--tune-trunk"]].concat();
    let output = run(&tuned);
    assert_code(&output, 0);
    assert!(
        stdout(&output).contains("tuned trunk") && stdout(&output).contains("Tuning the trunk"),
        "{}",
        stdout(&output)
    );
    let record = json(&run(&[&tuned[..], &["--json"]].concat()));
    assert_eq!(record["tune_trunk"].as_f64(), Some(0.1));
    assert!(record["tasks"][0]["points"][1]["tuned"].as_f64().unwrap() > 0.0);
}
