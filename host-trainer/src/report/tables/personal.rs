//! Personal heads against what they compete with.

use crate::evaluate::{Metrics, PairedDifference, PersonalRecord, PersonalTaskRecord, Record};

use super::grid;

/// Heads of the columns of [`personal_rows`].
pub const PERSONAL_HEADER: [&str; 10] = [
    "personal heads",
    "metric",
    "shared",
    "pooled",
    "separate",
    "personal",
    "int8",
    "over shared",
    "over pooled",
    "over separate",
];

/// The table; `None` without personal heads.
pub fn personal(record: &Record) -> Option<String> {
    let personal = record.personal.as_ref()?;
    Some(grid(&PERSONAL_HEADER, personal_rows(personal)))
}

/// One row a task: the metric that is compared, each contender's mean over the seeds, and what personal heads gain with the paired
/// 95 % interval over the seeds.
pub fn personal_rows(personal: &PersonalRecord) -> impl Iterator<Item = Vec<String>> {
    personal.tasks.iter().map(row)
}

fn row(task: &PersonalTaskRecord) -> Vec<String> {
    let differences = &task.better_than;
    let compared = [&differences.shared, &differences.pooled, &differences.separate];
    let metric = compared.into_iter().flatten().next().map_or("-", |paired| paired.measure.trim_start_matches("1-"));
    let mean =
        |metrics: &Metrics| metrics.get(metric).map_or_else(|| "-".to_owned(), |found| format!("{:.3}", found.mean));
    let contenders = [&task.shared, &task.pooled, &task.separate, &task.personal, &task.personal_int8];
    let mut row = vec![task.name.clone(), metric.to_owned()];
    row.extend(contenders.map(mean));
    row.extend(compared.map(gain));
    row
}

fn gain(difference: &Option<PairedDifference>) -> String {
    match difference {
        Some(PairedDifference { mean, low: Some(low), high: Some(high), .. }) => {
            format!("{mean:+.4} ({low:+.4} to {high:+.4})")
        }
        Some(PairedDifference { mean, .. }) => format!("{mean:+.4}"),
        None => "-".to_owned(),
    }
}
