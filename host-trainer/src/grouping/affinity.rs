//! What a step for one task does to the others, measured while the single-trunk network trains.

use nalgebra::DMatrix;
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::config::{GroupingConfig, Project};
use crate::model::init::{Stream, generator};
use crate::train::{Lookahead, TrainError, TrainingSet, look_ahead, watch_training};

/// Steps of a training, evenly apart, at which the affinity is measured.
const MEASUREMENTS: usize = 100;

/// An affinity between tasks, over several trainings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Affinity {
    /// Mean over the trainings (T x T): row i, column j is of task i on task j; 0 for tasks that were never labelled in one batch.
    pub mean: Vec<Vec<f64>>,
    /// Its standard error (T x T); `None` with a single training.
    pub standard_error: Option<Vec<Vec<f64>>>,
}

impl Affinity {
    /// Over the affinities of several trainings (each T x T).
    pub(super) fn over(trainings: &[DMatrix<f64>]) -> Self {
        let tasks = trainings.first().map_or(0, DMatrix::nrows);
        let each = |entry: &dyn Fn(f64, Option<f64>) -> f64| -> Vec<Vec<f64>> {
            let value = |row, column| {
                let (mean, error) = mean_and_error(trainings.iter().map(|training| training[(row, column)]));
                entry(mean, error)
            };
            (0..tasks).map(|row| (0..tasks).map(|column| value(row, column)).collect()).collect()
        };
        let mean = each(&|mean, _| mean);
        Self { mean, standard_error: (trainings.len() > 1).then(|| each(&|_, error| error.unwrap_or(0.0))) }
    }

    /// The means as a matrix.
    pub(super) fn matrix(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.mean.len(), self.mean.len(), |row, column| self.mean[row][column])
    }
}

/// Mean of `values` and its standard error; `None` for fewer than two.
pub(super) fn mean_and_error(values: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, Option<f64>) {
    let count = values.len() as f64;
    let mean = values.clone().sum::<f64>() / count.max(1.0);
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    (mean, (count > 1.0).then(|| (squares / (count - 1.0) / count).sqrt()))
}

/// Affinities of each training (T x T), of the tasks with a head on the trunk.
pub(super) struct Measured {
    /// The share of a task's loss that a step for another takes away.
    pub(super) transference: Vec<DMatrix<f64>>,
    /// The cosine of the gradients.
    pub(super) gradient: Vec<DMatrix<f64>>,
}

/// Trains the network with one trunk of widths `trunk` on the rows of `set`, once for each of the seeds drawn from `seed`, and measures
/// the affinities of `tasks` (indices in the set) on the way.
///
/// # Errors
/// Those of a training.
pub(super) fn measure(
    project: &Project,
    config: &GroupingConfig,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    tasks: &[usize],
    seed: u64,
) -> Result<Measured, TrainError> {
    let mut alone = project.clone();
    // Soft targets are left out: a teacher for each of these trainings would cost more than they do.
    (alone.model.grouping, alone.training.distillation) = (None, None);
    let mut seeds = generator(seed, Stream::Grouping);
    let mut measured = Measured { transference: Vec::new(), gradient: Vec::new() };
    for _ in 0..config.seeds {
        let mut sums = Sums::new(tasks);
        watch_training(&alone, set, trunk, seeds.next_u64(), |stepper, next| {
            if next.index.is_multiple_of((next.count / MEASUREMENTS).max(1))
                && let Some(seen) = look_ahead(stepper, next, alone.training.learning_rate)?
            {
                sums.add(&seen);
            }
            Ok(())
        })?;
        measured.transference.push(sums.transference());
        measured.gradient.push(sums.gradient());
    }
    Ok(measured)
}

/// Sums over the measurements of one training, of the effect of task i (row) on task j (column).
///
/// The transference `1 - L_j(ahead) / L_j` of Fifty et al. (NeurIPS 2021) is averaged as a ratio of sums, `sum (L_j - L_j(ahead)) / sum
/// |L_j|`: a mean of ratios would be ruled by the few batches in which a task that is learnt already has next to no loss. Magnitudes,
/// because a negative log likelihood may fall below 0.
struct Sums<'t> {
    tasks: &'t [usize],
    fallen: DMatrix<f64>,
    losses: DMatrix<f64>,
    cosines: DMatrix<f64>,
    counts: DMatrix<f64>,
}

impl<'t> Sums<'t> {
    fn new(tasks: &'t [usize]) -> Self {
        let zeros = DMatrix::zeros(tasks.len(), tasks.len());
        Self { tasks, fallen: zeros.clone(), losses: zeros.clone(), cosines: zeros.clone(), counts: zeros }
    }

    fn add(&mut self, seen: &Lookahead) {
        let places: Vec<Option<usize>> =
            seen.tasks.iter().map(|task| self.tasks.iter().position(|known| known == task)).collect();
        for (i, row) in places.iter().enumerate() {
            for (j, column) in places.iter().enumerate() {
                let (before, after) = (seen.before[j], seen.after[(i, j)]);
                if let (Some(row), Some(column), true) = (*row, *column, before.is_finite() && after.is_finite()) {
                    let at = (row, column);
                    self.fallen[at] += before - after;
                    self.losses[at] += before.abs();
                    self.cosines[at] += seen.cosines[(i, j)];
                    self.counts[at] += 1.0;
                }
            }
        }
    }

    fn transference(&self) -> DMatrix<f64> {
        self.fallen.zip_map(&self.losses, |fallen, losses| if losses > 0.0 { fallen / losses } else { 0.0 })
    }

    fn gradient(&self) -> DMatrix<f64> {
        self.cosines.zip_map(&self.counts, |cosines, count| if count > 0.0 { cosines / count } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_shares_of_the_loss_and_unlabelled_tasks_are_left_out() {
        let mut sums = Sums::new(&[0, 2, 5]);
        let seen = |tasks: Vec<usize>, before: [f64; 2], after: [f64; 4], cosine: f64| Lookahead {
            tasks,
            cosines: DMatrix::from_row_slice(2, 2, &[1.0, cosine, cosine, 1.0]),
            before: before.to_vec(),
            after: DMatrix::from_row_slice(2, 2, &after),
        };
        sums.add(&seen(vec![0, 5], [1.0, 4.0], [0.5, 5.0, 1.25, 3.0], -0.5));
        sums.add(&seen(vec![0, 5], [3.0, -1.0], [2.5, -0.5, 2.75, -1.5], 0.25));
        let transference = sums.transference();
        assert_eq!(transference[(0, 0)], 0.25);
        // On task 5 a step for task 0: -1 and -0.5 of 4 and |-1|.
        assert_eq!((transference[(0, 2)], transference[(2, 0)], transference[(0, 1)]), (-0.3, 0.0, 0.0));
        assert_eq!((sums.gradient()[(2, 0)], sums.gradient()[(1, 0)]), (-0.125, 0.0));
    }

    #[test]
    fn standard_errors_are_of_the_mean_over_trainings() {
        let trainings = [1.0, 2.0, 6.0].map(|value| DMatrix::from_element(1, 1, value));
        let affinity = Affinity::over(&trainings);
        assert_eq!(affinity.mean, [[3.0]]);
        assert!((affinity.standard_error.unwrap()[0][0] - (14.0f64 / 2.0 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(Affinity::over(&trainings[..1]).standard_error, None);
    }
}
