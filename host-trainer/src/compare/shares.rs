//! The need for labels: folds with a part of their training rows, trained for as many steps as with all of them.

use crate::config::Project;
use crate::data::fraction;
use crate::evaluate::{EvaluateError, Fold};
use crate::features::FeatureSource;

/// Most times that a part's epochs are those of all rows.
const MOST_TIMES: f64 = 8.0;

/// A part of the training rows of every fold.
#[derive(Debug)]
pub(super) struct Share {
    /// Percent that were asked for.
    pub(super) percent: f64,
    /// Training rows, mean over the folds.
    pub(super) rows: f64,
    /// Epochs of `project` as a multiple of the configured ones.
    pub(super) times_epochs: f64,
    /// The project with so many more epochs.
    project: Project,
    /// Training rows of each fold.
    train: Vec<Vec<usize>>,
}

impl Share {
    /// `percent` of the training rows of each of `folds`: whole units, and smaller parts within larger ones.
    ///
    /// An epoch of few rows is few steps: with the configured epochs a small part would be compared half trained. The epochs, and all
    /// that is counted in epochs, are multiplied so that the steps stay about the same, by [`MOST_TIMES`] at most.
    pub(super) fn new(project: &Project, folds: &[Fold<'_>], percent: f64) -> Self {
        let part = |fold: &Fold<'_>| fraction(&fold.train, fold.units, &fold.dataset.tasks, percent / 100.0, fold.seed);
        let train: Vec<Vec<usize>> = folds.iter().map(part).collect();
        let mean = |rows: usize| rows as f64 / folds.len().max(1) as f64;
        let (all, rows) =
            (mean(folds.iter().map(|fold| fold.train.len()).sum()), mean(train.iter().map(Vec::len).sum()));
        let times_epochs = (all / rows.max(1.0)).clamp(1.0, MOST_TIMES);
        Self { percent, rows, times_epochs, project: with_more_epochs(project, times_epochs), train }
    }

    /// `folds`, of which this was made, with these rows and everything fitted on them alone.
    ///
    /// # Errors
    /// See [`FeatureSource::prepare`].
    pub(super) fn folds<'a>(
        &'a self,
        folds: &[Fold<'a>],
        source: &FeatureSource<'_>,
    ) -> Result<Vec<Fold<'a>>, EvaluateError> {
        let fewer = |(fold, train): (&Fold<'a>, &Vec<usize>)| {
            Ok(Fold { project: &self.project, prepared: source.prepare(train)?, train: train.clone(), ..fold.clone() })
        };
        folds.iter().zip(&self.train).map(fewer).collect()
    }
}

/// `project` with everything that is counted in epochs so many `times` longer.
fn with_more_epochs(project: &Project, times: f64) -> Project {
    let mut project = project.clone();
    let training = &mut project.training;
    for epochs in [
        &mut training.epochs,
        &mut training.warmup_epochs,
        &mut training.early_stopping.patience,
        &mut training.relation.warmup_epochs,
        &mut training.relation.every_epochs,
    ] {
        *epochs = (*epochs as f64 * times).round() as usize;
    }
    project
}
