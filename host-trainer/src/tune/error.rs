//! What can end a search.

use thiserror::Error;

use super::StudyError;
use crate::config::ConfigError;
use crate::evaluate::EvaluateError;

/// Why a search gave no result.
#[derive(Debug, Error)]
pub enum TuneError {
    /// Data, features, or a training that no setting can mend.
    #[error(transparent)]
    Evaluate(Box<EvaluateError>),
    /// A configuration that the study holds cannot be laid over the project.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The study cannot be used.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// No trial has a score.
    #[error("none of {trials} trials has a score: {reason}; widen [tune.space] or loosen the limits of [tune]")]
    NoScore {
        /// Trials.
        trials: usize,
        /// What went wrong with one of them.
        reason: String,
    },
}

impl From<EvaluateError> for TuneError {
    fn from(error: EvaluateError) -> Self {
        TuneError::Evaluate(Box::new(error))
    }
}
