//! Where the rows come from.

use serde::{Deserialize, Serialize};

/// `[data]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Which loader.
    pub loader: Loader,
    /// Cycles: the file of labels, one row a cycle, with a header line. Table: the file itself. Relative to the data folder.
    #[serde(default)]
    pub file: Option<String>,
    /// Table without a header line: the file that names its columns, one a line.
    #[serde(default)]
    pub header: Option<String>,
    /// Column of the label file or table that says how many times each row counts in training (cycles, table): 0 leaves the row out,
    /// 2 is the row twice. Everything that learns does so by these weights: networks, closed forms, temperatures, teachers and the
    /// baselines. Scores count rows alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_weight: Option<String>,
    /// Seconds of each cycle, from its start, that make the window (cycles).
    #[serde(default)]
    pub window_s: Option<f64>,
    /// The simulated plant (loader = "plant").
    #[serde(default)]
    pub plant: Option<PlantConfig>,
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loader {
    /// A folder with one file a channel, one row a cycle.
    Cycles,
    /// A CSV file, one row a sample.
    Table,
    /// The built-in simulated plant.
    Plant,
}

/// `[data.plant]`: size of the simulated fleet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlantConfig {
    /// Machines, each with its own geometry, mounting and wear.
    pub machines: usize,
    /// Windows recorded a machine over its observed life.
    pub windows_per_machine: usize,
    /// Hours H within which a fault must come for the warning class to be set.
    pub warning_horizon_h: f64,
    /// Seed of the whole simulation.
    pub seed: u64,
}

impl Default for PlantConfig {
    fn default() -> Self {
        Self { machines: 24, windows_per_machine: 120, warning_horizon_h: 168.0, seed: 1 }
    }
}
