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

    /// The layer that is `owner`, if there is one.
    pub(super) fn dense(&self, owner: Owner) -> Result<Option<Dense>> {
        let (mut weight, mut bias) = (0, 0);
        for (known, block) in self.owners.iter().zip(self.op.blocks.iter()) {
            if *known == owner {
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
