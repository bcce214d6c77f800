//! Builds the firmware for a target, once a process.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::Target;

const BINARY: &str = "mps2_an386";

/// The firmware's ELF file for `target`, with defmt logging; built where it is not there or not up to date.
///
/// # Panics
/// Where the machine cannot be set up or the build fails.
pub fn firmware(target: Target) -> &'static Path {
    static BUILT: [OnceLock<PathBuf>; Target::ALL.len()] = [const { OnceLock::new() }; Target::ALL.len()];
    BUILT[target as usize].get_or_init(|| build(target))
}

fn build(target: Target) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // A relative folder counts from the root, where cargo is run.
    let target_dir = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("device");
    let cargo = cargo_prefix(&root);
    let (program, prefix) = cargo.split_first().expect("tests/setup prints the cargo command");
    let status = Command::new(program)
        .args(prefix)
        .args(["build", "--quiet", "--locked", "--profile", "device", "--package", "trunkline-firmware"])
        .args(["--bin", BINARY, "--features", "defmt", "--target", target.triple()])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", &target_dir)
        // Set by the cargo that runs the tests, for the PC.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    assert!(status.success(), "the firmware does not build for {}", target.triple());
    target_dir.join(target.triple()).join("device").join(BINARY)
}

/// The command that builds for the target, by `tests/setup`.
fn cargo_prefix(root: &Path) -> Vec<String> {
    let setup = root.join("tests/setup");
    let output = Command::new(&setup).env_remove("RUSTUP_TOOLCHAIN").output();
    let output = output.unwrap_or_else(|error| panic!("{} does not start: {error}", setup.display()));
    assert!(output.status.success(), "tests/setup: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(String::from).collect()
}
