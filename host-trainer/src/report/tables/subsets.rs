//! The contenders' headline figures on subsets of the rows.

use crate::evaluate::{Contender, Record};
use crate::report::contest::{headline, label};

use super::grid;

/// Subset, task, metric, and the mean over seeds of every contender; `None` where the project names no subset.
pub fn subsets(record: &Record) -> Option<String> {
    let mut header = vec!["only", "task", "figure"];
    header.extend(Contender::ALL.into_iter().map(label));
    let names: Vec<&String> = record.tasks.first()?.subsets.keys().collect();
    if names.is_empty() {
        return None;
    }
    let pairs = names.iter().flat_map(|name| record.tasks.iter().map(move |task| (*name, task)));
    let rows = pairs.map(|(name, task)| {
        let metric = headline(task);
        let mut row = vec![name.clone(), task.name.clone(), metric.label.to_owned()];
        row.extend(Contender::ALL.into_iter().map(|contender| {
            let figure = task.subsets.get(name).and_then(|subset| subset.get(contender.name())?.get(metric.key));
            figure.map_or_else(|| "-".to_owned(), |figure| format!("{:.3}", figure.mean))
        }));
        row
    });
    Some(grid(&header, rows))
}
