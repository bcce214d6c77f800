//! Variables of a product, and products whose outputs are some of the tasks'.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor, Var};

use super::wiring::{OutputBlock, total};
use crate::model::float::Dense;
use crate::model::fully_connected::{FullyConnected, Place};

/// Weights (in, out) and biases (out) of one matrix product.
pub(super) struct Layer {
    pub(super) weight: Var,
    pub(super) bias: Var,
}

impl Layer {
    /// From weights (in x out), row-major, and biases.
    pub(super) fn new(weight: Vec<f32>, bias: Vec<f32>) -> Result<Self> {
        let (outputs, inputs) = (bias.len(), weight.len() / bias.len());
        Ok(Self {
            weight: Var::from_vec(weight, (inputs, outputs), &Device::Cpu)?,
            bias: Var::from_vec(bias, outputs, &Device::Cpu)?,
        })
    }

    /// `relu(x W + b)`.
    pub(super) fn hidden(&self, x: &Tensor, input_gradient: bool) -> Result<Tensor> {
        self.apply(x, FullyConnected { relu: true, input_gradient, place: None })
    }

    fn apply(&self, x: &Tensor, how: FullyConnected) -> Result<Tensor> {
        how.apply(x, &self.weight, &self.bias)
    }

    /// Columns `block` as a plain layer.
    pub(super) fn dense(&self, block: OutputBlock) -> Result<Dense> {
        let inputs = self.weight.dim(0)?;
        Ok(Dense {
            outputs: block.len,
            inputs,
            weight: self.weight.narrow(1, block.start, block.len)?.t()?.flatten_all()?.to_vec1()?,
            bias: self.bias.narrow(0, block.start, block.len)?.to_vec1()?,
        })
    }

    /// Takes the weights of `dense` as columns `block`.
    pub(super) fn assign(&self, block: OutputBlock, dense: &Dense) -> Result<()> {
        let weight =
            Tensor::from_slice(&dense.weight, (dense.outputs, dense.inputs), &Device::Cpu)?.t()?.contiguous()?;
        self.weight.slice_set(&weight, 1, block.start)?;
        self.bias.slice_set(&Tensor::from_slice(&dense.bias, dense.outputs, &Device::Cpu)?, 0, block.start)
    }

    /// Takes the weights of `dense` as all columns.
    pub(super) fn assign_whole(&self, dense: &Dense) -> Result<()> {
        self.assign(OutputBlock { start: 0, len: self.width() }, dense)
    }

    /// A mark for each weight and each bias: whether it is in the columns `block`.
    pub(super) fn marks(&self, block: Option<OutputBlock>) -> [Vec<bool>; 2] {
        let is_in = |column: usize| block.is_some_and(|block| (block.start..block.start + block.len).contains(&column));
        let columns: Vec<bool> = (0..self.width()).map(is_in).collect();
        [columns.repeat(self.weight.elem_count() / self.width()), columns]
    }

    /// All columns as a plain layer.
    pub(super) fn whole(&self) -> Result<Dense> {
        self.dense(OutputBlock { start: 0, len: self.width() })
    }

    /// Number of outputs.
    pub(super) fn width(&self) -> usize {
        self.bias.elem_count()
    }
}

/// Outputs of a product for some of the tasks, and their way to their places among all outputs.
pub(super) struct Branch {
    pub(super) layer: Layer,
    /// Columns of each task of the branch, in task order.
    pub(super) blocks: Vec<(usize, OutputBlock)>,
    /// Where its outputs lie among all; `None` where it has all outputs.
    place: Option<Arc<Place>>,
}

impl Branch {
    /// From `layer`, whose columns are `blocks`, to the columns `places` of all tasks.
    pub(super) fn new(layer: Layer, blocks: Vec<(usize, OutputBlock)>, places: &[(usize, OutputBlock)]) -> Self {
        let columns = blocks.iter().flat_map(|(task, block)| places[*task].1.start..places[*task].1.start + block.len);
        let place = Place { columns: columns.collect(), width: total(places) };
        let place = (place.columns.len() < place.width).then(|| Arc::new(place));
        Self { layer, blocks, place }
    }

    /// The layers `paths` over `inputs` inputs, each with its task, in task order, as one product; `None` without any. `places` are the
    /// columns of all tasks.
    pub(super) fn of(
        paths: &[(usize, &Dense)],
        inputs: usize,
        places: &[(usize, OutputBlock)],
    ) -> Result<Option<Self>> {
        let (mut blocks, mut outputs) = (Vec::with_capacity(paths.len()), 0);
        for (task, dense) in paths {
            let len = dense.outputs.min(places[*task].1.len);
            blocks.push((*task, OutputBlock { start: outputs, len }));
            outputs += len;
        }
        if outputs == 0 {
            return Ok(None);
        }
        let (mut weight, mut bias) = (vec![0.0; inputs * outputs], vec![0.0; outputs]);
        for ((_, dense), (_, block)) in paths.iter().zip(&blocks) {
            bias[block.start..][..block.len].copy_from_slice(&dense.bias[..block.len]);
            for output in 0..block.len {
                let column = dense.row(output).iter().enumerate();
                column.for_each(|(input, w)| weight[input * outputs + block.start + output] = *w);
            }
        }
        Ok(Some(Self::new(Layer::new(weight, bias)?, blocks, places)))
    }

    /// The outputs (B, K) that `x` gives, 0 for the other tasks.
    pub(super) fn outputs(&self, x: &Tensor, input_gradient: bool) -> Result<Tensor> {
        self.layer.apply(x, FullyConnected { relu: false, input_gradient, place: self.place.clone() })
    }

    /// A mark for each weight and each bias: whether it is of task `task`.
    pub(super) fn marks(&self, task: usize) -> [Vec<bool>; 2] {
        self.layer.marks(self.block(task))
    }

    /// The columns of task `task`, if it is one of the branch's.
    pub(super) fn block(&self, task: usize) -> Option<OutputBlock> {
        self.blocks.iter().find(|(owner, _)| *owner == task).map(|(_, block)| *block)
    }

    /// The layer of task `task`, if it is one of the branch's.
    pub(super) fn dense(&self, task: usize) -> Result<Option<Dense>> {
        self.block(task).map(|block| self.layer.dense(block)).transpose()
    }
}
