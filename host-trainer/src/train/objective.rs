//! The tasks' losses over a batch as one node of the graph.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};

use super::distill::SoftTargets;
use super::loss::Loss;
use super::mixup::Blend;
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
    /// What a teacher says of the rows.
    soft: Option<SoftTargets>,
    /// How many times each row counts (n); `None` where all count alike.
    weights: Option<Arc<[f32]>>,
    /// Mean weight of the rows that have a label; 1 without any.
    mean_weight: f64,
}

impl ObjectiveTask {
    fn has_label(&self, row: usize) -> bool {
        !self.labels[row].is_nan() && self.weight(row) > 0.0
    }

    fn has_target(&self, row: usize) -> bool {
        self.soft.as_ref().is_some_and(|soft| soft.has(row) && self.weight(row) > 0.0)
    }

    fn weight(&self, row: usize) -> f32 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Weight that as many rows have on average as are meant of `rows`; 1 without any, so that it can be divided by.
    ///
    /// Not the weight of these very rows: that would cancel out between batches, up to not counting at all in batches of one row.
    fn total(&self, rows: &[u32], is_meant: impl Fn(usize) -> bool) -> f32 {
        let meant = rows.iter().filter(|row| is_meant(**row as usize)).count();
        if meant > 0 { (meant as f64 * self.mean_weight) as f32 } else { 1.0 }
    }

    /// Weight of the rows that have a label or a soft target; 1 without any.
    fn known_total(&self, rows: &[u32]) -> f32 {
        self.total(rows, |row| self.has_label(row) || self.has_target(row))
    }

    /// Factors on the losses at labels and at soft targets which, with the division by the weight of the rows that have either, give
    /// each mean its share.
    fn factors(&self, rows: &[u32]) -> (f32, f32) {
        let Some(soft) = &self.soft else { return (1.0, 0.0) };
        let either = self.known_total(rows);
        let labels = self.total(rows, |row| self.has_label(row));
        let targets = self.total(rows, |row| self.has_target(row));
        ((1.0 - soft.weight) * either / labels, soft.weight * either / targets)
    }
}

impl Objective {
    /// For `rows`, whose tasks have `outputs` outputs (T) and the losses `losses` (T).
    pub(crate) fn new(rows: &Rows, outputs: &[usize], losses: &[Arc<dyn Loss>]) -> Self {
        let mut start = 0;
        let weights: Option<Arc<[f32]>> = rows.weights.as_deref().map(Arc::from);
        let tasks = rows.labels.iter().zip(outputs).zip(losses).map(|((labels, len), loss)| {
            start += len;
            let mean_weight = weights.as_deref().map_or(1.0, |weights| mean_weight(labels, weights));
            ObjectiveTask {
                loss: loss.clone(),
                start: start - len,
                len: *len,
                labels: labels.clone(),
                soft: None,
                weights: weights.clone(),
                mean_weight,
            }
        });
        Self { tasks: tasks.collect(), outputs: outputs.iter().sum(), frozen: rows.frozen.clone() }
    }

    /// The same with the soft targets of each task (T) beside its labels.
    pub(crate) fn with_soft_targets(mut self, soft: Vec<Option<SoftTargets>>) -> Self {
        self.tasks.iter_mut().zip(soft).for_each(|(task, soft)| task.soft = soft);
        self
    }

    /// Number of rows among `rows` that have a label or a soft target of each task (T).
    pub(crate) fn label_counts(&self, rows: &[u32]) -> Vec<usize> {
        let known = |task: &ObjectiveTask| {
            rows.iter().filter(|row| task.has_label(**row as usize) || task.has_target(**row as usize)).count()
        };
        self.tasks.iter().map(known).collect()
    }

    /// Mean loss of each task (T) over the labelled ones of `rows`, of whose outputs `outputs` (B, K) are given but for the frozen part; a
    /// row's loss counts by its weight over the mean weight of all rows with a label. A task without a label in the batch has loss 0 and
    /// gradient 0. Where rows are mixed, a label counts with its row's share. A task with soft targets has the weighted sum of two means:
    /// over the labels, and over the soft targets.
    ///
    /// # Errors
    /// From candle, where shapes do not fit.
    pub(crate) fn losses(self: &Arc<Self>, outputs: &Tensor, rows: impl Into<Blend>) -> Result<Tensor> {
        outputs.apply_op1(TaskLosses { objective: self.clone(), rows: rows.into() })
    }

    /// Calls `visit(task, loss)` for everything that the `wanted` tasks have to learn from the batch, the loss with its factors;
    /// `gradient` (B x K, zeros), if given, receives the derivative of each row's losses by its outputs.
    fn walk(
        &self,
        outputs: &[f32],
        rows: &Blend,
        mut gradient: Option<&mut [f32]>,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(usize, f64),
    ) {
        let factors: Vec<(f32, f32)> = self.tasks.iter().map(|task| task.factors(rows.rows())).collect();
        let mut sums = vec![0.0f32; self.outputs];
        let mut slopes = vec![0.0f32; self.outputs];
        for (at, outputs) in outputs.chunks_exact(self.outputs).enumerate() {
            sums.copy_from_slice(outputs);
            for (row, share) in rows.parts(at) {
                let frozen = &self.frozen[row * self.outputs..][..self.outputs];
                sums.iter_mut().zip(frozen).for_each(|(sum, frozen)| *sum += share * frozen);
            }
            let tasks = self.tasks.iter().zip(&factors).enumerate();
            for (index, (task, (hard, soft))) in tasks.filter(|(task, _)| wanted(*task)) {
                let columns = task.start..task.start + task.len;
                let (outputs, slopes) = (&sums[columns.clone()], &mut slopes[columns.clone()]);
                let mut learn = |loss: f32, factor: f32, slopes: &[f32]| {
                    if let Some(gradient) = &mut gradient {
                        let slots = gradient[at * self.outputs..][columns.clone()].iter_mut();
                        slots.zip(slopes).for_each(|(slot, slope)| *slot += factor * slope);
                    }
                    visit(index, f64::from(loss) * f64::from(factor));
                };
                for (row, share) in rows.parts(at) {
                    let share = share * task.weight(row);
                    if task.has_label(row) {
                        let loss = task.loss.row(outputs, task.labels[row], slopes);
                        learn(loss, share * hard, slopes);
                    }
                    if let Some(targets) = task.soft.as_ref().filter(|targets| targets.has(row)) {
                        let loss = targets.loss(row, outputs, task.loss.as_ref(), slopes);
                        learn(loss, share * soft, slopes);
                    }
                }
            }
        }
    }
}

/// Mean weight of the rows that have a label and a weight above 0; 1 without any.
fn mean_weight(labels: &[f32], weights: &[f32]) -> f64 {
    let known = labels.iter().zip(weights).filter(|(label, weight)| !label.is_nan() && **weight > 0.0);
    let (sum, count) = known.fold((0.0, 0usize), |(sum, count), (_, weight)| (sum + f64::from(*weight), count + 1));
    if count > 0 { sum / count as f64 } else { 1.0 }
}

/// Node: outputs (B, K) to losses (T).
struct TaskLosses {
    objective: Arc<Objective>,
    rows: Blend,
}

impl CustomOp1 for TaskLosses {
    fn name(&self) -> &'static str {
        "task-losses"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let rows = self.rows.rows();
        if layout.shape().dims2()? != (self.rows.len(), self.objective.outputs) {
            bail!("task-losses: outputs {:?} for {} rows", layout.shape(), self.rows.len());
        }
        let mut sums = vec![0.0f64; self.objective.tasks.len()];
        self.objective.walk(f32_slice(storage, layout)?, &self.rows, None, |_| true, |task, loss| sums[task] += loss);
        let totals = self.objective.tasks.iter().map(|task| f64::from(task.known_total(rows)));
        let means = sums.iter().zip(totals).map(|(sum, total)| (sum / total) as f32).collect();
        Ok((CpuStorage::F32(means), Shape::from(sums.len())))
    }

    fn bwd(&self, outputs: &Tensor, _losses: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let objective = &self.objective;
        let upstream = upstream.to_vec1::<f32>()?;
        let mut gradient = vec![0.0f32; self.rows.len() * objective.outputs];
        with_f32(outputs, |outputs| {
            // A task that the gradient does not come through is not looked at.
            objective.walk(outputs, &self.rows, Some(&mut gradient), |task| upstream[task] != 0.0, |_, _| ());
            Ok(())
        })?;
        let rows = self.rows.rows();
        let scales: Vec<f32> = (objective.tasks.iter().zip(&upstream))
            .flat_map(|(task, upstream)| std::iter::repeat_n(upstream / task.known_total(rows), task.len))
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
            weights: None,
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

    fn gradient(objective: &Arc<Objective>, outputs: Vec<f32>, rows: impl Into<Blend>) -> (Vec<f32>, Vec<f32>) {
        let outputs = Var::from_vec(outputs.clone(), (outputs.len() / 3, 3), &Device::Cpu).unwrap();
        let losses = objective.losses(&outputs, rows).unwrap();
        let gradients = losses.sum_all().unwrap().backward().unwrap();
        let found = gradients.get(&outputs).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        (losses.to_vec1::<f32>().unwrap(), found)
    }

    #[test]
    fn mixed_rows_count_each_label_with_its_share_and_mix_the_frozen_outputs() {
        // Rows 0 and 1 at 3/4 to 1/4: frozen 3/8. Of the values only row 0 has a label: 1 label of share 3/4, and 1/4 of it again in
        // the second place.
        let blend = Blend::of(vec![0, 1], vec![1, 0], 0.75);
        let outputs = vec![0.625, 0.0, 0.0, 0.875, 0.0, 0.0];
        let (losses, slopes) = gradient(&objective(), outputs, blend);
        // Sums 1 and 1: no error against the label 1. Classes at even odds: ln 2, whatever the label.
        assert!(losses[0].abs() < 1e-6 && (losses[1] - 2f32.ln()).abs() < 1e-6, "{losses:?}");
        // Classes 0 and 1 at 3/4 to 1/4, and the other way round: slopes (1/2 - 3/4) / 2.
        let expected = [0.0, -0.125, 0.125, 0.0, 0.125, -0.125];
        assert!(slopes.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{slopes:?}");
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice_and_one_of_weight_zero_is_not_there() {
        let with = |weights: Option<Vec<f32>>| {
            let rows = Rows {
                z: matrix(1, &[0.0; 3]),
                labels: vec![vec![1.0, -0.5, 2.0], vec![0.0, 1.0, 1.0]],
                frozen: vec![0.0; 9],
                weights,
            };
            Arc::new(Objective::new(&rows, &[1, 2], &[Arc::new(MeanSquaredError), Arc::new(CrossEntropy::default())]))
        };
        let outputs = [vec![2.5, 0.3, 0.0], vec![0.4, -0.2, 1.1], vec![9.0, 1.0, 2.0]];
        let (weighted, slopes) = gradient(&with(Some(vec![2.0, 1.0, 0.0])), outputs.concat(), vec![0, 1, 2]);
        let repeated = [&outputs[0][..], &outputs[0], &outputs[1]].concat();
        let (twice, of_copies) = gradient(&with(None), repeated, vec![0, 0, 1]);
        assert!(weighted.iter().zip(&twice).all(|(a, b)| (a - b).abs() < 1e-6), "{weighted:?} {twice:?}");
        let summed = (0..3).map(|output| of_copies[output] + of_copies[3 + output]).chain(of_copies[6..].to_vec());
        assert!(slopes.iter().zip(summed.chain([0.0; 3])).all(|(a, b)| (a - b).abs() < 1e-6), "{slopes:?}");
        let (losses, slopes) = gradient(&with(Some(vec![0.0; 3])), outputs.concat(), vec![0, 1, 2]);
        assert_eq!((losses, slopes), (vec![0.0; 2], vec![0.0; 9]));
        let outputs = outputs.concat();
        let (alike, plain) = (with(Some(vec![1.0; 3])), with(None));
        assert_eq!(gradient(&alike, outputs.clone(), vec![0, 1, 2]), gradient(&plain, outputs, vec![0, 1, 2]));
    }

    /// Two batches of one row each: their gradients stand to each other as the weights do, and add up to those of both rows.
    #[test]
    fn weights_count_between_batches() {
        let rows = Rows {
            z: matrix(1, &[0.0; 2]),
            labels: vec![vec![1.0, 1.0]],
            frozen: vec![0.0; 2],
            weights: Some(vec![2.0, 0.5]),
        };
        let objective = Arc::new(Objective::new(&rows, &[1], &[Arc::new(MeanSquaredError)]));
        let slopes = |rows: Vec<u32>| {
            let outputs = Var::zeros((rows.len(), 1), candle_core::DType::F32, &Device::Cpu).unwrap();
            let losses = objective.losses(&outputs, rows).unwrap();
            let gradients = losses.sum_all().unwrap().backward().unwrap();
            gradients.get(&outputs).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        let (heavy, light, both) = (slopes(vec![0])[0], slopes(vec![1])[0], slopes(vec![0, 1]));
        assert!((heavy / light - 4.0).abs() < 1e-6, "{heavy} {light}");
        assert!((0.5 * heavy - both[0]).abs() < 1e-6 && (0.5 * light - both[1]).abs() < 1e-6, "{both:?}");
    }

    #[test]
    fn a_share_of_one_is_the_plain_step() {
        let outputs = vec![2.5, 0.3, 0.0, 9.0, -0.2, 1.1, 0.4, 0.0, 0.0];
        let plain = gradient(&objective(), outputs.clone(), vec![0, 1, 3]);
        assert_eq!(plain, gradient(&objective(), outputs, Blend::of(vec![0, 1, 3], vec![3, 0, 1], 1.0)));
    }

    #[test]
    fn soft_targets_have_their_weight_and_teach_rows_without_a_label() {
        use trunkline_shared::model::TaskKind;
        let taught = |weight: f32| {
            let values = [Some(vec![1.0]), Some(vec![4.0]), None, Some(vec![0.0])];
            let soft = SoftTargets::new(TaskKind::Regression, 1, &values, weight, 1.0);
            let rows = Rows {
                z: matrix(1, &[0.0; 4]),
                labels: vec![vec![3.0, f32::NAN, 5.0, f32::NAN]],
                frozen: vec![0.0; 4],
                weights: None,
            };
            let objective = Objective::new(&rows, &[1], &[Arc::new(MeanSquaredError)]);
            Arc::new(objective.with_soft_targets(vec![Some(soft)]))
        };
        let at = |weight: f32, rows: Vec<u32>| {
            let outputs = Tensor::zeros((rows.len(), 1), candle_core::DType::F32, &Device::Cpu).unwrap();
            taught(weight).losses(&outputs, rows).unwrap().to_vec1::<f32>().unwrap()[0]
        };
        // Labels 3 and 5: mean 17. Soft targets 1, 4 and 0: mean 17 / 3.
        let all = || vec![0, 1, 2, 3];
        assert!((at(0.0, all()) - 17.0).abs() < 1e-5 && (at(1.0, all()) - 17.0 / 3.0).abs() < 1e-5);
        assert!((at(0.25, all()) - (0.75 * 17.0 + 0.25 * 17.0 / 3.0)).abs() < 1e-5);
        // Without any label in the batch the soft targets keep their weight.
        assert!((at(0.5, vec![1, 3]) - 0.5 * 8.0).abs() < 1e-6);
        assert_eq!(taught(0.5).label_counts(&[0, 1, 2, 3]), [4]);
    }
}
