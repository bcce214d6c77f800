//! What each task draws from which channel.

use crate::evaluate::Record;
use crate::report::explanation::largest;

use super::grid;

/// Sources named a task.
const MOST_SOURCES: usize = 4;

/// The sources whose permutation raises each task's error most, with their 95 % intervals; `None` for a record without them.
pub fn importance(record: &Record) -> Option<String> {
    let rows: Vec<Vec<String>> = record
        .tasks
        .iter()
        .filter_map(|task| {
            let importance = task.importance.as_ref()?;
            let mut row = vec![task.name.clone(), importance.measure.clone()];
            row.extend(largest(&importance.sources).into_iter().take(MOST_SOURCES).map(|source| {
                match (source.low, source.high) {
                    (Some(low), Some(high)) => {
                        format!("{} {:+.3} ({low:+.3} to {high:+.3})", source.source, source.mean)
                    }
                    _ => format!("{} {:+.3}", source.source, source.mean),
                }
            }));
            row.resize(MOST_SOURCES + 2, String::new());
            Some(row)
        })
        .collect();
    let header = ["what drives", "error", "rises most without", "then", "", ""];
    (!rows.is_empty()).then(|| grid(&header, rows))
}
