//! The table of methods x tasks as Markdown.

use super::record::{Against, Column, Comparison};
use super::run::boosted_trees;
use super::words::over;
use crate::evaluate::bootstrap::Interval;

/// Those that Delta_m is shown against, with the head of its column.
const RIVALS: [(&str, &str); 6] = [
    ("single_same_size", "Δm, single of the same total size"),
    ("single", "Δm, single of full size"),
    ("linear", "Δm, linear"),
    ("extra_trees", "Δm, extra trees"),
    ("boosting", "Δm, boosted trees"),
    ("joint", "Δm, as configured"),
];

/// The contenders whose need for labels is shown.
pub(crate) const LABEL_CURVES: [&str; 4] = ["linear", "extra_trees", "single", "joint"];
/// Those that Delta_m is shown against with fewer labels.
const LABEL_RIVALS: [(&str, &str); 3] =
    [("single", "Δm, single of full size"), ("linear", "Δm, linear"), ("extra_trees", "Δm, extra trees")];

/// The table with the lines that say how to read it, ready for a README.
pub fn markdown(comparison: &Comparison) -> String {
    let mut head = vec!["method".to_owned()];
    head.extend(comparison.tasks.iter().map(|task| format!("{} ({})", task.name, label(&task.figure))));
    let rivals = present(comparison, &RIVALS);
    head.extend(rivals.iter().map(|(_, head)| (*head).to_owned()));
    let mut lines = vec![row(&head), row(&vec!["---".to_owned(); head.len()])];
    lines.extend(comparison.columns.iter().map(|column| row(&cells(comparison, column, &rivals))));
    for skipped in &comparison.skipped {
        lines.push(row(
            &[vec![skipped.name.clone(), skipped.reason.clone()], vec![String::new(); head.len() - 2]].concat()
        ));
    }
    lines.push(String::new());
    lines.push(format!(
        "{}: {} rows, {} seeds x {} folds, all on the same folds. Joint models quantized, from the raw window on; the others in floating \
         point{}. Δm: mean over the tasks of the error saved, in percent of the other's error, {}.",
        comparison.name,
        comparison.rows,
        comparison.seeds.len(),
        comparison.folds,
        trees(comparison),
        intervals(comparison)
    ));
    lines.join("\n")
}

/// Where the intervals come from, as the end of a sentence.
pub(crate) fn intervals(comparison: &Comparison) -> String {
    let Comparison { units, unit, draws, .. } = comparison;
    if *draws == 0 {
        return format!("without intervals: {units} {unit}s of test rows are too few for any");
    }
    format!(
        "which is taken to be no less than .01 (of the standard deviation for values); with the 95 % interval of {draws} draws of \
         {units} {unit}s of test rows and of the seeds, which holds singly: of twenty such about one excludes 0 by chance"
    )
}

/// How many trees there are, as the end of a sentence.
fn trees(comparison: &Comparison) -> String {
    match comparison.trees {
        0 => String::new(),
        trees => format!(", with {trees} extra trees or {} boosted trees an output", boosted_trees(trees)),
    }
}

/// The table of the need for labels; `None` where it was not tried.
pub fn label_markdown(comparison: &Comparison) -> Option<String> {
    if comparison.label_shares.is_empty() {
        return None;
    }
    let mut head = vec!["training rows".to_owned(), "contender".to_owned()];
    head.extend(comparison.tasks.iter().map(|task| format!("{} ({})", task.name, label(&task.figure))));
    let rivals = present(comparison, &LABEL_RIVALS);
    head.extend(rivals.iter().map(|(_, head)| (*head).to_owned()));
    let mut lines = vec![row(&head), row(&vec!["---".to_owned(); head.len()])];
    for share in &comparison.label_shares {
        for column in share.columns.iter().filter(|column| LABEL_CURVES.contains(&column.name.as_str())) {
            let mut cells = vec![format!("{} % ({:.0})", share.percent, share.training_rows), shown(&column.name)];
            cells.extend(figures(comparison, column));
            cells.extend(gains(comparison, column, &rivals));
            lines.push(row(&cells));
        }
    }
    Some(lines.join("\n"))
}

/// Those of `rivals` that took part.
fn present(comparison: &Comparison, rivals: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    rivals.iter().copied().filter(|(rival, _)| comparison.column(rival).is_some()).collect()
}

fn cells(comparison: &Comparison, column: &Column, rivals: &[(&str, &str)]) -> Vec<String> {
    let mut cells = vec![shown(&column.name)];
    cells.extend(figures(comparison, column));
    cells.extend(gains(comparison, column, rivals));
    cells
}

/// A contender's name for people.
pub(crate) fn shown(name: &str) -> String {
    name.replace('_', " ")
}

fn figures<'c>(comparison: &'c Comparison, column: &'c Column) -> impl Iterator<Item = String> + 'c {
    comparison.tasks.iter().zip(&column.scores).map(|(task, scores)| {
        scores.get(&task.figure).map_or_else(|| "–".to_owned(), |figure| format!("{:.3}", figure.mean))
    })
}

fn gains(comparison: &Comparison, column: &Column, rivals: &[(&str, &str)]) -> Vec<String> {
    let gain = |(rival, _): &(&str, &str)| {
        column.against.get(*rival).and_then(|against| gain(comparison, against)).unwrap_or_default()
    };
    rivals.iter().map(gain).collect()
}

/// Delta_m with its interval and, where it is not over all tasks, over how many; `None` where there is none.
pub(crate) fn gain(comparison: &Comparison, against: &Against) -> Option<String> {
    Some(interval(&against.delta_m?) + &over(against.delta_m_tasks, comparison.tasks.len()))
}

/// An interval of percents.
pub(crate) fn interval(interval: &Interval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{:+.1} [{low:+.1}, {high:+.1}]", interval.value),
        _ => format!("{:+.1} [no interval]", interval.value),
    }
}

/// A figure's name for people.
pub(crate) fn label(figure: &str) -> &str {
    match figure {
        "r2" => "R²",
        "auc" => "AUC",
        _ => "macro-F1",
    }
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
}
