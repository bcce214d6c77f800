//! Joint training: closed-form linear paths, then gradient epochs on the network in alternation with the closed-form step on
//! the relation between the tasks.
//!
//! ```text
//!  fit ─► Problem (standardised rows, labels, linear paths) ─► descend ─► Trained
//!                                                                 │ every epoch
//!   batches ─► Net ─► Objective ─► weighting ─► gradient ─► AdamW ┤      (a step)
//!                                     ▲ penalty                   │ every few epochs
//!                                     └──────── Alternation ◄─────┘
//! ```
//!
//! Where the project asks for it, further epochs follow in which each step runs on what the quantizer makes of the present weights
//! (`quantization_aware`).
//!
//! A fit has no global state, draws from its own generators and stays on its thread: the same rows, settings and seed give the same
//! bits whatever else runs, and many fits may run side by side.

mod alternate;
mod architecture;
mod calibrate;
mod distill;
mod dropout;
mod early_stopping;
mod error;
mod fine_tune;
mod fit;
pub mod gradient;
mod log;
mod lookahead;
pub mod loss;
mod mixup;
mod modality;
mod narrow;
mod objective;
mod optimizer;
mod out_of_fold;
mod problem;
mod progress;
mod quantization_aware;
pub mod relation;
mod run;
mod schedule;
mod step;
mod step_by_step;
pub mod weighting;

pub(crate) use architecture::{Architecture, widest};
pub(crate) use calibrate::calibrate;
pub use calibrate::{TaskCalibration, ThresholdChoice};
pub use error::TrainError;
pub(crate) use fine_tune::{FineTuning, fine_tune};
pub use fit::{Trained, fit, fit_linear_baseline};
pub use log::{AlternationRecord, EpochRecord, TrainingLog};
pub(crate) use lookahead::{Lookahead, look_ahead, watch_training};
pub(crate) use out_of_fold::out_of_fold;
pub(crate) use problem::standardized;
pub use problem::{Task, TrainingSet};
pub use progress::{EpochReport, Phase, Progress, Silent};
pub use step_by_step::{StepByStep, VariableGradient, probe_gradients, step_by_step};
