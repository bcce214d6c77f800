//! Help that teaches, and usage errors.

mod command;

use command::{assert_code, run, stderr, stdout};

#[test]
fn help_lists_every_command_and_exit_code() {
    let output = run(&["--help"]);
    assert_code(&output, 0);
    let text = stdout(&output);
    for expected in [
        "demo",
        "train",
        "tune",
        "evaluate",
        "compare-methods",
        "adapt",
        "inspect",
        "export",
        "--json",
        "Exit codes:",
        "5  the model file",
    ] {
        assert!(text.contains(expected), "{expected} not in {text}");
    }
}

#[test]
fn every_command_shows_an_example() {
    for command in ["demo", "train", "tune", "evaluate", "compare-methods", "adapt", "inspect", "export"] {
        let output = run(&[command, "--help"]);
        assert_code(&output, 0);
        assert!(stdout(&output).contains(&format!("Example:  trunkline {command}")), "{}", stdout(&output));
    }
}

#[test]
fn a_missing_argument_is_a_usage_error_that_names_it() {
    let output = run(&["train", "--out", "x"]);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("--config"), "{}", stderr(&output));
}

#[test]
fn no_command_shows_the_help() {
    let output = run(&[]);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("trunkline demo --quick"), "{}", stderr(&output));
}
