//! A simulated fleet of lathes, each built, used and worn differently: the default project of `trunkline demo`.
//!
//! ```text
//!  Machine (build) ─► Life (wear, crossings, repairs) ─┬─► labels: the fault that crosses within the horizon
//!        │                                             │
//!        └──────────► Schedule ─► Part (cut) ──────────┼─► roughness, reject, energy of the next part
//!                                                      └─► vibration, current, temperature, speed ─► ADC counts
//! ```
//!
//! | file | what it models | after |
//! |---|---|---|
//! | `machine` | geometry of the bearing, gains, resonances, motor, gear, sensors' tolerances | drawn once a machine |
//! | `wear` | growth of unbalance, misalignment and spalls to the alarm limit, repairs, shift pattern | Paris-like law, Li et al. 1999, 2000; ISO 20816-1, 10816-3 |
//! | `bearing` | ball pass frequencies | McFadden & Smith 1984; Randall & Antoni 2011 |
//! | `vibration` | acceleration on three axes | as above; Xu & Marangoni 1994 |
//! | `product` | the parts that are turned | |
//! | `process` | cutting force, tool wear, roughness, energy | Kienzle 1952; Shaw; Boothroyd & Knight; Gutowski et al. 2006 |
//! | `sensors` | current, temperature, speed; ranges, counts, dropouts | |
//! | `record`, `labels` | when a window is taken and what is known of it | |
//!
//! **Channels** of one window of 0.32 s: vibration on three axes (3200 Hz, 1024 samples, g), motor current (100 Hz, 32, A), housing
//! temperature (6.25 Hz, 2, degC), shaft speed (25 Hz, 8, rpm).
//!
//! **Tasks**: `fault`, the fault that will cross its alarm limit within the horizon; `roughness`, Ra of the part being cut, measured on
//! three parts of five; `reject`, whether that Ra exceeds the product's limit, known of 92 %; `energy`, Wh of the next part, whose product
//! and feed the sensors cannot know for sure, known of 97 %.
//!
//! **What makes it hard**: a new machine has gains and resonances of its own; a warning depends on how fast a fault grows, which a single
//! window does not show; faults that stop short of the limit look like those that go on; unbalanced blanks, whipping shafts and
//! interrupted cuts look like faults, and which of them is there depends on the product, which only speed and current tell.
//!
//! Every draw comes from a ChaCha stream of its machine and purpose and all functions from `libm`, so that a seed gives the same bits on
//! every platform and any number of threads; a smaller fleet or shorter record is a part of the larger one.

mod bearing;
mod labels;
mod machine;
mod process;
mod product;
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
pub use product::{PRODUCTS, Product};
pub use sensors::{CHANNELS, PlantChannel, WINDOW_MS};
pub use wear::Crossing;

use crate::config::PlantConfig;
use crate::data::{ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
use record::Record;

/// The project file of `trunkline demo`: this fleet, its features, tasks and training.
pub const DEFAULT_PROJECT: &str = include_str!("../../examples/plant.toml");

/// Simulates the fleet: N = machines x windows rows, machine by machine in time.
///
/// Gives channels in the order of [`CHANNELS`], tasks `fault`, `roughness`, `reject`, `energy`, the machine as group of each row, and
/// hours since the start of the machine's record. Takes about a second for 24 x 120 windows.
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
                scale: channel.code().scale,
                offset: channel.code().offset,
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
        group_names: (1..=records.len()).map(|machine| machine.to_string()).collect(),
        folds: None,
        subsets: Vec::new(),
        weights: None,
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
