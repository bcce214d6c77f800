//! Bad inputs: the exit code tells the class, the message tells what, where and what to do.

mod command;

use std::fs;

use command::{assert_code, entries, json, run, stderr, write_project};

#[test]
fn a_mistake_in_the_project_file_names_line_key_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    let text = trunkline_trainer::plant::DEFAULT_PROJECT.replace("weight_decay = ", "weight_dekay = ");
    let line = 1 + text.lines().position(|line| line.starts_with("weight_dekay")).unwrap();
    fs::write(&path, text).unwrap();
    let out = folder.path().join("out");
    let arguments = ["train", "--config", path.to_str().unwrap(), "--out", out.to_str().unwrap()];

    let output = run(&arguments);
    assert_code(&output, 3);
    let text = stderr(&output);
    for expected in [&format!("line {line}"), "weight_dekay", "did you mean \"weight_decay\"?"] {
        assert!(text.contains(expected), "{expected} not in {text}");
    }
    assert!(!out.exists());

    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    let output = run(&arguments);
    assert_code(&output, 3);
    let error = &json(&output)["error"];
    assert_eq!((error["code"].as_u64(), error["class"].as_str()), (Some(3), Some("project")));
    assert_eq!(error["line"].as_u64(), Some(line as u64));
    assert!(error["remedy"].as_str().unwrap().contains("weight_decay"), "{error}");
}

#[test]
fn a_missing_project_file_is_named() {
    let output = run(&["train", "--config", "no/such.toml", "--out", "never"]);
    assert_code(&output, 3);
    assert!(stderr(&output).contains("no/such.toml"), "{}", stderr(&output));
}

#[test]
fn missing_data_names_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hydraulic.toml");
    let out = folder.path().join("out");
    let data = folder.path().join("nothing");
    let base = ["train", "--config", config, "--out", out.to_str().unwrap()];

    let output = run(&base);
    assert_code(&output, 4);
    assert!(stderr(&output).contains("add --data DIR"), "{}", stderr(&output));

    let output = run(&[&base[..], &["--data", data.to_str().unwrap()]].concat());
    assert_code(&output, 4);
    let text = stderr(&output);
    assert!(text.contains("nothing") && text.contains("cannot be read"), "{text}");
    assert!(!out.exists());
}

#[test]
fn a_damaged_model_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.tlm");
    for (content, expected) in
        [(&b"GIF89a, no model at all, but long enough to hold a header"[..], "begins with"), (&b"TLM1"[..], "bytes")]
    {
        fs::write(&path, content).unwrap();
        for arguments in [
            vec!["inspect", path.to_str().unwrap()],
            vec!["evaluate", "--model", path.to_str().unwrap(), "--config", "unread.toml"],
        ] {
            let output = run(&arguments);
            assert_code(&output, 5);
            let text = stderr(&output);
            assert!(text.to_lowercase().contains(expected) && text.contains("train it anew"), "{text}");
        }
    }
    let output = run(&["inspect", "no/such.tlm"]);
    assert_code(&output, 5);
    assert!(stderr(&output).contains("no/such.tlm"), "{}", stderr(&output));
}

#[test]
fn a_folder_of_other_files_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_project(folder.path(), 2);
    let out = folder.path().join("home");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("letter.txt"), "dear").unwrap();
    let output = run(&["train", "--config", &config, "--out", out.to_str().unwrap()]);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("letter.txt"), "{}", stderr(&output));
    assert_eq!(entries(&out), ["letter.txt"]);
}
