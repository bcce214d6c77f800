//! What adapting is worth: the error of a new task against the number of its labelled rows, beside that of a network of its own.
//!
//! For each fold of the project's split the model of the other tasks is trained on the fold's training rows; it never sees a label of
//! the new task. Of the rows among them that have such a label, few are then drawn at random, singly, but so that every class is there:
//! whoever labels 30 windows takes them from all over the machines. All contenders learn from these rows and are scored on the fold's
//! test rows, which share no unit with any training row where the split is grouped. Smaller draws are parts of larger ones.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::head::{fit_head, fit_on, labelled};
use super::inputs::Inputs;
use super::tuned::tune_trunk;
use super::words::findings;
use crate::artifact::sha256_hex;
use crate::config::{Project, kind_name};
use crate::data::{Dataset, fraction};
use crate::evaluate::bootstrap::{Draw, Interval, RESAMPLES, Resampled, UnitErrors, draws};
use crate::evaluate::{Answer, Contender, Dealt, EvaluateError, Fold, Limits, Measure, Observer, side_by_side};
use crate::features::FeatureSource;
use crate::model::FloatModel;
use crate::train::{Silent, fit_linear_baseline};

/// Version of [`Curve`]'s form.
const SCHEMA_VERSION: u32 = 1;

/// What to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The tasks that are taken for new in turn, by name; all if there are none.
    pub tasks: Vec<String>,
    /// Labelled rows, ascending.
    pub rows: Vec<usize>,
    /// Draws of these rows.
    pub draws: usize,
    /// Only this many folds, from the first.
    pub folds: Option<usize>,
    /// With a tuned trunk as well: the factor on the learning rate of what the old model had.
    pub tune_trunk: Option<f64>,
}

/// Learning curves of tasks that are taken for new, one at a time; `adapt.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Version of this form.
    pub schema_version: u32,
    /// Version of Trunkline.
    pub trunkline_version: String,
    /// Name of the project.
    pub name: String,
    /// The seed: the first of the project.
    pub seed: u64,
    /// Draws of the labelled rows.
    pub draws: usize,
    /// Folds evaluated.
    pub folds: usize,
    /// Factor on the learning rate of what the old model had, where trunks were tuned too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune_trunk: Option<f64>,
    /// Units of the test rows that the intervals draw from.
    pub units: usize,
    /// One a new task.
    pub tasks: Vec<TaskCurve>,
    /// The findings in words.
    pub findings: Vec<String>,
    /// Wall-clock time.
    pub seconds: f64,
    /// SHA-256 of the project with its defaults.
    pub config_sha256: String,
    /// SHA-256 of everything read from the data.
    pub data_sha256: String,
}

/// One task taken for new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskCurve {
    /// Name.
    pub name: String,
    /// binary, multi-class or regression.
    pub kind: String,
    /// The error: `rmse`, `1-auc` or `1-macro_f1`.
    pub measure: String,
    /// One a number of labelled rows, as far as every fold has so many.
    pub points: Vec<ErrorAt>,
}

/// Errors at one number of labelled rows, each the mean over the draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorAt {
    /// Labelled rows.
    pub rows: usize,
    /// A new head on the frozen model of the other tasks.
    pub adapted: f64,
    /// The same, were it to read the trunk alone; `None` where the model has no trunk.
    pub trunk_alone: Option<f64>,
    /// A network of its own, trained from scratch on these rows with the project's settings.
    pub scratch: f64,
    /// The closed-form linear model on the features.
    pub linear: f64,
    /// `scratch` less `adapted`, with its 95 % interval: above 0 adapting is better.
    pub saved: Interval,
    /// The same in percent of `scratch`; `None` where that is 0.
    pub saved_percent: Option<f64>,
    /// `linear` less `adapted`.
    pub saved_of_linear: Interval,
    /// The new head on a trunk that is tuned with it; `None` where that was not asked for, or there is no trunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuned: Option<f64>,
    /// `adapted` less `tuned`: above 0 tuning the trunk is better than leaving it frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_by_tuning: Option<Interval>,
    /// How often each kind of inputs was chosen.
    pub inputs: BTreeMap<String, usize>,
}

/// Who learns from the few rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Learner {
    Adapted,
    TrunkAlone,
    Scratch,
    Linear,
    Tuned,
}

/// One learner's answers to the test rows of a fold.
struct Learnt {
    rows: usize,
    draw: usize,
    learner: Learner,
    answers: Vec<Answer>,
    inputs: Option<String>,
}

/// Draws the learning curves that `plan` asks for.
///
/// # Errors
/// [`EvaluateError`]: an unknown task, a project with one task, no fold; and whatever a training says.
pub fn curve(
    project: &Project,
    dataset: &Dataset,
    plan: &Plan,
    observer: &dyn Observer,
) -> Result<Curve, EvaluateError> {
    let start = Instant::now();
    let tasks: Vec<usize> = (0..dataset.tasks.len()).filter(|task| wanted(plan, &dataset.tasks[*task].name)).collect();
    if dataset.tasks.len() < 2 || tasks.is_empty() || plan.rows.is_empty() || plan.draws == 0 {
        let remedy = "a new task needs a model of other tasks: name a task of a project with at least two, some numbers of rows and \
                      at least one draw";
        return Err(EvaluateError::Nothing { what: "new task", remedy });
    }
    let source = FeatureSource::new(project, dataset)?;
    let dealt = Dealt::new(project, dataset, Limits { seeds: Some(1), folds: plan.folds })?;
    let folds = dealt.folds(project, dataset, &source)?;
    let jobs: Vec<(usize, &Fold<'_>)> =
        tasks.iter().flat_map(|task| folds.iter().map(move |fold| (*task, fold))).collect();
    observer.jobs(jobs.len());
    let learnt = side_by_side(&jobs, |(task, fold)| {
        let learnt = learn(fold, *task, plan);
        observer.job_done();
        learnt
    })?;

    let (unit_of_row, units) = numbered(dealt.evidence_units.as_deref(), &dealt.fold_of_row[0]);
    let resampled = draws(units, plan.draws, RESAMPLES, dealt.seeds[0]);
    let judge = Judge { dataset, plan, fold_of_row: &dealt.fold_of_row[0], unit_of_row, units, draws: resampled };
    let curves = tasks.iter().map(|task| {
        let of_task: Vec<_> =
            jobs.iter().zip(&learnt).filter(|((of, _), _)| of == task).map(|((_, fold), it)| (*fold, it)).collect();
        judge.task(*task, &of_task)
    });
    let mut curve = Curve {
        schema_version: SCHEMA_VERSION,
        trunkline_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: project.name.clone(),
        seed: dealt.seeds[0],
        draws: plan.draws,
        folds: dealt.folds_evaluated,
        tune_trunk: plan.tune_trunk,
        units,
        tasks: curves.collect(),
        findings: Vec::new(),
        seconds: 0.0,
        config_sha256: sha256_hex(project.without_search().to_toml()?.as_bytes()),
        data_sha256: dataset.sha256.clone(),
    };
    curve.findings = findings(&curve);
    curve.seconds = start.elapsed().as_secs_f64();
    Ok(curve)
}

fn wanted(plan: &Plan, task: &str) -> bool {
    plan.tasks.is_empty() || plan.tasks.iter().any(|name| name == task)
}

/// Everything that is learnt about task `new` in one fold.
fn learn(fold: &Fold<'_>, new: usize, plan: &Plan) -> Result<Vec<Learnt>, EvaluateError> {
    let labels = &fold.dataset.tasks[new];
    let others: Vec<usize> = (0..fold.dataset.tasks.len()).filter(|task| *task != new).collect();
    let old = fold.fit(&others, &fold.project.model.trunk, &format!("the model without task `{}`", labels.name))?.model;
    let whole = fold.training_set(&[new]);
    let known = labelled(&whole, &whole.tasks[0], &fold.train);
    let mut learnt = Vec::new();
    for draw in 0..plan.draws {
        // A draw of its own in every fold, in all the same for every contender.
        let seed = fold.seed.wrapping_mul(1000).wrapping_add((draw * 100 + fold.fold) as u64);
        for rows in plan.rows.iter().copied().filter(|rows| *rows <= known.len()) {
            let share = rows as f64 / known.len() as f64;
            let few = Fold { train: fraction(&known, None, std::slice::from_ref(labels), share, seed), ..fold.clone() };
            let set = few.training_set(&[new]);
            let adapted = fit_head(fold.project, &old, &set, fold.seed)?;
            let mut add = |learner, model: &FloatModel, inputs| {
                let answers = last_answers(&few, model);
                learnt.push(Learnt { rows, draw, learner, answers, inputs });
            };
            add(Learner::Adapted, &adapted.model, Some(adapted.inputs));
            if let Some(inputs) = trunk_alone(&old) {
                let head = fit_on(&old, &set, &set.tasks[0], &few.train, inputs);
                add(Learner::TrunkAlone, &FloatModel { heads: vec![head], ..old.clone() }, None);
            }
            add(Learner::Scratch, &few.fit_single(new, &fold.project.model.trunk)?.model, None);
            let linear = fit_linear_baseline(fold.project, &set, fold.seed);
            add(Learner::Linear, &linear.map_err(|source| few.failed("the linear model", source))?, None);
            if let Some(factor) = plan.tune_trunk.filter(|_| trunk_alone(&old).is_some()) {
                let all: Vec<usize> = others.iter().copied().chain([new]).collect();
                let set = few.training_set(&all);
                let tuned = tune_trunk(fold.project, &old, &set, factor, fold.seed, &Silent)?;
                add(Learner::Tuned, &tuned.model, None);
            }
        }
    }
    Ok(learnt)
}

/// A head on the first trunk's output and nothing else.
fn trunk_alone(old: &FloatModel) -> Option<Inputs> {
    Inputs::of(old).into_iter().find(|inputs| inputs.embedding && !inputs.tasks && !inputs.features)
}

/// What `model` says of its last task, to each test row of `fold`.
fn last_answers(fold: &Fold<'_>, model: &FloatModel) -> Vec<Answer> {
    let threshold = model.heads.last().map_or(0.0, |head| head.decision.threshold);
    let answer = |row: &usize| {
        let outputs = model.forward(fold.prepared.features.row(*row)).pop().unwrap_or_default();
        Answer { outputs, threshold }
    };
    fold.test.iter().map(answer).collect()
}

/// Units numbered without gaps over the rows that are tested, each row by itself where there are none; and how many.
fn numbered(units: Option<&[u32]>, fold_of_row: &[Option<usize>]) -> (Vec<u32>, usize) {
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    let number = |(row, fold): (usize, &Option<usize>)| {
        let unit = units.map_or(row as u32, |units| units[row]);
        let next = numbers.len() as u32;
        fold.map_or(0, |_| *numbers.entry(unit).or_insert(next))
    };
    let of_row = fold_of_row.iter().enumerate().map(number).collect();
    (of_row, numbers.len())
}

/// Scores learners over all folds.
struct Judge<'a> {
    dataset: &'a Dataset,
    plan: &'a Plan,
    fold_of_row: &'a [Option<usize>],
    unit_of_row: Vec<u32>,
    units: usize,
    draws: Vec<Draw>,
}

impl Judge<'_> {
    fn task(&self, task: usize, folds: &[(&Fold<'_>, &Vec<Learnt>)]) -> TaskCurve {
        let labels = &self.dataset.tasks[task];
        TaskCurve {
            name: labels.name.clone(),
            kind: kind_name(labels.kind).to_owned(),
            measure: Measure::against(Contender::Single, labels.kind).name().to_owned(),
            points: self.plan.rows.iter().filter_map(|rows| self.point(task, *rows, folds)).collect(),
        }
    }

    fn point(&self, task: usize, rows: usize, folds: &[(&Fold<'_>, &Vec<Learnt>)]) -> Option<ErrorAt> {
        let here = |learnt: &&Learnt| learnt.rows == rows;
        if !folds.iter().all(|(_, learnt)| learnt.iter().any(|learnt| here(&learnt))) {
            return None;
        }
        let of = |learner: Learner| -> Vec<UnitErrors> {
            let by_draw = (0..self.plan.draws).map(|draw| {
                let mut answers = vec![None; self.dataset.rows];
                for (fold, learnt) in folds {
                    let mine = |it: &&Learnt| it.learner == learner && it.draw == draw;
                    if let Some(found) = learnt.iter().filter(here).find(mine) {
                        fold.test.iter().zip(&found.answers).for_each(|(row, it)| answers[*row] = Some(it.clone()));
                    }
                }
                let labels = &self.dataset.tasks[task];
                UnitErrors::new(labels, &answers, self.fold_of_row, &self.unit_of_row, self.units)
            });
            by_draw.collect()
        };
        let error = |learner| Resampled::of(&of(learner), &self.draws, UnitErrors::error);
        let adapted = error(Learner::Adapted);
        let (scratch, linear, tuned) = (error(Learner::Scratch), error(Learner::Linear), error(Learner::Tuned));
        let (of_scratch, saved_of_scratch) = (scratch.value?, scratch.minus(&adapted).interval()?);
        let mut inputs = BTreeMap::new();
        for found in folds.iter().flat_map(|(_, learnt)| learnt.iter().filter(here)).filter_map(|it| it.inputs.clone())
        {
            *inputs.entry(found).or_default() += 1;
        }
        Some(ErrorAt {
            rows,
            adapted: adapted.value?,
            trunk_alone: error(Learner::TrunkAlone).value,
            scratch: of_scratch,
            linear: linear.value?,
            saved: saved_of_scratch,
            saved_percent: (of_scratch > 0.0).then(|| 100.0 * saved_of_scratch.value / of_scratch),
            saved_of_linear: linear.minus(&adapted).interval()?,
            tuned: tuned.value,
            saved_by_tuning: tuned.value.and_then(|_| adapted.minus(&tuned).interval()),
            inputs,
        })
    }
}
