//! From the library's errors to failures: which exit code, which line to show.

use std::path::Path;

use trunkline_trainer::config::ConfigError;
use trunkline_trainer::data::DataError;
use trunkline_trainer::evaluate::EvaluateError;
use trunkline_trainer::train::TrainError;
use trunkline_trainer::tune::{StudyError, TuneError};

use super::exit::Exit;
use super::failure::Failure;

/// A project file that cannot be used; shows the line.
pub(super) fn project_failure(error: ConfigError, path: &Path) -> Failure {
    let place = match (error.line, error.key.as_str()) {
        (None, "") => error.origin.clone(),
        (None, key) => format!("{}: {key}", error.origin),
        (Some(line), "") => format!("{}, line {line}", error.origin),
        (Some(line), key) => format!("{}, line {line}: {key}", error.origin),
    };
    let failure = Failure::new(Exit::Project, format!("{place}: {}", error.problem)).remedy(error.remedy);
    // The file can be read, or there would be no line.
    match (error.line, std::fs::read_to_string(path)) {
        // The message stands above the line already.
        (Some(line), Ok(text)) => failure.at_line(path, text, line, "here".to_owned()),
        _ => failure,
    }
}

/// Data that cannot be used; the message holds place and remedy.
pub(super) fn data_failure(error: DataError) -> Failure {
    Failure::new(Exit::Data, "the data cannot be used").because(error)
}

/// An evaluation that came to no end.
pub(super) fn evaluation_failure(error: EvaluateError) -> Failure {
    let (exit, what) = match &error {
        EvaluateError::Data(_) => (Exit::Data, "the data cannot be used"),
        EvaluateError::Train {
            source: TrainError::Empty { .. } | TrainError::NoLabels { .. } | TrainError::Label { .. },
            ..
        } => (Exit::Data, "the data cannot be trained on"),
        EvaluateError::Train { source: TrainError::LossKind { .. } | TrainError::NoPath { .. }, .. }
        | EvaluateError::Features(_)
        | EvaluateError::TooLarge { .. }
        | EvaluateError::NoTrunk
        | EvaluateError::Nothing { .. } => (Exit::Project, "the project cannot be run"),
        EvaluateError::Mismatch { .. } => (Exit::Project, "the project file belongs to another model"),
        EvaluateError::Model(_) | EvaluateError::HostPart(_) => (Exit::Artifact, "the model file cannot be used"),
        EvaluateError::Build(_) => (Exit::Inside, "the model cannot be laid out for the device"),
        _ => (Exit::Inside, "the work came to no end"),
    };
    Failure::new(exit, what).because(error)
}

/// A search that came to no end.
pub(super) fn tune_failure(error: TuneError) -> Failure {
    match error {
        TuneError::Evaluate(error) => evaluation_failure(*error),
        TuneError::Config(_) => Failure::new(Exit::Inside, "the study does not fit the project").because(error),
        TuneError::Study(StudyError::Sql { .. }) => {
            Failure::new(Exit::Inside, "the study cannot be used").because(error)
        }
        TuneError::Study(_) => Failure::new(Exit::Usage, "the study cannot be used").because(error),
        TuneError::NoScore { .. } => Failure::new(Exit::Project, "the search has found nothing").because(error),
    }
}
