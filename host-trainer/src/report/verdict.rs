//! Did joining help? The comparison in words, with differences inside the spread called what they are.

use crate::evaluate::{Contender, Record, Summary, TaskRecord};

use super::contest::{figure, headline};

/// Differences below this are called equal however small the spread is.
const LEAST_DIFFERENCE: f64 = 0.002;
/// The same with a single seed, which tells no spread.
const LEAST_DIFFERENCE_OF_ONE_SEED: f64 = 0.01;

/// How the joint model (as the device runs it) stands against another on one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Better by more than the spread.
    Better,
    /// The difference lies inside the spread.
    Alike,
    /// Worse by more than the spread.
    Worse,
}

/// Compares two figures of which higher is better, seed by seed: they are apart if the mean of the differences is larger than
/// their standard deviation. `None` if no seed has both.
pub fn standing(joint: &Summary, other: &Summary) -> Option<Standing> {
    let pairs = joint.per_seed.iter().zip(&other.per_seed);
    let differences = Summary::over_seeds(pairs.map(|(joint, other)| Some((*joint)? - (*other)?)).collect())?;
    let several = differences.per_seed.iter().flatten().count() > 1;
    let spread = differences.sd.max(if several { LEAST_DIFFERENCE } else { LEAST_DIFFERENCE_OF_ONE_SEED });
    Some(if differences.mean > spread {
        Standing::Better
    } else if differences.mean < -spread {
        Standing::Worse
    } else {
        Standing::Alike
    })
}

/// How a difference is told from chance, for `record`.
pub fn rule(record: &Record) -> String {
    if record.seeds.len() > 1 {
        "Seed by seed, a difference counts where its mean is larger than its spread.".to_owned()
    } else {
        format!("With a single seed there is no spread: differences below {LEAST_DIFFERENCE_OF_ONE_SEED} do not count.")
    }
}

/// The findings of a record, one sentence each, what matters most first.
pub fn verdict(record: &Record) -> Vec<String> {
    let mut findings = Vec::from_iter(without_skill(record));
    findings.push(joining(record, Contender::SingleSameSize, record.delta_m_percent.single_same_size));
    findings.push(joining(record, Contender::Single, record.delta_m_percent.single));
    findings.push(beyond_linear(record));
    findings.push(quantization(record));
    findings.extend(saturation(record));
    findings.extend(warnings(record));
    findings
}

fn joining(record: &Record, against: Contender, delta_m: Option<f64>) -> String {
    let [better, alike, worse] = stand(record, against);
    let (rival, gain) = match against {
        Contender::SingleSameSize => ("separate networks of the same total size", "more accurate"),
        _ => ("separate networks that are each as large (so many times the memory)", "more accurate"),
    };
    let answer = match (better.len(), worse.len()) {
        (0, 0) => "makes no difference beyond the spread on any task".to_owned(),
        (_, 0) => format!("is {gain} on {} and no worse elsewhere", names(&better)),
        (0, _) => format!("is less accurate on {} and no better elsewhere", names(&worse)),
        _ => format!("is {gain} on {}, less accurate on {}", names(&better), names(&worse)),
    };
    let alike = match alike.len() {
        0 => String::new(),
        _ if better.is_empty() && worse.is_empty() => String::new(),
        _ => format!(" (alike on {})", names(&alike)),
    };
    format!("Against {rival}, joining {answer}{alike}; {}.", on_average(delta_m))
}

fn on_average(gain_percent: Option<f64>) -> String {
    match gain_percent {
        None => "there is no average over the tasks: a baseline is without error".to_owned(),
        Some(gain) if gain.abs() < 0.05 => "on average over the tasks the error is the same".to_owned(),
        Some(gain) => {
            let change = if gain < 0.0 { "higher" } else { "lower" };
            format!("on average over the tasks the error is {:.1} % {change}", gain.abs())
        }
    }
}

/// Tasks on which the joint model is no better than knowing nothing.
fn without_skill(record: &Record) -> Option<String> {
    let skilled = |task: &&TaskRecord| compare(task, Contender::Constant).is_none_or(|it| it == Standing::Better);
    let tasks: Vec<&TaskRecord> = record.tasks.iter().filter(|task| !skilled(task)).collect();
    (!tasks.is_empty()).then(|| {
        format!(
            "On {} the model is no better than a constant answer: on rows of this kind there is nothing to rely on.",
            names(&tasks)
        )
    })
}

fn beyond_linear(record: &Record) -> String {
    let [better, _, worse] = stand(record, Contender::Linear);
    match (better.len(), worse.len()) {
        (0, 0) => "No task is beyond a linear model: the network is not needed here.".to_owned(),
        (_, 0) => format!("The network tells more than a linear model on {}.", names(&better)),
        (0, _) => format!("A linear model alone is better on {}: look at the training.", names(&worse)),
        _ => format!("The network tells more than a linear model on {}, less on {}.", names(&better), names(&worse)),
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

/// How the joint integer model stands against another on one task.
fn compare(task: &TaskRecord, against: Contender) -> Option<Standing> {
    standing(figure(task, Contender::JointInt8)?, figure(task, against)?)
}

/// Tasks on which the joint integer model is better, alike, worse.
fn stand(record: &Record, against: Contender) -> [Vec<&TaskRecord>; 3] {
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    for task in &record.tasks {
        if let Some(standing) = compare(task, against) {
            lists[standing as usize].push(task);
        }
    }
    lists
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
    use crate::evaluate::{Against, Footprint, Metrics, SCHEMA_VERSION};

    fn over(per_seed: &[f64]) -> Summary {
        Summary::over_seeds(per_seed.iter().copied().map(Some).collect()).unwrap()
    }

    #[test]
    fn a_difference_counts_where_it_is_larger_than_its_spread_over_seeds() {
        // The seeds differ much, the models of one seed hardly: compared in pairs, the joint model is better throughout.
        assert_eq!(standing(&over(&[0.71, 0.81, 0.91]), &over(&[0.70, 0.80, 0.90])), Some(Standing::Better));
        assert_eq!(standing(&over(&[0.70, 0.80]), &over(&[0.72, 0.82])), Some(Standing::Worse));
        assert_eq!(standing(&over(&[0.70, 0.80]), &over(&[0.80, 0.71])), Some(Standing::Alike));
        assert_eq!(standing(&over(&[0.801, 0.801]), &over(&[0.8, 0.8])), Some(Standing::Alike), "too small to matter");
    }

    #[test]
    fn one_seed_needs_a_clear_difference() {
        assert_eq!(standing(&over(&[0.805]), &over(&[0.80])), Some(Standing::Alike));
        assert_eq!(standing(&over(&[0.82]), &over(&[0.80])), Some(Standing::Better));
    }

    #[test]
    fn seeds_without_both_figures_take_no_part() {
        let gap = Summary { mean: 0.8, sd: 0.0, per_seed: vec![None] };
        assert_eq!(standing(&gap, &over(&[0.8])), None);
    }

    fn metrics(r2: f64) -> Metrics {
        [("r2".to_owned(), over(&[r2, r2]))].into()
    }

    /// A task with R2 of (constant, linear, single, single of the same size, joint float, joint integer).
    fn task(name: &str, r2: [f64; 6]) -> TaskRecord {
        let [constant, linear, single, single_same_size, joint_f32, joint_int8] = r2.map(metrics);
        TaskRecord {
            name: name.into(),
            role: "other".into(),
            kind: "regression".into(),
            unit: String::new(),
            classes: vec![],
            labelled_rows: 1,
            constant,
            linear,
            single,
            single_same_size,
            joint_f32,
            joint_int8,
            gain_percent: Against::default(),
            early_warning: Default::default(),
        }
    }

    fn record(tasks: Vec<TaskRecord>, gain_percent: Option<f64>) -> Record {
        Record {
            schema_version: SCHEMA_VERSION,
            trunkline_version: String::new(),
            name: String::new(),
            tasks,
            delta_m_percent: Against { single: gain_percent, single_same_size: gain_percent },
            relation: None,
            alternations: vec![],
            relation_converged: false,
            model: Footprint::default(),
            seeds: vec![1, 2],
            folds: 2,
            folds_in_split: 2,
            rows: 2,
            test_rows: 2,
            saturated_samples: Default::default(),
            seconds: 0.0,
            config_sha256: String::new(),
            data_sha256: String::new(),
        }
    }

    #[test]
    fn the_verdict_names_gains_losses_and_what_the_integers_cost() {
        let tasks = vec![
            task("pump", [0.0, 0.5, 0.80, 0.70, 0.80, 0.80]),
            task("valve", [0.0, 0.8, 0.90, 0.80, 0.80, 0.79]),
            task("energy", [0.0, 0.5, 0.60, 0.60, 0.60, 0.60]),
        ];
        let verdict = verdict(&record(tasks, Some(6.14)));
        let expected = [
            "Against separate networks of the same total size, joining is more accurate on pump, less accurate on valve (alike on \
             energy); on average over the tasks the error is 6.1 % lower.",
            "Against separate networks that are each as large (so many times the memory), joining is less accurate on valve and no \
             better elsewhere (alike on pump and energy); on average over the tasks the error is 6.1 % lower.",
            "The network tells more than a linear model on pump and energy, less on valve.",
            "Integers instead of floats cost at most 0.010 (R² of valve).",
        ];
        assert_eq!(verdict, expected);
    }

    #[test]
    fn a_task_without_skill_is_called_so_first() {
        let tasks =
            vec![task("noise", [0.0, -0.1, -0.1, -0.1, -0.1, -0.1]), task("energy", [0.0, 0.5, 0.6, 0.6, 0.6, 0.6])];
        let verdict = verdict(&record(tasks, Some(0.01)));
        assert!(verdict[0].starts_with("On noise the model is no better than a constant answer"), "{verdict:?}");
        assert!(verdict[1].ends_with("on average over the tasks the error is the same."), "{verdict:?}");
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
        let tasks = ["pump", "valve", "energy"].map(|name| task(name, [0.0; 6]));
        let refs: Vec<&TaskRecord> = tasks.iter().collect();
        assert_eq!(names(&refs), "pump, valve and energy");
        assert_eq!(names(&refs[..1]), "pump");
        assert_eq!(names(&[]), "");
    }
}
