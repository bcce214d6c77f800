//! The integer artifact.

use serde::{Deserialize, Serialize};

use super::default::is_default;
use super::task::TaskConfig;

/// Epochs of quantization-aware training where the project file does not say.
const AWARE_EPOCHS: usize = 20;

/// Rise of a task's loss that layers of 4 bits may cost where the project file does not say.
const MIXED_TOLERANCE: f64 = 0.02;

/// `[quantization]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuantizationConfig {
    /// Bits of the linear path's weights: 8 or 16.
    pub linear_bits: u8,
    /// Golden windows in the artifact.
    pub golden_windows: usize,
    /// Whether the training knows of the roundings.
    #[serde(skip_serializing_if = "is_default")]
    pub mode: QuantizationMode,
    /// Width of the weights of trunk and heads.
    #[serde(skip_serializing_if = "is_default")]
    pub weights: WeightsConfig,
    /// By how much the loss of a task on the training rows may rise where layers of it get 4 bits, as a share of what it is with 8; read where
    /// `weights` is `mixed`.
    #[serde(skip_serializing_if = "is_mixed_tolerance")]
    pub mixed_tolerance: f64,
    /// Epochs on the numbers of the integer model after the others, at a lower learning rate; read where `mode` is `qat`.
    #[serde(skip_serializing_if = "is_aware_epochs")]
    pub qat_epochs: usize,
}

/// Whether the training knows of the roundings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuantizationMode {
    /// The trained network is rounded.
    #[default]
    Ptq,
    /// The last epochs are trained on what the integer model computes (Jacob et al., CVPR 2018).
    Qat,
}

/// Width of the integer weights of trunk and heads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightsConfig {
    /// 8 bits.
    #[default]
    Int8,
    /// 4 bits: half the flash.
    Int4,
    /// 4 bits in the layers that bear it (Pandey et al., arXiv 2302.05397), 8 in the others.
    Mixed,
}

impl Default for QuantizationConfig {
    fn default() -> Self {
        Self {
            linear_bits: 16,
            golden_windows: 4,
            mode: QuantizationMode::Ptq,
            weights: WeightsConfig::Int8,
            mixed_tolerance: MIXED_TOLERANCE,
            qat_epochs: AWARE_EPOCHS,
        }
    }
}

impl QuantizationConfig {
    /// Bits of the weights of a task's linear path.
    pub fn linear_bits_of(&self, task: &TaskConfig) -> u8 {
        task.linear.bits.unwrap_or(self.linear_bits)
    }
}

fn is_mixed_tolerance(tolerance: &f64) -> bool {
    *tolerance == MIXED_TOLERANCE
}

fn is_aware_epochs(epochs: &usize) -> bool {
    *epochs == AWARE_EPOCHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn younger_keys_stand_in_the_resolved_text_only_where_they_are_set() {
        let text = |config: &QuantizationConfig| toml::to_string(config).unwrap();
        let default = QuantizationConfig::default();
        assert_eq!(text(&default), "linear_bits = 16\ngolden_windows = 4\n");
        let set = QuantizationConfig {
            mode: QuantizationMode::Qat,
            qat_epochs: 7,
            weights: WeightsConfig::Mixed,
            mixed_tolerance: 0.5,
            ..default
        };
        assert!(text(&set).contains("mode = \"qat\"\nweights = \"mixed\"\nmixed_tolerance = 0.5\nqat_epochs = 7\n"));
        assert_eq!(toml::from_str::<QuantizationConfig>(&text(&set)).unwrap(), set);
    }
}
