//! Library of the `trunkline` command: data, joint training, quantization, evaluation and reports.
#![forbid(unsafe_code)]

pub mod adapt;
pub mod artifact;
pub mod compare;
pub mod config;
pub mod data;
pub mod evaluate;
pub mod explain;
pub mod features;
pub mod fleet;
pub mod grouping;
pub mod linear;
pub mod model;
pub mod plant;
pub mod quantize;
pub mod report;
pub mod simulate;
pub mod teachers;
pub mod train;
pub mod tune;
