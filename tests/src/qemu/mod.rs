//! The firmware in QEMU: build it, play windows through it, read what it reports.

mod build;
mod log;
mod machine;
mod target;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use trunkline_trainer::simulate::{Answer, Transcript, receive};

pub use build::{Program, build_errors, device_compiler, program};
pub(crate) use machine::{Job, run_in};
use machine::{Machine, TIME_LIMIT, start};
pub use target::Target;

/// Refusals after which a machine that will not run its model is switched off.
const REFUSALS_SEEN: usize = 3;
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
    play_through(Program::Application, target, image, recording)
}

/// Like [`play`], through one of the applications.
///
/// # Panics
/// As [`play`].
pub fn play_through(application: Program, target: Target, image: &[u8], recording: Recording<'_>) -> Session {
    let elf = program(target, application);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| {
        let mut file = File::create(folder.path().join(name)).expect("a new file");
        file.write_all(bytes).expect("room for a file");
    };
    write("model.tlm", image);
    let (name, samples) = recording.file();
    write(name, &samples);
    let begin = Instant::now();
    let job = Job { args: &["diagnostic"], options: &["-serial", "file:uart"], model: true };
    wait(start(target, elf, folder.path(), job), folder.path(), begin);
    let elapsed = begin.elapsed();
    let uart = fs::read(folder.path().join("uart")).expect("QEMU writes the UART's file");
    let stdout = fs::read(folder.path().join(machine::OUTPUT)).expect("QEMU's output was kept");
    Session { transcript: receive(&uart), log: log::decode(elf, &stdout), elapsed }
}

fn wait(mut machine: Machine, folder: &Path, start: Instant) {
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(status) = machine.0.try_wait().expect("QEMU can be waited for") {
            let errors = fs::read_to_string(folder.join(machine::ERRORS)).unwrap_or_default();
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
