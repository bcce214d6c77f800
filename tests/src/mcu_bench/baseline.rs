//! What was measured last, for each compiler: code of another compiler counts otherwise.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use super::record::Record;
use crate::data_sets;

/// Records by compiler, see [`crate::qemu::device_compiler`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baseline(pub BTreeMap<String, Vec<Record>>);

/// Most that a count may grow.
pub const GROWTH: f64 = 0.02;

/// A count that is no longer what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Of what.
    pub what: String,
    /// What it was.
    pub before: u64,
    /// What it is.
    pub now: u64,
}

impl Change {
    /// Whether it grew by more than [`GROWTH`].
    pub fn is_growth(&self) -> bool {
        self.now as f64 > (1.0 + GROWTH) * self.before as f64
    }
}

impl Baseline {
    /// The committed one; an empty one where there is none.
    ///
    /// # Panics
    /// Where the file is not as [`Baseline::save`] writes it.
    pub fn load() -> Self {
        let Ok(text) = fs::read_to_string(path()) else { return Self::default() };
        Self(serde_json::from_str(&text).expect("tests/results/mcu_bench.json is what --save writes"))
    }

    /// Writes it where it is committed, a record a line.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn save(&self) {
        let mut text = String::from("{");
        for (compiler, records) in &self.0 {
            let comma = if text.len() > 1 { "," } else { "" };
            let lines: Vec<String> =
                records.iter().map(|record| serde_json::to_string(record).expect("plain data")).collect();
            let compiler = serde_json::to_string(compiler).expect("plain data");
            write!(text, "{comma}\n{compiler}: [\n{}\n]", lines.join(",\n")).expect("memory");
        }
        trunkline_trainer::artifact::write_atomically(&path(), format!("{text}\n}}\n").as_bytes())
            .expect("tests/results can be written");
    }

    /// Replaces the records of `compiler` that were measured anew and adds those that were not there.
    pub fn update(&mut self, compiler: &str, measured: &[Record]) {
        let records = self.0.entry(compiler.to_owned()).or_default();
        for new in measured {
            match records.iter_mut().find(|old| is_same(old, new)) {
                Some(old) => old.clone_from(new),
                None => records.push(new.clone()),
            }
        }
    }
}

/// What is counted of a record.
type Count = fn(&Record) -> u64;

/// The counts of `measured` that are not what `before` has.
pub fn changes(before: &[Record], measured: &[Record]) -> Vec<Change> {
    let mut changes = Vec::new();
    for now in measured {
        let Some(before) = before.iter().find(|before| is_same(before, now)) else { continue };
        let counts: [(&str, Count); 4] = [
            ("instructions", |record| record.instructions),
            ("bytes of engine code", |record| record.engine_flash_bytes),
            ("bytes of validator code", |record| record.validator_flash_bytes),
            ("bytes of RAM with stack", Record::whole_ram_bytes),
        ];
        for (what, count) in counts {
            let (before, now_count) = (count(before), count(now));
            if before != now_count {
                let what = format!("{} on {}: {what}", now.case, now.core);
                changes.push(Change { what, before, now: now_count });
            }
        }
    }
    changes
}

fn is_same(a: &Record, b: &Record) -> bool {
    (&a.case, &a.core) == (&b.case, &b.core)
}

fn path() -> PathBuf {
    data_sets::root().join("tests/results/mcu_bench.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(instructions: u64) -> Record {
        Record { case: "a".into(), core: "m0".into(), instructions, ..Record::default() }
    }

    #[test]
    fn growth_is_more_than_two_in_a_hundred() {
        let grown = |now| changes(&[record(1000)], &[record(now)]).iter().any(Change::is_growth);
        assert!(!grown(900) && !grown(1000) && !grown(1020) && grown(1021));
    }

    #[test]
    fn a_record_is_replaced_by_the_one_of_its_case_and_core() {
        let mut baseline = Baseline::default();
        baseline.update("c", &[record(1)]);
        baseline.update("c", &[Record { core: "m4f".into(), ..record(2) }, record(3)]);
        let counts: Vec<u64> = baseline.0["c"].iter().map(|record| record.instructions).collect();
        assert_eq!(counts, [3, 2]);
    }
}
