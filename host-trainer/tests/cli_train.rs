//! Whole runs of the command on a small plant.

mod command;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use command::{assert_code, entries, json, run, stderr, stdout, trunkline, write_project};

const FILES: [&str; 5] = ["metrics.json", "model.safetensors", "model.tlm", "project.toml", "report.html"];

fn train(config: &str, out: &Path, more: &[&str]) -> std::process::Output {
    let output = run(&[&["train", "--config", config, "--out", out.to_str().unwrap()], more].concat());
    assert_code(&output, 0);
    output
}

#[test]
fn a_run_gives_the_same_model_on_one_and_two_threads_and_every_command_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_project(folder.path(), 4);
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let result = json(&train(&config, &one, &["--threads", "1", "--json"]));
    train(&config, &two, &["--threads", "2"]);
    assert_eq!(entries(&one), FILES);
    let model = one.join("model.tlm");
    assert_eq!(fs::read(&model).unwrap(), fs::read(two.join("model.tlm")).unwrap());

    let metrics: serde_json::Value = serde_json::from_slice(&fs::read(one.join("metrics.json")).unwrap()).unwrap();
    assert_eq!(result["metrics"], metrics);
    assert_eq!(result["replayed_windows"].as_u64(), Some(320));
    let page = fs::read_to_string(one.join("report.html")).unwrap();
    assert!(
        page.contains("<svg") && !page.contains("<script") && !page.contains("http://") || page.contains("www.w3.org")
    );

    let inspection = run(&["inspect", model.to_str().unwrap(), "--json"]);
    assert_code(&inspection, 0);
    let inspection = json(&inspection);
    let names = |value: &serde_json::Value| {
        value["tasks"].as_array().unwrap().iter().map(|task| task["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&inspection), names(&metrics));
    assert_eq!(inspection["sizes"]["bytes"].as_u64(), Some(fs::metadata(&model).unwrap().len()));
    let text = run(&["inspect", model.to_str().unwrap()]);
    assert!(stdout(&text).contains("linear path of energy"), "{}", stdout(&text));

    // The resolved project repeats the run: here the same data, which the answer calls by its name.
    let project = one.join("project.toml");
    let arguments = ["evaluate", "--model", model.to_str().unwrap(), "--config", project.to_str().unwrap()];
    let scores = run(&[&arguments[..], &["--json"]].concat());
    assert_code(&scores, 0);
    let scores = json(&scores);
    assert_eq!(scores["training_rows"].as_bool(), Some(true));
    assert_eq!(names(&scores), names(&metrics));
    assert!(stdout(&run(&arguments)).contains("flatter"));

    // Two rows explained: what the channels add up to is the way from the training mean to the row.
    assert!(scores.get("explained").is_none());
    let explained = run(&[&arguments[..], &["--explain", "3,17", "--json"]].concat());
    assert_code(&explained, 0);
    let explained = json(&explained)["explained"].take();
    let rows = explained.as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for (row, answers) in [3, 17].into_iter().zip(rows) {
        let answers = answers.as_array().unwrap();
        assert!(answers.iter().map(|answer| &answer["task"]).eq(names(&metrics).iter()));
        for answer in answers {
            let attribution = &answer["attribution"];
            let number = |value: &serde_json::Value| value.as_f64().unwrap();
            let sum: f64 = attribution["sources"].as_array().unwrap().iter().map(|source| number(&source[1])).sum();
            let way = number(&attribution["output"]) - number(&attribution["at_mean"]);
            assert!(answer["row"] == row && (sum - way).abs() < 0.05 * way.abs().max(1.0), "{answer}");
        }
    }
    let text = stdout(&run(&[&arguments[..], &["--explain", "17"]].concat()));
    assert!(text.contains("row 17") && text.contains("at the training mean") && text.contains("vib"), "{text}");
    let beyond = run(&[&arguments[..], &["--explain", "320"]].concat());
    assert_code(&beyond, 2);
    assert!(stderr(&beyond).contains("rows 0 to 319"), "{}", stderr(&beyond));
    fs::remove_file(one.join("model.safetensors")).unwrap();
    let alone = run(&[&arguments[..], &["--explain", "3"]].concat());
    assert_code(&alone, 5);
    assert!(stderr(&alone).contains("float weights"), "{}", stderr(&alone));
}

#[test]
fn the_quick_demo_tells_of_every_contender_and_of_early_warning() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let output = run(&["demo", "--quick", "--json", "--out", out.to_str().unwrap()]);
    assert_code(&output, 0);
    assert_eq!(entries(&out), FILES);
    let result = json(&output);
    assert!(result["findings"].as_array().unwrap().len() > 3, "{}", result["findings"]);
    for task in result["metrics"]["tasks"].as_array().unwrap() {
        for contender in ["constant", "linear", "single", "single_same_size", "joint_f32", "joint_int8"] {
            assert!(task[contender].as_object().unwrap().values().all(|metric| metric["mean"].is_f64()), "{task}");
        }
    }
    let warning = &result["metrics"]["tasks"][0]["early_warning"]["joint_int8"];
    assert!(warning["events"].as_u64().unwrap() > 0 && warning["false_alarms_per_machine_month"].is_f64(), "{warning}");
}

#[test]
fn one_flipped_bit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_project(folder.path(), 2);
    let out = folder.path().join("out");
    train(&config, &out, &["--folds", "1"]);
    let path = out.join("model.tlm");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).unwrap();
    let output = run(&["inspect", path.to_str().unwrap()]);
    assert_code(&output, 5);
    assert!(stderr(&output).to_lowercase().contains("checksum"), "{}", stderr(&output));
}

#[test]
fn a_killed_run_leaves_nothing_and_an_earlier_result_whole() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_project(folder.path(), 100_000);
    let parent = folder.path().join("results");
    let out = parent.join("out");
    kill_while_training(&config, &out);
    assert_eq!(entries(&parent), Vec::<String>::new());

    fs::create_dir(&out).unwrap();
    fs::write(out.join("model.tlm"), "earlier").unwrap();
    kill_while_training(&config, &out);
    assert_eq!(entries(&parent), ["out"]);
    assert_eq!(entries(&out), ["model.tlm"]);
    assert_eq!(fs::read(out.join("model.tlm")).unwrap(), b"earlier");
}

/// Starts a run that would last for hours and kills it as soon as it trains.
fn kill_while_training(config: &str, out: &Path) {
    let mut child = trunkline()
        .args(["train", "--config", config, "--out", out.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("training and scoring")), "it never trained");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_model_that_convolves_raw_samples_passes_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../examples/plant_raw.toml")
        .replace("machines = 24", "machines = 4")
        .replace("windows_per_machine = 120", "windows_per_machine = 20")
        .replace("seeds = [1, 2, 3, 4, 5]", "seeds = [1]")
        .replace("epochs = 40", "epochs = 2")
        .replace("folds = 4", "folds = 2");
    let (config, old) = (folder.path().join("plant.toml"), folder.path().join("old.toml"));
    fs::write(&config, &text).unwrap();
    // The energy of the next part is what is added later.
    let (start, end) = (text.find("# Energy of the next part.").unwrap(), text.find("[split]").unwrap());
    fs::write(&old, text[..start].to_owned() + &text[end..]).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (result, adapted, tuned, packed) = (path("result"), path("adapted"), path("tuned"), path("packed.tlm"));
    train(old.to_str().unwrap(), Path::new(&result), &[]);

    let model = Path::new(&result).join("model.tlm").to_str().unwrap().to_owned();
    let inspection = json(&run(&["inspect", &model, "--json"]));
    let ops: Vec<&str> =
        inspection["layers"].as_array().unwrap().iter().take(6).map(|layer| layer["op"].as_str().unwrap()).collect();
    assert_eq!(ops, ["depthwise 16/4", "pointwise", "max pool 4", "depthwise 8/2", "pointwise", "mean pool 28"]);
    assert_eq!(inspection["layers"][0]["reads"], "raw samples");

    let config = config.to_str().unwrap();
    let explained = run(&["evaluate", "--model", &model, "--config", old.to_str().unwrap(), "--explain", "3"]);
    assert_code(&explained, 0);
    assert!(stdout(&explained).contains("vib_x"), "{}", stdout(&explained));
    let adapt = ["adapt", "--model", &result, "--config", config, "--out"];
    let kept = run(&[&adapt[..], &[&adapted]].concat());
    assert_code(&kept, 0);
    assert!(stdout(&kept).contains("Unchanged in every bit"), "{}", stdout(&kept));
    assert_code(&run(&[&adapt[..], &[&tuned, "--tune-trunk"]].concat()), 0);
    for layout in ["m4", "m0"] {
        assert_code(&run(&["pack", &model, "--layout", layout, "--out", &packed]), 0);
        assert_code(&run(&["inspect", &packed]), 0);
    }
}
