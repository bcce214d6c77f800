//! Builds the firmware's programs for a target, once a process.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::Target;

/// A program of the firmware's package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The application, with defmt logging.
    Application,
    /// The kernels alone, over layers from a file.
    Kernels,
}

impl Program {
    const ALL: [Program; 2] = [Program::Application, Program::Kernels];

    /// Name of the binary, and the features it is built with.
    fn built(self) -> (&'static str, &'static str) {
        match self {
            Self::Application => ("mps2_an386", "defmt"),
            Self::Kernels => ("kernels", ""),
        }
    }
}

/// The program's ELF file for `target`; built where it is not there or not up to date.
///
/// # Panics
/// Where the machine cannot be set up or the build fails.
pub fn program(target: Target, program: Program) -> &'static Path {
    static BUILT: [[OnceLock<PathBuf>; Program::ALL.len()]; Target::ALL.len()] =
        [const { [const { OnceLock::new() }; Program::ALL.len()] }; Target::ALL.len()];
    BUILT[target as usize][program as usize].get_or_init(|| build(target, program))
}

fn build(target: Target, program: Program) -> PathBuf {
    let (binary, features) = program.built();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // A relative folder counts from the root, where cargo is run.
    let target_dir = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("device");
    let cargo = cargo_prefix(&root);
    let (command, prefix) = cargo.split_first().expect("tests/setup prints the cargo command");
    let status = Command::new(command)
        .args(prefix)
        .args(["build", "--quiet", "--locked", "--profile", "device", "--package", "trunkline-firmware"])
        .args(["--bin", binary, "--features", features, "--target", target.triple()])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", &target_dir)
        // Set by the cargo that runs the tests, for the PC.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .unwrap_or_else(|error| panic!("{command} does not start: {error}"));
    assert!(status.success(), "the firmware does not build for {}", target.triple());
    target_dir.join(target.triple()).join("device").join(binary)
}

/// The command that builds for the target, by `tests/setup`.
fn cargo_prefix(root: &Path) -> Vec<String> {
    let setup = root.join("tests/setup");
    let output = Command::new(&setup).env_remove("RUSTUP_TOOLCHAIN").output();
    let output = output.unwrap_or_else(|error| panic!("{} does not start: {error}", setup.display()));
    assert!(output.status.success(), "tests/setup: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(String::from).collect()
}
