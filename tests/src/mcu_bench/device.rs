//! Runs the program `bench` in QEMU on a model, and reads what it counted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::subject::Subject;
use crate::qemu::{Job, Program, Target, program, run_in};

/// One instruction is one nanosecond: counts depend on nothing but the program.
pub(super) const COUNTING: [&str; 2] = ["-icount", "shift=0"];

/// What one piece of work takes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Instructions, the mean over the repeats.
    pub instructions: f64,
    /// Bytes of stack.
    pub stack_bytes: u64,
}

/// What the device counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Nothing at all.
    pub empty: Cost,
    /// The loop of [`KNOWN_INSTRUCTIONS`].
    pub known_loop: Cost,
    /// The network, all tasks due.
    pub network: Cost,
    /// The network, no task due.
    pub trunk: Cost,
    /// The network, one task due.
    pub due: Vec<Cost>,
    /// The features of a window.
    pub features: Cost,
    /// From a window to all outputs.
    pub window: Cost,
    /// Bytes that the network works in.
    pub work_bytes: u64,
}

/// Instructions of the loop on which the count is tried, but for the few that begin it.
pub const KNOWN_INSTRUCTIONS: f64 = 10_000.0;

/// Everything about `subject` on `target`, in the layout that is for it.
///
/// # Panics
/// Where QEMU fails, or where the device does not answer like the PC.
pub fn count(target: Target, subject: &Subject) -> Counts {
    let folder = tempfile::tempdir().expect("a temporary folder");
    prepare(folder.path(), target, subject, &subject.inputs(1), &subject.window);
    let printed = run_in(target, program(target, Program::Bench), folder.path(), Job { options: &COUNTING, ..JOB });
    let answers = read_i16(&folder.path().join("outputs.i16"));
    let expected = subject.answers();
    let differs = answers.iter().zip(&expected).position(|(found, expected)| found != expected);
    let lengths = (answers.len(), expected.len());
    assert!(differs.is_none() && lengths.0 == lengths.1, "{target:?} differs from the PC: {differs:?}, {lengths:?}");
    parse(&printed)
}

/// Which path is counted input by input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the quantized inputs to the outputs.
    Network,
    /// From the raw window to the outputs.
    Window,
}

/// Instructions of each input (sets of inputs of the network, or windows, one after the other), the mean of `repeats`.
///
/// # Panics
/// Where QEMU fails.
pub fn count_each(target: Target, subject: &Subject, way: Way, inputs: &[i16], repeats: u32) -> Vec<f64> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    prepare(folder.path(), target, subject, inputs, inputs);
    let (what, repeats_text) = (if way == Way::Network { "network" } else { "window" }, repeats.to_string());
    let job = Job { args: &["each", what, &repeats_text], options: &COUNTING, ..JOB };
    run_in(target, program(target, Program::Bench), folder.path(), job);
    let bytes = fs::read(folder.path().join("counts.u32")).expect("the device writes the counts");
    let counts = bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
    counts.map(|count| f64::from(count) / f64::from(repeats)).collect()
}

const JOB: Job<'static> = Job { args: &[], options: &[], model: true };

/// Puts the model and its inputs where the program finds them.
pub(super) fn prepare(folder: &Path, target: Target, subject: &Subject, inputs: &[i16], windows: &[i16]) {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("room for a file");
    let bytes = |samples: &[i16]| samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>();
    write("model.tlm", &subject.packed(target.layout()));
    write("inputs.i16", &bytes(inputs));
    write("windows.i16", &bytes(windows));
}

fn read_i16(path: &Path) -> Vec<i16> {
    let bytes = fs::read(path).expect("the device writes its outputs");
    bytes.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect()
}

/// Lines of `NAME INSTRUCTIONS REPEATS STACK`.
fn parse(printed: &str) -> Counts {
    let (mut named, mut due) = (BTreeMap::new(), Vec::new());
    for line in printed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, instructions, repeats, stack] = words[..] else { panic!("the device printed {line:?}") };
        let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("the device printed {line:?}"));
        let instructions = number(instructions) as f64 / number(repeats) as f64;
        let cost = Cost { instructions, stack_bytes: number(stack) };
        if name == "due" {
            due.push(cost);
        } else {
            named.insert(name, cost);
        }
    }
    let named = |name: &str| *named.get(name).unwrap_or_else(|| panic!("the device counted no {name}: {printed}"));
    Counts {
        empty: named("empty"),
        known_loop: named("known_loop"),
        network: named("network"),
        trunk: named("trunk"),
        due,
        features: named("features"),
        window: named("window"),
        work_bytes: named("work_bytes").instructions as u64,
    }
}
