//! Tasks that read the outputs of others.
//!
//! The tasks are worked out in stages: those that read no output first, then those that read only these, and so on. A stage is one
//! product however many tasks it holds. Embeddings need no stages: they are there before any output is.

use candle_core::{Result, Tensor, Var};

use super::blocks::{Blocks, Owner, block};
use super::layer::Branch;
use super::load::Source;
use super::wiring::{LinearWiring, TaskWiring, kept, places, total};
use crate::config::ReadOf;
use crate::model::float::Dense;
use crate::model::read_order;

/// The layers from outputs to outputs.
pub(super) struct Cascade {
    /// Stages after the first, in order.
    stages: Vec<Blocks>,
    /// The frozen linear paths of the tasks that are read.
    frozen: Option<Branch>,
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
        let paths: Vec<(usize, &Dense)> = (0..tasks.len())
            .filter(|task| is_read(*task))
            .filter_map(|task| match &tasks[task].linear {
                LinearWiring::Frozen(dense) => Some((task, dense)),
                _ => None,
            })
            .collect();
        Ok(Some(Self { stages, frozen: Branch::of(&paths, inputs, &all)? }))
    }

    /// `outputs` (B, K), which lack the frozen linear paths of the features `clean` (B, F), with what the tasks read added.
    pub(super) fn add(&self, mut outputs: Tensor, clean: &Tensor) -> Result<Tensor> {
        let frozen = match &self.frozen {
            Some(frozen) => Some(frozen.outputs(clean, false)?.detach()),
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

    /// Takes the weights of `source`.
    pub(super) fn assign(&self, source: &Source<'_>) -> Result<()> {
        let layer = |owner| match owner {
            Owner::Read { by, of } => source.read(by, of, ReadOf::Output),
            Owner::Head(_) => None,
        };
        self.stages.iter().try_for_each(|stage| stage.assign(layer))
    }

    /// A mark for each element of each variable: whether it is task `task`'s own.
    pub(super) fn marks(&self, task: usize) -> impl Iterator<Item = Vec<bool>> {
        self.stages.iter().flat_map(move |stage| stage.marks(task))
    }

    /// The layer from the outputs of task `of` to task `by`, if there is one.
    pub(super) fn read(&self, by: usize, of: usize) -> Result<Option<Dense>> {
        self.stages.iter().find_map(|stage| stage.dense(Owner::Read { by, of }).transpose()).transpose()
    }
}

/// The tasks whose outputs `task` reads.
fn output_reads(task: &TaskWiring) -> impl Iterator<Item = usize> {
    task.reads.iter().filter(|read| read.of == ReadOf::Output).map(|read| read.task)
}
