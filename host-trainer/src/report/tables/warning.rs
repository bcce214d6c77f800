//! Lead time and false alarms of the fault tasks.

use crate::evaluate::{Contender, EarlyWarning, Record};
use crate::report::contest::label;

use super::grid;

/// A table a fault task: contenders against faults announced, lead time and false alarms. Empty where no task tells of warnings.
pub fn warnings(record: &Record) -> Vec<String> {
    let warned = record.tasks.iter().filter(|task| !task.early_warning.is_empty());
    warned
        .map(|task| {
            let title = format!("{}: early warning", task.name);
            let header = [title.as_str(), "announced", "right name", "hours ahead", "false alarms", "a machine-month"];
            grid(
                &header,
                Contender::ALL
                    .into_iter()
                    .filter_map(|contender| Some(row(contender, task.early_warning.get(contender.name())?))),
            )
        })
        .collect()
}

fn row(contender: Contender, warning: &EarlyWarning) -> Vec<String> {
    let or_dash =
        |value: Option<f64>, digits: usize| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"));
    vec![
        label(contender).to_owned(),
        format!("{} of {}", warning.detected, warning.events),
        warning.named.to_string(),
        or_dash(warning.lead_mean_h, 0),
        warning.false_alarms.to_string(),
        or_dash(warning.false_alarms_per_machine_month, 2),
    ]
}
