//! The tasks' losses over a batch as one node of the graph.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};

use super::loss::Loss;
use super::problem::Rows;
use crate::model::fully_connected::{f32_slice, with_f32};

/// Labels and frozen outputs of all rows of a run, with the loss of each task.
pub(crate) struct Objective {
    tasks: Vec<ObjectiveTask>,
    /// Outputs K of all tasks.
    outputs: usize,
    /// Frozen outputs (n x K), added to the network's.
    frozen: Vec<f32>,
}

struct ObjectiveTask {
    loss: Arc<dyn Loss>,
    /// First output.
    start: usize,
    /// Number of outputs.
    len: usize,
    /// Labels (n), NaN where missing.
    labels: Vec<f32>,
}

impl Objective {
    /// For `rows`, whose tasks have `outputs` outputs (T) and the losses `losses` (T).
    pub(crate) fn new(rows: &Rows, outputs: &[usize], losses: &[Arc<dyn Loss>]) -> Self {
        let mut start = 0;
        let tasks = rows.labels.iter().zip(outputs).zip(losses).map(|((labels, len), loss)| {
            start += len;
            ObjectiveTask { loss: loss.clone(), start: start - len, len: *len, labels: labels.clone() }
        });
        Self { tasks: tasks.collect(), outputs: outputs.iter().sum(), frozen: rows.frozen.clone() }
    }

    /// Number of labels of each task among `rows` (T).
    pub(crate) fn label_counts(&self, rows: &[u32]) -> Vec<usize> {
        let known = |task: &ObjectiveTask| rows.iter().filter(|row| !task.labels[**row as usize].is_nan()).count();
        self.tasks.iter().map(known).collect()
    }

    /// Mean loss of each task (T) over the labelled ones of `rows`, of whose outputs `outputs` (B, K) are given but for the
    /// frozen part. A task without a label in the batch has loss 0 and gradient 0.
    ///
    /// # Errors
    /// From candle, where shapes do not fit.
    pub(crate) fn losses(self: &Arc<Self>, outputs: &Tensor, rows: Vec<u32>) -> Result<Tensor> {
        outputs.apply_op1(TaskLosses { objective: self.clone(), rows })
    }

    /// Calls `visit(task, batch row, loss)` for every label of the batch; `gradient` (B x K), if given, receives the
    /// derivative of each row's loss by its outputs.
    fn walk(&self, outputs: &[f32], rows: &[u32], mut gradient: Option<&mut [f32]>, mut visit: impl FnMut(usize, f32)) {
        let mut sums = vec![0.0f32; self.outputs];
        let mut scratch = vec![0.0f32; self.outputs];
        for (at, (row, outputs)) in rows.iter().zip(outputs.chunks_exact(self.outputs)).enumerate() {
            let frozen = &self.frozen[*row as usize * self.outputs..][..self.outputs];
            for ((sum, output), frozen) in sums.iter_mut().zip(outputs).zip(frozen) {
                *sum = output + frozen;
            }
            for (index, task) in self.tasks.iter().enumerate() {
                let label = task.labels[*row as usize];
                if !label.is_nan() {
                    let columns = task.start..task.start + task.len;
                    let slot = match &mut gradient {
                        Some(gradient) => &mut gradient[at * self.outputs..][columns.clone()],
                        None => &mut scratch[columns.clone()],
                    };
                    visit(index, task.loss.row(&sums[columns], label, slot));
                }
            }
        }
    }
}

/// Node: outputs (B, K) to losses (T).
struct TaskLosses {
    objective: Arc<Objective>,
    rows: Vec<u32>,
}

impl CustomOp1 for TaskLosses {
    fn name(&self) -> &'static str {
        "task-losses"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        if layout.shape().dims2()? != (self.rows.len(), self.objective.outputs) {
            bail!("task-losses: outputs {:?} for {} rows", layout.shape(), self.rows.len());
        }
        let mut sums = vec![(0.0f64, 0u32); self.objective.tasks.len()];
        self.objective.walk(f32_slice(storage, layout)?, &self.rows, None, |task, loss| {
            sums[task].0 += f64::from(loss);
            sums[task].1 += 1;
        });
        let means = sums.iter().map(|(sum, count)| (sum / f64::from((*count).max(1))) as f32).collect();
        Ok((CpuStorage::F32(means), Shape::from(sums.len())))
    }

    fn bwd(&self, outputs: &Tensor, _losses: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let objective = &self.objective;
        let upstream = upstream.to_vec1::<f32>()?;
        let mut gradient = vec![0.0f32; self.rows.len() * objective.outputs];
        with_f32(outputs, |outputs| {
            objective.walk(outputs, &self.rows, Some(&mut gradient), |_, _| ());
            Ok(())
        })?;
        let scales: Vec<f32> = objective
            .label_counts(&self.rows)
            .iter()
            .zip(&upstream)
            .zip(&objective.tasks)
            .flat_map(|((count, upstream), task)| std::iter::repeat_n(upstream / (*count).max(1) as f32, task.len))
            .collect();
        for row in gradient.chunks_exact_mut(objective.outputs) {
            row.iter_mut().zip(&scales).for_each(|(value, scale)| *value *= scale);
        }
        Tensor::from_vec(gradient, outputs.dims(), &Device::Cpu).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;
    use crate::linear::matrix;
    use crate::train::loss::{CrossEntropy, MeanSquaredError};

    /// A value and a class of two outputs; rows 1 and 2 lack one label each, row 3 both.
    fn objective() -> Arc<Objective> {
        let nan = f32::NAN;
        let rows = Rows {
            z: matrix(1, &[0.0; 4]),
            labels: vec![vec![1.0, nan, -1.0, nan], vec![0.0, 1.0, nan, nan]],
            frozen: vec![0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        };
        Arc::new(Objective::new(&rows, &[1, 2], &[Arc::new(MeanSquaredError), Arc::new(CrossEntropy::default())]))
    }

    #[test]
    fn losses_are_means_over_the_labelled_rows_with_the_frozen_outputs_added() {
        let outputs = Tensor::from_vec(vec![2.5f32, 0.0, 0.0, 9.0, 0.0, 3f32.ln()], (2, 3), &Device::Cpu).unwrap();
        let losses = objective().losses(&outputs, vec![0, 1]).unwrap().to_vec1::<f32>().unwrap();
        // (2.5 + 0.5 - 1)^2 over one label; (ln 2 + ln 4/3) / 2 over two.
        assert_eq!(losses[0], 4.0);
        assert!((losses[1] - 0.5 * (2f32.ln() + (4f32 / 3.0).ln())).abs() < 1e-6);
    }

    #[test]
    fn gradients_are_those_of_the_weighted_means_and_zero_where_no_label_is() {
        let outputs =
            Var::from_vec(vec![2.5f32, 0.0, 0.0, 9.0, 0.0, 3f32.ln(), 0.0, 5.0, 5.0], (3, 3), &Device::Cpu).unwrap();
        let losses = objective().losses(&outputs, vec![0, 1, 3]).unwrap();
        let weights = Tensor::from_vec(vec![1.0f32, 2.0], 2, &Device::Cpu).unwrap();
        let gradients = (losses * weights).unwrap().sum_all().unwrap().backward().unwrap();
        let found = gradients.get(&outputs).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let expected = [4.0, -0.5, 0.5, 0.0, 0.25, -0.25, 0.0, 0.0, 0.0];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn a_batch_without_any_label_has_loss_and_gradient_zero() {
        let outputs = Var::from_vec(vec![1.0f32, 2.0, 3.0], (1, 3), &Device::Cpu).unwrap();
        let losses = objective().losses(&outputs, vec![3]).unwrap();
        assert_eq!(losses.to_vec1::<f32>().unwrap(), vec![0.0, 0.0]);
        let gradients = losses.sum_all().unwrap().backward().unwrap();
        assert_eq!(gradients.get(&outputs).unwrap().to_vec2::<f32>().unwrap(), vec![vec![0.0; 3]]);
    }
}
