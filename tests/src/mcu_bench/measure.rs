//! From cases to records.

use rayon::prelude::*;

use super::case::{Case, DATA_SETS, Extent, alone, cases, separate};
use super::device::{Counts, count};
use super::footprint::{Footprint, footprint};
use super::record::{Part, Record};
use super::subject::{Subject, validated};
use super::trace::profile;
use crate::qemu::Target;

/// Measures the cases that `wanted` names, on each of `cores`, core after core.
///
/// # Panics
/// Where a program does not build or QEMU fails.
pub fn measure(cores: &[Target], wanted: impl Fn(&str) -> bool) -> Vec<Record> {
    let cases = cases(&wanted);
    let mut records = Vec::new();
    for &core in cores {
        let footprint = footprint(core);
        let measured: Vec<Record> = cases.par_iter().map(|case| record(case, core, footprint)).collect();
        let sums: Vec<Record> = DATA_SETS.iter().filter_map(|set| sum(set, &measured, &wanted)).collect();
        let named = measured.into_iter().filter(|record| wanted(&record.case));
        records.extend(named.chain(sums));
    }
    records
}

fn record(case: &Case, core: Target, footprint: Footprint) -> Record {
    let Case { name, extent, subject } = case;
    let (counts, layout) = (count(core, subject), core.layout());
    let image = subject.packed(layout);
    let (cost, engine, arena) = match extent {
        Extent::Network => (counts.network, footprint.network, counts.work_bytes),
        Extent::Path => (counts.window, footprint.runtime, validated(&image).arena_bytes().into()),
        Extent::Features => (counts.features, footprint.runtime, validated(&image).arena_bytes().into()),
    };
    Record {
        case: name.clone(),
        core: core.core().into(),
        instructions: whole(cost.instructions),
        macs: if *extent == Extent::Features { 0 } else { subject.macs() },
        engine_flash_bytes: engine,
        weight_bytes: if *extent == Extent::Features { 0 } else { subject.weight_bytes(layout) },
        ram_bytes: footprint.ram + arena,
        stack_bytes: cost.stack_bytes,
        static_bytes: footprint.ram,
        arena_bytes: arena,
        largest_arena_bytes: arena,
        artifact_bytes: image.len() as u64,
        validator_flash_bytes: footprint.validator,
        cycles_estimated_m4: if core == Target::CortexM4f { profile(core, case).cycles } else { 0 },
        parts: parts(*extent, subject, &counts),
    }
}

/// Where the instructions go. What runs together is counted together: the first layers of several heads in one pass.
fn parts(extent: Extent, subject: &Subject, counts: &Counts) -> Vec<Part> {
    let part = |name: &str, instructions: f64| Part { name: name.into(), instructions: whole(instructions) };
    let mut parts = Vec::new();
    if extent == Extent::Features {
        return parts;
    }
    if extent == Extent::Path {
        let quantize = counts.window.instructions - counts.features.instructions - counts.network.instructions;
        parts.push(part("features", counts.features.instructions));
        parts.push(part("quantize", quantize));
    }
    parts.push(part("trunk", counts.trunk.instructions));
    let model = validated(&subject.image);
    let names: Vec<&str> = model.tasks().map(|(task, _)| task.name).collect();
    for (index, due) in counts.due.iter().enumerate() {
        let own = model.layers().filter(|(layer, _)| layer.role.task().map(usize::from) == Some(index));
        let Some(tasks) = own.map(|(layer, _)| usize::from(layer.tensors)).max() else { continue };
        let tasks = names.get(index..index + tasks).unwrap_or_default();
        let name = if tasks.len() == 1 { "head of" } else { "heads of" };
        let instructions = due.instructions - counts.trunk.instructions;
        parts.push(part(&format!("{name} {}", tasks.join(", ")), instructions));
    }
    parts
}

/// The tasks of a set, each by a model of its own, on one device.
fn sum(set: &str, measured: &[Record], wanted: impl Fn(&str) -> bool) -> Option<Record> {
    let case = separate(set);
    let alone: Vec<&Record> = measured.iter().filter(|record| record.case.starts_with(&alone(set, ""))).collect();
    let first = alone.first().filter(|_| wanted(&case))?;
    let total = |of: fn(&Record) -> u64| alone.iter().map(|record| of(record)).sum();
    let most = |of: fn(&Record) -> u64| alone.iter().map(|record| of(record)).max().unwrap_or(0);
    let part = |name: &str| {
        let parts = alone.iter().flat_map(|record| &record.parts).filter(|part| part.name == name);
        Part { name: name.into(), instructions: parts.map(|part| part.instructions).sum() }
    };
    Some(Record {
        instructions: total(|record| record.instructions),
        macs: total(|record| record.macs),
        weight_bytes: total(|record| record.weight_bytes),
        // The engine once; an arena for each model.
        ram_bytes: first.static_bytes + total(|record| record.arena_bytes),
        arena_bytes: total(|record| record.arena_bytes),
        largest_arena_bytes: most(|record| record.arena_bytes),
        stack_bytes: most(|record| record.stack_bytes),
        artifact_bytes: total(|record| record.artifact_bytes),
        cycles_estimated_m4: total(|record| record.cycles_estimated_m4),
        parts: vec![part("features"), part("quantize"), part("trunk")],
        case,
        ..(*first).clone()
    })
}

fn whole(instructions: f64) -> u64 {
    instructions.round().max(0.0) as u64
}
