//! `[training.distillation]`: a small network that learns from the answers of stronger models.

use serde::{Deserialize, Serialize};

/// `[training.distillation]`: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015.
///
/// Teachers are fitted on the training rows alone, and a row's soft target comes from a teacher that has not seen the row nor any row
/// of its unit: a teacher that knows a row by heart has nothing to add to its label. A row without a label learns from its soft
/// target alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DistillationConfig {
    /// Who teaches.
    pub teacher: TeacherConfig,
    /// Trees of each output (extra-trees, boosting).
    pub trees: usize,
    /// Networks, each with a seed of its own (ensemble).
    pub members: usize,
    /// Inner folds over the training rows, whole units each: every one is answered by teachers of the others.
    pub folds: usize,
    /// Share of the soft loss in a task's loss, 0 to 1; the labels have the rest.
    pub weight: f64,
    /// Divides the logits of teacher and student: above 1 the classes that are not the likeliest count for more.
    pub temperature: f64,
    /// Names of the tasks that are taught; all where none is named. A task whose closed form is frozen and right already is better
    /// left out.
    pub tasks: Vec<String>,
}

impl Default for DistillationConfig {
    fn default() -> Self {
        Self {
            teacher: TeacherConfig::ExtraTrees,
            trees: 200,
            members: 5,
            folds: 3,
            weight: 0.5,
            temperature: 2.0,
            tasks: Vec::new(),
        }
    }
}

/// Who teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherConfig {
    /// Extremely randomised trees, a forest an output.
    ExtraTrees,
    /// Gradient-boosted trees, a chain an output.
    Boosting,
    /// The project's own network with several seeds: the mean of their probabilities and values.
    Ensemble,
}
