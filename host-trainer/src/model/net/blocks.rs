//! Layers side by side with their variables: one node and two variables for all of them.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor, Var};

use super::wiring::OutputBlock;
use crate::model::block_diagonal::{Block, BlockDiagonal};
use crate::model::float::Dense;

/// What a layer is, by the indices of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A layer of the task's head.
    Head(usize),
    /// What one task reads of another.
    Read {
        /// The task that reads.
        by: usize,
        /// The task that is read.
        of: usize,
    },
}

/// The layer from columns `from` to columns `to`.
pub(super) fn block(from: OutputBlock, to: OutputBlock) -> Block {
    Block { from: from.start, inputs: from.len, to: to.start, outputs: to.len }
}

/// Layers side by side with their variables.
pub(super) struct Blocks {
    weights: Var,
    biases: Var,
    /// What each block is.
    owners: Vec<Owner>,
    op: BlockDiagonal,
}

impl Blocks {
    /// One layer for each of `blocks`, given with what it is, writing among `width` columns; `None` without blocks.
    pub(super) fn new(
        blocks: Vec<(Owner, Block)>,
        relu: bool,
        width: usize,
        mut initial: impl FnMut(&Owner, &Block) -> Vec<f32>,
    ) -> Result<Option<Self>> {
        if blocks.is_empty() {
            return Ok(None);
        }
        let (owners, blocks): (Vec<Owner>, Vec<Block>) = blocks.into_iter().unzip();
        let weights: Vec<f32> = owners.iter().zip(&blocks).flat_map(|(owner, block)| initial(owner, block)).collect();
        let biases: usize = blocks.iter().map(|block| block.outputs).sum();
        Ok(Some(Self {
            weights: Var::from_vec(weights.clone(), weights.len(), &Device::Cpu)?,
            biases: Var::from_vec(vec![0.0f32; biases], biases, &Device::Cpu)?,
            owners,
            op: BlockDiagonal { relu, blocks: Arc::from(blocks), width },
        }))
    }

    /// The layers' outputs (B, width).
    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        self.op.apply(x, &self.weights, &self.biases)
    }

    /// Weights and biases.
    pub(super) fn variables(&self) -> (&Var, &Var) {
        (&self.weights, &self.biases)
    }

    /// What each layer is, and its number of outputs.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (Owner, usize)> {
        self.owners.iter().zip(self.op.blocks.iter()).map(|(owner, block)| (*owner, block.outputs))
    }

    /// The layer that is `owner`, if there is one.
    pub(super) fn dense(&self, owner: Owner) -> Result<Option<Dense>> {
        let Some((block, weight, bias)) = self.places().find(|(known, _)| *known == owner).map(|(_, place)| place)
        else {
            return Ok(None);
        };
        let weights = self.weights.narrow(0, weight, block.weights())?.reshape((block.inputs, block.outputs))?;
        Ok(Some(Dense {
            outputs: block.outputs,
            inputs: block.inputs,
            weight: weights.t()?.flatten_all()?.to_vec1()?,
            bias: self.biases.narrow(0, bias, block.outputs)?.to_vec1()?,
        }))
    }

    /// Takes for each layer the weights that `dense_of` knows.
    pub(super) fn assign(&self, dense_of: impl Fn(Owner) -> Option<Dense>) -> Result<()> {
        for (owner, (block, weight, bias)) in self.places() {
            if let Some(dense) = dense_of(owner) {
                let weights = Tensor::from_slice(&dense.weight, (block.outputs, block.inputs), &Device::Cpu)?;
                self.weights.slice_set(&weights.t()?.flatten_all()?, 0, weight)?;
                self.biases.slice_set(&Tensor::from_slice(&dense.bias, block.outputs, &Device::Cpu)?, 0, bias)?;
            }
        }
        Ok(())
    }

    /// A mark for each weight and each bias: whether its layer is task `task`'s own.
    pub(super) fn marks(&self, task: usize) -> [Vec<bool>; 2] {
        let is_own = |owner| matches!(owner, Owner::Head(by) | Owner::Read { by, .. } if by == task);
        let marks = |len: fn(&Block) -> usize| {
            self.places().flat_map(|(owner, (block, ..))| std::iter::repeat_n(is_own(owner), len(block))).collect()
        };
        [marks(Block::weights), marks(|block| block.outputs)]
    }

    /// Every layer with its owner, its first weight and its first bias.
    fn places(&self) -> impl Iterator<Item = (Owner, (&Block, usize, usize))> {
        let (mut weight, mut bias) = (0, 0);
        self.owners.iter().zip(self.op.blocks.iter()).map(move |(owner, block)| {
            let place = (block, weight, bias);
            weight += block.weights();
            bias += block.outputs;
            (*owner, place)
        })
    }
}
