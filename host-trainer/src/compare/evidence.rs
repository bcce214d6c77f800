//! What the data can show at all: labels that do not vary within groups.

use std::collections::BTreeMap;

use super::record::GroupLabels;
use crate::config::{Project, SplitMethod};
use crate::data::{Dataset, Labels};

/// Tasks whose label is the same in all rows of every group, where the split keeps groups whole: there the cases are the groups, not
/// the rows, and rows of one group teach nothing about each other. Groups of a single row each are not meant.
pub(super) fn constant_within_groups(project: &Project, dataset: &Dataset) -> Vec<GroupLabels> {
    let whole = matches!(project.split.method, SplitMethod::Grouped | SplitMethod::Folds);
    let Some(groups) = dataset.groups.as_ref().filter(|_| whole) else { return Vec::new() };
    let tasks = dataset.tasks.iter().filter_map(|task| {
        let labels: Vec<Option<u32>> = match &task.labels {
            Labels::Classes(classes) => classes.iter().map(|class| class.map(u32::from)).collect(),
            Labels::Values(values) => values.iter().map(|value| value.map(f32::to_bits)).collect(),
        };
        let mut label_of: BTreeMap<u32, u32> = BTreeMap::new();
        let mut rows = 0;
        for (group, label) in groups.iter().zip(labels) {
            let Some(label) = label else { continue };
            rows += 1;
            if *label_of.entry(*group).or_insert(label) != label {
                return None;
            }
        }
        let groups = label_of.len();
        (groups < rows).then(|| GroupLabels { task: task.name.clone(), groups, rows })
    });
    tasks.collect()
}
