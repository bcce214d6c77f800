//! The joint network: as plain numbers ([`FloatModel`]) and as a candle graph.

mod float;

pub use float::{Dense, FloatModel, Normalization, TargetScale, TaskHead};
