//! `[personalize]`: heads of each group's own.

use serde::{Deserialize, Serialize};

/// Beside the shared heads one small head a group (machine, patient, school) and task, with a relation learnt over the groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalizeConfig {
    /// The column of groups: that of `split.group`.
    pub by: String,
    /// Labelled rows below which a group keeps the shared head of a task.
    #[serde(default = "four")]
    pub min_rows: usize,
    /// Strengths of the penalty that are tried; a two-fold split inside each group's training rows chooses.
    #[serde(default = "strengths")]
    pub strengths: Vec<f64>,
    /// e in O_e = O + (e/G) I.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    /// Most closed-form steps on the relation.
    #[serde(default = "eight")]
    pub alternations: usize,
}

fn four() -> usize {
    4
}

fn strengths() -> Vec<f64> {
    vec![1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0]
}

fn epsilon() -> f64 {
    1e-3
}

fn eight() -> usize {
    8
}
