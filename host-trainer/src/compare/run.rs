//! A whole comparison: every method and baseline on the same folds and seeds.

use std::time::Instant;

use super::columns::{Bench, Key, is_shown, label_columns, main_columns};
use super::evidence::constant_within_groups;
use super::judge::Jury;
use super::methods::{AS_CONFIGURED, Applied, Method};
use super::record::{Column, Comparison, LabelShare, SCHEMA_VERSION, Skipped, TaskInfo};
use super::shares::Share;
use super::words::words;
use crate::artifact::sha256_hex;
use crate::config::{Project, SplitMethod, kind_name, role_name};
use crate::data::Dataset;
use crate::evaluate::bootstrap::RESAMPLES;
use crate::evaluate::{
    Contender, Dealt, EvaluateError, Fold, Job, Limits, Measure, Observer, Strong, Work, answer, side_by_side,
};
use crate::features::FeatureSource;

/// Percent of the training rows by which the need for labels is tried, as a rule.
pub const FRACTIONS: [f64; 4] = [5.0, 15.0, 50.0, 100.0];

/// Extra trees an output, as a rule: with more the figures of a forest hardly change.
pub const TREES: usize = 200;

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Methods beside the project as it is configured.
    pub methods: Vec<&'static Method>,
    /// Seeds and folds.
    pub limits: Limits,
    /// Percent of the training rows, above 0 and at most 100; none: no label curve.
    pub fractions: Vec<f64>,
    /// Extra trees an output, with half as many boosted trees, which cost more each; 0 leaves both out.
    pub trees: usize,
}

/// Compares the methods of `plan` with each other, with the project as it is configured, and with models of one task each.
///
/// Equal projects and data give equal records, but for the time taken, on any number of threads.
///
/// # Errors
/// [`EvaluateError`], with the method, seed and fold that it happened in.
pub fn compare(
    project: &Project,
    dataset: &Dataset,
    plan: &Plan,
    observer: &dyn Observer,
) -> Result<Comparison, EvaluateError> {
    let start = Instant::now();
    let config_sha256 = sha256_hex(project.without_search().to_toml()?.as_bytes());
    let personal_heads_left_out = project.personalize.is_some();
    // Personal heads are no column here, and training them for every method would be most of the work.
    let project = &Project { personalize: None, ..project.clone() };
    let (applied, skipped) = apply(project, &plan.methods);
    let dealt = Dealt::new(project, dataset, plan.limits)?;
    let source = FeatureSource::new(project, dataset)?;
    let own_sources =
        (applied.iter())
            .map(|(_, changed)| {
                if same_features(project, changed) { Ok(None) } else { FeatureSource::new(changed, dataset).map(Some) }
            })
            .collect::<Result<Vec<_>, _>>()?;

    // Key (0, 0) is the project as it is, with the baselines.
    let all_rows = dealt.folds(project, dataset, &source)?;
    let fewer = plan.fractions.iter().filter(|percent| **percent < 100.0);
    let shares: Vec<Share> = fewer.map(|percent| Share::new(project, &all_rows, *percent)).collect();
    let rows_of_all = all_rows.iter().map(|fold| fold.train.len()).sum::<usize>() as f64 / all_rows.len().max(1) as f64;
    let mut folds: Vec<(Key, Vec<Fold<'_>>)> = Vec::new();
    for (place, share) in (1..).zip(&shares) {
        folds.push(((place, 0), share.folds(&all_rows, &source)?));
    }
    folds.push(((0, 0), all_rows));
    for (place, ((method, changed), own)) in applied.iter().zip(&own_sources).enumerate() {
        let mut of_method = dealt.folds(changed, dataset, own.as_ref().unwrap_or(&source))?;
        of_method.iter_mut().for_each(|fold| fold.method = Some(method.name));
        folds.push(((0, place + 1), of_method));
    }
    folds.sort_by_key(|(key, _)| *key);

    let jobs: Vec<Job<'_, Key>> = folds
        .iter()
        .flat_map(|(key, folds)| folds.iter().map(move |fold| (*key, fold)))
        .flat_map(|(key, fold)| {
            works(key, dataset.tasks.len(), plan.trees).into_iter().map(move |work| (key, fold, work))
        })
        .collect();
    let answered = answer(&jobs, dataset, dealt.seeds.len(), observer)?;
    let answers: Vec<((Key, Contender), _)> = (answered.predictions)
        .into_iter()
        .filter(|((_, contender, missing), _)| is_shown(*contender) && missing.is_none())
        .map(|((key, contender, _), seeds)| ((key, contender), seeds))
        .collect();
    let jury = Jury::new(dataset, &dealt, RESAMPLES);
    let judged =
        side_by_side(&answers, |((_, contender), seeds)| Ok::<_, EvaluateError>(jury.judge(*contender, seeds)))?;
    let bench: Bench = answers.iter().map(|(key, _)| *key).zip(judged).collect();

    let methods: Vec<&'static Method> = applied.iter().map(|(method, _)| *method).collect();
    let columns = main_columns(&bench, &methods, &answered.courses);
    let places: Vec<usize> = (1..=shares.len()).collect();
    let mut label_shares: Vec<LabelShare> = (shares.iter().zip(label_columns(&bench, &places, &answered.courses)))
        .map(|(share, columns)| LabelShare {
            percent: share.percent,
            training_rows: share.rows,
            times_epochs: share.times_epochs,
            columns,
        })
        .collect();
    if plan.fractions.len() > shares.len() {
        let is_shown = |column: &&Column| !column.joint || column.name == AS_CONFIGURED;
        let columns = columns.iter().filter(is_shown).cloned().collect();
        label_shares.push(LabelShare { percent: 100.0, training_rows: rows_of_all, times_epochs: 1.0, columns });
    }

    let mut comparison = Comparison {
        schema_version: SCHEMA_VERSION,
        trunkline_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: project.name.clone(),
        tasks: dataset.tasks.iter().map(task_info).collect(),
        columns,
        skipped,
        label_shares,
        constant_within_groups: constant_within_groups(project, dataset),
        findings: Vec::new(),
        seeds: dealt.seeds.clone(),
        folds: dealt.folds_evaluated,
        folds_in_split: dealt.folds_in_split,
        rows: dataset.rows,
        units: jury.units,
        unit: unit_name(project, dataset).to_owned(),
        draws: jury.draws(),
        personal_heads_left_out,
        trees: plan.trees,
        seconds: start.elapsed().as_secs_f64(),
        config_sha256,
        data_sha256: dataset.sha256.clone(),
    };
    comparison.findings = words(&comparison);
    Ok(comparison)
}

/// The methods that apply with their projects, and those that do not.
fn apply(project: &Project, methods: &[&'static Method]) -> (Vec<(&'static Method, Project)>, Vec<Skipped>) {
    let (mut applied, mut skipped) = (Vec::new(), Vec::new());
    for method in methods.iter().filter(|method| method.name != AS_CONFIGURED) {
        match method.apply(project) {
            Applied::Project(changed) => applied.push((*method, *changed)),
            Applied::Not(reason) => skipped.push(Skipped { name: method.name.to_owned(), reason }),
        }
    }
    (applied, skipped)
}

/// Whether both projects compute the same features.
fn same_features(one: &Project, other: &Project) -> bool {
    // The features of a branch stand side by side.
    let same_order = one.model.branches == other.model.branches;
    same_order && one.channels == other.channels && one.magnitudes == other.magnitudes && one.data == other.data
}

/// The fits of a fold under `key`, the longest first.
fn works((share, method): Key, tasks: usize, trees: usize) -> Vec<Work> {
    let tasks_for_trees = if trees > 0 { 0..tasks } else { 0..0 };
    let extra_trees = tasks_for_trees.clone().map(|task| Work::Strong(Strong::ExtraTrees(trees), task));
    let boosting = tasks_for_trees.map(|task| Work::Strong(Strong::Boosting(boosted_trees(trees)), task));
    match (share, method) {
        (0, 0) => boosting.chain(extra_trees).chain(Work::all(tasks)).collect(),
        (0, _) => vec![Work::Joint],
        // With few rows size is not what limits: the small single networks are left out, and one kind of trees.
        _ => extra_trees.chain(Work::all(tasks)).filter(|work| !matches!(work, Work::SingleSameSize(_))).collect(),
    }
}

/// Boosted trees an output beside `trees` extra trees.
pub(super) fn boosted_trees(trees: usize) -> usize {
    trees.div_ceil(2)
}

/// What a unit of test rows is.
fn unit_name(project: &Project, dataset: &Dataset) -> &'static str {
    match project.split.method {
        _ if dataset.groups.is_some() => "group",
        SplitMethod::Folds => "fold",
        SplitMethod::Blocked => "block",
        SplitMethod::Random | SplitMethod::Grouped | SplitMethod::Within => "row",
    }
}

fn task_info(task: &crate::data::TaskLabels) -> TaskInfo {
    let measure = Measure::against(Contender::Single, task.kind);
    let figure = match measure {
        Measure::Rmse => "r2",
        Measure::Auc => "auc",
        Measure::MacroF1 | Measure::MeanRecall => "macro_f1",
    };
    TaskInfo {
        name: task.name.clone(),
        role: role_name(task.role).to_owned(),
        kind: kind_name(task.kind).to_owned(),
        unit: task.unit.clone(),
        figure: figure.to_owned(),
        error: measure.name().to_owned(),
    }
}
