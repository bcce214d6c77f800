//! Every block of instructions that ran between the marks of the program `bench`, by QEMU's own log: where the instructions go,
//! and an estimate of the cycles.
//!
//! The log holds a translated block's instructions once, before the first line `Trace` that says that it runs.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};

use rustc_demangle::demangle;

use super::case::{Case, Extent};
use super::cycles::{Instruction, cycles};
use super::device::prepare;
use crate::qemu::{Job, Program, Target, program, run_in};

/// What ran between the marks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// Instructions.
    pub instructions: u64,
    /// Cycles, by the rules of `cycles.rs`; they mean something for Cortex-M4F alone.
    pub cycles: u64,
    /// Instructions of each function, by its name.
    pub functions: BTreeMap<String, u64>,
}

/// The log's file, in the folder.
const LOG: &str = "trace";

/// Runs `case` once on `target`.
///
/// # Panics
/// Where QEMU fails or logs otherwise than expected.
pub fn profile(target: Target, case: &Case) -> Profile {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let subject = &case.subject;
    prepare(folder.path(), target, subject, &subject.inputs(1), &subject.window);
    let extent = match case.extent {
        Extent::Network => "network",
        Extent::Path => "window",
        Extent::Features => "features",
    };
    let options = ["-d", "in_asm,exec,nochain", "-D", LOG];
    let job = Job { args: &["trace", extent], options: &options, model: true };
    run_in(target, program(target, Program::Bench), folder.path(), job);
    let log = File::open(folder.path().join(LOG)).expect("QEMU writes its log");
    let mut reader = Reader::default();
    for line in BufReader::new(log).lines() {
        reader.line(&line.expect("a readable log"));
    }
    reader.profile()
}

/// Instructions that were translated together.
#[derive(Debug, Default)]
struct Block {
    instructions: Vec<Instruction>,
    start: u32,
    end: u32,
    function: String,
}

/// Reads the log line by line.
#[derive(Debug, Default)]
struct Reader {
    /// The block whose instructions are being read.
    pending: Block,
    blocks: Vec<Block>,
    /// Blocks by the address of their translation.
    known: HashMap<String, usize>,
    /// The block that runs, until it is known where it went.
    running: Option<usize>,
    is_marked: bool,
    /// Of each block: runs, and those of them that went on elsewhere than behind it.
    runs: HashMap<usize, (u64, u64)>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("Trace ") {
            self.runs(rest);
        } else if line.starts_with("Stopped execution") {
            // The block of the line before did not run.
            self.running = None;
        } else if let Some(function) = line.strip_prefix("IN: ") {
            self.pending = Block { function: function.trim().to_owned(), ..Block::default() };
        } else if line.starts_with("0x") {
            self.instruction(line);
        }
    }

    /// `0x00000042:  bf38       it       lo`
    fn instruction(&mut self, line: &str) {
        let Some((address, rest)) = line.split_once(':') else { return };
        let Some(address) = address.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok()) else {
            return;
        };
        // Bytes in hexadecimal, two digits each, and then the text.
        let words: Vec<&str> = rest.split_whitespace().collect();
        let is_code = |word: &&&str| word.len().is_multiple_of(4) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code: Vec<&&str> = words.iter().take_while(is_code).take(2).collect();
        let bytes = code.iter().map(|word| word.len() / 2).sum::<usize>() as u32;
        if self.pending.instructions.is_empty() {
            self.pending.start = address;
        }
        self.pending.end = address + bytes;
        self.pending.instructions.push(Instruction::new(&words[code.len()..].join(" ")));
    }

    /// `0: 0x7f8e280b5e40 [00800400/00001628/00000010/ff020200] FUNCTION`
    fn runs(&mut self, rest: &str) {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (Some(translation), Some(state)) = (words.get(1), words.get(2)) else { return };
        let address = state.split('/').nth(1).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let address = address.unwrap_or_else(|| panic!("QEMU's log has the line {rest:?}"));
        let is_new = !self.pending.instructions.is_empty() && self.pending.start == address;
        if is_new {
            self.known.insert((*translation).to_owned(), self.blocks.len());
            self.blocks.push(std::mem::take(&mut self.pending));
        }
        let block = *self.known.get(*translation).unwrap_or_else(|| panic!("QEMU never told the block of {rest:?}"));
        self.went_on(address);
        let function = &self.blocks[block].function;
        if function.contains("marker") {
            self.is_marked = function.contains("begin");
        } else if self.is_marked {
            self.running = Some(block);
        }
    }

    /// The block that ran went on at `address`.
    fn went_on(&mut self, address: u32) {
        if let Some(block) = self.running.take() {
            let (runs, taken) = self.runs.entry(block).or_default();
            *runs += 1;
            *taken += u64::from(self.blocks[block].end != address);
        }
    }

    fn profile(self) -> Profile {
        let mut profile = Profile::default();
        for (block, (runs, taken)) in self.runs {
            let Block { instructions, function, .. } = &self.blocks[block];
            let count = runs * instructions.len() as u64;
            profile.instructions += count;
            profile.cycles += taken * cycles(instructions, true) + (runs - taken) * cycles(instructions, false);
            *profile.functions.entry(format!("{:#}", demangle(function))).or_default() += count;
        }
        profile
    }
}
