//! The feature vector of every row, as the device will compute it.
//!
//! ```text
//!  Project + Dataset ──► PlanSpec            which features (the same for all folds)
//!  training rows     ──► CodeBook            values to counts
//!  Dataset           ──► Windows             counts, as Runtime::infer takes them
//!  PlanSpec, Windows ──► FeatureMatrix       by trunkline_shared::features; counts that branches convolve after them
//! ```
//!
//! [`FeatureSource`] does all of it, a fold at a time.

mod code;
mod error;
mod extract;
mod matrix;
mod plan;
mod prepare;
mod windows;

pub use code::CodeBook;
pub use error::FeatureError;
pub use extract::extract;
pub use matrix::{FeatureBlock, FeatureMatrix, RawColumns};
pub use plan::PlanSpec;
pub use prepare::{FeatureSource, Prepared};
pub use windows::{Windows, encode_windows};
