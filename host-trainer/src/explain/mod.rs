//! What drives each output: permutation importance by source, integrated gradients by feature, and how stable the relation is.
//!
//! A *source* is a channel or a magnitude with all features computed from it: features of one sensor say nearly the same, and one
//! of them alone can be permuted without harm because the others take its place.

mod attributions;
mod integrated_gradients;
mod permutation;
mod stability;

pub use attributions::{AttributionExample, TaskAttributions, explain_answer, task_attributions};
pub use integrated_gradients::{Attribution, attribute, integrated_gradients};
pub use permutation::{FoldImportance, Importance, SourceImportance, fold_importance};
pub use stability::{RelationStability, StrongestPair};
