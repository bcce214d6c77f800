//! Joint training: closed-form linear paths, then gradient epochs on the network in alternation with the closed-form step on
//! the relation between the tasks.
//!
//! ```text
//!  fit ─► Problem (standardised rows, labels, linear paths) ─► descend ─► Trained
//!                                                               │ every epoch
//!              batches ─► Net ─► Objective ─► backward ─► AdamW ┤
//!                                   ▲ penalty                   │ every few epochs
//!                                   └──────── Alternation ◄─────┘
//! ```
//!
//! A fit has no global state and draws from its own generators: the same rows, settings and seed give the same bits on any
//! number of threads, and many fits may run side by side. (candle's matrix products may use threads of the current rayon pool;
//! they divide rows and columns among them and never a sum.)

mod alternate;
mod early_stopping;
mod error;
mod fit;
mod log;
pub mod loss;
mod objective;
mod optimizer;
mod problem;
mod progress;
pub mod relation;
mod run;
mod schedule;
pub mod weighting;

pub use error::TrainError;
pub use fit::{Trained, fit, fit_linear_baseline};
pub use log::{AlternationRecord, EpochRecord, TrainingLog};
pub use problem::{Task, TrainingSet};
pub use progress::{EpochReport, Phase, Progress, Silent};
