//! From a raw window to the feature vector, by the plan that the artifact carries.
//!
//! The same bits on workstation and device. Sums are exact integers; what is f32 uses `+ - * /` in a fixed order, correctly
//! rounded roots, and libm's logarithm and floor, so every target with IEEE 754 single precision (hardware or emulated, no flush
//! to zero) gives the same bits. (Compilers do not fuse or reorder Rust's f32 operations, nor does the assembly in `m4` fuse or
//! change any.) A feature is finite or [`MISSING`], for every window and every plan and channel code that their checks accept.
//!
//! [`FeatureGroup::check`] proves a plan; [`extract_group`] then writes exactly the number of features that it returned.

mod check;
mod extract;
mod fft;
#[cfg(trunkline_features = "m4")]
mod m4;
mod magnitude;
mod plan;
mod root;
mod signal;
mod sine;
mod spectrum;
mod stats;
mod sums;

pub use crate::quant::MISSING;
pub use check::{ChannelShape, PlanError};
pub use extract::extract_group;
pub use plan::{Feature, FeatureGroup, Source};
pub use signal::Signal;

/// Longest window of a channel, in samples: up to here no integer accumulator can overflow (proof in `stats`).
pub const MAX_SAMPLES: usize = 32768;
/// Shortest FFT.
pub const MIN_FFT_SIZE: usize = 16;
/// Longest FFT.
pub const MAX_FFT_SIZE: usize = 4096;
