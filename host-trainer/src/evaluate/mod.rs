//! Scores of joint and single models on rows that they have not seen.

mod delta_m;
pub mod metrics;

pub use delta_m::{delta_m_percent, relative_gain_percent};
