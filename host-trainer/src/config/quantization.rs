//! The integer artifact.

use serde::{Deserialize, Serialize};

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
