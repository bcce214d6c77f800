//! Scores of an artifact that already exists, on a data set.

use std::collections::BTreeMap;

use serde::Serialize;
use trunkline_shared::model::Model;

use super::{EvaluateError, Predictions, run_integers, score_task};
use crate::artifact::{HostPart, PersonalPart};
use crate::config::{kind_name, role_name, same_label};
use crate::data::{ChannelData, Dataset};
use crate::features::{CodeBook, encode_windows};

/// How an artifact answers the rows of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactScores {
    /// Name of the project in the artifact.
    pub name: String,
    /// Rows answered: all of the data set, or those of the model's own group.
    pub rows: usize,
    /// Column and name of the group that the model's heads are of and whose rows alone were answered; `None` for a model of all, or
    /// where the data names no groups.
    pub group: Option<(String, String)>,
    /// SHA-256 of everything read from the data.
    pub data_sha256: String,
    /// Whether the model was trained on these very rows, so that its scores say nothing about others.
    pub training_rows: bool,
    /// The tasks in the order of the artifact.
    pub tasks: Vec<TaskScores>,
}

/// One task's scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskScores {
    /// Name.
    pub name: String,
    /// fault, quality, energy or other.
    pub role: &'static str,
    /// binary, multi-class or regression.
    pub kind: &'static str,
    /// Unit of a regression; empty for classes.
    pub unit: String,
    /// Scores by metric; one that these rows do not define is left out. All rows count as one fold.
    pub metrics: BTreeMap<&'static str, f64>,
}

/// Runs `model` over all rows of `dataset`, from the raw windows on, and scores each task. Of a model with the heads of one group only the
/// rows of that group are asked.
///
/// # Errors
/// [`EvaluateError::Mismatch`] where channels or tasks are not those of the model or its group has no row, [`EvaluateError::HostPart`]
/// where its provenance cannot be read.
pub fn score_artifact(model: &Model<'_>, dataset: &Dataset) -> Result<ArtifactScores, EvaluateError> {
    let codes = CodeBook::of(model);
    check_channels(&codes, dataset)?;
    check_tasks(model, dataset)?;
    let provenance = HostPart::decode(model.host_part())?;

    let own = provenance.personal.as_ref().zip(dataset.groups.as_deref());
    let rows: Vec<usize> = match own {
        None => (0..dataset.rows).collect(),
        Some((personal, groups)) => {
            let own = dataset.group_names.iter().position(|name| same_label(name, &personal.group));
            (0..dataset.rows).filter(|row| own == Some(groups[*row] as usize)).collect()
        }
    };
    if let (Some((personal, _)), true) = (own, rows.is_empty()) {
        let PersonalPart { by, group, .. } = personal;
        return Err(EvaluateError::Mismatch {
            what: format!("the model has the heads of {by} {group}, of which the data has no row"),
        });
    }
    let mut answers = Predictions::none(dataset.tasks.len(), dataset.rows);
    let asked = run_integers(model, &encode_windows(dataset, &codes), &rows)?;
    for (to, from) in answers.tasks.iter_mut().zip(asked.tasks) {
        rows.iter().zip(from).for_each(|(row, outputs)| to[*row] = outputs);
    }
    let mut one_fold = vec![None; dataset.rows];
    rows.iter().for_each(|row| one_fold[*row] = Some(0));
    let tasks = dataset.tasks.iter().zip(&answers.tasks).map(|(task, answers)| TaskScores {
        name: task.name.clone(),
        role: role_name(task.role),
        kind: kind_name(task.kind),
        unit: task.unit.clone(),
        metrics: score_task(task, answers, &one_fold),
    });
    Ok(ArtifactScores {
        name: model.header().name.to_owned(),
        rows: rows.len(),
        group: own.map(|(personal, _)| (personal.by.clone(), personal.group.clone())),
        training_rows: provenance.data_sha256 == dataset.sha256,
        data_sha256: dataset.sha256.clone(),
        tasks: tasks.collect(),
    })
}

/// Checks that the data set has the channels that `codes` encode.
///
/// # Errors
/// [`EvaluateError::Mismatch`].
pub fn check_channels(codes: &CodeBook, dataset: &Dataset) -> Result<(), EvaluateError> {
    let mismatch = |what| Err(EvaluateError::Mismatch { what });
    let names = |names: Vec<&str>| names.join(", ");
    let of_model = names(codes.channels.iter().map(|channel| channel.name.as_str()).collect());
    let of_data = names(dataset.channels.iter().map(|channel| channel.name.as_str()).collect());
    if of_model != of_data {
        return mismatch(format!("the model reads the channels {of_model}, the data has {of_data}"));
    }
    for (spec, channel) in codes.channels.iter().zip(&dataset.channels) {
        let name = &channel.name;
        if usize::from(spec.samples) != channel.samples || spec.rate_mhz != channel.rate_mhz {
            return mismatch(format!(
                "channel `{name}` has {} samples a window at {} mHz in the model, {} at {} mHz in the data",
                spec.samples, spec.rate_mhz, channel.samples, channel.rate_mhz
            ));
        }
        if let ChannelData::Counts { scale, offset, .. } = channel.data
            && (scale, offset) != (spec.code.scale, spec.code.offset)
        {
            return mismatch(format!("channel `{name}` has another range in the project file than in the model"));
        }
    }
    Ok(())
}

fn check_tasks(model: &Model<'_>, dataset: &Dataset) -> Result<(), EvaluateError> {
    let mismatch = |what| Err(EvaluateError::Mismatch { what });
    let tasks: Vec<_> = model.tasks().map(|(task, _)| task).collect();
    if tasks.len() != dataset.tasks.len() {
        return mismatch(format!("the model has {} tasks, the data {}", tasks.len(), dataset.tasks.len()));
    }
    for (task, labels) in tasks.iter().zip(&dataset.tasks) {
        if task.name != labels.name || task.kind != labels.kind || !task.classes.iter().eq(labels.class_names.iter()) {
            return mismatch(format!(
                "task `{}` of the model differs from task `{}` of the data",
                task.name, labels.name
            ));
        }
    }
    Ok(())
}
