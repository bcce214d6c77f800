//! `compare.html`: a comparison of methods as one self-contained page, no script.

use maud::{Markup, PreEscaped, html};

use super::frame::frame;
use super::plots::{self, Curve, PlotError};
use crate::compare::{AS_CONFIGURED, Column, Comparison, LABEL_CURVES, TaskInfo, gain, intervals, label, shown};

/// Those that Delta_m is drawn against, each with its title.
const RIVALS: [(&str, &str); 6] = [
    ("single_same_size", "Against separate networks of the same total size"),
    ("single", "Against separate networks, each as large"),
    ("linear", "Against linear models"),
    ("extra_trees", "Against extra trees"),
    ("boosting", "Against boosted trees"),
    (AS_CONFIGURED, "Against the project as it is configured"),
];

/// The page as HTML text.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn compare_page(comparison: &Comparison) -> Result<String, PlotError> {
    let title = format!("{}: methods compared", comparison.name);
    let sections = html! {
        section.answer {
            h2 { "Where joining helps" }
            ul { @for finding in &comparison.findings { li { (finding) } } }
            p.muted {
                "Nothing was chosen by these figures. The findings tell of a difference only where an interval that holds for all of its \
                 kind at once excludes 0. In tables and plots Δm is the mean over the tasks of the error saved, in percent of the other's \
                 error, " (intervals(comparison)) "."
            }
        }
        (table(comparison))
        (gains(comparison)?)
        (labels(comparison)?)
        (methods(comparison))
    };
    Ok(frame(&title, &title, &provenance(comparison), &sections))
}

fn provenance(comparison: &Comparison) -> String {
    format!(
        "{} tasks · {} rows · {} of {} folds · {} seeds · {:.0} s of work",
        comparison.tasks.len(),
        comparison.rows,
        comparison.folds,
        comparison.folds_in_split,
        comparison.seeds.len(),
        comparison.seconds
    )
}

fn figure(task: &TaskInfo, column: &Column, index: usize) -> Option<f64> {
    Some(column.scores.get(index)?.get(&task.figure)?.mean)
}

/// The share of the way from the worst to the best contender of a task.
fn rank(comparison: &Comparison, task: &TaskInfo, index: usize, value: f64) -> f64 {
    let contenders = comparison.columns.iter().filter(|column| column.name != "constant");
    let values: Vec<f64> = contenders.filter_map(|column| figure(task, column, index)).collect();
    let (least, most) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(*value), most.max(*value)));
    if most > least { ((value - least) / (most - least)).clamp(0.0, 1.0) } else { 0.0 }
}

fn table(comparison: &Comparison) -> Markup {
    html! {
        h2 { "Figures" }
        p {
            "Means over the seeds. The darker, the nearer to the task's best; small differences may be noise, which the next plots \
             show."
        }
        div.scroll { table {
            thead { tr {
                th { "method" }
                @for task in &comparison.tasks { th { (task.name) br; small { (label(&task.figure)) } } }
            } }
            tbody { @for column in &comparison.columns { tr {
                td.joint[column.joint] { (shown(&column.name)) }
                @for (index, task) in comparison.tasks.iter().enumerate() {
                    @match figure(task, column, index) {
                        Some(value) => {
                            @let share = 0.45 * rank(comparison, task, index, value);
                            td style=(format!("background: rgba(209, 98, 43, {share:.2})")) { (format!("{value:.3}")) }
                        }
                        None => td { "–" }
                    }
                }
            } } }
        } }
        @if !comparison.skipped.is_empty() {
            ul { @for skipped in &comparison.skipped { li { (skipped.name) " " (skipped.reason) "." } } }
        }
    }
}

fn gains(comparison: &Comparison) -> Result<Markup, PlotError> {
    let mut drawn = Vec::new();
    for (rival, title) in RIVALS {
        let rows: Vec<_> = comparison
            .columns
            .iter()
            .filter_map(|column| Some((shown(&column.name), column.against.get(rival)?.delta_m?)))
            .collect();
        if !rows.is_empty() {
            drawn.push((title, plots::intervals(&rows)?));
        }
    }
    let tasks = comparison.tasks.len();
    let fewest = comparison.columns.iter().flat_map(|column| column.against.values()).map(|it| it.delta_m_tasks).min();
    let part = fewest.filter(|fewest| (1..tasks).contains(fewest));
    let part = part.map(|fewest| {
        format!("Where a task's error is not defined it takes no part: some means are over {fewest} of {tasks} tasks.")
    });
    Ok(html! {
        h2 { "Delta_m" }
        p {
            "The mean over the tasks of the error saved, in percent of the other's error, with its 95 % interval; to the right of 0 \
             joining saves."
        }
        @if let Some(part) = part { p.muted { (part) } }
        @for (title, plot) in drawn { figure { h3 { (title) } (PreEscaped(plot)) } }
    })
}

fn labels(comparison: &Comparison) -> Result<Markup, PlotError> {
    let shares = &comparison.label_shares;
    if shares.len() < 2 {
        return Ok(html! {});
    }
    let percents: Vec<f64> = shares.iter().map(|share| share.percent).collect();
    let mut drawn = Vec::new();
    let curves: Vec<&str> = LABEL_CURVES.into_iter().filter(|name| comparison.column(name).is_some()).collect();
    let rivals: Vec<&str> = curves.iter().copied().filter(|name| *name != AS_CONFIGURED).collect();
    for (index, task) in comparison.tasks.iter().enumerate() {
        let curve = |name: &&str| Curve {
            label: shown(name),
            values: (shares.iter())
                .map(|share| {
                    let column = share.columns.iter().find(|column| column.name == **name);
                    column.and_then(|column| figure(task, column, index)).unwrap_or(f64::NAN)
                })
                .collect(),
        };
        drawn.push((
            task,
            plots::shares(&percents, &curves.iter().map(curve).collect::<Vec<_>>(), label(&task.figure))?,
        ));
    }
    Ok(html! {
        h2 { "The need for labels" }
        p {
            "The same test rows, with a part of each fold's training rows: whole groups, each part holding the smaller ones. Networks are \
             trained for more epochs then (up to eight times as many), so that they take about as many steps."
        }
        div.grid { @for (task, plot) in drawn { figure { h3 { (task.name) } (PreEscaped(plot)) } } }
        div.scroll { table {
            thead { tr { th { "training rows" } @for rival in &rivals { th { "Δm against " (shown(rival)) } } } }
            tbody { @for share in shares { tr {
                td { (share.percent) " % (" (format!("{:.0}", share.training_rows)) ")" }
                @for rival in &rivals {
                    td { (joint_gain(comparison, &share.columns, rival)) }
                }
            } } }
        } }
    })
}

fn joint_gain(comparison: &Comparison, columns: &[Column], rival: &str) -> String {
    let joint = columns.iter().find(|column| column.name == AS_CONFIGURED);
    let against = joint.and_then(|joint| joint.against.get(rival));
    against.and_then(|against| gain(comparison, against)).unwrap_or_else(|| "–".to_owned())
}

fn methods(comparison: &Comparison) -> Markup {
    html! {
        h2 { "Methods" }
        dl { @for column in &comparison.columns {
            dt { (shown(&column.name)) }
            dd { (column.sentence) @if !column.paper.is_empty() { " " span.muted { (column.paper) } } }
        } }
        footer {
            p { "Every figure is in compare.json beside this page." }
            p { "Project " code { (comparison.config_sha256) } br; "Data " code { (comparison.data_sha256) } }
        }
    }
}
