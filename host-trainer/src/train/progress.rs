//! What a training tells while it runs. The library prints nothing.

/// Receiver of progress; called from the thread of the fit.
pub trait Progress: Sync {
    /// An epoch has ended.
    fn epoch(&self, report: &EpochReport<'_>);
}

/// Which run of a fit an epoch belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// On part of the training rows, to choose the number of epochs.
    Choose,
    /// On the rows that the model is made from.
    Train,
}

/// State after an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochReport<'a> {
    /// The run.
    pub phase: Phase,
    /// Epoch that has ended, counted from 1.
    pub epoch: usize,
    /// Most epochs of the run; early stopping may end it before.
    pub epochs: usize,
    /// Mean loss of each task over the epoch (T).
    pub losses: &'a [f32],
    /// Validation score, lower is better (1 = as good as a constant); `None` without validation rows.
    pub validation: Option<f64>,
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn epoch(&self, _report: &EpochReport<'_>) {}
}
