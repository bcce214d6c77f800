//! Did joining help? The comparison in words. A difference is called one where its interval excludes 0, and nowhere else.

use crate::compare::over;
use crate::evaluate::{Contender, PairedDifference, Record, TaskRecord, convergence};

use super::contest::{OTHERS, difference, figure, headline};

/// How the joint model (as the device runs it) stands against another on one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Better: the interval lies above 0.
    Better,
    /// The interval holds 0: no difference is shown, nor is it shown that there is none.
    NoneShown,
    /// Worse: the interval lies below 0.
    Worse,
}

/// Reads a difference; `None` where no interval can be had.
pub fn standing(difference: &PairedDifference) -> Option<Standing> {
    let (low, high) = (difference.low?, difference.high?);
    Some(if low > 0.0 {
        Standing::Better
    } else if high < 0.0 {
        Standing::Worse
    } else {
        Standing::NoneShown
    })
}

/// How a difference is told from chance, for `record`.
pub fn rule(record: &Record) -> String {
    if record.folds > 1 {
        "A difference counts where the 95 % t interval of the paired differences over the folds excludes 0: each fold is one piece of \
         evidence, and of twenty such findings about one is chance. `trunkline compare-methods` judges by groups of test rows instead, \
         by all differences of a kind at once."
            .to_owned()
    } else {
        "With fewer than two folds no interval can be had: no difference counts.".to_owned()
    }
}

/// What figures are worth whose settings a search has chosen by them.
pub const CHOSEN: &str = "A search chose these settings on inner folds of these very rows: the figures flatter them a little. \
                          `trunkline tune --nested` gives a score that no choice has touched.";

/// The findings of a record, one sentence each, what matters most first.
pub fn verdict(record: &Record) -> Vec<String> {
    let mut findings = Vec::from_iter(record.settings_chosen_on_these_rows.then(|| CHOSEN.to_owned()));
    findings.extend(without_interval(record));
    findings.extend(without_skill(record));
    findings.push(joining(record, Contender::SingleSameSize, record.delta_m_percent.single_same_size));
    findings.push(joining(record, Contender::Single, record.delta_m_percent.single));
    let single = |task: &'_ TaskRecord| task.training.get(Contender::Single.name()).copied();
    let courses: Vec<_> = record.tasks.iter().filter_map(|task| Some((task.name.as_str(), single(task)?))).collect();
    findings.extend(convergence(courses.iter().map(|(task, course)| (*task, course))));
    findings.push(beyond_linear(record));
    findings.push(quantization(record));
    findings.extend(saturation(record));
    findings.extend(warnings(record));
    findings
}

/// Tasks of which nothing can be said for lack of folds.
fn without_interval(record: &Record) -> Option<String> {
    let lacks = |task: &&TaskRecord| OTHERS.into_iter().any(|other| compare(task, other).is_none());
    let tasks: Vec<&TaskRecord> = record.tasks.iter().filter(lacks).collect();
    (!tasks.is_empty()).then(|| {
        format!("On {} an interval is lacking: it takes two folds in which the error is defined.", names(&tasks))
    })
}

fn joining(record: &Record, against: Contender, delta_m: Option<f64>) -> String {
    let rival = match against {
        Contender::SingleSameSize => "separate networks of the same total size",
        _ => "separate networks that are each as large (so many times the memory)",
    };
    let gain = |task: &&TaskRecord| match against {
        Contender::SingleSameSize => task.gain_percent.single_same_size.is_some(),
        _ => task.gain_percent.single.is_some(),
    };
    let over = over(record.tasks.iter().filter(gain).count(), record.tasks.len());
    let [better, none_shown, worse] = stand(record, against);
    let mut parts = Vec::new();
    if !better.is_empty() {
        parts.push(format!("is more accurate on {}", names(&better)));
    }
    if !worse.is_empty() {
        parts.push(format!("is less accurate on {}", names(&worse)));
    }
    if !none_shown.is_empty() {
        parts.push(format!("shows no difference on {}", names(&none_shown)));
    }
    let answer = if parts.is_empty() { "has no interval to be judged by".to_owned() } else { parts.join(", ") };
    format!("Against {rival}, the joint model {answer}; {}{over}.", on_average(delta_m))
}

fn on_average(gain_percent: Option<f64>) -> String {
    match gain_percent {
        None => "there is no average over the tasks: on none are both errors defined".to_owned(),
        Some(gain) if gain.abs() < 0.05 => "on average over the tasks (float model) the error is the same".to_owned(),
        Some(gain) => {
            let change = if gain < 0.0 { "higher" } else { "lower" };
            format!("on average over the tasks (float model) the error is {:.1} % {change}", gain.abs())
        }
    }
}

/// Tasks on which the joint model is not shown to be better than knowing nothing: those on which it is no better on average either,
/// then those on which it is, but not beyond chance.
fn without_skill(record: &Record) -> Vec<String> {
    let unskilled =
        |task: &&TaskRecord| compare(task, Contender::Constant).is_some_and(|standing| standing != Standing::Better);
    let ahead = |task: &&TaskRecord| difference(task, Contender::Constant).is_some_and(|paired| paired.mean > 0.0);
    let (ahead, behind): (Vec<_>, Vec<_>) = record.tasks.iter().filter(unskilled).partition(ahead);
    let mut findings = Vec::new();
    if !behind.is_empty() {
        findings.push(format!(
            "On {} nothing is learnt that holds on new rows: the model is not better than a constant answer.",
            names(&behind)
        ));
    }
    if !ahead.is_empty() {
        findings.push(format!(
            "On {} no skill is shown: the model is ahead of a constant answer on average, but not beyond what so few folds may give by \
             chance.",
            names(&ahead)
        ));
    }
    findings
}

fn beyond_linear(record: &Record) -> String {
    let [better, none_shown, worse] = stand(record, Contender::Linear);
    let mut parts = Vec::new();
    if !better.is_empty() {
        parts.push(format!("more on {}", names(&better)));
    }
    if !worse.is_empty() {
        parts.push(format!("less on {}", names(&worse)));
    }
    match (parts.is_empty(), none_shown.is_empty()) {
        (true, true) => "Against a linear model there is no interval to judge by.".to_owned(),
        (true, false) => format!("Against a linear model no difference is shown on {}.", names(&none_shown)),
        (false, true) => format!("The network tells {} than a linear model.", parts.join(", ")),
        (false, false) => format!(
            "The network tells {} than a linear model; no difference shown on {}.",
            parts.join(", "),
            names(&none_shown)
        ),
    }
}

fn quantization(record: &Record) -> String {
    let losses = record.tasks.iter().filter_map(|task| {
        let loss = figure(task, Contender::JointF32)?.mean - figure(task, Contender::JointInt8)?.mean;
        Some((task, loss))
    });
    match losses.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((task, loss)) if loss > 0.0005 => {
            format!("Integers instead of floats cost at most {loss:.3} ({} of {}).", headline(task).label, task.name)
        }
        Some(_) => "Integers instead of floats cost nothing that shows.".to_owned(),
        None => "There is no figure to compare integers and floats by.".to_owned(),
    }
}

fn saturation(record: &Record) -> Option<String> {
    let clamped: Vec<String> = (record.saturated_samples.iter().filter(|(_, count)| **count > 0))
        .map(|(channel, count)| format!("{count} of {channel}"))
        .collect();
    (!clamped.is_empty()).then(|| {
        format!(
            "Samples outside their channel's range were clamped: {}. Many call for a wider range.",
            clamped.join(", ")
        )
    })
}

fn warnings(record: &Record) -> impl Iterator<Item = String> + '_ {
    record.tasks.iter().filter_map(|task| {
        let warning = task.early_warning.get(Contender::JointInt8.name())?;
        Some(format!("Early warning of {}: {}", task.name, warning.sentences().join(" ")))
    })
}

/// How the joint integer model stands against another on one task; `None` where no interval can be had.
fn compare(task: &TaskRecord, against: Contender) -> Option<Standing> {
    difference(task, against).and_then(standing)
}

/// Tasks on which the joint integer model is better, shows no difference, is worse.
fn stand(record: &Record, against: Contender) -> [Vec<&TaskRecord>; 3] {
    let on = |standing| record.tasks.iter().filter(|task| compare(task, against) == Some(standing)).collect();
    [on(Standing::Better), on(Standing::NoneShown), on(Standing::Worse)]
}

fn names(tasks: &[&TaskRecord]) -> String {
    match tasks {
        [] => String::new(),
        [one] => one.name.clone(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|task| task.name.as_str()).collect();
            format!("{} and {}", first.join(", "), last.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Against, Differences, Footprint, Metrics, SCHEMA_VERSION, Summary};

    fn paired(low: f64, high: f64) -> PairedDifference {
        let (low, high) = (Some(low), Some(high));
        PairedDifference { measure: "rmse".into(), mean: 0.0, low, high, folds: 5 }
    }

    const BETTER: (f64, f64) = (0.1, 0.3);
    const UNCLEAR: (f64, f64) = (-0.1, 0.3);
    const WORSE: (f64, f64) = (-0.3, -0.1);

    #[test]
    fn a_difference_counts_where_its_interval_excludes_zero() {
        assert_eq!(standing(&paired(0.001, 0.2)), Some(Standing::Better));
        assert_eq!(standing(&paired(-0.2, -0.001)), Some(Standing::Worse));
        assert_eq!(standing(&paired(-0.001, 0.2)), Some(Standing::NoneShown));
        assert_eq!(standing(&paired(0.0, 0.0)), Some(Standing::NoneShown), "the same answers in every fold");
        let no_interval = PairedDifference { mean: 0.5, low: None, high: None, folds: 1, ..paired(0.0, 0.0) };
        assert_eq!(standing(&no_interval), None);
    }

    fn metrics(r2: f64) -> Metrics {
        [("r2".to_owned(), Summary::over_seeds(vec![Some(r2); 2]).unwrap())].into()
    }

    /// A task with R2 of the joint model (float, integer), and its differences from (single of the same size, single, linear,
    /// constant).
    fn task(name: &str, r2: (f64, f64), against: [(f64, f64); 4]) -> TaskRecord {
        let [single_same_size, single, linear, constant] = against.map(|(low, high)| Some(paired(low, high)));
        TaskRecord {
            name: name.into(),
            role: "other".into(),
            kind: "regression".into(),
            unit: String::new(),
            classes: vec![],
            labelled_rows: 1,
            constant: metrics(0.0),
            linear: metrics(0.0),
            single: metrics(0.0),
            single_same_size: metrics(0.0),
            joint_f32: metrics(r2.0),
            joint_int8: metrics(r2.1),
            gain_percent: Against::default(),
            training: Default::default(),
            difference: Differences { single, single_same_size, linear, constant },
            joint_int8_without: Default::default(),
            subsets: Default::default(),
            early_warning: Default::default(),
            calibration: None,
            uncertainty: None,
            importance: None,
            attributions: None,
        }
    }

    fn record(tasks: Vec<TaskRecord>, gain_percent: Option<f64>) -> Record {
        Record {
            schema_version: SCHEMA_VERSION,
            trunkline_version: String::new(),
            name: String::new(),
            tasks,
            delta_m_percent: Against { single: gain_percent, single_same_size: gain_percent },
            personal: None,
            relation: None,
            relation_stability: None,
            alternations: vec![],
            relation_converged: false,
            grouping: None,
            model: Footprint::default(),
            seeds: vec![1, 2],
            folds: 2,
            folds_in_split: 2,
            rows: 2,
            test_rows: 2,
            saturated_samples: Default::default(),
            settings_chosen_on_these_rows: false,
            seconds: 0.0,
            config_sha256: String::new(),
            data_sha256: String::new(),
        }
    }

    #[test]
    fn the_verdict_names_gains_losses_and_what_the_integers_cost() {
        let tasks = vec![
            task("pump", (0.80, 0.80), [BETTER, UNCLEAR, BETTER, BETTER]),
            task("valve", (0.80, 0.79), [WORSE, WORSE, WORSE, BETTER]),
            task("energy", (0.60, 0.60), [UNCLEAR, UNCLEAR, UNCLEAR, BETTER]),
        ];
        let verdict = verdict(&record(tasks, Some(6.14)));
        let expected = [
            "Against separate networks of the same total size, the joint model is more accurate on pump, is less accurate on valve, \
             shows no difference on energy; on average over the tasks (float model) the error is 6.1 % lower.",
            "Against separate networks that are each as large (so many times the memory), the joint model is less accurate on valve, \
             shows no difference on pump and energy; on average over the tasks (float model) the error is 6.1 % lower.",
            "The network tells more on pump, less on valve than a linear model; no difference shown on energy.",
            "Integers instead of floats cost at most 0.010 (R² of valve).",
        ];
        assert_eq!(verdict, expected);
    }

    #[test]
    fn a_task_without_skill_is_called_so_first() {
        let mut ahead = task("chance", (0.1, 0.1), [UNCLEAR; 4]);
        ahead.difference.constant = Some(PairedDifference { mean: 0.1, ..paired(-0.1, 0.3) });
        let tasks = vec![
            task("noise", (0.1, 0.1), [UNCLEAR; 4]),
            ahead,
            task("energy", (0.6, 0.6), [BETTER; 4]),
            task("misled", (-0.1, -0.1), [WORSE; 4]),
        ];
        let verdict = verdict(&record(tasks, Some(0.01)));
        assert!(verdict[0].starts_with("On noise and misled nothing is learnt that holds on new rows"), "{verdict:?}");
        assert!(verdict[1].starts_with("On chance no skill is shown"), "{verdict:?}");
        assert!(verdict[2].ends_with("on average over the tasks (float model) the error is the same."), "{verdict:?}");
    }

    #[test]
    fn without_an_interval_nothing_is_said_but_that() {
        let mut one_fold = task("energy", (0.6, 0.6), [BETTER; 4]);
        one_fold.difference = Differences::default();
        let searched = Record { settings_chosen_on_these_rows: true, ..record(vec![], None) };
        assert_eq!(super::verdict(&searched)[0], CHOSEN);
        let verdict = verdict(&Record { folds: 1, ..record(vec![one_fold], None) });
        assert!(verdict[0].starts_with("On energy an interval is lacking"), "{verdict:?}");
        assert!(verdict[1].contains("the joint model has no interval to be judged by"), "{verdict:?}");
        assert!(verdict[3].contains("no interval"), "{verdict:?}");
        assert!(rule(&Record { folds: 1, ..record(vec![], None) }).contains("no interval can be had"));
    }

    #[test]
    fn clamped_samples_are_told_by_channel() {
        let mut record = record(vec![], None);
        record.saturated_samples = [("current".to_owned(), 12), ("speed".to_owned(), 0)].into();
        let told = "Samples outside their channel's range were clamped: 12 of current. Many call for a wider range.";
        assert!(verdict(&record).iter().any(|finding| finding == told));
    }

    #[test]
    fn names_are_listed_as_people_do() {
        let tasks = ["pump", "valve", "energy"].map(|name| task(name, (0.0, 0.0), [UNCLEAR; 4]));
        let refs: Vec<&TaskRecord> = tasks.iter().collect();
        assert_eq!(names(&refs), "pump, valve and energy");
        assert_eq!(names(&refs[..1]), "pump");
        assert_eq!(names(&[]), "");
    }
}
