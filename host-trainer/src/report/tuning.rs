//! What a search has found, for the terminal and as a page.

use maud::{PreEscaped, html};

use super::frame::frame;
use super::plots::{PlotError, TrialPoint, pareto};
use super::tables::grid;
use crate::evaluate::Summary;
use crate::tune::{Found, Nested, TrialRecord};

/// What the scores are.
const SCORE: &str = "Score: mean over the tasks of the error as a share of a constant answer's, on inner folds, of the model as the \
                     device runs it; 0 is perfect, 1 no better than a constant. Errors are 1 - macro-F1, 1 - AUC, or RMSE.";
/// What they are not.
const FLATTERED: &str = "These scores have chosen the settings and flatter them a little; `trunkline tune --nested` gives a score \
                         that no choice has touched.";

/// The front, the winner and its settings.
pub fn text(found: &Found) -> String {
    let header = ["trial", "score", "epochs", "weights B", "MACs", "RAM B", "settings"];
    let front = found.pareto.iter().filter_map(|number| found.trials.get(*number)).map(row);
    let mut blocks = vec![format!("Trials that no other beats in both score and bytes:\n\n{}", grid(&header, front))];
    let failed = found.trials.iter().filter(|trial| trial.score.is_none()).count();
    let fits = format!("{} trials, {} fits", found.trials.len(), found.evaluations);
    let failed = if failed == 0 { String::new() } else { format!(", {failed} trials without a score") };
    let closed = found.closed.as_ref().map_or(String::new(), |why| format!("\nNo further trial was drawn: {why}."));
    blocks.push(format!("{SCORE}\n{FLATTERED}\n{fits}{failed}.{closed}"));
    if let Some(best) = found.best() {
        blocks.push(winner(found, best));
    }
    blocks.join("\n\n")
}

fn winner(found: &Found, best: &TrialRecord) -> String {
    let itself = found.trials.first().and_then(|trial| trial.score.filter(|_| trial.rung == found.rungs));
    let itself = itself.map_or(String::new(), |score| format!(" (the project as it stands: {score:.4})"));
    let score = best.score.unwrap_or(f64::NAN);
    if best.number == 0 {
        return format!("Best: the project as it stands, score {score:.4}");
    }
    format!("Best: trial {}, score {score:.4}{itself}\n\n{}", best.number, best.overlay.trim_end())
}

fn row(trial: &TrialRecord) -> Vec<String> {
    vec![
        trial.number.to_string(),
        trial.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.4}")),
        format!("{:.0} %", 100.0 * trial.epochs_share),
        trial.footprint.weights_bytes.to_string(),
        trial.footprint.macs.to_string(),
        trial.footprint.arena_bytes.to_string(),
        settings(&trial.overlay),
    ]
}

/// An overlay on one line, tables as prefixes of their keys.
fn settings(overlay: &str) -> String {
    if overlay.is_empty() {
        return "the project as it stands".to_owned();
    }
    let mut prefix = "";
    let mut words: Vec<String> = Vec::new();
    for line in overlay.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix('[') {
            Some(table) => prefix = table.trim_matches(['[', ']']),
            None => words.push(if prefix.is_empty() { line.to_owned() } else { format!("{prefix}.{line}") }),
        }
    }
    words.join("; ")
}

/// A page with the plot of score against bytes and the table of all trials.
///
/// # Errors
/// [`PlotError`] if the drawing library fails.
pub fn page(name: &str, found: &Found) -> Result<String, PlotError> {
    let points: Vec<TrialPoint> = found
        .trials
        .iter()
        .filter_map(|trial| {
            let on_front = found.pareto.contains(&trial.number);
            Some(TrialPoint { bytes: trial.footprint.weights_bytes, score: trial.score?, on_front })
        })
        .collect();
    let mut trials: Vec<&TrialRecord> = found.trials.iter().collect();
    let score = |trial: &TrialRecord| trial.score.unwrap_or(f64::INFINITY);
    trials.sort_by(|one, two| two.rung.cmp(&one.rung).then(score(one).total_cmp(&score(two))));
    let title = format!("{name}: tuning");
    let sections = html! {
        section.answer {
            h2 { "Best" }
            @if let Some(best) = found.best() { pre { (winner(found, best)) } }
            p.muted { (SCORE) " " (FLATTERED) }
        }
        h2 { "Score against size" }
        p { "The line joins the trials that no other beats in both. Trials that left early count with the score of fewer epochs." }
        (PreEscaped(pareto(&points)?))
        h2 { "Trials" }
        div.scroll { table {
            thead { tr {
                th { "trial" } th { "score" } th { "epochs" } th { "weights B" } th { "MACs" } th { "RAM B" }
                th.text { "settings" }
            } }
            tbody { @for trial in trials { tr {
                @for (column, cell) in row(trial).into_iter().enumerate() {
                    td.text[column == 6] { (cell) @if column == 6 { @if let Some(why) = &trial.failure { " – " (why) } } }
                }
            } } }
        } }
    };
    let origin = format!("{} trials, {} fits", found.trials.len(), found.evaluations);
    Ok(frame(&title, &title, &origin, &sections))
}

/// The nested scores beside those of the same models in floating point and of the project as it stands, and what each fold has chosen.
pub fn nested_text(nested: &Nested) -> String {
    let rows = nested.tasks.iter().flat_map(|task| {
        task.nested.iter().map(|(metric, chosen)| {
            let figure = |mean: f64, sd: f64| {
                if nested.seeds.len() > 1 { format!("{mean:.4} ±{sd:.4}") } else { format!("{mean:.4}") }
            };
            let shown = |summary: Option<&Summary>| {
                summary.map_or_else(|| "-".to_owned(), |summary| figure(summary.mean, summary.sd))
            };
            vec![
                task.name.clone(),
                metric.clone(),
                figure(chosen.mean, chosen.sd),
                shown(task.nested_f32.get(metric)),
                shown(task.project_itself.get(metric)),
            ]
        })
    });
    let scores = grid(&["task", "metric", "tuned (nested)", "in floating point", "project as it stands"], rows);
    let score = |score: Option<f64>| score.map_or_else(|| "-".to_owned(), |score| format!("{score:.4}"));
    let chosen = nested.chosen.iter().map(|chosen| {
        vec![
            chosen.fold.to_string(),
            chosen.trial.to_string(),
            score(chosen.score),
            score(chosen.score_of_project),
            chosen.weights_bytes.to_string(),
            settings(&chosen.overlay),
        ]
    });
    let chosen = grid(&["fold", "trial", "inner score", "project's", "weights B", "settings"], chosen);
    format!(
        "Scores on the test rows of each outer fold, of settings that a search inside its training rows has chosen \
         ({} fits in all searches):\n\n{scores}\n\nChosen:\n\n{chosen}\n\n{SCORE}",
        nested.evaluations
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_on_one_line_with_whole_keys() {
        let overlay = "[model]\ntrunk = [8]\n\n[training]\ndropout = 0.1\n\n[[tasks]]\nname = \"a\"\nweight = 2.0\n";
        assert_eq!(
            settings(overlay),
            "model.trunk = [8]; training.dropout = 0.1; tasks.name = \"a\"; tasks.weight = 2.0"
        );
        assert_eq!(settings(""), "the project as it stands");
    }
}
