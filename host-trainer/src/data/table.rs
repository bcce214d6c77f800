//! Loader of a CSV file with one row a sample: every channel is a column of single values.

use std::path::Path;

use super::csv_table::CsvTable;
use super::dataset::{ChannelData, Dataset, DatasetChannel};
use super::error::DataError;
use super::folder::Folder;
use super::{groups, labels, subsets, weights};
use crate::config::{Project, TargetConfig};

pub(super) fn load(project: &Project, root: &Path) -> Result<Dataset, DataError> {
    let mut folder = Folder::new(root);
    let names = match &project.data.header {
        Some(name) => {
            let file = folder.read(name, "data.header")?;
            let names: Vec<String> =
                file.text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
            if names.is_empty() {
                return Err(DataError::Empty { path: file.path, key: "data.header".to_owned() });
            }
            Some(names)
        }
        None => None,
    };
    let file = folder.read(project.data.file.as_deref().unwrap_or_default(), "data.file")?;
    let table = CsvTable::parse(file, names, "data.file")?;

    let mut channels = Vec::new();
    for (index, channel) in project.channels.iter().enumerate().filter(|(_, channel)| channel.input) {
        let key = format!("channels[{index}].{}", if channel.column.is_some() { "column" } else { "name" });
        let values = table.column(channel.column.as_deref().unwrap_or(&channel.name), &key)?.numbers()?;
        if values.iter().all(|value| value.is_nan()) {
            return Err(DataError::NoValues { channel: channel.name.clone(), key });
        }
        channels.push(DatasetChannel {
            name: channel.name.clone(),
            unit: channel.unit.clone(),
            rate_mhz: 0,
            samples: 1,
            data: ChannelData::Values(values),
        });
    }
    let mut tasks = Vec::with_capacity(project.tasks.len());
    for (index, task) in project.tasks.iter().enumerate() {
        let key = format!("tasks[{index}]");
        let TargetConfig::Column { column } = &task.target else {
            return Err(DataError::NoLabels { task: task.name.clone(), key: format!("{key}.target") });
        };
        tasks.push(labels::from_column(task, table.column(column, &format!("{key}.target.column"))?, &key)?);
    }
    let assignment = groups::assign(project, &table)?;
    Ok(Dataset {
        rows: table.rows(),
        window_ms: 0,
        channels,
        tasks,
        groups: assignment.groups,
        group_names: assignment.group_names,
        folds: assignment.folds,
        subsets: subsets::of(project, &table)?,
        weights: weights::of(project, &table)?,
        hours: None,
        sha256: folder.sha256(),
    })
}
