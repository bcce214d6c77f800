//! A new task on an existing model, from few rows: a linear head on what the other tasks have learnt.
//!
//! ```text
//!                  ┌─► old heads ──► old outputs          frozen: not a bit of them changes
//!  z ─► trunk ─────┤        │
//!  │               │        ▼ (linear, so that they fold into the head)
//!  │               └─► closed form, the inputs chosen on inner folds of whole units ──► new output
//!  └───────────────────────▲
//! ```
//!
//! [`fit_head`] finds the head, [`extend_artifact`] puts it into `model.tlm` beside the old layers, and [`curve`] says what it is worth:
//! the same task learnt from the same few rows by a network of its own.
//!
//! [`tune_trunk`] goes on from there: trunk, old heads and the new one are trained, what is old at a fraction of the learning rate and held
//! to what the old model answers. Then the old outputs do move; [`movements`] measures how far.

mod artifact;
mod curve;
mod errors;
mod head;
mod inputs;
mod movement;
mod tuned;
mod words;

pub use artifact::{check_weights, extend_artifact, outputs_differ, split_tasks};
pub use curve::{Curve, ErrorAt, Plan, TaskCurve, curve};
pub use head::{AdaptedHead, Candidate, fit_head};
pub use inputs::Inputs;
pub use movement::{Movement, movement_table, movements};
pub use tuned::{FACTOR, TunedModel, tune_trunk};
pub use words::{findings, table};

/// Labelled rows at which the learning curve is drawn.
pub const ROWS: [usize; 4] = [10, 30, 100, 300];
/// Draws of these rows.
pub const DRAWS: usize = 3;
