//! The relation between tasks.

use crate::evaluate::Record;

use super::grid;

/// The similarity matrix; `None` with fewer than two tasks.
pub fn relation(record: &Record) -> Option<String> {
    let relation = record.relation.as_ref().filter(|relation| relation.tasks.len() > 1)?;
    let mut header = vec!["relation"];
    header.extend(relation.tasks.iter().map(String::as_str));
    let rows = relation.tasks.iter().zip(&relation.matrix).map(|(task, values)| {
        let mut row = vec![task.clone()];
        row.extend(values.iter().map(|value| format!("{value:.2}")));
        row
    });
    Some(grid(&header, rows))
}
