//! A simulated fleet of machine tools.
mod bearing;
mod labels;
mod machine;
mod process;
mod random;
mod record;
mod sensors;
mod vibration;
mod wear;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use trunkline_shared::model::{TaskKind, TaskRole};

pub use bearing::{Bearing, Race};
pub use machine::{Machine, Mode, REFERENCE_SHAFT_HZ};
pub use process::{PRODUCTS, Product};
pub use sensors::{CHANNELS, PlantChannel, WINDOW_MS};
pub use wear::Crossing;

use crate::config::PlantConfig;
use crate::data::{ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
use record::Record;

/// The project file of `trunkline demo`: this fleet, its features, tasks and training.
pub const DEFAULT_PROJECT: &str = include_str!("../../examples/plant.toml");

/// Simulates the fleet: rows machine by machine, in time.
pub fn simulate(config: &PlantConfig) -> Dataset {
    let records: Vec<Record> =
        (0..config.machines as u32).into_par_iter().map(|number| Record::simulate(config, number)).collect();
    let mut channels: Vec<DatasetChannel> = Vec::with_capacity(CHANNELS.len());
    for (index, channel) in CHANNELS.iter().enumerate() {
        let counts: Vec<i16> = records.iter().flat_map(|record| &record.counts[index]).copied().collect();
        channels.push(DatasetChannel {
            name: channel.name.to_owned(),
            unit: channel.unit.to_owned(),
            rate_mhz: (channel.rate_hz * 1000.0) as u32,
            samples: channel.samples,
            data: ChannelData::Counts {
                counts,
                scale: channel.scale(),
                offset: channel.offset(),
                saturated: records.iter().map(|record| record.saturated[index]).sum(),
            },
        });
    }
    let rows = || records.iter().flat_map(|record| &record.rows);
    let task = |name: &str, role, kind, unit: &str, class_names: &[&str], labels| TaskLabels {
        name: name.to_owned(),
        role,
        kind,
        unit: unit.to_owned(),
        class_names: class_names.iter().map(|name| (*name).to_owned()).collect(),
        labels,
    };
    let tasks = vec![
        task(
            "fault",
            TaskRole::Fault,
            TaskKind::MultiClass,
            "",
            &labels::FAULT_CLASSES,
            Labels::Classes(rows().map(|row| Some(row.fault)).collect()),
        ),
        task(
            "roughness",
            TaskRole::Quality,
            TaskKind::Regression,
            "um",
            &[],
            Labels::Values(rows().map(|row| row.roughness_um).collect()),
        ),
        task(
            "reject",
            TaskRole::Quality,
            TaskKind::Binary,
            "",
            &labels::REJECT_CLASSES,
            Labels::Classes(rows().map(|row| row.reject.map(u16::from)).collect()),
        ),
        task(
            "energy",
            TaskRole::Energy,
            TaskKind::Regression,
            "Wh",
            &[],
            Labels::Values(rows().map(|row| row.next_energy_wh).collect()),
        ),
    ];
    let groups =
        records.iter().zip(0u32..).flat_map(|(record, number)| record.rows.iter().map(move |_| number)).collect();
    let hours: Vec<f64> = rows().map(|row| row.hour).collect();
    let sha256 = digest(&channels, &tasks, &hours);
    Dataset {
        rows: hours.len(),
        window_ms: WINDOW_MS,
        channels,
        tasks,
        groups: Some(groups),
        folds: None,
        hours: Some(hours),
        sha256,
    }
}

/// SHA-256 over counts, labels and hours, little-endian.
fn digest(channels: &[DatasetChannel], tasks: &[TaskLabels], hours: &[f64]) -> String {
    let mut hash = Sha256::new();
    for channel in channels {
        hash.update(channel.name.as_bytes());
        if let ChannelData::Counts { counts, .. } = &channel.data {
            let bytes: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
            hash.update(&bytes);
        }
    }
    for task in tasks {
        hash.update(task.name.as_bytes());
        match &task.labels {
            Labels::Classes(labels) => {
                labels.iter().for_each(|label| hash.update(label.map_or([0xff; 2], u16::to_le_bytes)));
            }
            Labels::Values(labels) => {
                labels.iter().for_each(|label| hash.update(label.unwrap_or(f32::from_bits(0x7fc0_0000)).to_le_bytes()));
            }
        }
    }
    hours.iter().for_each(|hour| hash.update(hour.to_le_bytes()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
