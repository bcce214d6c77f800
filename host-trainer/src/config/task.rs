//! The tasks of a project file: targets, losses and linear paths.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::{TaskKind, TaskRole};

use super::architecture::ReadConfig;
use super::calibration::ThresholdConfig;
use super::default::yes;
use super::loss::LossConfig;

/// One `[[tasks]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskConfig {
    /// Name, unique.
    pub name: String,
    /// fault, quality, energy or other.
    #[serde(with = "role_names")]
    pub role: TaskRole,
    /// binary, multi-class or regression.
    #[serde(with = "kind_names")]
    pub kind: TaskKind,
    /// Where the label comes from.
    pub target: TargetConfig,
    /// Unit of a regression.
    #[serde(default)]
    pub unit: String,
    /// Label values in class order, as they stand in the column (numbers compare as numbers); binary: [negative, positive]. Several
    /// values of one class are parted by `|`: `["0", "1|2|3"]`.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Names to show for the classes; the label values if left out.
    #[serde(default)]
    pub class_names: Vec<String>,
    /// Loss; cross-entropy for classes and mse for values if left out.
    #[serde(default)]
    pub loss: Option<LossConfig>,
    /// Binary: what the threshold is chosen by after training; a logit of 0 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<ThresholdConfig>,
    /// Weight in the joint objective.
    #[serde(default = "one")]
    pub weight: f64,
    /// The linear path from the features to this task's outputs.
    #[serde(default)]
    pub linear: LinearConfig,
    /// Whether the task has a head on the trunk; `false` leaves it to the linear path alone.
    #[serde(default = "yes")]
    pub trunk_head: bool,
    /// Widths of the head's ReLU layers, `[]` for a linear head; those of `model.head` if left out. The relation between tasks covers
    /// linear heads only: hidden layers of different tasks share no space in which their weights could be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Vec<usize>>,
    /// Other tasks whose outputs or embeddings this one reads; never in a circle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<ReadConfig>,
    /// Windows from one answer to the next, on the device: between them the task's layers cost nothing and its answer stands. 1 if
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<u16>,
}

impl TaskConfig {
    /// Windows from one answer to the next.
    pub fn period(&self) -> u16 {
        self.period.unwrap_or(1)
    }
}

fn one() -> f64 {
    1.0
}

/// Where a label comes from: a column of the label file or table, or a statistic of a channel over the whole cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "TargetKeys")]
pub enum TargetConfig {
    /// `{ column = "cooler" }`.
    Column {
        /// The column.
        column: String,
    },
    /// `{ channel = "EPS1", statistic = "mean", factor = 0.01666 }`.
    Statistic {
        /// The channel, over the whole cycle, not only the window.
        channel: String,
        /// Which statistic.
        statistic: Statistic,
        /// Multiplies it.
        factor: f64,
    },
}

/// Every key that a target may have, so that an unknown one is found where it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetKeys {
    column: Option<String>,
    channel: Option<String>,
    statistic: Option<Statistic>,
    factor: Option<f64>,
}

impl TryFrom<TargetKeys> for TargetConfig {
    type Error = &'static str;

    fn try_from(keys: TargetKeys) -> Result<Self, Self::Error> {
        match keys {
            TargetKeys { column: Some(column), channel: None, statistic: None, factor: None } => {
                Ok(Self::Column { column })
            }
            TargetKeys { column: None, channel: Some(channel), statistic: Some(statistic), factor } => {
                Ok(Self::Statistic { channel, statistic, factor: factor.unwrap_or(1.0) })
            }
            _ => Err(
                "a target is either { column = \"...\" } or { channel = \"...\", statistic = \"mean\", factor = 1.0 }",
            ),
        }
    }
}

/// Statistic of a channel over a whole cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mean.
    Mean,
    /// Minimum.
    Min,
    /// Maximum.
    Max,
    /// Sum.
    Sum,
    /// Last value.
    Last,
}

/// A task's linear path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinearConfig {
    /// How it starts and whether it learns on.
    pub mode: LinearMode,
    /// Factor on the closed-form solution.
    pub scale: f64,
    /// L2 penalty where it is trained on.
    pub l2: f64,
    /// Bits of its integer weights, 8 or 16; `quantization.linear_bits` if left out.
    pub bits: Option<u8>,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { mode: LinearMode::Trained, scale: 1.0, l2: 0.0, bits: None }
    }
}

/// How a linear path starts and goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinearMode {
    /// None.
    Off,
    /// Closed form (ridge or shrinkage LDA), then frozen.
    Frozen,
    /// Closed form, then trained with the network.
    Trained,
    /// From zero, trained with the network.
    Zero,
}

mod role_names {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use trunkline_shared::model::TaskRole;

    pub(super) fn serialize<S: Serializer>(role: &TaskRole, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(super::role_name(*role))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TaskRole, D::Error> {
        let name = String::deserialize(deserializer)?;
        [TaskRole::Fault, TaskRole::Quality, TaskRole::Energy, TaskRole::Other]
            .into_iter()
            .find(|role| super::role_name(*role) == name)
            .ok_or_else(|| D::Error::unknown_variant(&name, &["fault", "quality", "energy", "other"]))
    }
}

mod kind_names {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use trunkline_shared::model::TaskKind;

    pub(super) fn serialize<S: Serializer>(kind: &TaskKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(super::kind_name(*kind))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TaskKind, D::Error> {
        let name = String::deserialize(deserializer)?;
        [TaskKind::Binary, TaskKind::MultiClass, TaskKind::Regression]
            .into_iter()
            .find(|kind| super::kind_name(*kind) == name)
            .ok_or_else(|| D::Error::unknown_variant(&name, &["binary", "multi-class", "regression"]))
    }
}

/// A role's name in project files and reports.
pub fn role_name(role: TaskRole) -> &'static str {
    match role {
        TaskRole::Fault => "fault",
        TaskRole::Quality => "quality",
        TaskRole::Energy => "energy",
        TaskRole::Other => "other",
    }
}

/// A kind's name in project files and reports.
pub fn kind_name(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Binary => "binary",
        TaskKind::MultiClass => "multi-class",
        TaskKind::Regression => "regression",
    }
}

/// Whether `value`, as it stands in a column, is one of the values of `class`.
pub(crate) fn is_label_of(class: &str, value: &str) -> bool {
    class.split('|').any(|known| same_label(known, value))
}

/// Numbers from here on may differ as text and be one `f64`: serial numbers, for example.
const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;

/// Whether every cell is a number that an `f64` tells from its neighbours.
pub(crate) fn are_exact(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| number.abs() < FIRST_INEXACT)
}

/// Whether two label values are the same: as text, or as numbers where both are numbers.
pub(crate) fn same_label(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(x), Ok(y)) if x == y && are_exact(&[x]))
}
