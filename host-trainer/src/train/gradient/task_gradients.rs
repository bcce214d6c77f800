//! Each task's gradient on what the tasks share, from one forward pass.

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var};
use nalgebra::DMatrix;

use crate::model::fully_connected::with_f32;

/// Elements over which a product is summed in f32 before it joins a sum in f64.
const BLOCK: usize = 512;
/// Sums kept side by side, so that the processor's vector units can be used.
const LANES: usize = 8;

/// The gradients of the tasks' weighted losses: on the shared variables task by task, on all others added up.
pub struct TaskGradients {
    /// The tasks that reach the shared variables, by index.
    tasks: Vec<usize>,
    /// Their gradients there (rows of J, each P long), variable after variable.
    jacobian: Vec<Vec<f32>>,
    /// `J J'`.
    gram: DMatrix<f64>,
    /// The shared variables.
    shared: Vec<Var>,
    /// Sums of the gradients on all other variables.
    others: GradStore,
}

impl TaskGradients {
    /// Goes back once for each of `tasks` (indices, at least one), whose `losses` (T) have one graph, weighed by `weights` (T).
    ///
    /// # Errors
    /// From candle, where gradients are not contiguous f32 tensors on the CPU.
    pub(crate) fn of(losses: &Tensor, weights: &[f32], tasks: &[usize], shared: Vec<Var>) -> Result<Self> {
        let mut jacobian = Vec::with_capacity(tasks.len());
        let mut others: Option<GradStore> = None;
        for task in tasks {
            let mut gradients = chosen_loss(losses, weights, &[*task])?.backward()?;
            jacobian.push(take_row(&mut gradients, &shared)?);
            match &mut others {
                Some(others) => others.extend(gradients)?,
                None => others = Some(gradients),
            }
        }
        let Some(others) = others else { candle_core::bail!("gradients of no task were asked for") };
        let gram = gram(&jacobian);
        Ok(Self { tasks: tasks.to_vec(), jacobian, gram, shared, others })
    }

    /// The tasks of the Gramian's rows, by index.
    pub fn tasks(&self) -> &[usize] {
        &self.tasks
    }

    /// The Gramian `J J'` of the tasks' gradients on the shared variables.
    pub fn gram(&self) -> &DMatrix<f64> {
        &self.gram
    }

    /// Cosines between the gradients; 0 beside a gradient of 0.
    pub fn cosines(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.gram.nrows(), self.gram.ncols(), |a, b| {
            let lengths = (self.gram[(a, a)] * self.gram[(b, b)]).sqrt();
            if lengths > 0.0 { self.gram[(a, b)] / lengths } else { 0.0 }
        })
    }

    /// The shared variables.
    pub(crate) fn shared(&self) -> &[Var] {
        &self.shared
    }

    /// The gradient of the task of row `row` on the shared variables (P), variable after variable.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.jacobian[row]
    }

    /// All gradients, with `w' J` on the shared variables for the `weights` w that `method` gives; a task whose gradient is 0 is
    /// not shown to it.
    ///
    /// # Errors
    /// From candle, where a tensor cannot be made.
    pub(crate) fn combine(self, method: impl FnOnce(&DMatrix<f64>) -> Vec<f64>) -> Result<GradStore> {
        let Self { jacobian, gram, shared, mut others, .. } = self;
        let seen: Vec<usize> = (0..jacobian.len()).filter(|task| gram[(*task, *task)] > 0.0).collect();
        let weights = match seen.len() {
            0 => Vec::new(),
            1 => vec![1.0],
            _ => method(&gram.select_rows(&seen).select_columns(&seen)),
        };
        let mut update = vec![0.0f32; jacobian.first().map_or(0, Vec::len)];
        for (task, weight) in seen.into_iter().zip(weights) {
            let weight = weight as f32;
            update.iter_mut().zip(&jacobian[task]).for_each(|(sum, gradient)| *sum += weight * gradient);
        }
        let mut rest = update.as_slice();
        for var in &shared {
            let (values, after) = rest.split_at(var.elem_count());
            others.insert(var, Tensor::from_slice(values, var.dims(), &Device::Cpu)?);
            rest = after;
        }
        Ok(others)
    }
}

/// The losses of `tasks` times their weights, and 0 for all others (T).
pub(crate) fn chosen_loss(losses: &Tensor, weights: &[f32], tasks: &[usize]) -> Result<Tensor> {
    let mut chosen = vec![0.0; weights.len()];
    tasks.iter().for_each(|task| chosen[*task] = weights[*task]);
    losses * Tensor::from_vec(chosen, weights.len(), &Device::Cpu)?
}

/// Moves the gradients of `shared` out of `gradients`, one after the other; zeros where there is none.
fn take_row(gradients: &mut GradStore, shared: &[Var]) -> Result<Vec<f32>> {
    let mut row = Vec::with_capacity(shared.iter().map(|var| var.elem_count()).sum());
    for var in shared {
        match gradients.remove(var) {
            Some(gradient) => with_f32(&gradient, |values| {
                row.extend_from_slice(values);
                Ok(())
            })?,
            None => row.extend(std::iter::repeat_n(0.0, var.elem_count())),
        }
    }
    Ok(row)
}

fn gram(jacobian: &[Vec<f32>]) -> DMatrix<f64> {
    let mut gram = DMatrix::zeros(jacobian.len(), jacobian.len());
    for a in 0..jacobian.len() {
        for b in a..jacobian.len() {
            gram[(a, b)] = dot(&jacobian[a], &jacobian[b]);
            gram[(b, a)] = gram[(a, b)];
        }
    }
    gram
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let block = |(a, b): (&[f32], &[f32])| {
        let mut sums = [0.0f32; LANES];
        let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        let tail: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
        for (a, b) in a.zip(b) {
            sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
        }
        f64::from(sums.iter().sum::<f32>() + tail)
    };
    a.chunks(BLOCK).zip(b.chunks(BLOCK)).map(block).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Losses (2): `3 a0 + b` and `-a0 + 4 a1 + 2 b` of a shared (2) and a private variable (1).
    fn losses() -> (Var, Var, Tensor) {
        let shared = Var::from_slice(&[1.0f32, 1.0], (1, 2), &Device::Cpu).unwrap();
        let private = Var::from_slice(&[1.0f32], (1, 1), &Device::Cpu).unwrap();
        let on_shared = Tensor::from_slice(&[3.0f32, -1.0, 0.0, 4.0], (2, 2), &Device::Cpu).unwrap();
        let on_private = Tensor::from_slice(&[1.0f32, 2.0], (1, 2), &Device::Cpu).unwrap();
        let sum = shared.matmul(&on_shared).unwrap() + private.matmul(&on_private).unwrap();
        (shared, private, sum.unwrap().flatten_all().unwrap())
    }

    #[test]
    fn the_gramian_is_of_the_weighted_losses_and_private_gradients_add_up() {
        let (shared, private, losses) = losses();
        let gradients = TaskGradients::of(&losses, &[2.0, 1.0], &[0, 1], vec![shared.clone()]).unwrap();
        // Rows (6, 0) and (-1, 4).
        assert_eq!(gradients.gram(), &DMatrix::from_row_slice(2, 2, &[36.0, -6.0, -6.0, 17.0]));
        assert!((gradients.cosines()[(0, 1)] + 1.0 / 17f64.sqrt()).abs() < 1e-12);
        let combined = gradients.combine(|gram| vec![gram[(1, 1)] / 17.0, 0.5]).unwrap();
        assert_eq!(combined.get(&shared).unwrap().to_vec2::<f32>().unwrap(), vec![vec![5.5, 2.0]]);
        assert_eq!(combined.get(&private).unwrap().to_vec2::<f32>().unwrap(), vec![vec![4.0]]);
    }

    #[test]
    fn a_task_without_a_gradient_is_not_shown_to_the_method() {
        let (shared, _, losses) = losses();
        let gradients = TaskGradients::of(&losses, &[1.0, 0.0], &[0, 1], vec![shared.clone()]).unwrap();
        let combined = gradients.combine(|_| unreachable!()).unwrap();
        assert_eq!(combined.get(&shared).unwrap().to_vec2::<f32>().unwrap(), vec![vec![3.0, 0.0]]);
    }

    #[test]
    fn products_of_long_vectors_equal_the_plain_sum() {
        let values = |seed: usize| (0..1237).map(|i| ((i * seed) % 17) as f32 - 8.0).collect::<Vec<_>>();
        let (a, b) = (values(5), values(7));
        let plain: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a * b)).sum();
        assert_eq!(dot(&a, &b), plain);
    }
}
