//! Loader of a folder with one file a channel and one row a cycle, as test rigs record them.

use std::path::Path;

use rayon::prelude::*;
use trunkline_shared::quant::{ChannelCode, Transform};

use super::csv_table::CsvTable;
use super::cycle_file::CycleFile;
use super::dataset::{ChannelData, Dataset, DatasetChannel};
use super::error::DataError;
use super::folder::{Folder, TextFile};
use super::{groups, labels, subsets, weights};
use crate::config::{ChannelConfig, Project, TargetConfig};

/// Scale and offset of the code that maps the ends of `range` to counts of ±32767.
pub fn code_of_range([low, high]: [f64; 2]) -> (f32, f32) {
    (((high - low) / (2.0 * f64::from(i16::MAX))) as f32, ((high + low) / 2.0) as f32)
}

pub(super) fn load(project: &Project, root: &Path) -> Result<Dataset, DataError> {
    let mut folder = Folder::new(root);
    let label_name = project.data.file.as_deref().unwrap_or_default();
    let table = CsvTable::parse(folder.read(label_name, "data.file")?, None, "data.file")?;
    let files = read_channels(project, &mut folder, &table)?;

    let mut channels = Vec::new();
    for (index, (channel, file)) in project.channels.iter().zip(&files).enumerate() {
        if let (true, Some(file)) = (channel.input, file) {
            channels.push(window(project, channel, file, root, &format!("channels[{index}]"))?);
        }
    }
    let mut tasks = Vec::with_capacity(project.tasks.len());
    for (index, task) in project.tasks.iter().enumerate() {
        let key = format!("tasks[{index}]");
        tasks.push(match &task.target {
            TargetConfig::Column { column } => {
                labels::from_column(task, table.column(column, &format!("{key}.target.column"))?, &key)?
            }
            TargetConfig::Statistic { channel, statistic, factor } => {
                let position = project.channels.iter().position(|known| known.name == *channel);
                match position.and_then(|position| files[position].as_ref()) {
                    Some(file) => labels::from_cycles(task, file, *statistic, *factor, &key)?,
                    None => {
                        return Err(DataError::NoLabels {
                            task: task.name.clone(),
                            key: format!("{key}.target.channel"),
                        });
                    }
                }
            }
        });
    }
    let assignment = groups::assign(project, &table)?;
    Ok(Dataset {
        rows: table.rows(),
        window_ms: (project.data.window_s.unwrap_or_default() * 1e3).round() as u32,
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

/// The files of all channels that are an input or give a target, each with as many rows as the label file.
fn read_channels(
    project: &Project,
    folder: &mut Folder,
    table: &CsvTable,
) -> Result<Vec<Option<CycleFile>>, DataError> {
    let mut texts: Vec<Option<TextFile>> = Vec::with_capacity(project.channels.len());
    for (index, channel) in project.channels.iter().enumerate() {
        let gives_target = project.tasks.iter().any(
            |task| matches!(&task.target, TargetConfig::Statistic { channel: source, .. } if *source == channel.name),
        );
        let name = channel.file.as_deref().filter(|_| channel.input || gives_target);
        texts.push(name.map(|name| folder.read(name, &format!("channels[{index}].file"))).transpose()?);
    }
    let parse = |(index, text): (usize, &Option<TextFile>)| {
        let Some(text) = text else { return Ok(None) };
        let key = format!("channels[{index}].file");
        let file = CycleFile::parse(text, &key)?;
        if file.rows != table.rows() {
            return Err(DataError::RowCounts {
                path: text.path.clone(),
                found: file.rows,
                other: table.path.display().to_string(),
                expected: table.rows(),
                key,
            });
        }
        Ok(Some(file))
    };
    // Collected before the first error is taken, so that it is the same one on any number of threads.
    let parsed: Vec<Result<Option<CycleFile>, DataError>> = texts.par_iter().enumerate().map(parse).collect();
    parsed.into_iter().collect()
}

/// The first samples of every cycle as the ADC would give them.
fn window(
    project: &Project,
    channel: &ChannelConfig,
    file: &CycleFile,
    root: &Path,
    key: &str,
) -> Result<DatasetChannel, DataError> {
    let rate_hz = channel.rate_hz.unwrap_or_default();
    let samples = (project.data.window_s.unwrap_or_default() * rate_hz).round() as usize;
    if samples > file.samples {
        return Err(DataError::ShortCycles {
            path: root.join(channel.file.as_deref().unwrap_or_default()),
            found: file.samples,
            wanted: samples,
            key: key.to_owned(),
        });
    }
    let (scale, offset) = code_of_range(channel.range.unwrap_or_default());
    let code = ChannelCode { transform: Transform::None, scale, offset };
    let mut counts = Vec::with_capacity(file.rows * samples);
    let mut saturated = 0;
    for row in 0..file.rows {
        for value in &file.cycle(row)[..samples] {
            let encoded = code.encode(*value as f32);
            saturated += u64::from(encoded.saturated);
            counts.push(encoded.count);
        }
    }
    if counts.iter().all(|count| *count == i16::MIN) {
        return Err(DataError::NoValues { channel: channel.name.clone(), key: format!("{key}.file") });
    }
    Ok(DatasetChannel {
        name: channel.name.clone(),
        unit: channel.unit.clone(),
        rate_mhz: (rate_hz * 1e3).round() as u32,
        samples,
        data: ChannelData::Counts { counts, scale, offset, saturated },
    })
}
