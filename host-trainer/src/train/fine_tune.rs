//! Training on of a model that exists, for one more task: what is new at the full learning rate, what the model had at a fraction of it
//! (discriminative fine-tuning: Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018).
//!
//! The old tasks need no labels. What they are held to on the rows of the new task is what the model has answered there before: Li &
//! Hoiem, "Learning without Forgetting", ECCV 2016. It is the loss of distillation ([`SoftTargets`]) with the model as its own teacher.

use super::TrainError;
use super::distill::SoftTargets;
use super::fit::{Fitter, Start, Trained};
use super::loss::loss_for;
use super::modality::OptionalChannels;
use super::problem::{Problem, Task, TrainingSet};
use super::progress::Progress;
use crate::config::{LinearMode, Project, kind_name};
use crate::model::net::{HeadWiring, LinearWiring, Net, ReadWiring, TaskWiring};
use crate::model::{FloatModel, TaskHead};

/// Temperature at which classes are compared with the old model's, that of Li & Hoiem.
const TEMPERATURE: f32 = 2.0;

/// What to train on, and how.
pub(crate) struct FineTuning<'a> {
    /// Gives the model to start from: the old one with a head for the new task that is fitted to the rows given and to no others.
    pub(crate) start: &'a dyn Fn(&[usize]) -> FloatModel,
    /// Index of the new task, the one that learns from labels.
    pub(crate) task: usize,
    /// Factor on the learning rate of all that is not the new task's own, above 0 and at most 1.
    pub(crate) factor: f64,
}

/// Trains the model that `tuning` starts from on the rows of `set`, which has its tasks in the order of its heads and labels of the new
/// one alone, by the `[training]` section of `project`; epochs are chosen on held-out rows as [`super::fit`] does, by the new task, and 0
/// is one of the choices. Frozen linear paths stay as they are, and so do features' and targets' scales. Nothing is calibrated.
///
/// # Errors
/// [`TrainError`], where the set is not fit for training or the training broke down.
pub(crate) fn fine_tune(
    project: &Project,
    set: &TrainingSet<'_>,
    tuning: &FineTuning<'_>,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Trained, TrainError> {
    Fitter { project, set, start: Start::Model(tuning), seed, progress }.fit()
}

impl FineTuning<'_> {
    /// The rows `rows` of `set` with the old model's answers to them, and the network that starts from the model.
    pub(super) fn prepare(
        &self,
        project: &Project,
        set: &TrainingSet<'_>,
        rows: &[usize],
        seed: u64,
    ) -> Result<(Problem, Net), TrainError> {
        let model = (self.start)(rows);
        let optional = OptionalChannels::on_scales(project, set.features, seed, &model.normalization);
        let mut losses = Vec::new();
        for (index, task) in set.tasks.iter().enumerate() {
            let loss = if index == self.task {
                task.loss(&set.labels(task, rows))
            } else {
                loss_for(task.labels.kind, None, 0, &[])
            };
            losses.push(loss.ok_or_else(|| TrainError::LossKind {
                task: task.labels.name.clone(),
                kind: kind_name(task.labels.kind),
            })?);
        }
        let heads = model.heads.iter().zip(&set.tasks).enumerate();
        let wiring = heads.map(|(index, (head, task))| wiring(head, task, index == self.task)).collect();
        let mut problem = Problem::on_scales(set, rows, model.normalization.clone(), wiring, losses, optional);
        let z = &problem.rows.z;
        let mut answers: Vec<Vec<Option<Vec<f32>>>> = vec![Vec::with_capacity(z.rows); model.heads.len()];
        for row in 0..z.rows {
            let outputs = model.activations(z.row(row)).outputs;
            answers.iter_mut().zip(outputs).for_each(|(answers, outputs)| answers.push(Some(outputs)));
        }
        for (index, (head, answers)) in model.heads.iter().zip(&answers).enumerate() {
            problem.soft_targets[index] =
                (index != self.task).then(|| SoftTargets::new(head.kind, head.outputs(), answers, 1.0, TEMPERATURE));
        }
        let net = Net::of_model(&model, problem.wiring.clone())?;
        Ok((problem, net))
    }
}

/// How `head` is wired in the network that trains it on: with the outputs that its loss needs beyond the model's, if it is the `new` one.
fn wiring(head: &TaskHead, task: &Task<'_>, new: bool) -> TaskWiring {
    let kept = head.outputs();
    let outputs = if new { task.training_outputs() } else { kept };
    let linear = head.linear.clone().map(|dense| dense.with_outputs(outputs));
    TaskWiring {
        task: head.task.clone(),
        kind: head.kind,
        outputs,
        kept,
        head: head
            .head
            .as_ref()
            .map(|_| HeadWiring { trunk: head.trunk, hidden: head.hidden.iter().map(|layer| layer.outputs).collect() }),
        reads: head.reads.iter().map(|read| ReadWiring { task: read.task, of: read.of }).collect(),
        linear: match (linear, task.config.linear.mode) {
            (None, _) => LinearWiring::None,
            (Some(dense), LinearMode::Off | LinearMode::Frozen) => LinearWiring::Frozen(dense),
            (Some(start), LinearMode::Trained | LinearMode::Zero) => {
                LinearWiring::Trained { start, l2: task.config.linear.l2 }
            }
        },
        target: head.target,
    }
}
