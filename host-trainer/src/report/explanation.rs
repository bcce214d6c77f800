//! The part of the page that says what drives each output.

use maud::{Markup, PreEscaped, html};

use crate::evaluate::{Record, TaskRecord};
use crate::explain::{AttributionExample, RelationStability, SourceImportance, TaskAttributions};

use super::plots::{self, PlotError, Rise};

/// Sources drawn a task.
const MOST_SOURCES: usize = 12;
/// Sources named for a single answer.
const MOST_REASONS: usize = 3;

/// Importance and attributions, task by task; nothing for a record without them.
pub(super) fn explanation(record: &Record) -> Result<Markup, PlotError> {
    let mut figures = Vec::new();
    for task in &record.tasks {
        if let Some(importance) = &task.importance {
            let plot = plots::rises(&largest(&importance.sources).into_iter().map(rise).collect::<Vec<_>>())?;
            let shares = task.attributions.as_ref().map(shares).transpose()?;
            figures.push((task, importance.measure.as_str(), plot, shares));
        }
    }
    Ok(html! {
        @if !figures.is_empty() {
            h2 { "What drives each output" }
            p {
                "How much a task's error rises on test rows when the features of one channel are dealt anew among the rows, with the \
                 95 % interval over the folds; in strong colour where it excludes 0. Below it what each channel adds to or takes from \
                 the output of the model in the file, and its clearest answers with the channels that drove them (integrated gradients \
                 from the training mean)."
            }
            div.grid { @for (task, measure, plot, shares) in figures {
                figure {
                    h3 { (task.name) " " span.muted { "(rise of " (measure) ")" } }
                    (PreEscaped(plot))
                    @if let (Some(shares), Some(attributions)) = (shares, &task.attributions) {
                        h3 { span.muted { "mean size of what it adds, over " (attributions.rows) " rows (" (scale(task)) ")" } }
                        (PreEscaped(shares))
                    }
                    @if let Some(attributions) = &task.attributions {
                        figcaption { ul { @for example in &attributions.examples { li { (sentence(task, example)) } } } }
                    }
                }
            } }
        }
    })
}

/// What the sources add to a task's outputs, those that add most.
fn shares(attributions: &TaskAttributions) -> Result<String, PlotError> {
    let mut sorted: Vec<&(String, f64)> = attributions.mean_magnitude.iter().collect();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    let bar = |(label, mean): &(String, f64)| Rise { label: label.clone(), mean: *mean, interval: None };
    plots::rises(&sorted.into_iter().take(MOST_SOURCES).map(bar).collect::<Vec<_>>())
}

/// What a task's outputs are counted in.
fn scale(task: &TaskRecord) -> &str {
    match task.classes.is_empty() {
        true if task.unit.is_empty() => "values",
        true => &task.unit,
        false => "logits",
    }
}

/// How far the relation is the same in every training, as a sentence and a plot of the similarities' standard deviations.
pub(super) fn stability(stability: &RelationStability) -> Result<Markup, PlotError> {
    Ok(html! {
        p { (stability_sentence(stability)) }
        figure {
            (PreEscaped(plots::heat_map(&stability.tasks, &stability.sd)?))
            figcaption { "Standard deviation of each similarity over these trainings; the paler, the more it is a finding and no accident." }
        }
    })
}

/// How far the relation is the same in every training, in a sentence.
fn stability_sentence(stability: &RelationStability) -> String {
    let spread = stability.sd.iter().flatten().copied().fold(0.0, f64::max);
    let strongest = stability.strongest.as_ref().map_or_else(String::new, |pair| {
        format!(" {} and {} were the most similar pair in {} of them.", pair.tasks[0], pair.tasks[1], pair.runs)
    });
    format!(
        "Over {} trainings (other seeds, other training rows) no similarity has a standard deviation above {spread:.2}.{strongest}",
        stability.runs
    )
}

/// The sources with the largest rises, largest first.
pub(super) fn largest(sources: &[SourceImportance]) -> Vec<&SourceImportance> {
    let mut sorted: Vec<&SourceImportance> = sources.iter().collect();
    sorted.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    sorted.truncate(MOST_SOURCES);
    sorted
}

fn rise(source: &SourceImportance) -> Rise {
    Rise { label: source.source.clone(), mean: source.mean, interval: source.low.zip(source.high) }
}

fn sentence(task: &TaskRecord, example: &AttributionExample) -> String {
    let mut reasons: Vec<&(String, f64)> = example.attribution.sources.iter().collect();
    reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let reasons: Vec<String> =
        reasons.iter().take(MOST_REASONS).map(|(source, share)| format!("{source} {share:+.2}")).collect();
    let answer = if example.answer == "value" {
        format!("{:.2} {}", example.attribution.output, task.unit)
    } else {
        example.answer.clone()
    };
    format!("row {}: {}, from {}", example.row, answer.trim_end(), reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_every_similarity_is_drawn() {
        let tasks = ["a".to_owned(), "b".to_owned()];
        let over = RelationStability {
            runs: 5,
            tasks: tasks.to_vec(),
            mean: vec![vec![1.0, 0.4], vec![0.4, 1.0]],
            sd: vec![vec![0.0, 0.17], vec![0.17, 0.0]],
            strongest: None,
        };
        let markup = stability(&over).unwrap().into_string();
        // Once in the sentence and twice in the square.
        assert!(markup.contains("<svg") && markup.matches("0.17").count() == 3, "{markup}");
    }

    #[test]
    fn what_a_channel_adds_is_drawn_in_the_units_of_the_output() {
        let attributions = TaskAttributions {
            rows: 9,
            mean_magnitude: vec![("small".into(), 0.125), ("large".into(), 2.5)],
            examples: Vec::new(),
        };
        let svg = shares(&attributions).unwrap();
        let place = |text: &str| svg.find(text).unwrap();
        assert!(place("large") < place("small") && svg.contains("2.500") && svg.contains("0.125"));
    }

    #[test]
    fn the_largest_rises_come_first() {
        let source = |name: &str, mean| SourceImportance { source: name.into(), mean, low: None, high: None };
        let sources = [source("a", 0.1), source("b", 0.5), source("c", -0.2)];
        let names: Vec<&str> = largest(&sources).iter().map(|source| source.source.as_str()).collect();
        assert_eq!(names, ["b", "a", "c"]);
    }
}
