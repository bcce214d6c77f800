//! The sections of the page that are plots.

use maud::{Markup, PreEscaped, html};

use crate::evaluate::{Contender, Record};
use crate::report::contest::{figure, headline, is_joint, label, spread};
use crate::report::evidence::{Answers, Evidence};
use crate::report::explanation::stability;
use crate::report::plots::{self, Bar, Curve, Part, PlotError};

/// A chart a task with a bar a contender.
pub(super) fn contenders(record: &Record) -> Result<Markup, PlotError> {
    let mut figures = Vec::new();
    for task in &record.tasks {
        let bars: Vec<Bar> = (Contender::ALL.into_iter())
            .map(|contender| {
                let figure = figure(task, contender);
                let (mean, sd) = (figure.map_or(f64::NAN, |figure| figure.mean), figure.and_then(spread));
                Bar { label: label(contender).into(), mean, sd, joint: is_joint(contender) }
            })
            .collect();
        figures.push((task, plots::bars(&bars)?));
    }
    Ok(html! {
        h2 { "Task by task" }
        div.grid { @for (task, plot) in figures {
            figure {
                h3 { (task.name) " " span.muted { "(" (task.role) ", " (headline(task).label) ")" } }
                (PreEscaped(plot))
            }
        } }
    })
}

/// Confusion matrices of classes, predicted against true values of regressions.
pub(super) fn errors(evidence: &Evidence<'_>) -> Result<Markup, PlotError> {
    let mut figures = Vec::new();
    for (task, answers) in &evidence.answers {
        let (plot, caption) = match answers {
            Answers::Classes { names, counts } => (
                plots::confusion(names, counts)?,
                "Rows: what was so; columns: what the model said; the darker, the larger the share of its row.",
            ),
            Answers::Values { unit, points } if !points.is_empty() => {
                (plots::scatter(points, unit)?, "A point a window; on the line the prediction is right.")
            }
            Answers::Values { .. } => continue,
        };
        figures.push((task, plot, caption));
    }
    Ok(html! {
        h2 { "Where it is right and wrong" }
        p { "Answers of the integer model to test windows of every fold, first seed." }
        div.grid { @for (task, plot, caption) in figures {
            figure { h3 { (task) } (PreEscaped(plot)) figcaption { (caption) } }
        } }
    })
}

/// The relation that the heads have learnt.
pub(super) fn relation(record: &Record) -> Result<Markup, PlotError> {
    Ok(html! {
        @if let Some(relation) = record.relation.as_ref().filter(|relation| relation.tasks.len() > 1) {
            h2 { "How the tasks relate" }
            p {
                "Learnt from the heads' weights: 1 where two tasks read the shared network alike, 0 where they have nothing in \
                 common. " (strongest(&relation.tasks, &relation.matrix))
            }
            figure { (PreEscaped(plots::heat_map(&relation.tasks, &relation.matrix)?)) }
            @if let Some(over_trainings) = &record.relation_stability { (stability(over_trainings)?) }
        }
    })
}

fn strongest(tasks: &[String], matrix: &[Vec<f64>]) -> String {
    let pairs = (0..tasks.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
    let value = |&(row, column): &(usize, usize)| matrix.get(row).and_then(|values| values.get(column)).copied();
    let best = pairs.filter_map(|pair| Some((pair, value(&pair)?))).max_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or_else(String::new, |((row, column), value)| {
        format!("Closest: {} and {} ({value:.2}).", tasks[column], tasks[row])
    })
}

/// What a step for one task does to the others, where groups were looked for.
pub(super) fn grouping(record: &Record) -> Result<Markup, PlotError> {
    Ok(html! {
        @if let Some(grouping) = &record.grouping {
            h2 { "Which tasks help and which hurt each other" }
            @for sentence in crate::grouping::words(grouping) { p { (sentence) } }
            figure {
                (PreEscaped(plots::effect_map(&grouping.tasks, &grouping.transference.mean)?))
                figcaption {
                    "A step on the trunk for the task on the left: the percentage of the loss that it takes off the task above, blue where \
                     it adds to it. Mean over " (grouping.seeds) " trainings with one trunk on all rows."
                }
            }
        }
    })
}

/// The course of the training whose model is in the file.
pub(super) fn training(evidence: &Evidence<'_>) -> Result<Markup, PlotError> {
    let curves: &[Curve] = &evidence.curves;
    let movements: Vec<f64> = evidence.record.alternations.iter().map(|step| step.movement).collect();
    let drawable = curves.iter().any(|curve| curve.values.iter().any(|value| value.is_finite()));
    Ok(html! {
        h2 { "Training" }
        p { "The model in the file is refitted on all rows with the first seed; its course:" }
        div.grid {
            @if drawable {
                figure {
                    h3 { "Loss a task" }
                    (PreEscaped(plots::curves(curves)?))
                    figcaption { "Mean training loss of each epoch; " (evidence.chosen_epochs) " epochs made the model." }
                }
            }
            @if !movements.is_empty() {
                figure {
                    h3 { "The relation comes to rest" }
                    (PreEscaped(plots::convergence(&movements, evidence.tolerance)?))
                    figcaption {
                        "Relative movement of the relation at each closed-form step: "
                        @if evidence.record.relation_converged { "it came to rest before the epochs ended." }
                        @else { "the epochs ended before it came to rest." }
                    }
                }
            }
        }
    })
}

/// What the model takes of flash and RAM.
pub(super) fn footprint(record: &Record) -> Result<Markup, PlotError> {
    let model = &record.model;
    let part = |label: &str, bytes, limit| Part { label: label.into(), bytes, limit };
    let plot = plots::footprint(&[
        part("model file", model.bytes, u64::from(trunkline_shared::model::MAX_IMAGE_BYTES)),
        part("of which weights", model.weights_bytes, u64::from(trunkline_shared::model::MAX_IMAGE_BYTES)),
        part("RAM", model.arena_bytes, 64 * 1024),
    ])?;
    Ok(html! {
        h2 { "On the device" }
        figure {
            (PreEscaped(plot))
            figcaption { "The file format allows 512 KiB; RAM against the 64 KiB of a small Cortex-M4F." }
        }
    })
}
