//! What `train` and `demo` have in common: evaluate, verify, show, deliver.

use serde::Serialize;
use trunkline_trainer::artifact::{FleetFile, safetensors};
use trunkline_trainer::config::Project;
use trunkline_trainer::data::Dataset;
use trunkline_trainer::evaluate::{self, Limits, Outcome, Record};
use trunkline_trainer::report::calibration::calibrations;
use trunkline_trainer::report::evidence::Evidence;
use trunkline_trainer::report::page::page;
use trunkline_trainer::report::tables;
use trunkline_trainer::report::verdict::{rule, verdict};

use super::failure::Failure;
use super::image::Image;
use super::output::{FLEET, METRICS, MODEL, Output, PROJECT, REPORT, WEIGHTS};
use super::progress::Console;
use super::translate::evaluation_failure;
use super::{print_json, print_text, verify};

/// Most windows replayed through the firmware's application.
const MOST_REPLAYED: usize = 1000;

/// A verified outcome of which nothing is written yet.
#[derive(Debug)]
pub(super) struct Finished<'a> {
    project: &'a Project,
    dataset: &'a Dataset,
    outcome: Outcome,
    replayed_windows: usize,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Delivered<'a> {
    /// The folder.
    out: String,
    /// Windows that the firmware answered as the runtime does, in every bit.
    replayed_windows: usize,
    /// The findings in words.
    findings: Vec<String>,
    /// As in `metrics.json`.
    metrics: &'a Record,
}

/// Evaluates all contenders on the first `folds` folds (all where `None`), makes the artifact and verifies it.
pub(super) fn run<'a>(
    project: &'a Project,
    dataset: &'a Dataset,
    folds: Option<usize>,
    console: &Console,
) -> Result<Finished<'a>, Failure> {
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    console.stage(&format!(
        "training and scoring all contenders: {}, {}, {}",
        count(dataset.rows, "row"),
        count(dataset.tasks.len(), "task"),
        count(project.training.seeds.len(), "seed")
    ));
    let outcome = evaluate::run(project, dataset, Limits { seeds: None, folds }, console);
    console.finish();
    let outcome = outcome.map_err(evaluation_failure)?;

    console.stage("verifying the artifact: validator, golden windows, firmware on the PC");
    let image = Image::new(&outcome.model.image, MODEL);
    verify::self_test(&image.model()?)?;
    let replayed_windows = verify::replay(&image, &outcome.model.prepared.windows, MOST_REPLAYED)?;
    Ok(Finished { project, dataset, outcome, replayed_windows })
}

impl Finished<'_> {
    /// Writes the result folder and prints the result.
    pub(super) fn deliver(&self, output: &Output, json: bool) -> Result<(), Failure> {
        let record = &self.outcome.record;
        let mut evidence = Evidence::new(self.project, self.dataset, &self.outcome);
        evidence.replayed_windows = self.replayed_windows;
        let findings = verdict(record);

        let page = page(&evidence).map_err(|error| Failure::inside("draw the report", error))?;
        let metrics = serde_json::to_vec_pretty(record).map_err(|error| Failure::inside("write the metrics", error))?;
        let weights = safetensors(&self.outcome.model.float)
            .map_err(|error| Failure::inside("write the float weights", error))?;
        let fleet = self.outcome.fleet.as_ref().map(FleetFile::encode).transpose();
        let fleet = fleet.map_err(|error| Failure::inside("write the personal heads", error))?;
        let mut files: Vec<(&str, &[u8])> = vec![
            (MODEL, &self.outcome.model.image),
            (METRICS, &metrics),
            (REPORT, page.as_bytes()),
            (PROJECT, self.outcome.resolved_project.as_bytes()),
            (WEIGHTS, &weights),
        ];
        files.extend(fleet.as_deref().map(|fleet| (FLEET, fleet)));
        let placed = output.commit(&files)?;

        if let Some(warning) = placed.warning {
            eprintln!("warning: {warning}");
        }
        let out = placed.folder.display().to_string();
        if json {
            let replayed_windows = self.replayed_windows;
            return print_json(&Delivered { out, replayed_windows, findings, metrics: record });
        }
        print_text(&self.text(&findings, &out))
    }

    fn text(&self, findings: &[String], out: &str) -> String {
        let record = &self.outcome.record;
        let mut blocks = vec![tables::figures(record), tables::differences(record)];
        blocks.extend(tables::without(record));
        blocks.extend(tables::subsets(record));
        blocks.extend(tables::personal(record));
        blocks.extend(tables::warnings(record));
        blocks.extend(tables::importance(record));
        blocks.extend(tables::relation(record));
        blocks.extend(tables::grouping(record));
        blocks.extend(calibrations(&record.tasks));
        blocks.push(tables::footprint(record));
        let lines: Vec<String> = findings.iter().map(|finding| format!("- {finding}")).collect();
        blocks.push(format!("Did joining help? {}\n{}", rule(record), lines.join("\n")));
        blocks.push(format!(
            "Verified: the device's validator accepts the model, its golden windows are answered to the bit, and {} windows \
             through the firmware on the PC equal the runtime in every bit.",
            self.replayed_windows
        ));
        if self.outcome.fleet.is_some() {
            blocks.push(format!(
                "Each group's model, with its own heads, is in {FLEET}: trunkline export --result {out} --list"
            ));
        }
        blocks.push(format!(
            "Written to {out}: {MODEL}, {METRICS}, {REPORT}, {PROJECT}, {WEIGHTS}\n\
             Next: open {REPORT} in a browser; trunkline inspect {out}/{MODEL}"
        ));
        blocks.join("\n\n")
    }
}
