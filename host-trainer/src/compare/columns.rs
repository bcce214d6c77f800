//! Contenders as columns, and which differences are looked at together.
//!
//! Of many differences some exclude 0 by chance. Those that are asked the same question share a critical value (see
//! [`crate::evaluate::bootstrap`]): every method against the project as it is configured, on every task, is one family; the configured
//! one against one rival, on every task, is one each; so are its differences from single networks over all shares of the labels. Whether
//! a task is learnt at all is asked of two contenders that are named beforehand, not of the best of many.

use std::collections::BTreeMap;

use super::judge::{Contest, Judged};
use super::methods::{AS_CONFIGURED, METHODS, Method};
use super::record::Column;
use crate::evaluate::bootstrap::{Interval, Resampled, critical};
use crate::evaluate::{Contender, TrainingCourse};

/// What a fit belongs to: the percent of training rows by its place (0: all of them), and the method by its place (0: as configured).
pub(super) type Key = (usize, usize);
/// Everyone who was judged.
pub(super) type Bench = BTreeMap<(Key, Contender), Judged>;

/// How the trainings of networks ended, one entry a task.
pub(super) type Courses = BTreeMap<(Key, Contender), Vec<Option<TrainingCourse>>>;

/// The form of the joint model that is compared: the one that the device runs.
const JOINT: Contender = Contender::JointInt8;

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

/// Contenders named beforehand, by one of which a task must be answered better than by a constant to count as learnt.
pub(super) const WITNESSES: [&str; 2] = [AS_CONFIGURED, "linear"];

/// Whether a contender is compared: the joint model in one form, and the baselines.
pub(super) fn is_shown(contender: Contender) -> bool {
    contender == JOINT || BASELINES.iter().any(|(baseline, _, _)| *baseline == contender)
}

/// The columns of the main table: baselines, the project as it is configured, then `methods` in the order of their places.
pub(super) fn main_columns(bench: &Bench, methods: &[&'static Method], courses: &Courses) -> Vec<Column> {
    let mut columns = baselines(bench, 0, courses);
    columns.push(configured(bench, 0, courses, |contest, _| Some(critical(&contest.tasks))));
    let configured = bench.get(&((0, 0), JOINT));
    let contests: Vec<Option<Contest>> =
        (1..=methods.len()).map(|place| Some(bench.get(&((0, place), JOINT))?.against(configured?))).collect();
    let at = critical(contests.iter().flatten().flat_map(|contest| &contest.tasks));
    for ((place, method), contest) in (1..).zip(methods).zip(&contests) {
        let mut column = joint(bench, (0, place), method, courses, |_, _| None);
        column.against.extend(contest.as_ref().map(|contest| (AS_CONFIGURED.to_owned(), contest.record(Some(at)))));
        columns.push(column);
    }
    add_simultaneous_skill(bench, &mut columns);
    columns
}

/// The columns of each share of the labels, by its place above 0.
pub(super) fn label_columns(bench: &Bench, places: &[usize], courses: &Courses) -> Vec<Vec<Column>> {
    let against_single =
        |place: &usize| Some(bench.get(&((*place, 0), JOINT))?.against(bench.get(&((*place, 0), Contender::Single))?));
    let contests: Vec<Contest> = places.iter().filter_map(against_single).collect();
    let at = critical(contests.iter().flat_map(|contest| &contest.tasks));
    let columns = |place: &usize| {
        let mut columns = baselines(bench, *place, courses);
        columns.push(configured(bench, *place, courses, |_, rival| (rival == Contender::Single).then_some(at)));
        columns
    };
    places.iter().map(columns).collect()
}

fn baselines(bench: &Bench, share: usize, courses: &Courses) -> Vec<Column> {
    let constant = bench.get(&((share, 0), Contender::Constant));
    let column = |(contender, sentence, paper): &(Contender, &str, &str)| {
        let own = bench.get(&((share, 0), *contender))?;
        Some(Column {
            name: contender.name().to_owned(),
            sentence: (*sentence).to_owned(),
            paper: (*paper).to_owned(),
            joint: false,
            scores: own.scores.clone(),
            training: courses.get(&((share, 0), *contender)).cloned().unwrap_or_default(),
            against: BTreeMap::new(),
            skill: constant.map_or_else(Vec::new, |constant| intervals(&own.skill(constant))),
            skill_simultaneous: Vec::new(),
        })
    };
    BASELINES.iter().filter_map(column).collect()
}

fn configured(
    bench: &Bench,
    share: usize,
    courses: &Courses,
    critical: impl Fn(&Contest, Contender) -> Option<f64>,
) -> Column {
    joint(bench, (share, 0), &METHODS[0], courses, critical)
}

/// The joint model under `key`, compared with the baselines on as many training rows; `critical` says at which critical value its
/// differences from one are told, where they are.
fn joint(
    bench: &Bench,
    key: Key,
    method: &Method,
    courses: &Courses,
    critical: impl Fn(&Contest, Contender) -> Option<f64>,
) -> Column {
    let own = bench.get(&(key, JOINT));
    let against = BASELINES.iter().filter_map(|(rival, _, _)| {
        let contest = own?.against(bench.get(&((key.0, 0), *rival))?);
        Some((rival.name().to_owned(), contest.record(critical(&contest, *rival))))
    });
    let constant = bench.get(&((key.0, 0), Contender::Constant));
    Column {
        name: method.name.to_owned(),
        sentence: method.sentence.to_owned(),
        paper: method.paper.to_owned(),
        joint: true,
        scores: own.map_or_else(Vec::new, |own| own.scores.clone()),
        training: courses.get(&(key, Contender::JointF32)).cloned().unwrap_or_default(),
        against: against.collect(),
        skill: own.zip(constant).map_or_else(Vec::new, |(own, constant)| intervals(&own.skill(constant))),
        skill_simultaneous: Vec::new(),
    }
}

/// What the [`WITNESSES`] have over a constant answer on all tasks at once.
fn add_simultaneous_skill(bench: &Bench, columns: &mut [Column]) {
    let witnesses = [bench.get(&((0, 0), JOINT)), bench.get(&((0, 0), Contender::Linear))];
    let Some(constant) = bench.get(&((0, 0), Contender::Constant)) else { return };
    let skills = witnesses.map(|witness| witness.map_or_else(Vec::new, |witness| witness.skill(constant)));
    let at = critical(skills.iter().flatten());
    for (name, skill) in WITNESSES.iter().zip(&skills) {
        for column in columns.iter_mut().filter(|column| column.name == *name) {
            column.skill_simultaneous = skill.iter().map(|skill| skill.interval_at(at)).collect();
        }
    }
}

fn intervals(resampled: &[Resampled]) -> Vec<Option<Interval>> {
    resampled.iter().map(Resampled::interval).collect()
}

#[cfg(test)]
mod tests;
