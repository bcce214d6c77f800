//! `report.html`: one self-contained page, plots drawn in place, no script.

mod drawn;
mod tabular;

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::evaluate::Record;

use super::calibration::calibrations;
use super::contest::headline;
use super::evidence::Evidence;
use super::explanation::explanation;
use super::frame::frame;
use super::plots::PlotError;
use super::verdict::{rule, verdict};
use drawn::{contenders, errors, footprint, grouping, relation, training};
use tabular::{differences, personal, subsets, table, warning, without};

/// The page as HTML text.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn page(evidence: &Evidence<'_>) -> Result<String, PlotError> {
    let record = evidence.record;
    let title = format!("{}: did joining help?", record.name);
    let sections = html! {
        (answer(record))
        (tiles(evidence))
        (table(record))
        (subsets(record))
        (differences(record))
        (contenders(record)?)
        (without(record))
        (warning(record))
        (calibration(record))
        (personal(record))
        (errors(evidence)?)
        (explanation(record)?)
        (relation(record)?)
        (grouping(record)?)
        (training(evidence)?)
        (footprint(record)?)
        (glossary(record))
        (reproduce(record))
    };
    Ok(frame(&title, &record.name, &provenance_line(record), &sections))
}

fn provenance_line(record: &Record) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    format!(
        "{} · {} rows, {} scored by models that never saw them · {} · {} · {:.0} s of work",
        many(record.tasks.len(), "task"),
        record.rows,
        if record.test_rows == record.rows { "all".to_owned() } else { record.test_rows.to_string() },
        many(record.folds, "fold"),
        many(record.seeds.len(), "seed"),
        record.seconds
    )
}

fn answer(record: &Record) -> Markup {
    html! {
        section.answer {
            h2 { "Did joining help?" }
            ul { @for finding in verdict(record) { li { (finding) } } }
            p.muted {
                (rule(record)) " Figures come from rows that the model in question never saw; those of this answer are of the \
                 joint model as the device runs it, the average over tasks is of the float model."
            }
        }
    }
}

fn tiles(evidence: &Evidence<'_>) -> Markup {
    let model = &evidence.record.model;
    let kib = |bytes: u64| format!("{:.1} KiB", bytes as f64 / 1024.0);
    html! {
        div.tiles {
            div.tile { b { (kib(model.bytes)) } span.muted { "of flash for the model file" } }
            div.tile { b { (kib(model.arena_bytes)) } span.muted { "of RAM to run it" } }
            div.tile { b { (format!("{:.1} k", model.macs as f64 / 1000.0)) } span.muted { "multiply-adds a window" } }
            div.tile {
                b { (evidence.replayed_windows) }
                span.muted { "windows through the firmware on the PC, every bit equal" }
            }
        }
    }
}

fn calibration(record: &Record) -> Markup {
    let texts = calibrations(&record.tasks);
    html! {
        @if !texts.is_empty() {
            h2 { "How sure the answers are" }
            @for text in texts { p { (text) } }
        }
    }
}

fn glossary(record: &Record) -> Markup {
    let metrics: BTreeMap<&str, &str> =
        record.tasks.iter().map(headline).map(|metric| (metric.label, metric.meaning)).collect();
    html! {
        h2 { "Words" }
        dl {
            @for (label, meaning) in metrics { dt { (label) } dd { (meaning) } }
            dt { "constant, linear" } dd { "What no skill and a closed-form linear model reach." }
            dt { "single" } dd { "A network a task, each as large as the joint one." }
            dt { "single, same size" } dd { "A network a task, together as large as the joint one: the fair comparison." }
            dt { "joint, float and int8" } dd { "One network for all tasks, as trained and as the device runs it." }
        }
    }
}

fn reproduce(record: &Record) -> Markup {
    let seeds: Vec<String> = record.seeds.iter().map(u64::to_string).collect();
    html! {
        footer {
            p { "Every figure is in metrics.json beside this page; project.toml there repeats the run." }
            p {
                "Project " code { (record.config_sha256) } br;
                "Data " code { (record.data_sha256) } br;
                "Seeds " (seeds.join(", ")) ". Trunkline " (env!("CARGO_PKG_VERSION")) "."
            }
        }
    }
}
