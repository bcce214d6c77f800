//! A joint model beside a model for each task, as large as the joint one: what each takes, and in which sense.

use super::case::{DATA_SETS, separate};
use super::record::Record;

/// One figure of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// What.
    pub what: &'static str,
    /// Of the joint model.
    pub joint: u64,
    /// Of the others together.
    pub separate: u64,
    /// Whether the engine has promised to keep it below the limit.
    pub is_limited: bool,
}

impl Share {
    /// The joint model's part of the others'.
    pub fn ratio(&self) -> f64 {
        self.joint as f64 / self.separate.max(1) as f64
    }
}

/// The figures of every data set whose cases are among `records`, core by core: set, core, figures.
pub fn shares(records: &[Record]) -> Vec<(&'static str, &str, Vec<Share>)> {
    let mut found = Vec::new();
    for core in records.chunk_by(|a, b| a.core == b.core) {
        for set in DATA_SETS {
            let find = |case: &str| core.iter().find(|record| record.case == case);
            let (Some(joint), Some(separate)) = (find(set), find(&separate(set))) else { continue };
            found.push((set, joint.core.as_str(), of(joint, separate)));
        }
    }
    found
}

fn of(joint: &Record, separate: &Record) -> Vec<Share> {
    let part = |record: &Record, name: &str| {
        record.parts.iter().find(|part| part.name == name).map_or(0, |part| part.instructions)
    };
    let before = |record: &Record| part(record, "features") + part(record, "quantize");
    let [network, others] = [joint, separate].map(|record| record.instructions - before(record));
    let code = joint.engine_flash_bytes + joint.validator_flash_bytes;
    let share = |what, joint, separate, is_limited| Share { what, joint, separate, is_limited };
    vec![
        share("instructions, each from its raw window", joint.instructions, separate.instructions, true),
        share("instructions, networks alone", network, others, true),
        share("instructions, features once for all", joint.instructions, before(joint) + others, false),
        share("bytes of artifacts", joint.artifact_bytes, separate.artifact_bytes, true),
        share("bytes of flash, engine included", code + joint.artifact_bytes, code + separate.artifact_bytes, false),
        share("bytes of RAM with stack, an arena each", joint.whole_ram_bytes(), separate.whole_ram_bytes(), true),
        share(
            "bytes of RAM with stack, one arena for all",
            joint.whole_ram_bytes(),
            separate.static_bytes + separate.largest_arena_bytes + separate.stack_bytes,
            false,
        ),
    ]
}
