//! `trunkline export`: the artifact of one machine out of a result with personal heads.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use trunkline_trainer::artifact::{FleetFile, PersonalArtifact, sha256_hex, write_atomically};
use trunkline_trainer::report::tables::grid;

use super::exit::Exit;
use super::failure::Failure;
use super::image::Image;
use super::output::{FLEET, MODEL};
use super::verify::self_test;
use super::{print_json, print_text};

/// Write the model of one machine, patient or school: the shared model with the group's own heads.
#[derive(Debug, Args)]
#[command(long_about = "\
Take one group's model out of a result whose project has a [personalize] section. It is a model like any other: the same size as \
model.tlm, for the same firmware; only the heads are the group's own. No data is needed: every group's model was made and checked \
when the result was trained.

A group that the training did not know, or that had too few rows (personalize.min_rows), gets the shared model, and a message says so.

Example:  trunkline export --result result --list
          trunkline export --result result --group 7 --out model-7.tlm

Next:     trunkline inspect model-7.tlm")]
pub(super) struct Arguments {
    /// The folder of a result, as `trunkline train --out` wrote it.
    #[arg(long, value_name = "DIR")]
    result: PathBuf,

    /// The group, as the data names it; the simulated plant's machines are counted from 1.
    #[arg(long, value_name = "ID", required_unless_present = "list")]
    group: Option<String>,

    /// The file to write; one that is there is replaced.
    #[arg(long, value_name = "FILE", required_unless_present = "list")]
    out: Option<PathBuf>,

    /// List the groups, their rows, and the tasks for which each has a head of its own; write nothing.
    #[arg(long, conflicts_with_all = ["group", "out"])]
    list: bool,
}

/// What `--json` prints of an export.
#[derive(Debug, Serialize)]
struct Exported<'a> {
    /// The file.
    out: String,
    /// The column of groups.
    by: &'a str,
    /// The group asked for.
    group: &'a str,
    /// Whether the model has heads of the group's own.
    personal: bool,
    /// The tasks that have.
    tasks: &'a [String],
    /// Size of the file.
    bytes: usize,
}

/// What `--json` prints of a group in a list.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    group: &'a str,
    rows: u32,
    tasks: &'a [String],
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let fleet = read(&arguments.result)?;
    match (&arguments.group, &arguments.out) {
        (Some(group), Some(out)) => export(&arguments.result, &fleet, group, out, json),
        _ => list(&fleet, json),
    }
}

fn read(result: &Path) -> Result<FleetFile, Failure> {
    let path = result.join(FLEET);
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::new(Exit::Artifact, format!("{}: cannot be read", path.display())).because(error).remedy(
            "give the folder of a result with personal heads: `trunkline train` writes one where the project file has a \
             [personalize] section",
        )
    })?;
    FleetFile::decode(&bytes).map_err(|error| {
        Failure::new(Exit::Artifact, format!("{}: cannot be used", path.display()))
            .because(error)
            .remedy("the file is damaged or of another version: train the result anew")
    })
}

fn export(result: &Path, fleet: &FleetFile, group: &str, out: &Path, json: bool) -> Result<(), Failure> {
    let path = result.join(MODEL);
    let shared = Image::read(&path)?;
    if sha256_hex(shared.bytes()) != fleet.shared_sha256 {
        return Err(Failure::new(
            Exit::Artifact,
            format!("{}: is not of one training with {FLEET} beside it", path.display()),
        )
        .remedy("a file of the result was replaced: take both from one result, or train it anew"));
    }
    if same_file(out, &path) || same_file(out, &result.join(FLEET)) {
        return Err(Failure::new(Exit::Usage, format!("--out {}: is a file of the result itself", out.display()))
            .remedy("choose another name: the shared model is needed for groups without heads of their own"));
    }
    let own = fleet.group(group).filter(|own| !own.image.is_empty());
    let image = match own {
        Some(own) => Image::new(&own.image, format!("{} of {} {group}", result.join(FLEET).display(), fleet.by)),
        None => {
            eprintln!("note: {}", why_shared(fleet, group));
            shared
        }
    };
    self_test(&image.model()?)?;
    write_atomically(out, image.bytes())
        .map_err(|error| Failure::new(Exit::Usage, format!("--out {}", out.display())).because(error))?;
    let tasks: &[String] = own.map_or(&[], |own| &own.tasks);
    let out = out.display().to_string();
    let bytes = image.bytes().len();
    if json {
        return print_json(&Exported { out, by: &fleet.by, group, personal: own.is_some(), tasks, bytes });
    }
    let heads =
        if tasks.is_empty() { "the shared heads".to_owned() } else { format!("own heads: {}", tasks.join(", ")) };
    print_text(&format!("{out}: {bytes} bytes for {} {group}, {heads}\nNext: trunkline inspect {out}", fleet.by))
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn why_shared(fleet: &FleetFile, group: &str) -> String {
    match fleet.group(group) {
        Some(known) => format!(
            "{} {group} has {} rows and no head of its own (too few labelled rows, or the shared head did better): this is the \
             shared model",
            fleet.by, known.rows
        ),
        None => format!(
            "the training knew no {} \"{group}\" (trunkline export --list shows those that it knew): this is the shared model",
            fleet.by
        ),
    }
}

fn list(fleet: &FleetFile, json: bool) -> Result<(), Failure> {
    let listed = |own: &'_ PersonalArtifact| (own.group.clone(), own.rows, own.tasks.clone());
    if json {
        let groups: Vec<Listed<'_>> =
            (fleet.groups.iter()).map(|own| Listed { group: &own.group, rows: own.rows, tasks: &own.tasks }).collect();
        return print_json(&groups);
    }
    let rows = fleet.groups.iter().map(listed).map(|(group, rows, tasks)| {
        vec![group, rows.to_string(), if tasks.is_empty() { "- (shared)".to_owned() } else { tasks.join(", ") }]
    });
    print_text(&grid(&[fleet.by.as_str(), "rows", "own heads"], rows))
}
