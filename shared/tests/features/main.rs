//! The features, against oracles in f64, at their limits, and to the bit.

mod common;
mod conformance;
mod limits;
mod oracle;
mod plan;
mod spectrum;
mod statistics;
mod sweep;
