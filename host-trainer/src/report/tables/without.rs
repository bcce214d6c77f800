//! What the model is still worth where an optional channel is missing.

use crate::evaluate::Record;
use crate::report::contest::{headline, without_channels};

use super::grid;

/// Per task the headline figure of the joint integer model with all channels and without each optional one; `None` where no
/// channel is optional.
pub fn without(record: &Record) -> Option<String> {
    let channels = without_channels(record);
    if channels.is_empty() {
        return None;
    }
    let titles: Vec<String> = channels.iter().map(|channel| format!("without {channel}")).collect();
    let mut header = vec!["joint, int8", "figure", "all channels"];
    header.extend(titles.iter().map(String::as_str));
    let rows = record.tasks.iter().map(|task| {
        let key = headline(task).key;
        let scores = channels.iter().map(|channel| task.joint_int8_without.get(*channel));
        let cells = std::iter::once(Some(&task.joint_int8)).chain(scores).map(|metrics| {
            metrics
                .and_then(|metrics| metrics.get(key))
                .map_or_else(|| "-".to_owned(), |figure| format!("{:.3}", figure.mean))
        });
        [task.name.clone(), headline(task).label.to_owned()].into_iter().chain(cells).collect()
    });
    Some(grid(&header, rows))
}
