//! Models that are stronger than a small network and far too large for the device: they take part in comparisons, and the network
//! learns from their answers ([distillation](crate::config::DistillationConfig)).
//!
//! ```text
//!  labels of a task ─► columns of numbers ─► one model a column ─► outputs in the network's form
//!    value                  the value            extra trees          standardised value
//!    binary               1 if positive          boosting             logit
//!    K classes       1 if class k, k = 1..K                           K log-probabilities
//! ```
//!
//! The learners come from crates; what these lack, probabilities of many classes, is made here the same way for all.

mod boosting;
mod columns;
mod error;
mod extra_trees;

pub use boosting::Boosting;
pub use columns::{Column, ColumnKind, Fitted};
pub use error::TeacherError;
pub use extra_trees::ExtraTrees;
use trunkline_shared::model::TaskKind;

use crate::model::Standardized;

/// A way to fit strong models, one a task.
///
/// Equal arguments give equal bits; a fit stays on its thread.
pub trait Teacher: Send + Sync {
    /// Fits one column of numbers `y` (n), which differ among each other, to the rows `z` (n x F). `weights` (n, above 0) say how many
    /// times each row counts; `None` where all count alike.
    ///
    /// # Errors
    /// [`TeacherError`], where the learner refuses the rows.
    fn fit_column(
        &self,
        z: &Standardized,
        y: &[f64],
        weights: Option<&[f64]>,
        kind: ColumnKind,
        seed: u64,
    ) -> Result<Box<dyn Column>, TeacherError>;

    /// Fits a task of `kind` with `outputs` outputs (K): `labels` (n) are class numbers or standardised values, NaN where missing;
    /// `weights` (n, 0 or more), where there are some, say how many times each row counts. Rows without a label or of weight 0 take no
    /// part.
    ///
    /// # Errors
    /// [`TeacherError`], where no row that counts has a label or the learner refuses the rows.
    fn fit(
        &self,
        z: &Standardized,
        labels: &[f32],
        weights: Option<&[f32]>,
        kind: TaskKind,
        outputs: usize,
        seed: u64,
    ) -> Result<Fitted, TeacherError> {
        columns::fit(z, labels, weights, kind, outputs, |z, y, weights, column| {
            self.fit_column(z, y, weights, column, seed)
        })
    }
}

#[cfg(test)]
mod tests;
