//! The tables of the README.

use super::case::DATA_SETS;
use super::features::Features;
use super::peers::{CASES, Peer, cmsis_dsp, peers};
use super::record::Record;
use super::report::grouped;
use super::shares::shares;
use crate::qemu::Target;

/// The README's tables of `records`, those of whole measurements.
pub fn markdown(records: &[Record]) -> String {
    let found = Found(records);
    let tables = [networks(found), sizes(found), shipped(found), joint(records), features(found)];
    tables.iter().filter(|table| !table.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// Records by case and core.
#[derive(Clone, Copy)]
struct Found<'a>(&'a [Record]);

impl<'a> Found<'a> {
    fn get(self, case: &str, core: Target) -> Option<&'a Record> {
        self.0.iter().find(|record| record.case == case && record.core == core.core())
    }
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

fn table(title: &str, columns: &[&str], rows: &[String]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = row(columns.iter().map(|column| (*column).to_owned()));
    format!("{title}\n\n{head}|{}\n{}", "---|".repeat(columns.len()), rows.concat())
}

/// Instructions beside those of other engines.
fn networks(found: Found<'_>) -> String {
    let mut rows = Vec::new();
    for core in Target::ALL {
        for weights in ["int8", "int4"] {
            let records: Vec<_> = CASES.iter().map(|case| found.get(&case.replace("int8", weights), core)).collect();
            if records.iter().any(Option::is_some) {
                let cell = |record: &Option<&Record>| record.map_or(String::new(), told);
                let name = format!("**trunkline, {weights}**");
                rows.push(row([core.core().into(), name].into_iter().chain(records.iter().map(cell))));
            }
        }
        let macs = CASES.map(|case| found.get(case, core).map_or(0, |record| record.macs));
        if macs != [0; 3] {
            rows.extend(peers(core).iter().map(|peer| peer_row(core, peer, macs)));
        }
    }
    table(
        "Instructions of one inference, in brackets a multiply-accumulate:",
        &["core", "engine", "T1", "T2", "T3"],
        &rows,
    )
}

fn told(record: &Record) -> String {
    format!("**{}** ({:.2})", grouped(record.instructions), record.per_mac())
}

fn peer_row(core: Target, peer: &Peer, macs: [u64; 3]) -> String {
    let cells = peer.instructions.iter().zip(macs).map(|(&instructions, macs)| {
        format!("{} ({:.2})", grouped(instructions.into()), f64::from(instructions) / macs.max(1) as f64)
    });
    row([core.core().into(), peer.name.into()].into_iter().chain(cells))
}

/// Flash and RAM for T1 beside those of other engines, on the core on which these were measured.
fn sizes(found: Found<'_>) -> String {
    let core = Target::CortexM4f;
    let Some(own) = found.get(CASES[0], core) else { return String::new() };
    let mut rows = vec![row([
        "**trunkline, int8**".into(),
        format!(
            "**{}** ({} engine, {} weights)",
            grouped(own.engine_flash_bytes + own.weight_bytes),
            grouped(own.engine_flash_bytes),
            grouped(own.weight_bytes)
        ),
        format!("**{}** + {}", grouped(own.ram_bytes), grouped(own.stack_bytes)),
    ])];
    let sized = peers(core).iter().filter_map(|peer| Some((peer.name, peer.flash_t1?, peer.ram_t1?)));
    rows.extend(sized.map(|(name, flash, (ram, stack))| {
        row([name.into(), grouped(flash.into()), format!("{} + {}", grouped(ram.into()), grouped(stack.into()))])
    }));
    table("Bytes for T1 on m4f:", &["engine", "flash with weights", "RAM + stack"], &rows)
}

/// Where the shipped models' instructions go.
fn shipped(found: Found<'_>) -> String {
    let mut rows = Vec::new();
    for set in DATA_SETS {
        for core in Target::ALL {
            let Some(record) = found.get(set, core) else { continue };
            let part = |name: &str| {
                let parts = record.parts.iter().filter(|part| part.name.starts_with(name));
                grouped(parts.map(|part| part.instructions).sum())
            };
            let cycles = match record.cycles_estimated_m4 {
                0 => String::new(),
                cycles => grouped(cycles),
            };
            let sums = [grouped(record.instructions), cycles];
            rows.push(row([set.into(), core.core().into()]
                .into_iter()
                .chain(["features", "quantize", "trunk", "head"].map(part))
                .chain(sums)));
        }
    }
    let columns = ["model", "core", "features", "quantize", "trunk", "heads", "instructions", "M4 cycles, estimated"];
    table("The shipped models, from the raw window to all outputs:", &columns, &rows)
}

/// The joint model beside a model a task.
fn joint(records: &[Record]) -> String {
    let mut rows = Vec::new();
    for (set, core, shares) in shares(records).into_iter().filter(|(_, core, _)| *core == Target::CortexM4f.core()) {
        for share in shares {
            let figures = [grouped(share.joint), grouped(share.separate), format!("{:.2}", share.ratio())];
            rows.push(row([format!("{set} on {core}"), share.what.into()].into_iter().chain(figures)));
        }
    }
    table(
        "One joint model, and one model a task with a trunk as large:",
        &["model", "what", "joint", "separate", "joint / separate"],
        &rows,
    )
}

/// The features of 1,024 points.
fn features(found: Found<'_>) -> String {
    let rows: Vec<String> = Features::ALL
        .iter()
        .filter_map(|(case, features)| {
            let counts = Target::ALL.map(|core| found.get(case, core).map(|record| record.instructions));
            let peer = cmsis_dsp(found.get(case, Target::CortexM4f)?)?;
            let counts = counts.map(|count| count.map_or(String::new(), grouped));
            Some(row([features.words().into()].into_iter().chain(counts).chain([grouped(peer as u64)])))
        })
        .collect();
    table(
        "Features of 1,024 points, instructions:",
        &["features", "m4f", "m0", "rv32", "CMSIS-DSP on m4f, as far as measured"],
        &rows,
    )
}
