//! Running the `trunkline` command and small projects for it.
#![allow(dead_code, reason = "every test program uses its own part")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The command, ready for arguments, with nothing to read.
pub(crate) fn trunkline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trunkline"));
    command.stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    trunkline().args(arguments).output().expect("the command starts")
}

/// Standard output as text.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Standard error as text, white space and the frame of a rendered error reduced to single blanks.
pub(crate) fn stderr(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    text.replace(['│', '╰', '─', '▶', '├', '·'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Standard output as one JSON document.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in {}", stdout(output)))
}

/// Asserts the exit code and shows what was said if it is another.
pub(crate) fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout: {}\nstderr: {}", stdout(output), stderr(output));
}

/// Writes a plant project that trains in a moment; more `epochs` (at least 2) make it last longer.
pub(crate) fn write_project(folder: &Path, epochs: usize) -> String {
    let text = trunkline_trainer::plant::DEFAULT_PROJECT;
    let mut project = trunkline_trainer::config::parse(text, "plant.toml").expect("the demo's project");
    let plant = project.data.plant.get_or_insert_default();
    plant.machines = 8;
    plant.windows_per_machine = 40;
    project.split.folds = 2;
    project.training.epochs = epochs;
    // Every epoch is trained, so that their number decides how long a run takes.
    project.training.early_stopping.validation = 0.0;
    project.training.seeds = vec![1];
    let path = folder.join("project.toml");
    std::fs::write(&path, project.to_toml().expect("TOML")).expect("a written project");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// Names in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}
