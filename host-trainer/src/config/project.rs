//! The project file as data: the project, its rows, channels, split and model. Every field is one key of the TOML file; the defaults
//! are what a user gets who leaves it out.

use serde::{Deserialize, Serialize};

use super::architecture::{BranchConfig, GroupConfig};
use super::evaluate::EvaluateConfig;
use super::grouping::GroupingConfig;
use super::personalize::PersonalizeConfig;
use super::task::TaskConfig;
use super::training::TrainingConfig;
use super::tune::TuneConfig;

/// A project: data, tasks, and how to train and quantize the joint model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Name, carried in the artifact.
    pub name: String,
    /// Where the rows come from.
    pub data: DataConfig,
    /// Sensor channels or table columns.
    #[serde(default)]
    pub channels: Vec<ChannelConfig>,
    /// Magnitudes of three channels each, as sources of further features.
    #[serde(default)]
    pub magnitudes: Vec<MagnitudeConfig>,
    /// The tasks, in the order of the artifact.
    #[serde(default)]
    pub tasks: Vec<TaskConfig>,
    /// Train and test rows.
    pub split: SplitConfig,
    /// What the evaluation tells beside the figures on all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate: Option<EvaluateConfig>,
    /// Network.
    #[serde(default)]
    pub model: ModelConfig,
    /// Optimisation.
    #[serde(default)]
    pub training: TrainingConfig,
    /// Integer artifact.
    #[serde(default)]
    pub quantization: QuantizationConfig,
    /// Search for better settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune: Option<TuneConfig>,
    /// Heads of each group's own beside the shared ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personalize: Option<PersonalizeConfig>,
}

impl Project {
    /// Widths of the trunk's layers: none where the model is linear.
    pub fn trunk(&self) -> &[usize] {
        match self.model.kind {
            ModelKind::Network => &self.model.trunk,
            ModelKind::Linear => &[],
        }
    }
}

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

/// One `[[channels]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Name, unique.
    pub name: String,
    /// Unit of the physical value.
    #[serde(default)]
    pub unit: String,
    /// Sample rate (cycles).
    #[serde(default)]
    pub rate_hz: Option<f64>,
    /// File of the channel (cycles).
    #[serde(default)]
    pub file: Option<String>,
    /// Column (table); the name if left out.
    #[serde(default)]
    pub column: Option<String>,
    /// Physical values at the ends of the ADC's range; required for cycles, fitted on training rows for a table if left out.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Applied before the ADC code (table).
    #[serde(default)]
    pub transform: TransformConfig,
    /// Whether the model may read it; `false` for a channel that only gives a target.
    #[serde(default = "yes")]
    pub input: bool,
    /// Adds a feature that is 1 where the channel is missing (its other features then take their training mean).
    #[serde(default)]
    pub missing_indicator: bool,
    /// Whether the model is to do without the channel where the machine lacks its sensor or the sensor has failed: the score
    /// without it is reported, and `training.modality_dropout` makes the model learn it. A magnitude is missing where one of its
    /// channels is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// Features, such as `"mean"`, `"raw"`, `"block_means(6)"`, `"end_difference(2)"`, `"band_energies(16)"`; a table's channel has
    /// its value alone ("raw") if left out.
    #[serde(default)]
    pub features: Vec<String>,
    /// Points of the FFT for spectral features; the largest power of two in the window (at most 4096) if left out.
    #[serde(default)]
    pub fft_size: Option<u16>,
}

pub(super) fn yes() -> bool {
    true
}

/// Whether a key that is younger than committed results has its default, and is left out of the resolved project.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Transform of a table column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransformConfig {
    /// The value itself.
    #[default]
    None,
    /// Signed logarithm; the unit is the median magnitude of the training rows.
    SignedLog,
    /// Rank among the training rows, by quantile knots.
    Rank,
}

/// One `[[magnitudes]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MagnitudeConfig {
    /// Name, unique among channels and magnitudes.
    pub name: String,
    /// The three channels, of equal rate and range.
    pub channels: [String; 3],
    /// Features, as for a channel.
    pub features: Vec<String>,
    /// As for a channel.
    #[serde(default)]
    pub fft_size: Option<u16>,
}

/// `[split]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitConfig {
    /// How rows are dealt to folds.
    pub method: SplitMethod,
    /// Number of folds (random, grouped, blocked).
    #[serde(default = "five")]
    pub folds: usize,
    /// Folds: the column that holds the fold's number.
    #[serde(default)]
    pub column: Option<String>,
    /// Column of groups: never parted by method = "grouped" nor, with any method, when the epoch or a penalty is chosen; the folds of
    /// method = "folds" must not part them either; not for method = "random", which would.
    #[serde(default)]
    pub group: Option<String>,
    /// Within: the share of each group's rows that trains, at least `least` of them; the rest tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Within, with `share`: the least number of a group's rows that train; 4 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<usize>,
    /// Within, instead of `share`: the number of each group's rows that train.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
}

fn five() -> usize {
    5
}

/// Rows of a group that train at least, where `split.least` is left out.
pub const LEAST_WITHIN: usize = 4;

/// How rows are dealt to folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitMethod {
    /// Each row by chance.
    Random,
    /// Whole groups by chance.
    Grouped,
    /// Consecutive blocks in file order.
    Blocked,
    /// As a column says.
    Folds,
    /// Some rows of every group train and the rest of its rows test, by chance and anew for each seed: how well a model does on
    /// machines that it knows, once few of their rows are labelled.
    Within,
}

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// What stands between features and outputs.
    #[serde(skip_serializing_if = "ModelKind::is_default")]
    pub kind: ModelKind,
    /// Widths of the trunk's ReLU layers.
    pub trunk: Vec<usize>,
    /// Standardised features are clipped to this many standard deviations; a power of two.
    pub clip_sd: f64,
    /// Factor on the initial weights of the heads' last layers.
    pub head_init: f64,
    /// Widths of the ReLU layers of every head; none makes the heads linear, which the relation between tasks needs. `tasks.hidden`
    /// overrides it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<usize>,
    /// Groups of tasks with a trunk each; one trunk for all tasks if left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupConfig>,
    /// Groups to be found on the training rows instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grouping: Option<GroupingConfig>,
    /// Branches of the channels under each trunk; none if left out: then the trunk reads the features.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<BranchConfig>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            kind: ModelKind::Network,
            trunk: vec![32, 16],
            clip_sd: 8.0,
            head_init: 0.1,
            head: Vec::new(),
            groups: Vec::new(),
            grouping: None,
            branches: Vec::new(),
        }
    }
}

/// What stands between features and outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// A trunk, heads on it, and linear paths.
    #[default]
    Network,
    /// Linear paths alone, in closed form: for many small tasks, one a group (`[personalize]`). `trunk` is not read.
    Linear,
}

impl ModelKind {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `[quantization]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuantizationConfig {
    /// Bits of the linear path's weights: 8 or 16. Trunk and heads have 8.
    pub linear_bits: u8,
    /// Golden windows in the artifact.
    pub golden_windows: usize,
}

impl Default for QuantizationConfig {
    fn default() -> Self {
        Self { linear_bits: 16, golden_windows: 4 }
    }
}
