//! A training taken step by step, for those who look closely: tests and benchmarks.

use candle_core::{Tensor, Var};

use super::TrainError;
use super::fit::{Fitter, Start};
use super::gradient::TaskGradients;
use super::problem::{Problem, TrainingSet};
use super::progress::{Phase, Silent};
use super::step::{Batch, Stepper};
use crate::config::Project;
use crate::grouping::find_groups;
use crate::model::net::{Net, Part};
use crate::model::{FloatModel, Standardized};

/// A training that waits for its next step.
pub struct StepByStep<'a> {
    stepper: Stepper<'a>,
    problem: &'a Problem,
    net: &'a Net,
}

/// The gradient of one variable.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableGradient {
    /// Name of the variable.
    pub variable: String,
    /// Largest magnitude of an element; NaN or infinite where one is, `None` without a gradient.
    pub largest: Option<f32>,
}

impl VariableGradient {
    /// Whether there is a gradient and all of it is finite.
    pub fn is_finite(&self) -> bool {
        self.largest.is_some_and(f32::is_finite)
    }
}

/// Prepares a training as [`super::fit`] would on all rows of `set`, and hands it to `watch`.
///
/// # Errors
/// [`TrainError`], where the set is not fit for training, and those of `watch`.
pub fn step_by_step<T>(
    project: &Project,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    seed: u64,
    watch: impl FnOnce(&mut StepByStep<'_>) -> Result<T, TrainError>,
) -> Result<T, TrainError> {
    set.check(!trunk.is_empty())?;
    let grouped = find_groups(project, set, trunk, seed)?;
    let (project, trunk) = grouped.as_ref().map_or((project, trunk), |found| (&found.project, found.trunk.as_slice()));
    let fitter = Fitter { project, set, start: Start::Drawn(trunk), seed, progress: &Silent };
    let (problem, net) = fitter.prepare(set.rows)?;
    let objective = fitter.objective(&problem);
    let plan = fitter.plan(Phase::Train, project.training.epochs);
    let stepper = Stepper::new(&net, &problem, &objective, &plan)?;
    watch(&mut StepByStep { stepper, problem: &problem, net: &net })
}

/// The gradients that the first step on all rows of `set` would follow, one a variable.
///
/// # Errors
/// [`TrainError`], where the set is not fit for training.
pub fn probe_gradients(
    project: &Project,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    seed: u64,
) -> Result<Vec<VariableGradient>, TrainError> {
    let rows: Vec<u32> = (0..set.rows.len() as u32).collect();
    step_by_step(project, set, trunk, seed, |training| training.gradients(&rows))
}

impl StepByStep<'_> {
    /// One step on `rows` (indices into the set's training rows) at learning rate `rate`; returns the tasks' losses before it (T).
    ///
    /// # Errors
    /// [`TrainError::Tensor`].
    pub fn step(&mut self, rows: &[u32], rate: f64) -> Result<Vec<f32>, TrainError> {
        Ok(self.stepper.step(&self.problem.rows.z, rows, rate)?.0)
    }

    /// The gradient of every variable that a step on `rows` would follow. Draws noise and dropout as a step does.
    ///
    /// # Errors
    /// [`TrainError::Tensor`].
    pub fn gradients(&mut self, rows: &[u32]) -> Result<Vec<VariableGradient>, TrainError> {
        let (batch, losses) = self.losses(rows)?;
        let weights = self.stepper.weights(&batch, &losses.to_vec1()?, 0.0);
        let gradients = self.stepper.gradients(&batch, &losses, &weights)?;
        let variables = self.net.variables().into_iter().zip(self.net.variable_names());
        let gradient = |((_, var), variable): ((Part, &Var), String)| {
            let largest = gradients.get(var).map(largest).transpose()?;
            Ok(VariableGradient { variable, largest })
        };
        variables.map(gradient).collect()
    }

    /// The unweighted gradients of the tasks on the trunk, of those that read it and have a label among `rows`; `None` where there
    /// is none. Draws noise and dropout as a step does.
    ///
    /// # Errors
    /// [`TrainError::Tensor`].
    pub fn task_gradients(&mut self, rows: &[u32]) -> Result<Option<TaskGradients>, TrainError> {
        let (batch, losses) = self.losses(rows)?;
        Ok(self.stepper.task_gradients(&batch, &losses, &vec![1.0; self.problem.wiring.len()])?)
    }

    /// The present weights.
    ///
    /// # Errors
    /// [`TrainError::Tensor`].
    pub fn model(&self) -> Result<FloatModel, TrainError> {
        Ok(self.net.to_float(&self.problem.normalization)?)
    }

    /// The training rows, standardised.
    pub fn rows(&self) -> &Standardized {
        &self.problem.rows.z
    }

    fn losses(&mut self, rows: &[u32]) -> Result<(Batch, Tensor), TrainError> {
        let batch = self.stepper.batch(&self.problem.rows.z, rows)?;
        let losses = self.stepper.losses(&batch)?;
        Ok((batch, losses))
    }
}

/// The largest magnitude of an element, NaN where one is.
fn largest(gradient: &Tensor) -> candle_core::Result<f32> {
    let values = gradient.flatten_all()?.to_vec1::<f32>()?;
    Ok(values.iter().fold(
        0.0,
        |largest: f32, value| if largest.is_nan() || value.is_nan() { f32::NAN } else { largest.max(value.abs()) },
    ))
}
