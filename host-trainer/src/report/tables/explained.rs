//! What drove the answers to one row.

use super::grid;
use crate::data::TaskLabels;
use crate::explain::AttributionExample;

/// The answers of all tasks to one row (T, in the order of `tasks`): a column a task, a line a source, from the output at the training mean
/// down to the output of the row.
pub fn explained(tasks: &[TaskLabels], answers: &[AttributionExample]) -> String {
    let row = answers.first().map_or_else(String::new, |answer| format!("row {}", answer.row));
    let mut header = vec![row.as_str()];
    header.extend(tasks.iter().map(|task| task.name.as_str()));
    let line = |name: &str, cell: &dyn Fn(&AttributionExample) -> String| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(answers.iter().map(cell)).collect()
    };
    let said = |(task, answer): (&TaskLabels, &AttributionExample)| {
        if task.class_names.is_empty() {
            format!("{:.3} {}", answer.attribution.output, task.unit).trim_end().to_owned()
        } else {
            answer.answer.clone()
        }
    };
    let mut lines: Vec<Vec<String>> =
        vec![std::iter::once("answer".to_owned()).chain(tasks.iter().zip(answers).map(said)).collect()];
    lines.push(line("at the training mean", &|answer| format!("{:.3}", answer.attribution.at_mean)));
    let sources = answers.first().map_or(&[][..], |answer| &answer.attribution.sources);
    for (index, (source, _)) in sources.iter().enumerate() {
        let share = |answer: &AttributionExample| answer.attribution.sources.get(index).map(|(_, share)| *share);
        lines.push(line(source, &|answer| share(answer).map_or_else(String::new, |share| format!("{share:+.3}"))));
    }
    lines.push(line("output", &|answer| format!("{:.3}", answer.attribution.output)));
    grid(&header, lines)
}
