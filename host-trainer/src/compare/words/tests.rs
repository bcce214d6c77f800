//! What is said, and what is not, of comparisons whose intervals are known.

use std::collections::BTreeMap;

use super::*;
use crate::compare::record::{LabelShare, SCHEMA_VERSION, TaskInfo};
use crate::evaluate::{Summary, TrainingCourse};

const BETTER: Option<Interval> = Some(Interval { value: 0.2, low: Some(0.1), high: Some(0.3) });
const WORSE: Option<Interval> = Some(Interval { value: -0.2, low: Some(-0.3), high: Some(-0.1) });
const LEVEL: Option<Interval> = Some(Interval { value: 0.1, low: Some(-0.1), high: Some(0.3) });
const UNKNOWN: Option<Interval> = Some(Interval { value: 0.9, low: None, high: None });

fn tested(tasks: &[Option<Interval>], simultaneous: &[Option<Interval>]) -> Against {
    Against {
        delta_m: LEVEL,
        delta_m_tasks: tasks.len(),
        delta_m_of_folds: Vec::new(),
        tasks: tasks.to_vec(),
        simultaneous: simultaneous.to_vec(),
    }
}

fn column(name: &str, r2: f64, skill: Option<Interval>, against: &[(&str, Against)]) -> Column {
    let summary = Summary::over_seeds(vec![Some(r2)]).unwrap();
    Column {
        name: name.into(),
        sentence: String::new(),
        paper: String::new(),
        joint: !against.is_empty(),
        scores: vec![BTreeMap::from([("r2".to_owned(), summary)]); 3],
        training: Vec::new(),
        against: against.iter().map(|(name, against)| ((*name).to_owned(), against.clone())).collect(),
        skill: vec![skill; 3],
        skill_simultaneous: vec![skill; 3],
    }
}

fn comparison(columns: Vec<Column>) -> Comparison {
    let task = |name: &str| TaskInfo {
        name: name.into(),
        role: "other".into(),
        kind: "regression".into(),
        unit: String::new(),
        figure: "r2".into(),
        error: "rmse".into(),
    };
    Comparison {
        schema_version: SCHEMA_VERSION,
        trunkline_version: String::new(),
        name: String::new(),
        tasks: ["pump", "valve", "energy"].map(task).to_vec(),
        columns,
        skipped: Vec::new(),
        label_shares: Vec::new(),
        constant_within_groups: Vec::new(),
        findings: Vec::new(),
        seeds: vec![1, 2],
        folds: 5,
        folds_in_split: 5,
        rows: 100,
        units: 24,
        unit: "group".into(),
        draws: 2000,
        personal_heads_left_out: false,
        trees: 0,
        seconds: 0.0,
        config_sha256: String::new(),
        data_sha256: String::new(),
    }
}

fn says(comparison: &Comparison, sentence: &str) {
    let findings = words(comparison);
    assert!(findings.iter().any(|finding| finding == sentence), "{sentence}\nis not among {findings:#?}");
}

#[test]
fn joining_is_what_tells_apart_from_networks_of_one_task_alone() {
    let mixed = || tested(&[BETTER, WORSE, LEVEL], &[BETTER, WORSE, LEVEL]);
    let joint = column("joint", 0.8, BETTER, &[("single", mixed()), ("linear", mixed())]);
    let comparison = comparison(vec![column("linear", 0.7, BETTER, &[]), joint]);
    says(
        &comparison,
        "Against separate networks that are each as large (so many times the memory), joining helps on pump, joining hurts on valve, the \
         difference is within noise on energy; Delta_m is +0.1 % [-0.1, +0.3].",
    );
    says(
        &comparison,
        "Against linear models, the joint model is more accurate on pump, the joint model is less accurate on valve, the difference is \
         within noise on energy; Delta_m is +0.1 % [-0.1, +0.3].",
    );
}

#[test]
fn without_intervals_nothing_is_called_unlearnt_or_within_noise() {
    let unknown = || tested(&[UNKNOWN; 3], &[UNKNOWN; 3]);
    let against = Against { delta_m: UNKNOWN, delta_m_tasks: 2, ..unknown() };
    let columns = vec![
        column("linear", 0.7, UNKNOWN, &[]),
        column("joint", 0.8, UNKNOWN, &[("single", against)]),
        column("dropout", 0.8, UNKNOWN, &[("joint", unknown())]),
    ];
    let comparison = Comparison { draws: 0, units: 1, unit: "fold".into(), ..comparison(columns) };
    let findings = words(&comparison);
    assert!(findings[0].starts_with("The evidence is 1 fold of test rows, too few for any interval"), "{findings:#?}");
    assert!(
        !findings.iter().any(|finding| finding.contains("is learnt") || finding.contains("ithin noise")),
        "{findings:#?}"
    );
    says(&comparison, "Without an interval on any task against the configured project: dropout.");
    says(
        &comparison,
        "Against separate networks that are each as large (so many times the memory), there is no interval on pump, valve and energy; \
         Delta_m is +0.9 % (no interval) over 2 of 3 tasks.",
    );
}

#[test]
fn what_is_learnt_is_not_decided_by_the_best_of_many() {
    let lucky = column("dropout", 0.9, BETTER, &[("joint", tested(&[BETTER; 3], &[LEVEL; 3]))]);
    let columns = vec![column("linear", 0.0, LEVEL, &[]), column("joint", 0.0, LEVEL, &[]), lucky];
    let comparison = comparison(columns);
    assert!(words(&comparison)[0].starts_with("Nothing is learnt from this data"), "{:#?}", words(&comparison));
    says(&comparison, "Within noise of the configured project on every task: dropout.");
    says(
        &comparison,
        "Methods were compared with the configured project in 3 differences (methods x tasks): 3 of their intervals exclude 0 singly, \
         where chance alone gives about 1. What follows tells of those that exclude 0 for all at once.",
    );
}

#[test]
fn a_linear_model_alone_shows_that_there_is_something_to_learn() {
    let mut linear = column("linear", 0.5, BETTER, &[]);
    linear.skill_simultaneous[2] = LEVEL;
    let comparison = comparison(vec![linear, column("joint", 0.0, WORSE, &[])]);
    let findings = words(&comparison);
    assert!(findings[0].starts_with("On energy nothing is learnt that holds on new rows"), "{findings:#?}");
}

#[test]
fn single_networks_that_may_not_have_converged_are_named() {
    let course = TrainingCourse { fits: 10, epochs: 60.0, most_epochs: 60, last_fall: Some(0.05), cut_short: 4 };
    let mut single = column("single", 0.7, BETTER, &[]);
    single.training = vec![None, Some(course), None];
    let comparison = comparison(vec![single, column("joint", 0.8, BETTER, &[])]);
    let findings = words(&comparison);
    assert!(findings.iter().any(|finding| finding.ends_with("They are of valve (4 of 10).")), "{findings:#?}");
}

#[test]
fn few_labels_are_told_with_the_tasks_within_noise() {
    let joint = column("joint", 0.8, BETTER, &[("single", tested(&[BETTER; 3], &[BETTER, LEVEL, UNKNOWN]))]);
    let share = LabelShare { percent: 5.0, training_rows: 88.0, times_epochs: 8.0, columns: vec![joint.clone()] };
    let comparison = Comparison { label_shares: vec![share], personal_heads_left_out: true, ..comparison(vec![joint]) };
    says(
        &comparison,
        "With 5 % of the training rows (88, for 8 times the epochs), against networks of one task, joining helps on pump, the difference \
         is within noise on valve, there is no interval on energy; Delta_m is +0.1 % [-0.1, +0.3].",
    );
    assert!(words(&comparison).last().unwrap().contains("personal heads take no part"));
}
