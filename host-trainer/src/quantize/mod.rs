//! From a trained float network to integers: trunks and heads of int8, or of int4 in the layers that the network names, an int8 or int16
//! linear path, int16 where a task reads another's output, i16 activations.
//!
//! Post-training and per output channel: each row of weights has its own scale, which ends up in the row's 32-bit multiplier: 8
//! significant bits and a power of two, exactly, since the scale is free.
//! The scheme is that of Jacob et al., CVPR 2018, symmetric, with activations of 16 bits in place of 8 and with accumulators
//! that cannot overflow by construction (compare Colbert et al., ICCV 2023):
//!
//! ```text
//!  standardised feature z ── view: x = round(z 2^f), |x| <= 2^k ──► acc = b + sum w x ──► y = round(acc m / 2^32)
//!                              every row: sum|w| 2^k + |b| < 2^19 (int4 weights), < 2^23 (int8), < 2^31 (int16, and filters over time)
//! ```
//!
//! 1. [`calibrate`](Calibration::measure): ranges of the activations on training rows;
//! 2. `range`: for each tensor the power of two and the row scales that lose least under the accumulator bound;
//! 3. `build`, on a `draft`: layers and output scales, tensor after tensor; `rows`: weights, biases and multipliers of a layer, as soon as the step of
//!    what it writes is known; `convolution`: what a branch does with raw samples;
//! 4. `simulate`: the same integers as a float network, for training with their roundings;
//! 5. `prove`: the bounds that the artifact's validator checks, checked here first (`check` has looked at the float side).

mod build;
mod calibrate;
mod check;
mod convolution;
mod draft;
mod error;
mod extend;
mod measure;
mod multiplier;
mod network;
mod prove;
mod range;
mod rows;
mod simulate;

pub use build::quantize;
pub use calibrate::{ActivationRange, BranchRanges, Calibration, ConvolutionRanges};
pub use error::QuantizeError;
pub use extend::{TrunkTensor, extend};
pub(crate) use measure::measure_ranges;
pub use network::{OutputScale, QuantizedModel};
pub(crate) use simulate::simulate;

#[cfg(test)]
mod tests;
