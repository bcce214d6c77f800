//! A search for better settings of a project: successive halving over random or TPE samples, judged inside the training rows.
//!
//! ```text
//!  [tune] ─► sample: settings ─► overlay ─► layout ── too large ─► drawn anew, at no cost
//!                ▲                            │ fits
//!                │ scores of the first rung   ▼
//!                └─────────────── rung 0: few epochs, every inner fold ─► best 1/eta ─► rung 1 ─► ... ─► last rung: all epochs
//! ```
//!
//! An *evaluation* is one fit: one trial, one rung, one inner fold. What is evaluated next depends on complete earlier rungs and
//! batches alone, never on who was first, so that a search ends with the same trials, scores and winner on any number of threads and
//! processes, however often they were killed: see `step`. What is known lies in a [`Study`], a SQLite file from which workers
//! claim evaluations as leases.

mod error;
mod evaluation;
mod found;
mod nested;
mod observer;
mod points;
mod propose;
mod score;
mod search;
mod step;
mod study;
mod tpe;

pub use error::TuneError;
pub use found::{Found, TrialRecord};
pub use nested::{ChosenInFold, Nested, NestedTask, nested};
pub use observer::{Observer, Progress, Unobserved};
pub use search::{ALL_ROWS, search};
pub use study::{DEFAULT_LEASE, Study, StudyError};
