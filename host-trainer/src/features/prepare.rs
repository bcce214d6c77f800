//! Features for each fold, computed once where the folds cannot differ.

use std::sync::Arc;

use super::code::CodeBook;
use super::error::FeatureError;
use super::extract::extract;
use super::matrix::FeatureMatrix;
use super::plan::PlanSpec;
use super::windows::{Windows, encode_windows};
use crate::config::Project;
use crate::data::Dataset;

/// What a fold's model reads, of every row of the data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Codes fitted on the fold's training rows.
    pub codes: CodeBook,
    /// Raw windows in these codes.
    pub windows: Windows,
    /// Features of these windows.
    pub features: FeatureMatrix,
}

/// The features of a data set for any choice of training rows.
#[derive(Debug)]
pub struct FeatureSource<'d> {
    project: &'d Project,
    dataset: &'d Dataset,
    /// The plan, the same for all folds.
    pub plan: PlanSpec,
    fixed: Option<Arc<Prepared>>,
}

impl<'d> FeatureSource<'d> {
    /// Plans the features, and computes them already if no code depends on the training rows.
    ///
    /// # Errors
    /// See [`PlanSpec::new`] and [`CodeBook::fit`].
    pub fn new(project: &'d Project, dataset: &'d Dataset) -> Result<Self, FeatureError> {
        let mut source = Self { project, dataset, plan: PlanSpec::new(project, dataset)?, fixed: None };
        if CodeBook::is_fixed(project, dataset)? {
            source.fixed = Some(Arc::new(source.compute(&[])?));
        }
        Ok(source)
    }

    /// Codes, windows and features of all rows, with everything fitted on the rows `train` alone.
    ///
    /// # Errors
    /// See [`CodeBook::fit`].
    pub fn prepare(&self, train: &[usize]) -> Result<Arc<Prepared>, FeatureError> {
        match &self.fixed {
            Some(fixed) => Ok(Arc::clone(fixed)),
            None => Ok(Arc::new(self.compute(train)?)),
        }
    }

    fn compute(&self, train: &[usize]) -> Result<Prepared, FeatureError> {
        let codes = CodeBook::fit(self.project, self.dataset, train)?;
        let windows = encode_windows(self.dataset, &codes);
        let features = extract(&self.plan, &codes, &windows);
        Ok(Prepared { codes, windows, features })
    }
}
