//! QEMU's process.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Target;

/// How long the emulated machine may take.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(300);
/// What the program printed, in the folder.
pub(super) const OUTPUT: &str = "log";
/// What QEMU had to say, in the folder.
pub(super) const ERRORS: &str = "errors";

/// How a program is to be run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Job<'a> {
    /// Its arguments.
    pub(crate) args: &'a [&'a str],
    /// Further options of QEMU.
    pub(crate) options: &'a [&'a str],
    /// Whether `model.tlm` of the folder lies in the board's model region.
    pub(crate) model: bool,
}

/// Switched off when dropped.
pub(super) struct Machine(pub(super) Child);

impl Drop for Machine {
    fn drop(&mut self) {
        // Fails only where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `program` in `folder`, which it reads and writes files of.
pub(super) fn start(target: Target, program: &Path, folder: &Path, job: Job<'_>) -> Machine {
    let output = |name| File::create(folder.join(name)).expect("a new file");
    let (emulator, machine) = target.machine();
    let args: String = ["firmware"].iter().chain(job.args).map(|arg| format!(",arg={arg}")).collect();
    let mut command = Command::new(emulator);
    command.current_dir(folder).args(machine).args(["-display", "none", "-monitor", "none"]);
    if !job.options.contains(&"-serial") {
        command.args(["-serial", "none"]);
    }
    command.args(["-semihosting-config", &format!("enable=on,target=native{args}")]).args(job.options);
    if job.model {
        let address = target.model_address();
        command.args(["-device", &format!("loader,file=model.tlm,addr={address:#x},force-raw=on")]);
    }
    let child = command
        .arg("-kernel")
        .arg(program)
        .stdin(Stdio::null())
        .stdout(output(OUTPUT))
        .stderr(output(ERRORS))
        .spawn()
        .unwrap_or_else(|error| panic!("{emulator} does not start ({error}): run tests/setup"));
    Machine(child)
}

/// Runs `program`, which reads and writes files in `folder`, until it ends, and gives what it printed.
///
/// # Panics
/// Where QEMU or the program fails, or has not ended after five minutes.
pub(crate) fn run_in(target: Target, program: &Path, folder: &Path, job: Job<'_>) -> String {
    let (mut machine, begin) = (start(target, program, folder, job), Instant::now());
    let status = loop {
        if let Some(status) = machine.0.try_wait().expect("QEMU can be waited for") {
            break status;
        }
        assert!(begin.elapsed() < TIME_LIMIT, "the machine is still running after {TIME_LIMIT:?}");
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert!(status.success(), "QEMU ended with {status}: {}{}", read(OUTPUT), read(ERRORS));
    read(OUTPUT)
}
