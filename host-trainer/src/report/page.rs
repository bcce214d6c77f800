//! `report.html`: one self-contained page, plots drawn in place, no script.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::evaluate::{Contender, EarlyWarning, Record};

use super::calibration::calibrations;
use super::contest::{
    OTHERS, difference, figure, headline, in_practice, interval, is_joint, label, spread, without_channels,
};
use super::evidence::{Answers, Evidence};
use super::explanation::{explanation, stability_sentence};
use super::plots::{self, Bar, Curve, Part, PlotError};
use super::tables::{PERSONAL_HEADER, personal_rows};
use super::verdict::{rule, verdict};

const STYLE: &str = include_str!("page.css");

/// The page as HTML text.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn page(evidence: &Evidence<'_>) -> Result<String, PlotError> {
    let record = evidence.record;
    let title = format!("{}: did joining help?", record.name);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                header {
                    h1 { (record.name) }
                    p.muted { (provenance_line(record)) }
                }
                (answer(record))
                (tiles(evidence))
                (table(record))
                (subsets(record))
                (differences(record))
                (contenders(record)?)
                (without(record))
                (warning(record))
                (calibration(record))
                (personal(record))
                (errors(evidence)?)
                (explanation(record)?)
                (relation(record)?)
                (grouping(record)?)
                (training(evidence)?)
                (footprint(record)?)
                (glossary(record))
                (reproduce(record))
            } }
        }
    };
    Ok(markup.into_string())
}

fn svg(text: String) -> PreEscaped<String> {
    PreEscaped(text)
}

fn provenance_line(record: &Record) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    format!(
        "{} · {} rows, {} scored by models that never saw them · {} · {} · {:.0} s of work",
        many(record.tasks.len(), "task"),
        record.rows,
        if record.test_rows == record.rows { "all".to_owned() } else { record.test_rows.to_string() },
        many(record.folds, "fold"),
        many(record.seeds.len(), "seed"),
        record.seconds
    )
}

fn answer(record: &Record) -> Markup {
    html! {
        section.answer {
            h2 { "Did joining help?" }
            ul { @for finding in verdict(record) { li { (finding) } } }
            p.muted {
                (rule(record)) " Figures come from rows that the model in question never saw; those of this answer are of the \
                 joint model as the device runs it, the average over tasks is of the float model."
            }
        }
    }
}

fn tiles(evidence: &Evidence<'_>) -> Markup {
    let model = &evidence.record.model;
    let kib = |bytes: u64| format!("{:.1} KiB", bytes as f64 / 1024.0);
    html! {
        div.tiles {
            div.tile { b { (kib(model.bytes)) } span.muted { "of flash for the model file" } }
            div.tile { b { (kib(model.arena_bytes)) } span.muted { "of RAM to run it" } }
            div.tile { b { (format!("{:.1} k", model.macs as f64 / 1000.0)) } span.muted { "multiply-adds a window" } }
            div.tile {
                b { (evidence.replayed_windows) }
                span.muted { "windows through the firmware on the PC, every bit equal" }
            }
        }
    }
}

fn table(record: &Record) -> Markup {
    html! {
        h2 { "Figures" }
        p {
            "Means over the seeds, with their standard deviation where there are several; on the right what the model on the \
             device is worth in practice, on average over the windows. Which differences count, the next table says."
        }
        div.scroll { table {
            thead { tr {
                th { "task" } th.text { "figure" }
                @for contender in Contender::ALL { th { (label(contender)) } }
                th { "in practice" }
            } }
            tbody { @for task in &record.tasks { tr {
                td { (task.name) }
                td.text { (headline(task).label) }
                @for contender in Contender::ALL {
                    td.joint[is_joint(contender)] {
                        @match figure(task, contender) {
                            Some(figure) => {
                                (format!("{:.3}", figure.mean))
                                @if let Some(sd) = spread(figure) { " " small { (format!("±{sd:.3}")) } }
                            }
                            None => "–"
                        }
                    }
                }
                td { (in_practice(task, Contender::JointInt8).unwrap_or_default()) }
            } } }
        } }
    }
}

fn subsets(record: &Record) -> Markup {
    let names = record.tasks.first().into_iter().flat_map(|task| task.subsets.keys());
    html! {
        @for name in names {
            h2 { "Figures: " (name) " only" }
            p { "The same models, scored on these test rows alone." }
            div.scroll { table {
                thead { tr { th { "task" } th.text { "figure" } @for contender in Contender::ALL { th { (label(contender)) } } } }
                tbody { @for task in &record.tasks { tr {
                    td { (task.name) }
                    td.text { (headline(task).label) }
                    @for contender in Contender::ALL {
                        td.joint[is_joint(contender)] {
                            @let metrics = task.subsets.get(name).and_then(|subset| subset.get(contender.name()));
                            (or_dash(metrics.and_then(|metrics| Some(metrics.get(headline(task).key)?.mean)), 3))
                        }
                    }
                } } }
            } }
        }
    }
}

fn differences(record: &Record) -> Markup {
    html! {
        h2 { "Differences" }
        p {
            "Error of each other model minus that of the joint model on the device, fold by fold: the mean and its 95 % interval, \
             above 0 where the joint model is better. The error is the root mean squared error, 1 - AUC for two classes and \
             1 - macro-F1 for more; against a constant answer to more than two classes it is 1 - mean recall."
        }
        div.scroll { table {
            thead { tr { th { "task" } @for other in OTHERS { th { (label(other)) } } } }
            tbody { @for task in &record.tasks { tr {
                td { (task.name) }
                @for other in OTHERS { td { (difference(task, other).map_or_else(|| "–".to_owned(), interval)) } }
            } } }
        } }
    }
}

fn contenders(record: &Record) -> Result<Markup, PlotError> {
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
                (svg(plot))
            }
        } }
    })
}

fn without(record: &Record) -> Markup {
    let channels = without_channels(record);
    html! {
        @if !channels.is_empty() {
            h2 { "Without a channel" }
            p {
                "The joint model on the device, asked once more about the same windows with every sample of one optional channel \
                 missing: what it is worth on a machine that lacks the sensor, or where it has failed."
            }
            div.scroll { table {
                thead { tr {
                    th { "task" } th.text { "figure" } th { "all channels" }
                    @for channel in &channels { th { "without " (channel) } }
                } }
                tbody { @for task in &record.tasks {
                    @let key = headline(task).key;
                    tr {
                        td { (task.name) }
                        td.text { (headline(task).label) }
                        td.joint { (or_dash(task.joint_int8.get(key).map(|figure| figure.mean), 3)) }
                        @for channel in &channels {
                            @let metrics = task.joint_int8_without.get(*channel);
                            td { (or_dash(metrics.and_then(|metrics| metrics.get(key)).map(|figure| figure.mean), 3)) }
                        }
                    }
                } }
            } }
        }
    }
}

/// Personal heads against the shared model, one slope for all, and a model a group.
fn personal(record: &Record) -> Markup {
    html! {
        @if let Some(personal) = &record.personal {
            h2 { "Personal heads" }
            p {
                "Each of the " (personal.groups) " groups (" (personal.by) ") has small heads of its own beside the shared model; what "
                "groups have in common is learnt as a relation over them. Scores on rows of known groups that were not trained on: the "
                "shared model, one slope for all with own intercepts (pooled), a linear model of each group's rows (separate), personal "
                "heads in floating point and in integers. What personal heads gain stands with its paired 95 % interval over the seeds, "
                "which deal the rows anew: it tells of the choice of rows, not of groups never seen."
            }
            div.scroll { table {
                thead { tr { @for head in PERSONAL_HEADER { th { (head) } } } }
                tbody { @for row in personal_rows(personal) { tr { @for cell in row { td { (cell) } } } } }
            } }
        }
    }
}

fn warning(record: &Record) -> Markup {
    let joint = Contender::JointInt8.name();
    html! {
        @for task in record.tasks.iter().filter(|task| !task.early_warning.is_empty()) {
            h2 { "Early warning: " (task.name) }
            @for sentence in task.early_warning.get(joint).map_or_else(Vec::new, EarlyWarning::sentences) { p { (sentence) } }
            div.scroll { table {
                thead { tr {
                    th { "model" } th { "faults announced" } th { "by their right name" } th { "hours ahead, mean" }
                    th { "median" } th { "false alarms" } th { "a machine and month" }
                } }
                tbody { @for contender in Contender::ALL { @if let Some(warning) = task.early_warning.get(contender.name()) {
                    tr {
                        td { (label(contender)) }
                        td { (warning.detected) " of " (warning.events) }
                        td { (warning.named) }
                        td { (or_dash(warning.lead_mean_h, 0)) }
                        td { (or_dash(warning.lead_median_h, 0)) }
                        td { (warning.false_alarms) }
                        td { (or_dash(warning.false_alarms_per_machine_month, 2)) }
                    }
                } } }
            } }
        }
    }
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

fn calibration(record: &Record) -> Markup {
    let texts = calibrations(&record.tasks);
    html! {
        @if !texts.is_empty() {
            h2 { "How sure the answers are" }
            @for text in texts { p { (text) } }
        }
    }
}

fn errors(evidence: &Evidence<'_>) -> Result<Markup, PlotError> {
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
            figure { h3 { (task) } (svg(plot)) figcaption { (caption) } }
        } }
    })
}

fn relation(record: &Record) -> Result<Markup, PlotError> {
    Ok(html! {
        @if let Some(relation) = record.relation.as_ref().filter(|relation| relation.tasks.len() > 1) {
            h2 { "How the tasks relate" }
            p {
                "Learnt from the heads' weights: 1 where two tasks read the shared network alike, 0 where they have nothing in \
                 common. " (strongest(&relation.tasks, &relation.matrix))
            }
            figure { (svg(plots::heat_map(&relation.tasks, &relation.matrix)?)) }
            @if let Some(stability) = &record.relation_stability { p { (stability_sentence(stability)) } }
        }
    })
}

fn grouping(record: &Record) -> Result<Markup, PlotError> {
    Ok(html! {
        @if let Some(grouping) = &record.grouping {
            h2 { "Which tasks help and which hurt each other" }
            @for sentence in crate::grouping::words(grouping) { p { (sentence) } }
            figure {
                (svg(plots::effect_map(&grouping.tasks, &grouping.transference.mean)?))
                figcaption {
                    "A step on the trunk for the task on the left: the percentage of the loss that it takes off the task above, blue where \
                     it adds to it. Mean over " (grouping.seeds) " trainings with one trunk on all rows."
                }
            }
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

fn training(evidence: &Evidence<'_>) -> Result<Markup, PlotError> {
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
                    (svg(plots::curves(curves)?))
                    figcaption { "Mean training loss of each epoch; " (evidence.chosen_epochs) " epochs made the model." }
                }
            }
            @if !movements.is_empty() {
                figure {
                    h3 { "The relation comes to rest" }
                    (svg(plots::convergence(&movements, evidence.tolerance)?))
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

fn footprint(record: &Record) -> Result<Markup, PlotError> {
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
            (svg(plot))
            figcaption { "The file format allows 128 KiB; RAM against the 64 KiB of a small Cortex-M4F." }
        }
    })
}

fn glossary(record: &Record) -> Markup {
    let metrics: BTreeMap<&str, &str> =
        record.tasks.iter().map(headline).map(|metric| (metric.label, metric.meaning)).collect();
    html! {
        h2 { "Words" }
        dl {
            @for (label, meaning) in metrics { dt { (label) } dd { (meaning) } }
            dt { "constant, linear" } dd { "What no skill and a closed-form linear model reach." }
            dt { "single" } dd { "A network a task, each as large as the joint one." }
            dt { "single, same size" } dd { "A network a task, together as large as the joint one: the fair comparison." }
            dt { "joint, float and int8" } dd { "One network for all tasks, as trained and as the device runs it." }
        }
    }
}

fn reproduce(record: &Record) -> Markup {
    let seeds: Vec<String> = record.seeds.iter().map(u64::to_string).collect();
    html! {
        footer {
            p { "Every figure is in metrics.json beside this page; project.toml there repeats the run." }
            p {
                "Project " code { (record.config_sha256) } br;
                "Data " code { (record.data_sha256) } br;
                "Seeds " (seeds.join(", ")) ". Trunkline " (env!("CARGO_PKG_VERSION")) "."
            }
        }
    }
}
