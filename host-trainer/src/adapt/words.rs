//! A learning curve as a table and in words.

use super::curve::{Curve, ErrorAt, TaskCurve};
use crate::evaluate::bootstrap::Interval;
use crate::report::tables::grid;

/// Labelled rows of which the findings tell.
const FEW: usize = 30;

/// The errors of every task at every number of rows.
pub fn table(curve: &Curve) -> String {
    let mut head =
        vec!["new task", "error", "rows", "adapted", "from scratch", "linear", "saved of scratch", "%", "head reads"];
    let tuned = curve.tune_trunk.is_some();
    if tuned {
        head.extend(["tuned trunk", "saved by tuning"]);
    }
    let points = curve.tasks.iter().flat_map(|task| task.points.iter().map(move |point| (task, point)));
    let rows = points.map(|(task, point)| {
        let more = tuned.then(|| tuned_cells(point)).into_iter().flatten();
        row(task, point).into_iter().chain(more).collect()
    });
    grid(&head, rows)
}

fn tuned_cells(point: &ErrorAt) -> [String; 2] {
    let none = || "-".to_owned();
    let error = point.tuned.map_or_else(none, |error| format!("{error:.4}"));
    [error, point.saved_by_tuning.as_ref().map_or_else(none, interval)]
}

fn row(task: &TaskCurve, point: &ErrorAt) -> Vec<String> {
    let number = |value: f64| format!("{value:.4}");
    let most = point.inputs.iter().max_by_key(|(_, times)| **times);
    vec![
        task.name.clone(),
        task.measure.clone(),
        point.rows.to_string(),
        number(point.adapted),
        number(point.scratch),
        number(point.linear),
        interval(&point.saved),
        point.saved_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.1}")),
        most.map_or_else(String::new, |(inputs, _)| inputs.clone()),
    ]
}

fn interval(interval: &Interval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{:+.4} [{low:+.4}, {high:+.4}]", interval.value),
        _ => format!("{:+.4}", interval.value),
    }
}

/// Where a new head does better than a network from scratch at 30 rows (or the fewest that there are), where not, and why.
pub fn findings(curve: &Curve) -> Vec<String> {
    let finding = |task: &TaskCurve, point: &ErrorAt| finding(task, point) + &tuning(point).unwrap_or_default();
    curve.tasks.iter().filter_map(|task| Some(finding(task, at_few(task)?))).collect()
}

/// Whether tuning the trunk is worth it; nothing where that was not asked.
fn tuning(point: &ErrorAt) -> Option<String> {
    let (tuned, saved) = (point.tuned?, point.saved_by_tuning.as_ref()?);
    let verdict = if saved.is_above_zero() {
        "is better than leaving it frozen"
    } else if saved.is_below_zero() {
        "is worse than leaving it frozen"
    } else {
        "makes no difference beyond noise"
    };
    Some(format!(" Tuning the trunk {verdict} ({tuned:.4}, {} saved).", interval(saved)))
}

fn at_few(task: &TaskCurve) -> Option<&ErrorAt> {
    task.points.iter().find(|point| point.rows == FEW).or(task.points.first())
}

fn finding(task: &TaskCurve, point: &ErrorAt) -> String {
    let TaskCurve { name, measure, .. } = task;
    let saved = &point.saved;
    let errors = format!("{measure} {:.4} against {:.4}, {} saved", point.adapted, point.scratch, interval(saved));
    if saved.is_above_zero() {
        format!(
            "{name}: with {} labelled rows adapting beats a network from scratch ({errors}): {}.",
            point.rows,
            whence(point)
        )
    } else if saved.is_below_zero() {
        format!(
            "{name}: with {} labelled rows a network from scratch is better ({errors}): {}.",
            point.rows,
            why(point)
        )
    } else if !saved.is_known() {
        format!(
            "{name}: with {} labelled rows no interval can be had ({errors}): the test units are too few.",
            point.rows
        )
    } else {
        format!("{name}: with {} labelled rows the difference is within noise ({errors}): {}.", point.rows, why(point))
    }
}

/// Whether an advantage is the old model's or that of a closed form over gradient steps on few rows.
fn whence(point: &ErrorAt) -> String {
    let from_old = if point.saved_of_linear.is_above_zero() {
        "it owes that to what the old model knows"
    } else if point.saved_of_linear.is_below_zero() {
        "though the closed form alone, without the old model, is better still"
    } else {
        "the closed form does as well without the old model, as far as the test units tell"
    };
    format!("{from_old} (a linear model on the features errs {:.4})", point.linear)
}

/// Why a new head has no advantage, from the errors of its parts.
fn why(point: &ErrorAt) -> String {
    match point.trunk_alone {
        None => "the model of the other tasks has no trunk to stand on".to_owned(),
        Some(trunk) if trunk > point.linear => format!(
            "the other tasks' trunk holds less about it than the features do (a head on the trunk alone errs {trunk:.4}, a linear model \
             on the features {:.4})",
            point.linear
        ),
        Some(trunk) => format!(
            "the trunk alone errs {trunk:.4}, a linear model on the features {:.4}: too near to each other for so few test units",
            point.linear
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn point(saved: [f64; 2], of_linear: [f64; 2], trunk_alone: Option<f64>) -> ErrorAt {
        let interval = |[low, high]: [f64; 2]| Interval { value: (low + high) / 2.0, low: Some(low), high: Some(high) };
        ErrorAt {
            rows: 30,
            adapted: 0.2,
            trunk_alone,
            scratch: 0.3,
            linear: 0.25,
            saved: interval(saved),
            saved_percent: Some(33.0),
            saved_of_linear: interval(of_linear),
            tuned: None,
            saved_by_tuning: None,
            inputs: BTreeMap::new(),
        }
    }

    #[test]
    fn tuning_is_judged_by_its_interval_and_only_where_it_was_asked_for() {
        let point = point([0.05, 0.15], [0.05, 0.15], None);
        assert_eq!(tuning(&point), None);
        for ([low, high], said) in [([0.1, 0.2], "is better"), ([-0.1, 0.2], "no difference"), ([-0.2, -0.1], "worse")]
        {
            let saved = Interval { value: (low + high) / 2.0, low: Some(low), high: Some(high) };
            let point = ErrorAt { tuned: Some(0.15), saved_by_tuning: Some(saved), ..point.clone() };
            assert!(tuning(&point).unwrap().contains(said));
        }
    }

    #[test]
    fn an_advantage_is_claimed_only_beyond_noise_and_traced_to_where_it_comes_from() {
        let (above, around, below) = ([0.05, 0.15], [-0.1, 0.3], [-0.2, -0.1]);
        for (saved, of_linear, trunk, said) in [
            (above, above, Some(0.2), ["beats a network from scratch", "owes that to what the old model knows"]),
            (above, around, Some(0.2), ["beats a network from scratch", "as well without the old model"]),
            (above, below, Some(0.2), ["beats a network from scratch", "better still"]),
            (around, around, Some(0.4), ["within noise", "holds less about it"]),
            (around, around, Some(0.2), ["within noise", "too near to each other"]),
            (below, below, None, ["a network from scratch is better", "no trunk"]),
        ] {
            let task = TaskCurve {
                name: "wear".into(),
                kind: "regression".into(),
                measure: "rmse".into(),
                points: vec![point(saved, of_linear, trunk)],
            };
            let finding = finding(&task, &task.points[0]);
            assert!(
                finding.starts_with("wear: with 30") && said.iter().all(|said| finding.contains(said)),
                "{finding}"
            );
        }
    }
}
