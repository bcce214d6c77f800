//! The firmware in QEMU: build it, play windows through it, read what it reports.

mod build;
mod log;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use trunkline_trainer::simulate::{Answer, Transcript, receive};

pub use build::{Program, program};

/// How long the emulated machine may take.
const TIME_LIMIT: Duration = Duration::from_secs(300);
/// Refusals after which a machine that will not run its model is switched off.
const REFUSALS_SEEN: usize = 3;
/// Where the board keeps its model.
const MODEL_ADDRESS: &str = "0x00200000";

/// A processor to emulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Cortex-M4F, code for Armv7E-M with floating-point instructions.
    CortexM4f,
    /// Code for Armv6-M, floating point in software, on a Cortex-M3 board.
    Armv6m,
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 2] = [Target::CortexM4f, Target::Armv6m];

    /// Rust's name of it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::CortexM4f => "thumbv7em-none-eabihf",
            Self::Armv6m => "thumbv6m-none-eabi",
        }
    }

    /// QEMU's name of the board.
    fn machine(self) -> &'static str {
        match self {
            Self::CortexM4f => "mps2-an386",
            Self::Armv6m => "mps2-an385",
        }
    }
}

/// What a machine did until it left QEMU, or was switched off because it refused its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// What came over the UART.
    pub transcript: Transcript,
    /// The defmt log lines, `LEVEL message`.
    pub log: Vec<String>,
    /// Wall-clock time.
    pub elapsed: Duration,
}

/// Samples for the emulated board's sensors, window after window, channel after channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Recording<'a> {
    /// Counts, as the runtime takes them.
    Counts(&'a [i16]),
    /// Values in the channels' units, NaN where missing: the device encodes them.
    Values(&'a [f32]),
}

impl Recording<'_> {
    /// The file that the board looks for, and its bytes.
    fn file(self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Counts(counts) => ("windows.i16", counts.iter().flat_map(|count| count.to_le_bytes()).collect()),
            Self::Values(values) => ("values.f32", values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        }
    }
}

/// Plays a recording through the firmware with the artifact `image`, in diagnostic mode, and gives one answer a window.
///
/// # Panics
/// With what is known, where QEMU or the firmware build fails, the model is refused or a frame is damaged.
pub fn run(target: Target, image: &[u8], recording: Recording<'_>) -> Vec<Answer> {
    let Session { transcript, .. } = play(target, image, recording);
    assert_eq!(transcript.refusals, [], "the firmware refused the model");
    assert_eq!(transcript.damaged, [], "damaged frames");
    transcript.answers
}

/// Like [`run`], whatever comes of it.
///
/// # Panics
/// Where QEMU or the firmware build fails, or the machine neither ends nor refuses within five minutes.
pub fn play(target: Target, image: &[u8], recording: Recording<'_>) -> Session {
    let elf = program(target, Program::Application);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| {
        let mut file = File::create(folder.path().join(name)).expect("a new file");
        file.write_all(bytes).expect("room for a file");
    };
    write("model.tlm", image);
    let (name, samples) = recording.file();
    write(name, &samples);
    let start = Instant::now();
    let machine = start_qemu(target, elf, folder.path());
    wait(machine, folder.path(), start);
    let elapsed = start.elapsed();
    let uart = fs::read(folder.path().join("uart")).expect("QEMU writes the UART's file");
    let stdout = fs::read(folder.path().join("log")).expect("QEMU's output was kept");
    Session { transcript: receive(&uart), log: log::decode(elf, &stdout), elapsed }
}

/// QEMU's process; switched off when dropped.
struct Machine(Child);

impl Drop for Machine {
    fn drop(&mut self) {
        // Fails only where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_qemu(target: Target, elf: &Path, folder: &Path) -> Machine {
    let output = |name| File::create(folder.join(name)).expect("a new file");
    let child = Command::new("qemu-system-arm")
        .current_dir(folder)
        .args(["-M", target.machine(), "-display", "none", "-monitor", "none", "-serial", "file:uart"])
        .args(["-semihosting-config", "enable=on,target=native,arg=firmware,arg=diagnostic"])
        .args(["-device", &format!("loader,file=model.tlm,addr={MODEL_ADDRESS},force-raw=on")])
        .arg("-kernel")
        .arg(elf)
        .stdin(Stdio::null())
        .stdout(output("log"))
        .stderr(output("errors"))
        .spawn()
        .unwrap_or_else(|error| panic!("qemu-system-arm does not start ({error}): run tests/setup"));
    Machine(child)
}

/// Runs `program`, which reads and writes files in `folder`, until it ends.
///
/// # Panics
/// Where QEMU or the program fails, or has not ended after five minutes.
pub(crate) fn run_in(target: Target, program: &Path, folder: &Path) {
    let output = |name| File::create(folder.join(name)).expect("a new file");
    let child = Command::new("qemu-system-arm")
        .current_dir(folder)
        .args(["-M", target.machine(), "-display", "none", "-monitor", "none", "-serial", "none"])
        .args(["-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(program)
        .stdin(Stdio::null())
        .stdout(output("log"))
        .stderr(output("errors"))
        .spawn()
        .unwrap_or_else(|error| panic!("qemu-system-arm does not start ({error}): run tests/setup"));
    let (mut machine, start) = (Machine(child), Instant::now());
    let status = loop {
        if let Some(status) = machine.0.try_wait().expect("QEMU can be waited for") {
            break status;
        }
        assert!(start.elapsed() < TIME_LIMIT, "the machine is still running after {TIME_LIMIT:?}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(status.success(), "QEMU ended with {status}: {}{}", read("log"), read("errors"));
}

fn wait(mut machine: Machine, folder: &Path, start: Instant) {
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(status) = machine.0.try_wait().expect("QEMU can be waited for") {
            let errors = fs::read_to_string(folder.join("errors")).unwrap_or_default();
            assert!(status.success(), "QEMU ended with {status}: {errors}");
            return;
        }
        let uart = fs::read(folder.join("uart")).unwrap_or_default();
        let transcript = receive(&uart[..uart.len().min(4096)]);
        if transcript.refusals.len() >= REFUSALS_SEEN {
            return;
        }
        assert!(start.elapsed() < TIME_LIMIT, "the machine is still running after {TIME_LIMIT:?}: {transcript:?}");
        std::thread::sleep(pause);
        pause = (2 * pause).min(Duration::from_millis(200));
    }
}
