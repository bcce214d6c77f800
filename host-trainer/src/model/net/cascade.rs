//! Tasks that read the outputs of others.
//!
//! The tasks are worked out in stages: those that read no output first, then those that read only these, and so on. A stage is one
//! product however many tasks it holds. Embeddings need no stages: they are there before any output is.

use candle_core::{Device, Result, Tensor, Var};

use super::blocks::{Blocks, Owner, block};
use super::wiring::{LinearWiring, OutputBlock, TaskWiring, places, total};
use crate::config::ReadOf;
use crate::model::float::Dense;
use crate::model::read_order;

/// The layers from outputs to outputs.
pub(super) struct Cascade {
    /// Stages after the first, in order.
    stages: Vec<Blocks>,
    /// Weights (F, K) and biases (K) of the frozen linear paths of the tasks that are read, 0 for other tasks.
    frozen: Option<(Tensor, Tensor)>,
}

impl Cascade {
    /// For `tasks` over `inputs` features; `None` where no task reads an output.
    pub(super) fn new(tasks: &[TaskWiring], inputs: usize) -> Result<Option<Self>> {
        let reads: Vec<Vec<usize>> = tasks.iter().map(|task| output_reads(task).collect()).collect();
        let Ok(order) = read_order(&reads) else { candle_core::bail!("tasks read each other in a circle") };
        let mut stage = vec![0; tasks.len()];
        for task in order {
            stage[task] = reads[task].iter().map(|read| stage[*read] + 1).max().unwrap_or(0);
        }
        let all = places(tasks, |_| true);
        let mut stages = Vec::new();
        for index in 1..=stage.iter().copied().max().unwrap_or(0) {
            let readers = (0..tasks.len()).filter(|task| stage[*task] == index);
            let blocks = readers.flat_map(|by| reads[by].iter().map(move |of| (by, *of)));
            let blocks = blocks
                .map(|(by, of)| (Owner::Read { by, of }, block(kept(&tasks[of], all[of].1), all[by].1)))
                .collect();
            stages.extend(Blocks::new(blocks, false, total(&all), |_, block| vec![0.0; block.weights()])?);
        }
        if stages.is_empty() {
            return Ok(None);
        }
        let is_read = |task: usize| reads.iter().flatten().any(|read| *read == task);
        let (outputs, mut frozen) = (total(&all), None);
        for (task, place) in &all {
            let LinearWiring::Frozen(dense) = &tasks[*task].linear else { continue };
            if is_read(*task) {
                let (weight, bias) = frozen.get_or_insert_with(|| (vec![0.0; inputs * outputs], vec![0.0; outputs]));
                for output in 0..dense.outputs.min(place.len) {
                    let column = place.start + output;
                    bias[column] = dense.bias[output];
                    let row = dense.row(output).iter().enumerate();
                    row.for_each(|(input, value)| weight[input * outputs + column] = *value);
                }
            }
        }
        let tensors = |(weight, bias): (Vec<f32>, Vec<f32>)| {
            Ok::<_, candle_core::Error>((
                Tensor::from_vec(weight, (inputs, outputs), &Device::Cpu)?,
                Tensor::from_vec(bias, outputs, &Device::Cpu)?,
            ))
        };
        Ok(Some(Self { stages, frozen: frozen.map(tensors).transpose()? }))
    }

    /// `outputs` (B, K), which lack the frozen linear paths of the features `clean` (B, F), with what the tasks read added.
    pub(super) fn add(&self, mut outputs: Tensor, clean: &Tensor) -> Result<Tensor> {
        let frozen = match &self.frozen {
            Some((weight, bias)) => Some(clean.matmul(weight)?.broadcast_add(bias)?),
            None => None,
        };
        for stage in &self.stages {
            let whole = match &frozen {
                Some(frozen) => (&outputs + frozen)?,
                None => outputs.clone(),
            };
            outputs = (outputs + stage.apply(&whole)?)?;
        }
        Ok(outputs)
    }

    /// Weights and biases of every layer.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        self.stages.iter().map(Blocks::variables)
    }

    /// The layer from the outputs of task `of` to task `by`, if there is one.
    pub(super) fn read(&self, by: usize, of: usize) -> Result<Option<Dense>> {
        self.stages.iter().find_map(|stage| stage.dense(Owner::Read { by, of }).transpose()).transpose()
    }
}

/// The columns `place` of a task without those of the outputs that its model does not keep.
fn kept(task: &TaskWiring, place: OutputBlock) -> OutputBlock {
    OutputBlock { len: task.kept.min(place.len), ..place }
}

/// The tasks whose outputs `task` reads.
fn output_reads(task: &TaskWiring) -> impl Iterator<Item = usize> {
    task.reads.iter().filter(|read| read.of == ReadOf::Output).map(|read| read.task)
}
