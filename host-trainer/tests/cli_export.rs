//! The way of one machine's model: train with personal heads, list, export, inspect.

mod command;

use std::fs;
use std::path::Path;

use command::{assert_code, json, run, stderr, stdout, write_project};

/// A small plant of which each machine has a few labelled windows and heads of its own.
fn personal_project(folder: &Path) -> String {
    let path = write_project(folder, 3);
    let text = fs::read_to_string(&path).unwrap();
    let project = trunkline_trainer::config::parse(&text, "project.toml").unwrap();
    let overlay =
        "personalize.by = \"machine\"\npersonalize.strengths = [0.1, 1.0]\nsplit.method = \"within\"\nsplit.rows = 12";
    fs::write(&path, project.overlaid(overlay, "overlay").unwrap().to_toml().unwrap()).unwrap();
    path
}

#[test]
fn a_machines_model_is_exported_without_data_and_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let config = personal_project(folder.path());
    let result = folder.path().join("result");
    let result = result.to_str().unwrap();
    let trained = run(&["train", "--config", &config, "--out", result]);
    assert_code(&trained, 0);
    let text = stdout(&trained);
    assert!(
        text.contains("personal heads") && text.contains("over separate") && text.contains("export --result"),
        "{text}"
    );
    let metrics: serde_json::Value =
        serde_json::from_slice(&fs::read(Path::new(result).join("metrics.json")).unwrap()).unwrap();
    assert_eq!(metrics["personal"]["groups"].as_u64(), Some(8));
    assert!(metrics["personal"]["tasks"][1]["personal_int8"]["r2"]["mean"].is_f64(), "{}", metrics["personal"]);
    assert!(fs::read_to_string(Path::new(result).join("report.html")).unwrap().contains("Personal heads"));

    let listed = run(&["export", "--result", result, "--list", "--json"]);
    assert_code(&listed, 0);
    let groups = json(&listed);
    let groups = groups.as_array().unwrap();
    assert_eq!(groups.len(), 8);
    assert_eq!((groups[0]["group"].as_str(), groups[0]["rows"].as_u64()), (Some("1"), Some(40)));
    let own = groups.iter().find(|group| !group["tasks"].as_array().unwrap().is_empty());
    let own = own.expect("machines differ in energy and roughness")["group"].as_str().unwrap();

    let out = folder.path().join("model-own.tlm");
    let out = out.to_str().unwrap();
    let exported = run(&["export", "--result", result, "--group", own, "--out", out, "--json"]);
    assert_code(&exported, 0);
    assert_eq!(json(&exported)["personal"].as_bool(), Some(true));
    let inspection = run(&["inspect", out]);
    assert_code(&inspection, 0);
    assert!(stdout(&inspection).contains(&format!("Heads of machine {own} (40 rows)")), "{}", stdout(&inspection));
    assert_ne!(fs::read(out).unwrap(), fs::read(Path::new(result).join("model.tlm")).unwrap());

    let unknown = run(&["export", "--result", result, "--group", "99", "--out", out]);
    assert_code(&unknown, 0);
    assert!(stderr(&unknown).contains("the training knew no machine \"99\""), "{}", stderr(&unknown));
    assert_eq!(fs::read(out).unwrap(), fs::read(Path::new(result).join("model.tlm")).unwrap());

    let model = Path::new(result).join("model.tlm");
    let itself = run(&["export", "--result", result, "--group", own, "--out", model.to_str().unwrap()]);
    assert_code(&itself, 2);
    assert!(stderr(&itself).contains("a file of the result itself"), "{}", stderr(&itself));

    let own_project = Path::new(result).join("project.toml");
    let own_project = own_project.to_str().unwrap();
    assert_code(&run(&["export", "--result", result, "--group", own, "--out", out]), 0);
    let scores = run(&["evaluate", "--model", out, "--config", own_project, "--json"]);
    assert_code(&scores, 0);
    assert_eq!((json(&scores)["rows"].as_u64(), json(&scores)["group"][1].as_str()), (Some(40), Some(own)));

    let shared = fs::read(&model).unwrap();
    fs::write(&model, fs::read(out).unwrap()).unwrap();
    let exchanged = run(&["export", "--result", result, "--group", "99", "--out", out]);
    assert_code(&exchanged, 5);
    assert!(stderr(&exchanged).contains("not of one training"), "{}", stderr(&exchanged));
    fs::write(&model, shared).unwrap();

    fs::write(Path::new(result).join("personal.tlf"), b"TLF2 and no more").unwrap();
    let damaged = run(&["export", "--result", result, "--group", own, "--out", out]);
    assert_code(&damaged, 5);
    assert!(stderr(&damaged).contains("train the result anew"), "{}", stderr(&damaged));
}

#[test]
fn a_result_without_personal_heads_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["export", "--result", folder.path().to_str().unwrap(), "--list"]);
    assert_code(&output, 5);
    assert!(stderr(&output).contains("[personalize]"), "{}", stderr(&output));
    assert_code(&run(&["export", "--result", "x"]), 2);
}
