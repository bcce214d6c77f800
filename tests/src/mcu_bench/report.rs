//! Tables for the terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::baseline::Change;
use super::case::{Case, Extent};
use super::limits::verdicts;
use super::record::Record;
use super::shares::shares;
use super::trace::Profile;
use super::variation::{Spread, network, path};
use crate::qemu::Target;

/// A table a core, where the instructions of each case go, and the limits.
pub fn report(records: &[Record]) -> String {
    let mut text = String::new();
    for core in records.chunk_by(|a, b| a.core == b.core) {
        let core_name = core.first().map_or("", |record| record.core.as_str());
        text += &format!("{core_name}\n{}\n\n", core_table(core));
    }
    for record in records.iter().filter(|record| !record.parts.is_empty()) {
        let parts: Vec<String> =
            record.parts.iter().map(|part| format!("{} {}", part.name, grouped(part.instructions))).collect();
        text += &format!("{} on {}: {}\n", record.case, record.core, parts.join("; "));
    }
    for (set, core, shares) in shares(records) {
        for share in shares {
            let [joint, separate] = [share.joint, share.separate].map(grouped);
            text +=
                &format!("{set} on {core}, {}: {joint} joint, {separate} separate: {:.3}\n", share.what, share.ratio());
        }
    }
    text + &limits(records)
}

/// The counts that are no longer those of the baseline of `compiler`.
pub fn changes_text(compiler: &str, changes: &[Change]) -> String {
    let line = |change: &Change| {
        let mark = if change.is_growth() { "GROWN" } else { "" };
        format!("{mark:6} {}: {}, was {}\n", change.what, grouped(change.now), grouped(change.before))
    };
    format!("beside what was saved for {compiler}: {} changes\n", changes.len())
        + &changes.iter().map(line).collect::<String>()
}

fn core_table(records: &[Record]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "case",
        "instructions",
        "a MAC",
        "M4 cycles, by a model",
        "engine flash",
        "weights",
        "static",
        "arena",
        "stack",
    ]);
    for record in records {
        let per_mac = if record.macs == 0 { String::new() } else { format!("{:.2}", record.per_mac()) };
        let cycles = if record.cycles_estimated_m4 == 0 { String::new() } else { grouped(record.cycles_estimated_m4) };
        table.add_row([
            record.case.clone(),
            grouped(record.instructions),
            per_mac,
            cycles,
            grouped(record.engine_flash_bytes),
            grouped(record.weight_bytes),
            grouped(record.static_bytes),
            grouped(record.arena_bytes),
            grouped(record.stack_bytes),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A line for each limit.
pub fn limits(records: &[Record]) -> String {
    let line = |verdict: super::limits::Verdict| {
        let mark = if verdict.holds() { "kept" } else { "BROKEN" };
        format!("{mark:6} {}: {} of at most {}\n", verdict.what, number(verdict.found), number(verdict.at_most))
    };
    verdicts(records).into_iter().map(line).collect()
}

/// Which functions take more than a hundredth of a case's instructions.
pub fn profile_text(case: &str, core: Target, profile: &Profile) -> String {
    let mut text = format!("{case} on {}: {} instructions\n", core.core(), grouped(profile.instructions));
    let mut functions: Vec<(&String, &u64)> = profile.functions.iter().collect();
    functions.sort_by_key(|(name, instructions)| (std::cmp::Reverse(**instructions), *name));
    for (name, &instructions) in functions.into_iter().filter(|(_, part)| 100 * **part > profile.instructions) {
        let share = 100.0 * instructions as f64 / profile.instructions as f64;
        text += &format!("{:>12} {share:5.1} % {name}\n", grouped(instructions));
    }
    text + "\n"
}

/// How far a case's count depends on its input: a line for the network and two for the path, or one of them.
pub fn variation_text(case: &Case, core: Target, count: usize) -> String {
    let line = |what: &str, spread: Spread| {
        let [least, median, most] = [spread.least, spread.median, spread.most].map(|count| grouped(count as u64));
        let share = 100.0 * spread.share();
        format!("{} on {}, {what}: {least} to {most}, median {median}: {share:.2} %\n", case.name, core.core())
    };
    let network = line("network", network(core, &case.subject, count));
    if case.extent == Extent::Network {
        return network;
    }
    let [whole, missing] = [false, true].map(|with_missing| path(core, &case.subject, count, with_missing));
    network + &line("path, no sample missing", whole) + &line("path, samples missing", missing)
}

fn number(value: f64) -> String {
    if value.abs() < 100.0 { format!("{value:.3}") } else { grouped(value.round() as u64) }
}

/// Digits in groups of three.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}
