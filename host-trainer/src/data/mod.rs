//! Rows of raw windows and labels, from files or from the simulated plant.

mod dataset;

pub use dataset::{ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
