//! What is no project file at all, or has keys that none has.

use trunkline_trainer::config::load;

use super::{check, error};

#[test]
fn an_error_reads_as_one_line_with_file_line_key_problem_and_remedy() {
    let (error, _) = error("trunk = [8, 4]", "trunk = [8, 0]");
    assert_eq!(error.to_string(), "rig.toml:55: model.trunk[1]: a layer of 0 units; 1 to 1024");
}

#[test]
fn broken_syntax_unknown_keys_and_wrong_types_are_named() {
    check(&[
        ("clip_sd = 8.0", "clip_sd = ", "", "not valid TOML", "mend the line"),
        (
            "rate_hz = 100.0\nrange",
            "ratehz = 100.0\nrange",
            "channels[0].ratehz",
            "unknown field",
            "did you mean \"rate_hz\"?",
        ),
        ("epochs = 10", "epoch = 10", "training.epoch", "unknown field", "did you mean \"epochs\"?"),
        ("patience = 5", "patienc = 5", "training.early_stopping.patienc", "unknown field", "\"patience\""),
        ("[quantization]", "[quantisation]", "quantisation", "unknown field", "\"quantization\""),
        ("epochs = 10", "epochs = \"ten\"", "training.epochs", "invalid type", "numbers and true/false"),
        ("epochs = 10", "epochs = -1", "training.epochs", "invalid value", "one of the forms"),
        ("trunk = [8, 4]", "trunk = [8, 4.5]", "model.trunk[1]", "invalid type", "expected type"),
        ("range = [0.0, 10.0]", "range = [0.0]", "channels[0].range", "invalid length", "expected type"),
        ("loader = \"cycles\"", "loader = \"cycle\"", "data.loader", "unknown variant", "did you mean \"cycles\"?"),
        ("kind = \"binary\"", "kind = \"bianry\"", "tasks[2].kind", "unknown variant", "did you mean \"binary\"?"),
        ("role = \"fault\"", "role = \"faults\"", "tasks[0].role", "unknown variant", "did you mean \"fault\"?"),
        (
            "target = { column = \"wear\" }",
            "target = { colum = \"wear\" }",
            "tasks[0].target.colum",
            "unknown field",
            "\"column\"",
        ),
        (
            "target = { column = \"wear\" }",
            "target = { channel = \"p\" }",
            "tasks[0].target",
            "either",
            "one of the forms",
        ),
        ("statistic = \"mean\"", "statistic = \"median\"", "tasks[1].target.statistic", "unknown variant", "mean"),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"huber\" }",
            "tasks[1].loss",
            "huber needs its knee",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"mse\", delta = 0.5 }",
            "tasks[1].loss",
            "only huber",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"focal\" }",
            "tasks[1].loss",
            "focal needs its exponent",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"mse\", gamma = 2.0 }",
            "tasks[1].loss",
            "only focal",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"focal\", gamma = 2.0, smoothing = 0.1 }",
            "tasks[1].loss",
            "have a smoothing",
            "",
        ),
        (
            "loss = { name = \"huber\", delta = 0.5 }",
            "loss = { name = \"mse\", class_weights = \"balanced\" }",
            "tasks[1].loss",
            "only losses of classes",
            "",
        ),
        ("mode = \"zero\"", "mode = \"none\"", "tasks[1].linear.mode", "unknown variant", "off"),
    ]);
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    let (error, line) = error("[[tasks]]\nname = \"wear\"\n", "[[tasks]]\n");
    assert_eq!((error.key.as_str(), error.line), ("tasks[0].name", Some(line)), "{error}");
    assert_eq!(error.remedy, "add the key name");
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_missing() {
    let error = load(std::path::Path::new("/no/such/project.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/no/such/project.toml: cannot be read"), "{error}");
    assert!(error.remedy.contains("--config"));
}

#[test]
fn a_project_file_that_is_not_utf_8_is_told_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rig.toml");
    std::fs::write(&path, b"name = \"\xe9\"\n").unwrap();
    let error = load(&path).unwrap_err();
    assert_eq!((error.problem.as_str(), error.remedy.contains("UTF-8")), ("is not UTF-8 text", true));
}
