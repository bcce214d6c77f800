//! A comparison in words: where joining helps, where it does not, and where the difference is within noise.

use super::methods::AS_CONFIGURED;
use super::record::{Column, Comparison};
use crate::evaluate::bootstrap::Interval;

/// A loss against networks of the same total size that is named whatever its interval, in the unit of the figure.
const TOLERATED_LOSS: f64 = 0.005;

/// The findings, one sentence each, what matters most first.
pub fn words(comparison: &Comparison) -> Vec<String> {
    let mut findings = Vec::new();
    findings.extend(not_learnt(comparison));
    if let Some(joint) = comparison.column(AS_CONFIGURED) {
        let rivals = [
            ("single_same_size", "separate networks of the same total size"),
            ("single", "separate networks that are each as large (so many times the memory)"),
            ("linear", "linear models"),
            ("extra_trees", "extra trees (far too large for the device)"),
            ("boosting", "boosted trees (far too large for the device)"),
        ];
        findings.extend(rivals.into_iter().filter_map(|(name, rival)| against(comparison, joint, name, rival)));
        findings.extend(losses(comparison, joint));
    }
    findings.extend(methods(comparison));
    findings.extend(few_labels(comparison));
    findings
}

/// Tasks on which no contender is better than a constant answer, and tasks whose evidence is groups.
fn not_learnt(comparison: &Comparison) -> Vec<String> {
    let mut findings = Vec::new();
    let no_skill = |index: usize| {
        let skills: Vec<&Interval> = comparison
            .columns
            .iter()
            .filter(|column| column.name != "constant")
            .filter_map(|column| column.skill.get(index)?.as_ref())
            .collect();
        !skills.is_empty() && !skills.into_iter().any(Interval::is_above_zero)
    };
    let all = comparison.tasks.iter().enumerate();
    let names: Vec<&str> = all.filter(|(index, _)| no_skill(*index)).map(|(_, task)| task.name.as_str()).collect();
    if !names.is_empty() && names.len() == comparison.tasks.len() {
        findings.push(
            "Nothing is learnt from this data that holds on new rows: on no task is any contender better than a constant answer beyond \
             noise. Differences between contenders below mean nothing."
                .to_owned(),
        );
    } else if !names.is_empty() {
        findings.push(format!(
            "On {} nothing is learnt that holds on new rows: no contender is better than a constant answer beyond noise.",
            list(&names)
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

fn against(comparison: &Comparison, joint: &Column, name: &str, rival: &str) -> Option<String> {
    let against = joint.against.get(name)?;
    let [better, worse, level] = stand(comparison, &against.tasks);
    let mut parts = Vec::new();
    if !better.is_empty() {
        parts.push(format!("joining helps on {}", list(&better)));
    }
    if !worse.is_empty() {
        parts.push(format!("it hurts on {}", list(&worse)));
    }
    if !level.is_empty() {
        parts.push(format!("the difference is within noise on {}", list(&level)));
    }
    if parts.is_empty() {
        return None;
    }
    Some(format!("Against {rival}, {}; {}.", parts.join(", "), delta_m(against.delta_m.as_ref())))
}

/// Tasks on which the joint model is worse than networks of the same total size by more than is tolerated, each with its figure.
fn losses(comparison: &Comparison, joint: &Column) -> Option<String> {
    let small = comparison.column("single_same_size")?;
    let lost = comparison.tasks.iter().enumerate().filter_map(|(index, task)| {
        let mean = |column: &Column| Some(column.scores.get(index)?.get(&task.figure)?.mean);
        let (own, other) = (mean(joint)?, mean(small)?);
        let standing = match joint.against.get("single_same_size")?.tasks.get(index)?.as_ref() {
            Some(interval) if interval.is_below_zero() => "beyond noise",
            _ => "within noise",
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

/// What the methods change against the configured one.
fn methods(comparison: &Comparison) -> Vec<String> {
    let (mut told, mut level) = (Vec::new(), Vec::new());
    for column in &comparison.columns {
        let Some(against) = column.against.get(AS_CONFIGURED) else { continue };
        let [better, worse, _] = stand(comparison, &against.tasks);
        if better.is_empty() && worse.is_empty() {
            level.push(column.name.as_str());
            continue;
        }
        let mut parts = Vec::new();
        if !better.is_empty() {
            parts.push(format!("is better on {}", list(&better)));
        }
        if !worse.is_empty() {
            parts.push(format!("is worse on {}", list(&worse)));
        }
        told.push(format!("Against the configured project, {} {}.", column.name, parts.join(" and ")));
    }
    if !level.is_empty() {
        told.push(format!("Within noise of the configured project on every task: {}.", list(&level)));
    }
    told
}

fn few_labels(comparison: &Comparison) -> Vec<String> {
    let fewer = comparison.label_shares.iter().filter(|share| share.percent < 100.0);
    fewer
        .filter_map(|share| {
            let joint = share.columns.iter().find(|column| column.name == AS_CONFIGURED)?;
            let against = joint.against.get("single")?;
            let [better, worse, _] = stand(comparison, &against.tasks);
            let on = |tasks: &[&str], what: &str| {
                if tasks.is_empty() { format!("{what} on no task") } else { format!("{what} on {}", list(tasks)) }
            };
            Some(format!(
                "With {} % of the training rows ({:.0}) joining beats networks of one task {}, {}; {}.",
                share.percent,
                share.training_rows,
                on(&better, "beyond noise").replacen("beyond noise ", "", 1),
                on(&worse, "loses to them"),
                delta_m(against.delta_m.as_ref())
            ))
        })
        .collect()
}

/// Names of the tasks on which the interval lies above 0, below it, and around it.
fn stand<'c>(comparison: &'c Comparison, tasks: &[Option<Interval>]) -> [Vec<&'c str>; 3] {
    let mut names = [Vec::new(), Vec::new(), Vec::new()];
    for (task, interval) in comparison.tasks.iter().zip(tasks) {
        let Some(interval) = interval.filter(|interval| interval.low.is_some()) else { continue };
        let place = if interval.is_above_zero() {
            0
        } else if interval.is_below_zero() {
            1
        } else {
            2
        };
        names[place].push(task.name.as_str());
    }
    names
}

fn delta_m(interval: Option<&Interval>) -> String {
    match interval {
        Some(Interval { value, low: Some(low), high: Some(high) }) => {
            format!("Delta_m is {value:+.1} % [{low:+.1}, {high:+.1}]")
        }
        Some(Interval { value, .. }) => format!("Delta_m is {value:+.1} % (no interval)"),
        None => "there is no Delta_m: a baseline is without error".to_owned(),
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
