//! A whole comparison: every method and baseline on the same folds and seeds.

use std::collections::BTreeMap;
use std::time::Instant;

use super::evidence::constant_within_groups;
use super::judge::{Judged, Jury};
use super::methods::{AS_CONFIGURED, Applied, Method};
use super::record::{Column, Comparison, LabelShare, SCHEMA_VERSION, Skipped, TaskInfo};
use super::words::words;
use crate::artifact::sha256_hex;
use crate::config::{Project, kind_name, role_name};
use crate::data::{Dataset, fraction};
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

/// The baselines in the order of the tables, with a sentence each and where they were published.
const BASELINES: [(Contender, &str, &str); 6] = [
    (Contender::Constant, "The most frequent class, or the mean, of the training rows.", ""),
    (Contender::Linear, "A closed-form linear model a task: shrinkage LDA or ridge.", ""),
    (
        Contender::ExtraTrees,
        "Extremely randomised trees for each task's outputs, far too large for the device.",
        "Geurts et al., Machine Learning 2006",
    ),
    (
        Contender::Boosting,
        "Gradient-boosted trees for each task's outputs, far too large for the device.",
        "Friedman, Annals of Statistics 2001",
    ),
    (Contender::SingleSameSize, "A network a task, all together no larger than the joint one.", ""),
    (Contender::Single, "A network a task, each as large as the joint one.", ""),
];

/// Whether a contender is compared: the joint model in the form that the device runs, and the baselines.
fn is_shown(contender: Contender) -> bool {
    contender == Contender::JointInt8 || BASELINES.iter().any(|(baseline, _, _)| *baseline == contender)
}

/// What a fit belongs to: the percent of training rows by its place (0: all of them), and the method by its place.
type Key = (usize, usize);

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
    let mut folds: Vec<(Key, Vec<Fold<'_>>)> = vec![((0, 0), dealt.folds(project, dataset, &source)?)];
    for (place, ((method, changed), own)) in applied.iter().zip(&own_sources).enumerate() {
        let mut of_method = dealt.folds(changed, dataset, own.as_ref().unwrap_or(&source))?;
        of_method.iter_mut().for_each(|fold| fold.method = Some(method.name));
        folds.push(((0, place + 1), of_method));
    }
    let shares: Vec<f64> = plan.fractions.iter().copied().filter(|percent| *percent < 100.0).collect();
    for (place, percent) in shares.iter().enumerate() {
        folds.push(((place + 1, 0), with_fewer_rows(&folds[0].1, &source, percent / 100.0)?));
    }

    let jobs: Vec<Job<'_, Key>> = folds
        .iter()
        .flat_map(|(key, folds)| folds.iter().map(move |fold| (*key, fold)))
        .flat_map(|(key, fold)| {
            works(key, dataset.tasks.len(), plan.trees).into_iter().map(move |work| (key, fold, work))
        })
        .collect();
    let answers: Vec<((Key, Contender), _)> = answer(&jobs, dataset, dealt.seeds.len(), observer)?
        .into_iter()
        .filter(|((_, contender, missing), _)| is_shown(*contender) && missing.is_none())
        .map(|((key, contender, _), seeds)| ((key, contender), seeds))
        .collect();
    let jury = Jury::new(dataset, &dealt, RESAMPLES);
    let judged =
        side_by_side(&answers, |((_, contender), seeds)| Ok::<_, EvaluateError>(jury.judge(*contender, seeds)))?;
    let judged: BTreeMap<(Key, Contender), Judged> = answers.iter().map(|(key, _)| *key).zip(judged).collect();

    let mut columns = baselines(&judged, 0);
    columns.push(joint(&judged, (0, 0), AS_CONFIGURED, METHOD_AS_CONFIGURED));
    for (place, (method, _)) in applied.iter().enumerate() {
        columns.push(joint(&judged, (0, place + 1), method.name, (method.sentence, method.paper)));
    }
    let mut label_shares: Vec<LabelShare> = Vec::new();
    for percent in &plan.fractions {
        let place = shares.iter().position(|share| share == percent).map_or(0, |place| place + 1);
        let trained = folds.iter().filter(|(key, _)| *key == (place, 0)).flat_map(|(_, folds)| folds);
        let (rows, count) = trained.fold((0, 0), |(rows, count), fold| (rows + fold.train.len(), count + 1));
        let mut columns = baselines(&judged, place);
        columns.push(joint(&judged, (place, 0), AS_CONFIGURED, METHOD_AS_CONFIGURED));
        label_shares.push(LabelShare {
            percent: *percent,
            training_rows: rows as f64 / f64::from(count.max(1)),
            columns,
        });
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
        draws: RESAMPLES,
        trees: plan.trees,
        seconds: start.elapsed().as_secs_f64(),
        config_sha256: sha256_hex(project.without_search().to_toml()?.as_bytes()),
        data_sha256: dataset.sha256.clone(),
    };
    comparison.findings = words(&comparison);
    Ok(comparison)
}

/// The project as it is configured, as a column.
const METHOD_AS_CONFIGURED: (&str, &str) =
    ("The joint network as the project file has it.", "Caruana, Machine Learning 1997");

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

/// The folds with a share of their training rows, and everything fitted on these alone.
fn with_fewer_rows<'a>(
    folds: &[Fold<'a>],
    source: &FeatureSource<'_>,
    share: f64,
) -> Result<Vec<Fold<'a>>, EvaluateError> {
    let fewer = |fold: &Fold<'a>| {
        let train = fraction(&fold.train, fold.units, &fold.dataset.tasks, share, fold.seed);
        Ok(Fold { prepared: source.prepare(&train)?, train, ..fold.clone() })
    };
    folds.iter().map(fewer).collect()
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

fn baselines(judged: &BTreeMap<(Key, Contender), Judged>, share: usize) -> Vec<Column> {
    let constant = judged.get(&((share, 0), Contender::Constant));
    let column = |(contender, sentence, paper): &(Contender, &str, &str)| {
        let own = judged.get(&((share, 0), *contender))?;
        Some(Column {
            name: contender.name().to_owned(),
            sentence: (*sentence).to_owned(),
            paper: (*paper).to_owned(),
            joint: false,
            scores: own.scores.clone(),
            against: BTreeMap::new(),
            skill: constant.map_or_else(Vec::new, |constant| own.skill(constant)),
        })
    };
    BASELINES.iter().filter_map(column).collect()
}

/// The joint model under `key`, compared with the baselines on as many training rows and with the configured one.
fn joint(judged: &BTreeMap<(Key, Contender), Judged>, key: Key, name: &str, (sentence, paper): (&str, &str)) -> Column {
    let own = judged.get(&(key, Contender::JointInt8));
    let mut against = BTreeMap::new();
    let mut compare_with = |name: &str, other: Option<&Judged>| {
        if let (Some(own), Some(other)) = (own, other) {
            against.insert(name.to_owned(), own.against(other));
        }
    };
    for (contender, _, _) in BASELINES {
        compare_with(contender.name(), judged.get(&((key.0, 0), contender)));
    }
    if key.1 != 0 {
        compare_with(AS_CONFIGURED, judged.get(&((key.0, 0), Contender::JointInt8)));
    }
    let constant = judged.get(&((key.0, 0), Contender::Constant));
    Column {
        name: name.to_owned(),
        sentence: sentence.to_owned(),
        paper: paper.to_owned(),
        joint: true,
        scores: own.map_or_else(Vec::new, |own| own.scores.clone()),
        against,
        skill: own.zip(constant).map_or_else(Vec::new, |(own, constant)| own.skill(constant)),
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
