//! What a step for one task does to the others, and the groups that come of it.

use crate::evaluate::Record;
use crate::grouping::words;

use super::grid;

/// The transference between tasks in percent, with its standard error, and the findings in words; `None` where no groups were looked for.
pub fn grouping(record: &Record) -> Option<String> {
    let grouping = record.grouping.as_ref()?;
    let mut header = vec!["% off the loss of"];
    header.extend(grouping.tasks.iter().map(String::as_str));
    let errors = grouping.transference.standard_error.as_ref();
    let rows = grouping.tasks.iter().zip(&grouping.transference.mean).enumerate().map(|(row, (task, shares))| {
        let cells = shares.iter().enumerate().map(|(column, share)| {
            let error = errors.and_then(|errors| errors.get(row)?.get(column).copied());
            let error = error.map_or_else(String::new, |error| format!(" ±{:.2}", 100.0 * error));
            format!("{:.2}{error}", 100.0 * share)
        });
        std::iter::once(format!("by a step for {task}")).chain(cells).collect()
    });
    Some(format!("{}\n{}", grid(&header, rows), words(grouping).join("\n")))
}
