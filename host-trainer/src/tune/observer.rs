//! What a search tells while it runs. The library prints nothing.

/// Receiver of progress; called from many threads.
pub trait Observer: Sync {
    /// Evaluations have been added or finished.
    fn progress(&self, progress: &Progress<'_>);
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// Which rows it searches on.
    pub search: &'a str,
    /// Trials drawn so far.
    pub trials: usize,
    /// Trials in all.
    pub trials_in_all: usize,
    /// The rung at work, from 1.
    pub rung: usize,
    /// Rungs in all.
    pub rungs: usize,
    /// Evaluations (fits) done, by whichever process.
    pub done: usize,
    /// Evaluations known so far; later batches and rungs add more.
    pub known: usize,
    /// Best trial on the highest rung that has a score, and its score, of which low is good.
    pub best: Option<(usize, f64)>,
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn progress(&self, _progress: &Progress<'_>) {}
}
