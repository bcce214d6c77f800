//! A learning curve as a table and in words.

use super::curve::{Curve, ErrorAt, TaskCurve};
use crate::evaluate::bootstrap::Interval;
use crate::report::tables::grid;

/// Labelled rows of which the findings tell.
const FEW: usize = 30;

/// The errors of every task at every number of rows.
pub fn table(curve: &Curve) -> String {
    let rows = curve.tasks.iter().flat_map(|task| task.points.iter().map(move |point| row(task, point)));
    let head =
        ["new task", "error", "rows", "adapted", "from scratch", "linear", "saved of scratch", "%", "head reads"];
    grid(&head, rows)
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
    curve.tasks.iter().filter_map(|task| Some(finding(task, at_few(task)?))).collect()
}

fn at_few(task: &TaskCurve) -> Option<&ErrorAt> {
    task.points.iter().find(|point| point.rows == FEW).or(task.points.first())
}

fn finding(task: &TaskCurve, point: &ErrorAt) -> String {
    let TaskCurve { name, measure, .. } = task;
    let saved = &point.saved;
    let errors = format!("{measure} {:.4} against {:.4}, {} saved", point.adapted, point.scratch, interval(saved));
    if saved.is_above_zero() {
        format!("{name}: with {} labelled rows adapting beats a network from scratch ({errors}).", point.rows)
    } else if saved.is_below_zero() {
        format!(
            "{name}: with {} labelled rows a network from scratch is better ({errors}): {}.",
            point.rows,
            why(point)
        )
    } else {
        format!("{name}: with {} labelled rows the difference is within noise ({errors}): {}.", point.rows, why(point))
    }
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
