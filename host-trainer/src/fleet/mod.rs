//! Many small tasks that are one task in many places: a head for each machine, patient or school, learnt from tens of rows each.
//!
//! ```text
//!  Sample a group ─► Group: decomposed once ─► Fleet: all groups' systems ─┐
//!                                                                          ├─► Problem: weights ⇄ relation ─► Heads
//!                    Relation over the groups, of rank d at most ──────────┘
//! ```
//!
//! Beside a network they correct what [`UnseenAnswers`] get wrong. [`choose`] finds the penalty inside the training rows. All of it runs
//! in f64 on one thread: equal rows give equal bits.

mod choose;
mod group;
mod learn;
mod personal;
mod relation;
mod sample;
mod solve;
mod unseen;

pub use choose::{Chosen, choose};
pub use group::{Fitted, Group};
pub use learn::{Alternation, Heads, Problem, Sharing};
pub use personal::{PersonalHeads, PersonalTask, Shared, personalize};
pub use relation::Relation;
pub use sample::{Sample, Target};
pub use solve::Fleet;
pub use unseen::UnseenAnswers;
