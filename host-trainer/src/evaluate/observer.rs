//! What an evaluation tells while it runs. The library prints nothing.

use crate::train::{Progress, Silent};

/// Receiver of progress; called from many threads.
pub trait Observer: Sync {
    /// The evaluation begins and consists of `jobs` jobs.
    fn jobs(&self, jobs: usize);
    /// One of them is done.
    fn job_done(&self);
    /// Receiver of the epochs of the final training.
    fn training(&self) -> &dyn Progress;
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn jobs(&self, _jobs: usize) {}

    fn job_done(&self) {}

    fn training(&self) -> &dyn Progress {
        &Silent
    }
}
