//! Per task how the joint model differs from the others.

use crate::evaluate::{Contender, Record};
use crate::report::contest::{OTHERS, difference, interval, label};

use super::grid;

/// Error of every other model minus that of the joint integer model, with its 95 % interval.
pub fn differences(record: &Record) -> String {
    let mut header = vec!["joint, int8 against", "error"];
    header.extend(OTHERS.into_iter().map(label));
    grid(
        &header,
        record.tasks.iter().map(|task| {
            let measure = difference(task, Contender::SingleSameSize).map_or("-", |paired| paired.measure.as_str());
            let mut row = vec![task.name.clone(), measure.to_owned()];
            row.extend(
                OTHERS.into_iter().map(|other| difference(task, other).map_or_else(|| "-".to_owned(), interval)),
            );
            row
        }),
    )
}
