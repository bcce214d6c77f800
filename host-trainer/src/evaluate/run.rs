//! A whole evaluation: cross-validation, the model of all rows, and the record of both.

use std::collections::BTreeMap;
use std::time::Instant;

use trunkline_shared::model::TaskRole;

use super::explanation;
use super::fold_errors::differences;
use super::personal::personal_record;
use super::record::{Against, Metrics, Record, SCHEMA_VERSION, TaskRecord};
use super::score::{error_of, score_over_seeds};
use super::too_large::check_size;
use super::uncertainty::uncertainty;
use super::{
    Contender, CrossValidation, DeltaM, EarlyWarning, EvaluateError, FinalModel, Limits, Observer, PersonalTaskRecord,
    Predictions, cross_validate, error_floor, personal_artifacts, predicted_class, refit, relative_gain_percent,
};
use crate::artifact::{FleetFile, HOST_PART_VERSION, HostPart, TaskMetrics, sha256_hex};
use crate::config::{Project, kind_name, role_name};
use crate::data::{Dataset, Labels, Subset};
use crate::explain::task_attributions;
use crate::features::FeatureSource;

/// What an evaluation leaves.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// For `metrics.json`.
    pub record: Record,
    /// For `model.tlm` and the float weights.
    pub model: FinalModel,
    /// The artifacts of the groups that have heads of their own; `None` without `[personalize]`.
    pub fleet: Option<FleetFile>,
    /// Every answer behind the figures.
    pub cross_validation: CrossValidation,
    /// The project with all defaults written out but without its `[tune]`, TOML; its SHA-256 is the record's `config_sha256`.
    pub resolved_project: String,
}

/// Cross-validates all contenders and trains the model of all rows.
///
/// Equal projects and data give equal outcomes, but for the time taken, on any number of threads.
///
/// # Errors
/// [`EvaluateError`].
pub fn run(
    project: &Project,
    dataset: &Dataset,
    limits: Limits,
    observer: &dyn Observer,
) -> Result<Outcome, EvaluateError> {
    let start = Instant::now();
    let resolved_project = project.without_search().to_toml()?;
    let config_sha256 = sha256_hex(resolved_project.as_bytes());
    let source = FeatureSource::new(project, dataset)?;
    check_size(project, dataset, &source.plan)?;
    let validation = cross_validate(project, dataset, &source, limits, observer)?;
    let mut tasks = task_records(project, dataset, &validation);
    let personal = personal_record(project, dataset, &validation, |task, contender| {
        metrics(project, dataset, &validation, task, contender)
    });

    let host_part = HostPart {
        version: HOST_PART_VERSION,
        trunkline_version: env!("CARGO_PKG_VERSION").to_owned(),
        config_sha256: config_sha256.clone(),
        data_sha256: dataset.sha256.clone(),
        seed: validation.seeds[0],
        rows: 0,
        folds: validation.folds as u32,
        seeds: validation.seeds.clone(),
        relation: None,
        metrics: tasks.iter().map(summary_for_artifact).collect(),
        personal: None,
    };
    let model = refit(project, dataset, &source, validation.seeds[0], host_part.clone(), observer)?;
    let fleet = match (&project.personalize, &personal) {
        (Some(config), Some(record)) => {
            let host_part = HostPart { metrics: record.tasks.iter().map(personal_summary).collect(), ..host_part };
            Some(personal_artifacts(project, config, dataset, &source, &model, &host_part)?)
        }
        _ => None,
    };

    let features = &model.prepared.features;
    for (index, (record, labels)) in tasks.iter_mut().zip(&dataset.tasks).enumerate() {
        record.importance = explanation::importance(&validation, &features.blocks, labels.kind, index);
        record.attributions = Some(task_attributions(&model.float, features, index, labels));
    }
    for task in &mut tasks {
        task.calibration = model.log.calibration.iter().find(|calibration| calibration.task == task.name).cloned();
    }
    let floors: Vec<f64> = dataset.tasks.iter().map(|task| error_floor(task, &validation.fold_of_row)).collect();
    let gains = |of: fn(&TaskRecord) -> &Metrics| {
        let errors = tasks.iter().zip(&dataset.tasks).map(|(record, task)| {
            let error = |metrics: &Metrics| error_of(task.kind, |name| Some(metrics.get(name)?.mean));
            (error(&record.joint_f32), error(of(record)))
        });
        let errors: Vec<_> = errors.collect();
        DeltaM::new(&errors, &floors).percent(&errors)
    };
    let saturated =
        dataset.channels.iter().map(|channel| channel.name.clone()).zip(model.prepared.windows.saturated.clone());
    let record = Record {
        schema_version: SCHEMA_VERSION,
        trunkline_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: project.name.clone(),
        delta_m_percent: Against {
            single: gains(|task| &task.single),
            single_same_size: gains(|task| &task.single_same_size),
        },
        tasks,
        personal,
        relation: model.log.relation.clone(),
        relation_stability: explanation::stability(&validation),
        alternations: model.log.alternations.clone(),
        relation_converged: model.log.relation_converged,
        grouping: model.log.grouping.clone(),
        model: model.footprint,
        folds: validation.folds,
        folds_in_split: validation.folds_in_split,
        rows: dataset.rows,
        test_rows: validation.fold_of_row[0].iter().flatten().count(),
        saturated_samples: saturated.collect(),
        seeds: validation.seeds.clone(),
        settings_chosen_on_these_rows: project.is_chosen_on(&dataset.sha256),
        seconds: start.elapsed().as_secs_f64(),
        config_sha256,
        data_sha256: dataset.sha256.clone(),
    };
    Ok(Outcome { record, model, fleet, cross_validation: validation, resolved_project })
}

/// Metrics of `answers` to task `task`, one entry a seed, over the seeds.
fn score(
    project: &Project,
    dataset: &Dataset,
    validation: &CrossValidation,
    task: usize,
    answers: &[Predictions],
) -> Metrics {
    let answers = answers.iter().map(|answers| &answers.tasks[task]);
    score_over_seeds(&dataset.tasks[task], project.tasks[task].threshold, answers, &validation.fold_of_row)
}

/// A contender's metrics on task `task`, over the seeds.
fn metrics(
    project: &Project,
    dataset: &Dataset,
    validation: &CrossValidation,
    task: usize,
    contender: Contender,
) -> Metrics {
    score(project, dataset, validation, task, validation.predictions.get(&contender).map_or(&[], Vec::as_slice))
}

fn task_records(project: &Project, dataset: &Dataset, validation: &CrossValidation) -> Vec<TaskRecord> {
    let score = |task: usize, answers: &[Predictions]| score(project, dataset, validation, task, answers);
    let on_subset = |task: usize, subset: &Subset| -> BTreeMap<String, Metrics> {
        let within = |folds: &Vec<Option<usize>>| -> Vec<Option<usize>> {
            folds.iter().zip(&subset.rows).map(|(fold, within)| fold.filter(|_| *within)).collect()
        };
        let fold_of_row: Vec<_> = validation.fold_of_row.iter().map(within).collect();
        let each = validation.predictions.iter().map(|(contender, seeds)| {
            let answers = seeds.iter().map(|answers| &answers.tasks[task]);
            let threshold = project.tasks[task].threshold;
            (contender.name().to_owned(), score_over_seeds(&dataset.tasks[task], threshold, answers, &fold_of_row))
        });
        each.collect()
    };
    let record = |(index, task): (usize, &crate::data::TaskLabels)| {
        let [constant, linear, single, single_same_size, joint_f32, joint_int8] =
            Contender::ALL.map(|contender| metrics(project, dataset, validation, index, contender));
        let error = |metrics: &Metrics| error_of(task.kind, |name| Some(metrics.get(name)?.mean));
        let floor = error_floor(task, &validation.fold_of_row);
        let gain = |baseline: &Metrics| relative_gain_percent(error(&joint_f32), error(baseline), floor);
        let labelled = |row: usize| match &task.labels {
            Labels::Classes(classes) => classes[row].is_some(),
            Labels::Values(values) => values[row].is_some(),
        };
        let tested =
            validation.fold_of_row[0].iter().enumerate().filter(|(row, fold)| fold.is_some() && labelled(*row));
        TaskRecord {
            name: task.name.clone(),
            role: role_name(task.role).to_owned(),
            kind: kind_name(task.kind).to_owned(),
            unit: task.unit.clone(),
            classes: task.class_names.clone(),
            labelled_rows: tested.count(),
            gain_percent: Against { single: gain(&single), single_same_size: gain(&single_same_size) },
            training: (validation.courses.iter())
                .filter_map(|(contender, courses)| Some((contender.name().to_owned(), courses[index]?)))
                .collect(),
            difference: differences(task, index, validation),
            constant,
            linear,
            single,
            single_same_size,
            joint_f32,
            joint_int8,
            joint_int8_without: (validation.without.iter())
                .map(|(channel, answers)| (channel.clone(), score(index, answers)))
                .collect(),
            subsets: (dataset.subsets.iter()).map(|subset| (subset.name.clone(), on_subset(index, subset))).collect(),
            early_warning: if task.role == TaskRole::Fault {
                early_warning(dataset, validation, index)
            } else {
                BTreeMap::new()
            },
            calibration: None,
            uncertainty: uncertainty(validation, index),
            importance: None,
            attributions: None,
        }
    };
    dataset.tasks.iter().enumerate().map(record).collect()
}

/// What each contender's answers with the first seed are worth as warnings; empty where the data has no hours, machines or classes.
fn early_warning(dataset: &Dataset, validation: &CrossValidation, task: usize) -> BTreeMap<String, EarlyWarning> {
    let kind = dataset.tasks[task].kind;
    let of = |contender: Contender| {
        let answers = validation.predictions.get(&contender)?.first()?.tasks.get(task)?;
        let classes: Vec<Option<u16>> =
            answers.iter().map(|outputs| Some(predicted_class(kind, outputs.as_ref()?))).collect();
        Some((contender.name().to_owned(), EarlyWarning::of(dataset, task, &classes)?))
    };
    Contender::ALL.into_iter().filter_map(of).collect()
}

/// The metrics that the artifact carries.
const IN_ARTIFACT: [&str; 8] = ["accuracy", "auc", "auc_pooled", "cost", "macro_f1", "mae", "r2", "rmse"];

fn summary_for_artifact(task: &TaskRecord) -> TaskMetrics {
    summary(&task.name, &task.joint_int8)
}

fn personal_summary(task: &PersonalTaskRecord) -> TaskMetrics {
    summary(&task.name, &task.personal_int8)
}

fn summary(task: &str, metrics: &Metrics) -> TaskMetrics {
    let kept = metrics.iter().filter(|(name, _)| IN_ARTIFACT.contains(&name.as_str()));
    let metrics = kept.map(|(name, summary)| (name.clone(), summary.mean, summary.sd));
    TaskMetrics { task: task.to_owned(), metrics: metrics.collect() }
}
