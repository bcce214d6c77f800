//! Why a teacher could not be fitted or asked.

use thiserror::Error;

/// Why a teacher could not be fitted or asked.
#[derive(Debug, Error)]
pub enum TeacherError {
    /// No row has a label.
    #[error("none of the {rows} rows has a label")]
    NoLabels {
        /// Rows.
        rows: usize,
    },
    /// The crate of the extra trees refused.
    #[error("extra trees: {0}")]
    ExtraTrees(#[from] smartcore::error::Failed),
    /// The crate of the boosting refused.
    #[error("boosting: {0}")]
    Boosting(#[from] forust_ml::errors::ForustError),
}
