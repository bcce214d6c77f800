//! The heads of one trunk that have hidden layers.
//!
//! The first hidden layers of all tasks are one product, since all of them read the trunk. From there on the tasks go their own ways,
//! side by side: one node a depth however many tasks.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor, Var};
use rand_chacha::ChaCha8Rng;

use super::layer::Layer;
use super::wiring::OutputBlock;
use crate::model::block_diagonal::{Block, BlockDiagonal};
use crate::model::float::Dense;
use crate::model::init::{he_normal, lecun_normal};

/// A task of the trunk with hidden layers.
pub(super) struct Member {
    /// Index of the task.
    pub(super) task: usize,
    /// Widths of its hidden layers, at least one.
    pub(super) hidden: Vec<usize>,
    /// Its columns among all outputs.
    pub(super) outputs: OutputBlock,
}

/// Heads with hidden layers.
pub(super) struct HiddenHeads {
    /// The first hidden layers of all members.
    first: Layer,
    /// Columns of each member in `first`, with its task.
    columns: Vec<(usize, OutputBlock)>,
    /// From each depth to the next, the shallowest first.
    depths: Vec<Depth>,
}

/// What reads the hidden activations of one depth.
struct Depth {
    /// Last layers of the heads that end here.
    outputs: Option<Blocks>,
    /// Hidden layers of the heads that go on.
    hidden: Option<Blocks>,
}

impl HiddenHeads {
    /// For `members`, at least one, on a trunk of width `width`, among `outputs` outputs of all tasks.
    pub(super) fn new(
        members: &[Member],
        width: usize,
        outputs: usize,
        head_init: f64,
        random: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let mut columns = activation_columns(members, 0);
        let units = columns.iter().map(|(_, block)| block.len).sum();
        let first = Layer::new(he_normal(random, width, width * units), vec![0.0; units])?;
        let first_columns = columns.iter().map(|(member, block)| (members[*member].task, *block)).collect();
        let mut depths = Vec::new();
        for depth in 0.. {
            let next = activation_columns(members, depth + 1);
            let (mut last, mut further) = (Vec::new(), Vec::new());
            for (member, from) in &columns {
                let task = members[*member].task;
                match next.iter().find(|(other, _)| other == member) {
                    Some((_, to)) => further.push((task, block(*from, *to))),
                    None => last.push((task, block(*from, members[*member].outputs))),
                }
            }
            let initial =
                |random: &mut ChaCha8Rng, block: &Block| lecun_normal(random, block.inputs, block.weights(), head_init);
            let outputs = Blocks::new(last, false, outputs, |block| initial(random, block))?;
            let units = next.iter().map(|(_, block)| block.len).sum();
            let hidden = Blocks::new(further, true, units, |block| he_normal(random, block.inputs, block.weights()))?;
            let ends = hidden.is_none();
            depths.push(Depth { outputs, hidden });
            if ends {
                break;
            }
            columns = next;
        }
        Ok(Self { first, columns: first_columns, depths })
    }

    /// The outputs (B, K) of the heads on the trunk's activations `shared`, 0 for other tasks.
    pub(super) fn outputs(&self, shared: &Tensor) -> Result<Option<Tensor>> {
        let mut activations = self.first.hidden(shared, true)?;
        let mut sum: Option<Tensor> = None;
        for depth in &self.depths {
            if let Some(last) = &depth.outputs {
                let outputs = last.apply(&activations)?;
                sum = Some(match sum {
                    Some(sum) => (sum + outputs)?,
                    None => outputs,
                });
            }
            if let Some(hidden) = &depth.hidden {
                activations = hidden.apply(&activations)?;
            }
        }
        Ok(sum)
    }

    /// Weights and biases of every layer.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Var, &Var)> {
        let blocks = self.depths.iter().flat_map(|depth| depth.outputs.iter().chain(&depth.hidden));
        std::iter::once((&self.first.weight, &self.first.bias))
            .chain(blocks.map(|blocks| (&blocks.weights, &blocks.biases)))
    }

    /// Hidden layers and last layer of task `task`, if it is a member.
    pub(super) fn dense(&self, task: usize) -> Result<Option<(Vec<Dense>, Dense)>> {
        let Some((_, block)) = self.columns.iter().find(|(owner, _)| *owner == task) else { return Ok(None) };
        let mut hidden = vec![self.first.dense(*block)?];
        for depth in &self.depths {
            if let Some(last) = depth.outputs.as_ref().map(|blocks| blocks.dense(task)).transpose()?.flatten() {
                return Ok(Some((hidden, last)));
            }
            hidden.extend(depth.hidden.as_ref().map(|blocks| blocks.dense(task)).transpose()?.flatten());
        }
        Ok(None)
    }
}

/// Columns of the members that have a hidden layer `depth`, by index, among the activations of that depth.
fn activation_columns(members: &[Member], depth: usize) -> Vec<(usize, OutputBlock)> {
    let mut start = 0;
    let widths = members.iter().enumerate().filter_map(|(index, member)| Some((index, *member.hidden.get(depth)?)));
    let place = |(index, len)| {
        start += len;
        (index, OutputBlock { start: start - len, len })
    };
    widths.map(place).collect()
}

fn block(from: OutputBlock, to: OutputBlock) -> Block {
    Block { from: from.start, inputs: from.len, to: to.start, outputs: to.len }
}

/// Layers side by side with their variables.
pub(super) struct Blocks {
    weights: Var,
    biases: Var,
    /// Task of each block.
    tasks: Vec<usize>,
    op: BlockDiagonal,
}

impl Blocks {
    /// One layer for each of `blocks`, given with its task, writing among `width` columns; `None` without blocks.
    fn new(
        blocks: Vec<(usize, Block)>,
        relu: bool,
        width: usize,
        mut initial: impl FnMut(&Block) -> Vec<f32>,
    ) -> Result<Option<Self>> {
        if blocks.is_empty() {
            return Ok(None);
        }
        let (tasks, blocks): (Vec<usize>, Vec<Block>) = blocks.into_iter().unzip();
        let weights: Vec<f32> = blocks.iter().flat_map(&mut initial).collect();
        let biases: usize = blocks.iter().map(|block| block.outputs).sum();
        Ok(Some(Self {
            weights: Var::from_vec(weights.clone(), weights.len(), &Device::Cpu)?,
            biases: Var::from_vec(vec![0.0f32; biases], biases, &Device::Cpu)?,
            tasks,
            op: BlockDiagonal { relu, blocks: Arc::from(blocks), width },
        }))
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        self.op.apply(x, &self.weights, &self.biases)
    }

    /// The layer of task `task`, if there is one.
    fn dense(&self, task: usize) -> Result<Option<Dense>> {
        let (mut weight, mut bias) = (0, 0);
        for (owner, block) in self.tasks.iter().zip(self.op.blocks.iter()) {
            if *owner == task {
                let weights =
                    self.weights.narrow(0, weight, block.weights())?.reshape((block.inputs, block.outputs))?;
                return Ok(Some(Dense {
                    outputs: block.outputs,
                    inputs: block.inputs,
                    weight: weights.t()?.flatten_all()?.to_vec1()?,
                    bias: self.biases.narrow(0, bias, block.outputs)?.to_vec1()?,
                }));
            }
            weight += block.weights();
            bias += block.outputs;
        }
        Ok(None)
    }
}
