//! What can end an evaluation.

use thiserror::Error;
use trunkline_shared::model::build::BuildError;
use trunkline_shared::model::{ModelError, RunError};

use crate::artifact::HostPartError;
use crate::data::DataError;
use crate::features::FeatureError;
use crate::quantize::QuantizeError;
use crate::teachers::TeacherError;
use crate::train::TrainError;

/// Why an evaluation gave no figures.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// The rows could not be dealt to folds.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The features could not be computed.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A training failed.
    #[error("seed {seed}, {what}: {source}")]
    Train {
        /// The seed.
        seed: u64,
        /// Which model on which rows.
        what: Box<str>,
        /// Why.
        source: TrainError,
    },
    /// Trees that the network is compared with could not be fitted.
    #[error("seed {seed}, {what}: {source}; compare without trees: --trees 0")]
    Strong {
        /// The seed.
        seed: u64,
        /// Which model on which rows.
        what: Box<str>,
        /// Why.
        source: TeacherError,
    },
    /// A trained network could not be quantized.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// A quantized network could not be laid out.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The artifact is none.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The runtime refused a window.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The host part could not be written or read.
    #[error(transparent)]
    HostPart(#[from] HostPartError),
    /// The project file could not be written out.
    #[error("the project file cannot be written out: {0}")]
    Project(#[from] toml::ser::Error),
    /// More weights than an artifact can hold.
    #[error(
        "the network's weights over {features} features take {bytes} bytes, a whole artifact has at most {limit}: use narrower \
         layers (model.trunk, model.head, model.groups), fewer features, or linear_bits = 8"
    )]
    TooLarge {
        /// Bytes of all weights.
        bytes: usize,
        /// Bytes of the largest artifact.
        limit: usize,
        /// Features of the plan.
        features: usize,
    },
    /// Nothing to evaluate.
    #[error("no {what} to evaluate: {remedy}")]
    Nothing {
        /// What is missing.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A trunk is to be tuned that is not there.
    #[error("the model has no trunk that could be tuned, only linear paths; leave out --tune-trunk")]
    NoTrunk,
    /// An artifact and a data set do not belong together.
    #[error("the model and the project file do not fit: {what}; give the project file that the model was trained with")]
    Mismatch {
        /// What differs.
        what: String,
    },
}
