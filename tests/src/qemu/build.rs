//! Builds the firmware's programs for a target, once a process.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::Target;

/// A program of the firmware's package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The application, with defmt logging.
    Application,
    /// The application for packed, fully connected models alone.
    LeanApplication,
    /// The kernels alone, over layers from a file.
    Kernels,
    /// Counts what a model takes.
    Bench,
    /// What links only where no panic can be reached.
    NoPanic,
    /// Linked for its size, as the following ones: nothing.
    FootprintBase,
    /// What finds a model in its region and checks it.
    FootprintValidator,
    /// That, and the network alone.
    FootprintNetwork,
    /// That, and the whole path from a raw window.
    FootprintRuntime,
}

impl Program {
    const COUNT: usize = 9;

    /// Name of the binary, and the features it is built with beside the default ones.
    fn built(self) -> (&'static str, &'static str) {
        match self {
            Self::Application | Self::LeanApplication => ("mps2_an386", "defmt"),
            Self::Kernels => ("kernels", ""),
            Self::Bench => ("bench", ""),
            Self::NoPanic => ("no_panic", ""),
            Self::FootprintBase => ("footprint_base", ""),
            Self::FootprintValidator => ("footprint_validator", ""),
            Self::FootprintNetwork => ("footprint_network", ""),
            Self::FootprintRuntime => ("footprint_runtime", ""),
        }
    }

    /// The folder under cargo's in which it is built, where it is for packed, fully connected models alone; the others share one.
    fn lean(self) -> Option<&'static str> {
        let full = matches!(self, Self::Application | Self::Kernels | Self::Bench | Self::NoPanic);
        (!full).then_some("lean")
    }
}

/// The program's ELF file for `target`; built where it is not there or not up to date.
///
/// # Panics
/// Where the machine cannot be set up or the build fails.
pub fn program(target: Target, program: Program) -> &'static Path {
    static BUILT: [[OnceLock<PathBuf>; Program::COUNT]; Target::ALL.len()] =
        [const { [const { OnceLock::new() }; Program::COUNT] }; Target::ALL.len()];
    BUILT[target as usize][program as usize].get_or_init(|| build(target, program))
}

/// What cargo says to a program that is built for `target` with `features` and should fail.
///
/// # Panics
/// Where the machine cannot be set up or the build succeeds.
pub fn build_errors(target: Target, program: Program, features: &str) -> String {
    let (binary, _) = program.built();
    let output = start(cargo(target, program, features).stderr(Stdio::piped())).wait_with_output();
    let output = output.expect("cargo can be waited for");
    assert!(!output.status.success(), "{binary} builds for {} with {features}", target.triple());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn build(target: Target, program: Program) -> PathBuf {
    let (binary, features) = program.built();
    let status = start(&mut cargo(target, program, features)).wait().expect("cargo can be waited for");
    assert!(status.success(), "{binary} does not build for {}", target.triple());
    target_dir(program).join(target.triple()).join("device").join(binary)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A relative folder counts from the root, where cargo is run.
fn target_dir(program: Program) -> PathBuf {
    let folder = root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join("device");
    program.lean().map_or(folder.clone(), |lean| folder.join(lean))
}

fn start(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program()))
}

/// The command that builds a program of the firmware.
fn cargo(target: Target, program: Program, features: &str) -> Command {
    let (binary, _) = program.built();
    let root = root();
    let words = cargo_prefix(&root);
    let (first, prefix) = words.split_first().expect("tests/setup prints the cargo command");
    let mut command = Command::new(first);
    command
        .args(prefix)
        .args(["build", "--quiet", "--locked", "--profile", "device", "--package", "trunkline-firmware"])
        .args(["--bin", binary, "--features", features, "--target", target.triple()])
        .args(program.lean().map(|_| "--no-default-features"))
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", target_dir(program))
        // Set by the cargo that runs the tests, for the PC.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

/// The compiler of the programs, as `rustc -vV` tells it: release and commit.
///
/// # Panics
/// Where there is none.
pub fn device_compiler() -> String {
    let prefix = cargo_prefix(&root());
    let mut rustc = Command::new("rustc");
    // After `cargo`, if anything, `+TOOLCHAIN`.
    rustc.args(prefix.get(1..).unwrap_or_default()).arg("-vV").env_remove("RUSTUP_TOOLCHAIN");
    let output = rustc.output().expect("rustc starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").to_owned();
    format!("rustc {} ({})", field("release: "), field("commit-hash: "))
}

/// The command that builds for the target, by `tests/setup`.
fn cargo_prefix(root: &Path) -> Vec<String> {
    let setup = root.join("tests/setup");
    let output = Command::new(&setup).env_remove("RUSTUP_TOOLCHAIN").output();
    let output = output.unwrap_or_else(|error| panic!("{} does not start: {error}", setup.display()));
    assert!(output.status.success(), "tests/setup: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(String::from).collect()
}
