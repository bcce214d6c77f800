//! A step ahead for each task alone: what it would do to the losses of all, and back again.

use candle_core::{Device, Result, Tensor};
use nalgebra::DMatrix;

use super::TrainError;
use super::fit::{Fitter, Start};
use super::gradient::TaskGradients;
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
    before_step: impl FnMut(&mut Stepper<'_>, &NextStep<'_>) -> std::result::Result<(), TrainError>,
) -> std::result::Result<(), TrainError> {
    set.check(!trunk.is_empty())?;
    let fitter = Fitter { project, set, start: Start::Drawn(trunk), seed, progress: &Silent };
    let (problem, net) = fitter.prepare(set.rows)?;
    let plan = fitter.plan(Phase::Train, project.training.epochs);
    descend(&net, &problem, &fitter.objective(&problem), &plan, None, before_step)?;
    Ok(())
}

/// Takes the step `next` for each task alone, on the trunk alone, along its unweighted gradient, and takes it back again. One rate for all
/// tasks: at it the longest of their steps moves the trunk's weights by `reach` (root mean square), as a step of Adam would at a learning
/// rate of that size. `None` where no task reads the trunk or none has a gradient there.
pub(crate) fn look_ahead(stepper: &mut Stepper<'_>, next: &NextStep<'_>, reach: f64) -> Result<Option<Lookahead>> {
    let batch = stepper.batch(next.z, next.rows)?;
    let losses = stepper.losses(&batch)?;
    let before = losses.to_vec1::<f32>()?;
    let Some(gradients) = stepper.task_gradients(&batch, &losses, &vec![1.0; before.len()])? else { return Ok(None) };
    let Some(rate) = rate_to_reach(&gradients, reach) else { return Ok(None) };
    let tasks = gradients.tasks().to_vec();
    let of_tasks = |losses: &[f32]| tasks.iter().map(|task| f64::from(losses[*task])).collect::<Vec<_>>();
    let mut after = DMatrix::zeros(tasks.len(), tasks.len());
    for row in 0..tasks.len() {
        let ahead = ahead(&gradients, row, rate, || stepper.losses(&batch)?.to_vec1::<f32>())?;
        of_tasks(&ahead).into_iter().enumerate().for_each(|(column, loss)| after[(row, column)] = loss);
    }
    Ok(Some(Lookahead { cosines: gradients.cosines(), before: of_tasks(&before), after, tasks }))
}

/// The rate at which the longest of the gradients, as a step, moves the shared variables by `reach` (root mean square); `None` where all
/// gradients are 0.
fn rate_to_reach(gradients: &TaskGradients, reach: f64) -> Option<f64> {
    let longest = gradients.gram().diagonal().max().sqrt();
    let elements: usize = gradients.shared().iter().map(|var| var.elem_count()).sum();
    (longest > 0.0).then(|| reach * (elements as f64).sqrt() / longest)
}

/// What `look` sees after a step of plain gradient descent at `rate` for the task of row `row` on the shared variables, which then are
/// set back to where they were.
fn ahead<T>(gradients: &TaskGradients, row: usize, rate: f64, look: impl FnOnce() -> Result<T>) -> Result<T> {
    let shared = gradients.shared();
    let here = shared.iter().map(|var| var.as_tensor().copy()).collect::<Result<Vec<_>>>()?;
    let mut rest = gradients.row(row);
    for (var, here) in shared.iter().zip(&here) {
        let (values, after) = rest.split_at(var.elem_count());
        let gradient = Tensor::from_slice(values, var.dims(), &Device::Cpu)?;
        var.set(&(here - (gradient * rate)?)?)?;
        rest = after;
    }
    let seen = look();
    shared.iter().zip(&here).try_for_each(|(var, here)| var.set(here))?;
    seen
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;

    /// Losses (2): `3 a0` and `-a0 + 4 a1`.
    #[test]
    fn a_look_ahead_sees_the_step_and_takes_it_back() {
        let shared = Var::from_slice(&[1.0f32, 1.0], (1, 2), &Device::Cpu).unwrap();
        let slopes = Tensor::from_slice(&[3.0f32, -1.0, 0.0, 4.0], (2, 2), &Device::Cpu).unwrap();
        let losses = shared.matmul(&slopes).unwrap().flatten_all().unwrap();
        let gradients = TaskGradients::of(&losses, &[1.0, 1.0], &[0, 1], vec![shared.clone()]).unwrap();
        // Rows (3, 0) and (-1, 4): the longest is sqrt(17) long, over two elements.
        let rate = rate_to_reach(&gradients, 0.5).unwrap();
        assert!((rate - 0.5 * 2f64.sqrt() / 17f64.sqrt()).abs() < 1e-12);
        let seen = ahead(&gradients, 1, 0.25, || shared.to_vec2::<f32>()).unwrap();
        assert_eq!(seen, vec![vec![1.25, 0.0]]);
        assert_eq!(shared.to_vec2::<f32>().unwrap(), vec![vec![1.0, 1.0]]);
    }
}
