//! Project file and data.

use std::path::Path;

use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{self, Dataset};

use super::failure::Failure;
use super::translate::{data_failure, project_failure};

/// Loads and checks the project file.
pub(super) fn load_project(path: &Path) -> Result<Project, Failure> {
    config::load(path).map_err(|error| project_failure(error, path))
}

/// Loads the data that the project file describes.
pub(super) fn load_data(project: &Project, folder: Option<&Path>) -> Result<Dataset, Failure> {
    data::load(project, folder).map_err(data_failure)
}
