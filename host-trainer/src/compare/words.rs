//! A comparison in words: where joining helps, where it does not, where the difference is within noise, and where nothing can be said.

use super::columns::WITNESSES;
use super::methods::AS_CONFIGURED;
use super::record::{Against, Column, Comparison};
use crate::evaluate::bootstrap::{Interval, LEAST_UNITS};
use crate::evaluate::convergence;

/// A loss against networks of the same total size that is named whatever its interval, in the unit of the figure.
const TOLERATED_LOSS: f64 = 0.005;

/// Those that the project as it is configured is told apart from, and whether the difference from them is that of joining alone.
const RIVALS: [(&str, &str, bool); 5] = [
    ("single_same_size", "separate networks of the same total size", true),
    ("single", "separate networks that are each as large (so many times the memory)", true),
    ("linear", "linear models", false),
    ("extra_trees", "extra trees (far too large for the device)", false),
    ("boosting", "boosted trees (far too large for the device)", false),
];

/// What is said of tasks by how they stand where joining alone makes the difference.
const JOINING: [&str; 4] =
    ["joining helps on", "joining hurts on", "the difference is within noise on", "there is no interval on"];

/// The findings, one sentence each, what matters most first.
pub fn words(comparison: &Comparison) -> Vec<String> {
    let mut findings = Vec::new();
    findings.extend(learnt(comparison));
    findings.push(evidence(comparison));
    if let Some(joint) = comparison.column(AS_CONFIGURED) {
        findings.extend(RIVALS.into_iter().filter_map(|rival| against(comparison, joint, rival)));
        findings.extend(losses(comparison, joint));
        findings.extend(converged(comparison));
    }
    findings.extend(methods(comparison));
    findings.extend(few_labels(comparison));
    if comparison.personal_heads_left_out {
        findings.push("The project's personal heads take no part here: `trunkline train` judges them.".to_owned());
    }
    findings
}

/// Names of tasks by how an interval of each stands to 0.
#[derive(Default)]
struct Standings<'c> {
    /// It lies above.
    better: Vec<&'c str>,
    /// It lies below.
    worse: Vec<&'c str>,
    /// It holds 0.
    level: Vec<&'c str>,
    /// There is none.
    unknown: Vec<&'c str>,
}

impl<'c> Standings<'c> {
    fn of(comparison: &'c Comparison, intervals: &[Option<Interval>]) -> Self {
        let mut standings = Self::default();
        for (index, task) in comparison.tasks.iter().enumerate() {
            let place = match intervals.get(index).copied().flatten() {
                Some(interval) if interval.is_above_zero() => &mut standings.better,
                Some(interval) if interval.is_below_zero() => &mut standings.worse,
                Some(interval) if interval.is_known() => &mut standings.level,
                _ => &mut standings.unknown,
            };
            place.push(task.name.as_str());
        }
        standings
    }

    /// What there is to tell, each of the four in the words given for it.
    fn told(&self, words: [&str; 4]) -> String {
        let all = [&self.better, &self.worse, &self.level, &self.unknown];
        let parts: Vec<String> = (all.into_iter().zip(words))
            .filter(|(tasks, _)| !tasks.is_empty())
            .map(|(tasks, words)| format!("{words} {}", list(tasks)))
            .collect();
        parts.join(", ")
    }
}

/// Tasks that are not shown to be learnt, tasks of which that cannot be said, and tasks whose evidence is groups.
fn learnt(comparison: &Comparison) -> Vec<String> {
    let witness = |name: &&str| comparison.column(name).map(|column| column.skill_simultaneous.as_slice());
    let witnesses: Vec<&[Option<Interval>]> = WITNESSES.iter().filter_map(witness).collect();
    let (mut without, mut unknown) = (Vec::new(), Vec::new());
    for (index, task) in comparison.tasks.iter().enumerate() {
        let skills = || witnesses.iter().filter_map(|skills| skills.get(index)?.as_ref());
        if !skills().any(Interval::is_known) {
            unknown.push(task.name.as_str());
        } else if !skills().any(Interval::is_above_zero) {
            without.push(task.name.as_str());
        }
    }
    let mut findings = Vec::new();
    if !unknown.is_empty() && comparison.draws > 0 {
        findings.push(format!(
            "On {} nothing can be told from chance: fewer than {LEAST_UNITS} {}s have what its error takes.",
            list(&unknown),
            comparison.unit
        ));
    }
    if !without.is_empty() && without.len() == comparison.tasks.len() {
        findings.push(
            "Nothing is learnt from this data that holds on new rows: on no task is the project as it is configured, or a linear model, \
             better than a constant answer beyond noise. Differences between contenders below mean nothing."
                .to_owned(),
        );
    } else if !without.is_empty() {
        findings.push(format!(
            "On {} nothing is learnt that holds on new rows: neither the project as it is configured nor a linear model is better than a \
             constant answer beyond noise.",
            list(&without)
        ));
    }
    for task in &comparison.constant_within_groups {
        findings.push(format!(
            "Every group bears one label of {} and the split keeps groups whole: the evidence is {} groups, not {} rows.",
            task.task, task.groups, task.rows
        ));
    }
    findings
}

/// What the intervals rest on.
fn evidence(comparison: &Comparison) -> String {
    let units = count(comparison.units, &comparison.unit);
    let seeds = count(comparison.seeds.len(), "seed");
    if comparison.draws == 0 {
        return format!(
            "The evidence is {units} of test rows, too few for any interval (it takes {LEAST_UNITS}): nothing here is told from chance. \
             More folds, or a column of groups (split.group), give more."
        );
    }
    format!(
        "The evidence is {units} of test rows and {seeds}, on {} of each seed. A difference is called one where an interval excludes 0 \
         that holds for all differences of its kind at once with 95 %; the tables give intervals that hold singly. (`trunkline train` \
         judges by its folds instead, each as one piece of evidence, and singly.)",
        count(comparison.folds, "fold")
    )
}

fn against(comparison: &Comparison, joint: &Column, (name, rival, is_joining): (&str, &str, bool)) -> Option<String> {
    let against = joint.against.get(name)?;
    let standings = Standings::of(comparison, &against.simultaneous);
    let told = standings.told(if is_joining {
        JOINING
    } else {
        [
            "the joint model is more accurate on",
            "the joint model is less accurate on",
            "the difference is within noise on",
            "there is no interval on",
        ]
    });
    Some(format!("Against {rival}, {told}; {}.", delta_m(comparison, against)))
}

/// Tasks on which the joint model is worse than networks of the same total size by more than is tolerated, each with its figure.
fn losses(comparison: &Comparison, joint: &Column) -> Option<String> {
    let small = comparison.column("single_same_size")?;
    let simultaneous = &joint.against.get("single_same_size")?.simultaneous;
    let lost = comparison.tasks.iter().enumerate().filter_map(|(index, task)| {
        let mean = |column: &Column| Some(column.scores.get(index)?.get(&task.figure)?.mean);
        let (own, other) = (mean(joint)?, mean(small)?);
        let standing = match simultaneous.get(index).copied().flatten() {
            Some(interval) if interval.is_below_zero() => "beyond noise",
            Some(interval) if interval.is_known() => "within noise",
            _ => "no interval",
        };
        (own < other - TOLERATED_LOSS).then(|| format!("{} ({own:.3} against {other:.3}, {standing})", task.name))
    });
    let lost: Vec<String> = lost.collect();
    let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
    Some(if lost.is_empty() {
        format!("On no task is it worse than networks of the same total size by more than {TOLERATED_LOSS}.")
    } else {
        format!("It is worse than networks of the same total size by more than {TOLERATED_LOSS} on {}.", list(&lost))
    })
}

/// Whether the networks of one task were trained long enough.
fn converged(comparison: &Comparison) -> Option<String> {
    let single = comparison.column("single")?;
    let courses = comparison.tasks.iter().zip(&single.training);
    convergence(courses.filter_map(|(task, course)| Some((task.name.as_str(), course.as_ref()?))))
}

/// What the methods change against the configured one, and how many differences were looked at for that.
fn methods(comparison: &Comparison) -> Vec<String> {
    let (mut told, mut level, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let (mut looks, mut singly) = (0, 0);
    for column in &comparison.columns {
        let Some(against) = column.against.get(AS_CONFIGURED) else { continue };
        let known = || against.tasks.iter().flatten().filter(|interval| interval.is_known());
        looks += known().count();
        singly += known().filter(|interval| interval.is_above_zero() || interval.is_below_zero()).count();
        let standings = Standings::of(comparison, &against.simultaneous);
        if standings.unknown.len() == comparison.tasks.len() {
            unknown.push(column.name.as_str());
        } else if standings.better.is_empty() && standings.worse.is_empty() {
            level.push(column.name.as_str());
        } else {
            let standings = Standings { better: standings.better, worse: standings.worse, ..Standings::default() };
            let words = ["is better on", "is worse on", "", ""];
            told.push(format!("Against the configured project, {} {}.", column.name, standings.told(words)));
        }
    }
    let mut findings = Vec::new();
    if looks > 0 {
        findings.push(format!(
            "Methods were compared with the configured project in {looks} differences (methods x tasks): {singly} of their intervals \
             exclude 0 singly, where chance alone gives about {:.0}. What follows tells of those that exclude 0 for all at once.",
            (looks as f64 / 20.0).ceil()
        ));
    }
    findings.extend(told);
    if !level.is_empty() {
        findings.push(format!("Within noise of the configured project on every task: {}.", list(&level)));
    }
    if !unknown.is_empty() {
        findings.push(format!("Without an interval on any task against the configured project: {}.", list(&unknown)));
    }
    findings
}

fn few_labels(comparison: &Comparison) -> Vec<String> {
    let fewer = comparison.label_shares.iter().filter(|share| share.percent < 100.0);
    fewer
        .filter_map(|share| {
            let joint = share.columns.iter().find(|column| column.name == AS_CONFIGURED)?;
            let against = joint.against.get("single")?;
            let standings = Standings::of(comparison, &against.simultaneous);
            Some(format!(
                "With {} % of the training rows ({:.0}, for {} the epochs), against networks of one task, {}; {}.",
                share.percent,
                share.training_rows,
                times(share.times_epochs),
                standings.told(JOINING),
                delta_m(comparison, against)
            ))
        })
        .collect()
}

fn times(times: f64) -> String {
    if (times - times.round()).abs() < 0.05 { format!("{times:.0} times") } else { format!("{times:.1} times") }
}

fn delta_m(comparison: &Comparison, against: &Against) -> String {
    let over = over(against.delta_m_tasks, comparison.tasks.len());
    match against.delta_m {
        Some(Interval { value, low: Some(low), high: Some(high) }) => {
            format!("Delta_m is {value:+.1} % [{low:+.1}, {high:+.1}]{over}")
        }
        Some(Interval { value, .. }) => format!("Delta_m is {value:+.1} % (no interval){over}"),
        None => "there is no Delta_m: on no task are both errors defined".to_owned(),
    }
}

/// Of how many tasks a mean is, where that is not all of them; begins with a space. 0 stands for a record that does not say.
pub(crate) fn over(part: usize, all: usize) -> String {
    if part == all || part == 0 { String::new() } else { format!(" over {part} of {all} tasks") }
}

/// A number of things, in the singular where it is one.
fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
