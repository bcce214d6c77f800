//! Scores of joint and single models on rows that they have not seen, and the model that goes into the artifact.
//!
//! ```text
//!  Project + Dataset ─► cross_validate: seed x fold x contender ─► Predictions ─► metrics ─► Record ─► metrics.json
//!                   └─► refit: first seed, all rows ─► FinalModel ─► model.tlm
//! ```
//!
//! [`run`] does both. [`score_artifact`] scores a given artifact on a data set.

mod baseline;
pub mod bootstrap;
mod contender;
mod course;
mod cross_validation;
mod delta_m;
mod error;
mod existing;
mod explanation;
mod fold;
mod fold_errors;
mod footprint;
mod held_out;
mod integer;
pub mod metrics;
mod observer;
mod paired;
mod personal;
mod personal_artifacts;
mod predictions;
mod record;
mod refit;
mod run;
mod same_size;
mod score;
mod side_by_side;
mod strong;
mod too_large;
mod uncertainty;
mod warning;

pub use contender::Contender;
pub use course::TrainingCourse;
pub(crate) use course::convergence;
pub use cross_validation::{CrossValidation, Limits, cross_validate};
pub(crate) use cross_validation::{Dealt, Job, answer};
pub use delta_m::{DeltaM, error_floor, relative_gain_percent};
pub use error::EvaluateError;
pub use existing::{ArtifactScores, TaskScores, check_channels, score_artifact};
pub use explanation::FoldEvidence;
pub(crate) use fold::{Fold, Work};
pub use fold_errors::Differences;
pub(crate) use fold_errors::{Measure, fold_errors};
pub use footprint::footprint;
pub use held_out::{HeldOut, constant_answers, held_out, untrained_footprint};
pub use integer::run_integers;
pub use observer::{Observer, Unobserved};
pub use paired::PairedDifference;
pub use personal::{PersonalDifferences, PersonalRecord, PersonalTaskRecord};
pub use personal_artifacts::personal_artifacts;
pub use predictions::{Answer, Predictions, predicted_class};
pub use record::{Against, Footprint, Metrics, Record, SCHEMA_VERSION, Summary, TaskRecord};
pub use refit::{FinalModel, lay_out, refit};
pub use run::{Outcome, run};
pub use same_size::same_size_trunk;
pub(crate) use score::score_over_seeds;
pub use score::score_task;
pub(crate) use side_by_side::side_by_side;
pub(crate) use strong::Strong;
pub use uncertainty::{Surprise, Uncertainty};
pub use warning::{CONFIRMING_ROWS, EarlyWarning, MONTH_H, WarningRow};
