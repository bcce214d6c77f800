//! A step ahead for each task alone: what it would do to the losses of all, and back again.

use nalgebra::DMatrix;

use super::TrainError;
use super::fit::Fitter;
use super::problem::TrainingSet;
use super::progress::{Phase, Silent};
use super::run::{NextStep, descend};
use super::step::Stepper;
use crate::config::Project;

/// What a step for each task would do, of the n tasks that read the trunk and have a label in the batch.
pub(crate) struct Lookahead {
    /// The tasks, by index in the set.
    pub(crate) tasks: Vec<usize>,
    /// Cosines between their gradients on the trunk (n x n).
    pub(crate) cosines: DMatrix<f64>,
    /// Their losses as they are (n).
    pub(crate) before: Vec<f64>,
    /// Their losses after a step for each: row i, column j has that of task j after a step for task i (n x n).
    pub(crate) after: DMatrix<f64>,
}

/// Trains as [`super::fit`] would on all rows of `set` for all epochs, and calls `before_step` before each step.
///
/// # Errors
/// [`TrainError`], where the set is not fit for training, and those of `before_step`.
pub(crate) fn watch_training(
    project: &Project,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    seed: u64,
    before_step: impl FnMut(&mut Stepper<'_>, &NextStep<'_>) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    set.check(!trunk.is_empty())?;
    let fitter = Fitter { project, set, trunk, seed, progress: &Silent };
    let (problem, net) = fitter.prepare(set.rows)?;
    let plan = fitter.plan(Phase::Train, project.training.epochs);
    descend(&net, &problem, &fitter.objective(&problem), &plan, None, before_step)?;
    Ok(())
}

/// Takes the step `next` for each task alone, on the trunk alone, along its unweighted gradient, and takes it back again. One rate for all
/// tasks: at it the longest of their steps moves the trunk's weights by `reach` (root mean square), as a step of Adam would at a learning
/// rate of that size. `None` where no task reads the trunk or none has a gradient there.
pub(crate) fn look_ahead(
    stepper: &mut Stepper<'_>,
    next: &NextStep<'_>,
    reach: f64,
) -> candle_core::Result<Option<Lookahead>> {
    let batch = stepper.batch(next.z, next.rows)?;
    let losses = stepper.losses(&batch)?;
    let before = losses.to_vec1::<f32>()?;
    let Some(gradients) = stepper.task_gradients(&batch, &losses, &vec![1.0; before.len()])? else { return Ok(None) };
    let Some(rate) = gradients.rate_to_reach(reach) else { return Ok(None) };
    let tasks = gradients.tasks().to_vec();
    let of_tasks = |losses: &[f32]| tasks.iter().map(|task| f64::from(losses[*task])).collect::<Vec<_>>();
    let mut after = DMatrix::zeros(tasks.len(), tasks.len());
    for row in 0..tasks.len() {
        let ahead = gradients.ahead(row, rate, || stepper.losses(&batch)?.to_vec1::<f32>())?;
        of_tasks(&ahead).into_iter().enumerate().for_each(|(column, loss)| after[(row, column)] = loss);
    }
    Ok(Some(Lookahead { cosines: gradients.cosines(), before: of_tasks(&before), after, tasks }))
}
