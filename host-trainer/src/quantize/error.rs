//! What can keep a float network from becoming an integer one.

use thiserror::Error;

/// Why a network could not be quantized.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum QuantizeError {
    /// A weight, bias, mean or gain is NaN or infinite.
    #[error(
        "{place} holds a number that is not finite: lower training.learning_rate, or check the inputs for extreme values"
    )]
    NotFinite {
        /// Which part of the network.
        place: String,
    },
    /// The sizes of two parts do not fit.
    #[error("{place} has {found} {what}, {expected} expected")]
    Shape {
        /// Which part of the network.
        place: String,
        /// What was counted.
        what: &'static str,
        /// What the rest of the network implies.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// A task has neither a head nor a linear path.
    #[error("task \"{task}\" has neither a head nor a linear path: set trunk_head = true or linear.mode")]
    NoPath {
        /// The task.
        task: String,
    },
    /// Tasks that read each other in a circle.
    #[error("the tasks {tasks} read each other in a circle: remove one of their reads")]
    Circle {
        /// The tasks.
        tasks: String,
    },
    /// The clip is no power of two.
    #[error("model.clip_sd is {clip_sd}: use a power of two in 1..=16384, such as 8")]
    Clip {
        /// The value found.
        clip_sd: f32,
    },
    /// Bits other than 8 or 16.
    #[error("the linear path of task \"{task}\" has weights of {bits} bits: set linear_bits to 8 or 16")]
    Bits {
        /// The task.
        task: String,
        /// The value found.
        bits: u8,
    },
    /// No rows to calibrate on.
    #[error("no rows to calibrate the activations on: the training split is empty")]
    NoCalibrationRows,
    /// No activation range keeps the accumulators within bounds.
    #[error(
        "{place}: {inputs} inputs are too many for accumulators below 2^{bound_bits}: use fewer features or narrower layers"
    )]
    Accumulator {
        /// Which layer.
        place: String,
        /// Its inputs.
        inputs: usize,
        /// Bits of the bound.
        bound_bits: u32,
    },
    /// More parts than the artifact can number.
    #[error("{found} {what}, at most {limit} fit into an artifact: use fewer tasks or layers")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many fit.
        limit: usize,
    },
    /// A bound that must hold by construction does not: a bug, reported instead of a bad artifact.
    #[error("layer {layer}, row {row}: {what}; please report this network")]
    Proof {
        /// Index of the layer.
        layer: usize,
        /// Index of the row.
        row: usize,
        /// Which bound.
        what: &'static str,
    },
}
