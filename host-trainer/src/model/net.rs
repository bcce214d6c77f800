//! The joint network as a candle graph: hard-shared trunks, heads on them, and linear paths beside the trunks.
//!
//! ```text
//!  z (B, F) ──+ noise──► trunk (ReLU layers) ─┬─► linear heads (width, Kh) ──────────┐
//!     │                    one or one a group └─► hidden layers ─► last layers ──────┤
//!     │                                                                              ├─► + ──► outputs (B, K)
//!     ├──────────────────────────────► trained linear paths (F, Kl) ─────────────────┤
//!     └─ frozen linear paths: constants of each row, worked out once ────────────────┘   (added by the objective)
//! ```
//!
//! Then, stage by stage, the outputs of tasks go on to the tasks that read them.
//!
//! All linear heads of a trunk are one matrix and all trained linear paths another, so that a step of a network with one trunk costs
//! two products however many tasks.

mod blocks;
mod cascade;
mod convolution;
mod hidden;
mod layer;
mod load;
mod modality;
mod shared;
mod trunk;
mod way;
mod wiring;

use candle_core::{Device, Result, Tensor, Var};

use super::decision::Decision;
use super::float::{FloatModel, Normalization, ReadPath, TaskHead};
use super::init::{Stream, generator};
use crate::config::ReadOf;
use cascade::Cascade;
use layer::Branch;
use trunk::TrunkNet;
use way::Way;
use wiring::{kept, places};

pub(crate) use way::{Grids, Rounding};
pub use wiring::{BranchShape, HeadWiring, LinearWiring, OutputBlock, Part, ReadWiring, TaskWiring};

/// The network and its variables.
pub struct Net {
    /// Features F.
    inputs: usize,
    tasks: Vec<TaskWiring>,
    trunks: Vec<TrunkNet>,
    linear: Option<Branch>,
    cascade: Option<Cascade>,
    /// L2 penalty of each weight of `linear`; `None` where all are 0.
    linear_l2: Option<Tensor>,
}

/// The linear heads of one trunk.
#[derive(Debug, Clone)]
pub struct LinearHeads<'n> {
    /// Their weights W (width, Kh), one column an output.
    pub weights: &'n Tensor,
    /// The tasks, by index, with the columns of W whose outputs their models keep.
    pub blocks: Vec<(usize, OutputBlock)>,
}

impl Net {
    /// A network over `inputs` features with one trunk for each of `trunks`, of ReLU layers of these widths, initialised by `seed`
    /// alone: He for what ReLU follows, `head_init` times variance 1 / width for the last layers of the heads, biases 0. A trunk
    /// without a head on it, or without layers, is left out, and so are its heads. What tasks read of others starts at 0.
    ///
    /// # Errors
    /// From candle, where a tensor cannot be made; a task whose head stands on a trunk that is not there, or that reads what is not
    /// there; tasks that read each other in a circle.
    pub fn new(
        inputs: usize,
        trunks: &[Vec<usize>],
        tasks: Vec<TaskWiring>,
        head_init: f64,
        seed: u64,
    ) -> Result<Self> {
        Self::branched(inputs, &[], trunks, tasks, head_init, seed)
    }

    /// The same where each trunk reads the outputs of `branches` of its own; the features where there are none. What branches convolve
    /// stands after the features.
    ///
    /// # Errors
    /// As [`Net::new`].
    pub fn branched(
        inputs: usize,
        branches: &[BranchShape],
        trunks: &[Vec<usize>],
        tasks: Vec<TaskWiring>,
        head_init: f64,
        seed: u64,
    ) -> Result<Self> {
        let missing = tasks.iter().find(|task| task.head.as_ref().is_some_and(|head| head.trunk >= trunks.len()));
        if let Some(task) = missing {
            candle_core::bail!("the head of task {} stands on a trunk that is not there", task.task);
        }
        let embedding = |task: &TaskWiring| {
            task.head.as_ref().is_some_and(|head| !head.hidden.is_empty() && !trunks[head.trunk].is_empty())
        };
        let there =
            |read: &ReadWiring| tasks.get(read.task).is_some_and(|task| read.of == ReadOf::Output || embedding(task));
        if let Some(task) = tasks.iter().find(|task| !task.reads.iter().all(there)) {
            candle_core::bail!("task {} reads what is not there", task.task);
        }
        let mut random = generator(seed, Stream::Weights);
        let trunks = trunks
            .iter()
            .enumerate()
            .map(|(index, widths)| TrunkNet::new(index, inputs, branches, widths, &tasks, head_init, &mut random))
            .collect::<Result<_>>()?;
        let trained = tasks.iter().enumerate().filter_map(|(task, wiring)| match &wiring.linear {
            LinearWiring::Trained { start, .. } => Some((task, start)),
            _ => None,
        });
        let linear = Branch::of(&trained.collect::<Vec<_>>(), inputs, &places(&tasks, |_| true))?;
        let linear_l2 = linear_penalties(&tasks, inputs)?;
        let cascade = Cascade::new(&tasks, inputs)?;
        Ok(Self { inputs, trunks, linear, cascade, linear_l2, tasks })
    }

    /// Outputs K of all tasks.
    pub fn output_count(&self) -> usize {
        self.tasks.iter().map(|task| task.outputs).sum()
    }

    /// Widths of the trunks' layers, trunk after trunk, each after its branches.
    pub fn trunk_widths(&self) -> impl Iterator<Item = usize> {
        self.trunks.iter().flat_map(TrunkNet::widths)
    }

    /// Whether there is anything to train.
    pub fn is_trainable(&self) -> bool {
        self.linear.is_some() || self.cascade.is_some() || self.trunks.iter().any(TrunkNet::is_used)
    }

    /// Outputs (B, K) but for the frozen linear paths: `clean` are standardised features (B, F), with raw samples after them where branches
    /// convolve some; `trunk_input` are the features (B, F, or more columns) with noise or without; `masks` multiply the trunks'
    /// activations, one (B, width) for each of [`Net::trunk_widths`], or are empty. Zeros, without a gradient, where nothing is trained.
    ///
    /// # Errors
    /// From candle, where shapes do not fit.
    pub fn forward(&self, clean: &Tensor, trunk_input: &Tensor, masks: &[Tensor]) -> Result<Tensor> {
        self.forward_on(clean, trunk_input, masks, None)
    }

    /// The same with features and hidden activations on the grids of `rounding`. Outputs stay as they are: their grid is fine beside
    /// those, and twice as wide as they need.
    ///
    /// # Errors
    /// From candle, where shapes do not fit.
    pub(crate) fn forward_on(
        &self,
        clean: &Tensor,
        trunk_input: &Tensor,
        masks: &[Tensor],
        rounding: Option<&Rounding>,
    ) -> Result<Tensor> {
        let mut way = Way::new(masks, rounding);
        let mut parts = Vec::new();
        for trunk in &self.trunks {
            parts.extend(trunk.outputs(clean, trunk_input, &mut way)?.into_iter().flatten());
        }
        let features =
            if clean.dim(1)? > self.inputs { clean.narrow(1, 0, self.inputs)?.contiguous()? } else { clean.clone() };
        parts.extend(self.linear_outputs(&features, rounding)?);
        let sum = parts.into_iter().map(Ok).reduce(|sum: Result<Tensor>, part| sum? + part?);
        let zeros = || Tensor::zeros((clean.dim(0)?, self.output_count()), clean.dtype(), clean.device());
        let outputs = sum.unwrap_or_else(zeros)?;
        match &self.cascade {
            Some(cascade) => cascade.add(outputs, &features),
            None => Ok(outputs),
        }
    }

    /// L2 penalty of the trained linear paths, a scalar; `None` where every `l2` is 0.
    ///
    /// # Errors
    /// From candle.
    pub fn linear_penalty(&self) -> Result<Option<Tensor>> {
        match (&self.linear, &self.linear_l2) {
            (Some(linear), Some(l2)) => Ok(Some((linear.layer.weight.sqr()? * l2)?.sum_all()?)),
            _ => Ok(None),
        }
    }

    /// The linear heads of each trunk that has some. Heads of different trunks, and heads with hidden layers, share no input space:
    /// their weights cannot be set beside each other.
    pub fn linear_heads(&self) -> impl Iterator<Item = LinearHeads<'_>> {
        let heads = self.trunks.iter().filter_map(|trunk| trunk.heads.as_ref());
        heads.map(|heads| {
            let blocks = heads.blocks.iter().map(|(task, block)| (*task, kept(&self.tasks[*task], *block)));
            LinearHeads { weights: heads.layer.weight.as_tensor(), blocks: blocks.collect() }
        })
    }

    /// All variables in a fixed order.
    pub fn variables(&self) -> Vec<(Part, &Var)> {
        let linear = self.linear.iter().map(|branch| (&branch.layer.weight, &branch.layer.bias));
        let cascade = self.cascade.iter().flat_map(Cascade::variables);
        let shared = self.trunks.iter().flat_map(TrunkNet::variables).chain(cascade).map(|layer| (Part::Weight, layer));
        let layers = shared.chain(linear.map(|layer| (Part::LinearWeight, layer)));
        layers.flat_map(|(part, (weight, bias))| [(part, weight), (Part::Bias, bias)]).collect()
    }

    /// The present weights as a plain model.
    ///
    /// # Errors
    /// From candle.
    pub fn to_float(&self, normalization: &Normalization) -> Result<FloatModel> {
        self.plain(normalization, |task| task.kept)
    }

    /// The same with the outputs that are there in training alone; `None` where no task has any.
    ///
    /// # Errors
    /// From candle.
    pub fn to_float_with_all_outputs(&self, normalization: &Normalization) -> Result<Option<FloatModel>> {
        let has_more = self.tasks.iter().any(|task| task.outputs > task.kept);
        has_more.then(|| self.plain(normalization, |task| task.outputs)).transpose()
    }

    /// The present weights, with as many outputs of each task as `outputs` says.
    fn plain(&self, normalization: &Normalization, outputs: impl Fn(&TaskWiring) -> usize) -> Result<FloatModel> {
        let heads = self.tasks.iter().enumerate().map(|(index, task)| {
            let trunk = task.head.as_ref().map_or(0, |head| head.trunk);
            let head = self.trunks.get(trunk).map(|trunk| trunk.head(index)).transpose()?.flatten();
            let (hidden, head) = head.map_or((Vec::new(), None), |(hidden, last)| (hidden, Some(last)));
            Ok(TaskHead {
                task: task.task.clone(),
                kind: task.kind,
                trunk,
                hidden,
                head: head.map(|dense| dense.with_outputs(outputs(task))),
                linear: match &task.linear {
                    LinearWiring::Frozen(dense) => Some(dense.clone()),
                    _ => self.linear.as_ref().map_or(Ok(None), |linear| linear.dense(index))?,
                }
                .map(|dense| dense.with_outputs(outputs(task))),
                reads: self.reads(index, outputs(task))?,
                target: task.target,
                decision: Decision::default(),
            })
        });
        Ok(FloatModel {
            normalization: normalization.clone(),
            trunks: self.trunks.iter().map(TrunkNet::to_float).collect::<Result<_>>()?,
            heads: heads.collect::<Result<_>>()?,
            narrow: Vec::new(),
        })
    }

    /// The layers from other tasks to the first `outputs` outputs of task `by`.
    fn reads(&self, by: usize, outputs: usize) -> Result<Vec<ReadPath>> {
        let layer = |read: &ReadWiring| {
            let dense = match (read.of, &self.cascade, &self.tasks[read.task].head) {
                (ReadOf::Output, Some(cascade), _) => cascade.read(by, read.task)?,
                (ReadOf::Embedding, _, Some(head)) => self.trunks[head.trunk].read(by, read.task)?,
                _ => None,
            };
            let dense = dense.map(|dense| dense.with_outputs(outputs));
            Ok(dense.map(|dense| ReadPath { task: read.task, of: read.of, dense }))
        };
        self.tasks[by].reads.iter().filter_map(|read| layer(read).transpose()).collect()
    }
}

/// The L2 penalty of each weight of the trained linear paths (F, Kl).
fn linear_penalties(tasks: &[TaskWiring], inputs: usize) -> Result<Option<Tensor>> {
    let columns: Vec<f32> = tasks
        .iter()
        .filter_map(|task| match &task.linear {
            LinearWiring::Trained { l2, .. } => Some(vec![*l2 as f32; task.outputs]),
            _ => None,
        })
        .flatten()
        .collect();
    if columns.iter().all(|l2| *l2 == 0.0) {
        return Ok(None);
    }
    let outputs = columns.len();
    Tensor::from_vec(columns.repeat(inputs), (inputs, outputs), &Device::Cpu).map(Some)
}

#[cfg(test)]
mod tests;
