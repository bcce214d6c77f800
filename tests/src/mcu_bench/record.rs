//! What was measured of a case on a core.

use serde::{Deserialize, Serialize};

/// One case on one core; a list of them is what `cargo mcu-bench --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its name: `t1_int8`, `hydraulic`, ...
    pub case: String,
    /// `m4f`, `m0` or `rv32`.
    pub core: String,
    /// Instructions of one pass: of a network from its quantized inputs to all outputs, of a model from the raw window to all
    /// outputs, of features from the raw window to them.
    pub instructions: u64,
    /// Multiply-accumulates of the network.
    pub macs: u64,
    /// Code and constants from where the case begins to the outputs, without weights and without the validator.
    pub engine_flash_bytes: u64,
    /// Weights, biases and multipliers in the core's layout.
    pub weight_bytes: u64,
    /// Static memory and arena.
    pub ram_bytes: u64,
    /// The stack's depth.
    pub stack_bytes: u64,
    /// Of `ram_bytes`: static.
    pub static_bytes: u64,
    /// Of `ram_bytes`: what the model works in.
    pub arena_bytes: u64,
    /// The largest arena of a model: where there are several, it does for all of them one after the other, if their outputs are kept
    /// elsewhere.
    pub largest_arena_bytes: u64,
    /// The whole artifact.
    pub artifact_bytes: u64,
    /// Code and constants that find a model and check it, but for the table of the checksum.
    pub validator_flash_bytes: u64,
    /// Cycles on a Cortex-M4 without wait states, estimated from the instructions by rule: a model, not silicon. 0 where none
    /// was made.
    pub cycles_estimated_m4: u64,
    /// Where the instructions go.
    pub parts: Vec<Part>,
}

/// A share of a case's instructions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What.
    pub name: String,
    /// How many.
    pub instructions: u64,
}

impl Record {
    /// Instructions a multiply-accumulate.
    pub fn per_mac(&self) -> f64 {
        self.instructions as f64 / self.macs.max(1) as f64
    }

    /// Engine, validator and artifact.
    pub fn flash_bytes(&self) -> u64 {
        self.engine_flash_bytes + self.validator_flash_bytes + self.artifact_bytes
    }

    /// Static memory, arena and stack.
    pub fn whole_ram_bytes(&self) -> u64 {
        self.ram_bytes + self.stack_bytes
    }
}
