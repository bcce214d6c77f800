//! Rows of raw windows and labels, from files or from the simulated plant.
//!
//! A loader gives a [`Dataset`]: sensor channels as ADC counts (files in engineering units go through the same conversion as on the
//! device), table columns as values, labels that may be missing one task at a time. [`split`] deals its rows to folds.

mod csv_table;
mod cycle_file;
mod cycles;
mod dataset;
mod error;
mod folder;
mod fraction;
mod groups;
mod labels;
mod simulated;
pub mod split;
mod subsets;
mod table;
mod weights;

use std::path::Path;

pub use cycles::code_of_range;
pub use dataset::{ChannelData, Dataset, DatasetChannel, Labels, Subset, TaskLabels};
pub use error::DataError;
pub use fraction::fraction;

use crate::config::{Loader, Project};

/// The data set of a checked project; file names are relative to `data_dir`, which the simulated plant does without.
///
/// # Errors
/// What is missing, unreadable or inconsistent in the data: see [`DataError`].
pub fn load(project: &Project, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
    match (project.data.loader, data_dir) {
        (Loader::Cycles, Some(root)) => cycles::load(project, root),
        (Loader::Table, Some(root)) => table::load(project, root),
        (Loader::Cycles, None) => Err(DataError::NoFolder { loader: "cycles" }),
        (Loader::Table, None) => Err(DataError::NoFolder { loader: "table" }),
        (Loader::Plant, _) => simulated::load(project),
    }
}
