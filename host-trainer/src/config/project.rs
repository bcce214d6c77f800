//! The project file as data, a file a section. Every field is one key of the TOML file; the defaults are what a user gets who leaves
//! it out.

use serde::{Deserialize, Serialize};

use super::channel::{ChannelConfig, MagnitudeConfig};
use super::data::{DataConfig, Loader};
use super::evaluate::EvaluateConfig;
use super::model::{ModelConfig, ModelKind};
use super::personalize::PersonalizeConfig;
use super::quantization::QuantizationConfig;
use super::split::SplitConfig;
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

    /// Whether features are computed from `channel`, one of the project's, by itself or in a magnitude.
    pub fn gives_features(&self, channel: &ChannelConfig) -> bool {
        let own = !channel.features.is_empty() || channel.missing_indicator || self.data.loader == Loader::Table;
        own || self.magnitudes.iter().any(|magnitude| magnitude.channels.contains(&channel.name))
    }
}
