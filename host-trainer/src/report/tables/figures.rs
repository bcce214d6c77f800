//! Per task the contenders' headline figures.

use crate::evaluate::{Contender, Record};
use crate::report::contest::{figure, headline, in_practice, label, spread};

use super::grid;

/// Task, metric, mean ± sd over seeds of every contender, and what the integer model's answers are worth in practice.
pub fn figures(record: &Record) -> String {
    let mut header = vec!["task", "figure"];
    header.extend(Contender::ALL.into_iter().map(label));
    header.push("in practice");
    grid(
        &header,
        record.tasks.iter().map(|task| {
            let mut row = vec![task.name.clone(), headline(task).label.to_owned()];
            row.extend(Contender::ALL.into_iter().map(|contender| {
                let Some(figure) = figure(task, contender) else { return "-".to_owned() };
                let spread = spread(figure).map_or_else(String::new, |sd| format!(" ±{sd:.3}"));
                format!("{:.3}{spread}", figure.mean)
            }));
            row.push(in_practice(task, Contender::JointInt8).unwrap_or_default());
            row
        }),
    )
}
