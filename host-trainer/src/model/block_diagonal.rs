//! Layers side by side as one node of the candle graph: each reads columns of its own and writes columns of its own.
//!
//! The hidden layers of the tasks' heads are such layers. One node and one variable for all of them cost a step far less than one
//! a task.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor, bail};

use super::fully_connected::{column_sums, f32_slice, with_f32};
use super::product::{Operand, product};

/// One of the layers: which columns it reads and which it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// First column read.
    pub(crate) from: usize,
    /// Columns read.
    pub(crate) inputs: usize,
    /// First column written.
    pub(crate) to: usize,
    /// Columns written.
    pub(crate) outputs: usize,
}

impl Block {
    /// Number of its weights.
    pub(crate) fn weights(&self) -> usize {
        self.inputs * self.outputs
    }
}

/// `act(x[from..] W + b)` for every block: x is (B, any), the weights are (sum of in x out), block after block, each (in, out)
/// row-major, the biases (sum of out), all f32 on the CPU. Columns of the result that no block writes are 0.
#[derive(Debug, Clone)]
pub(crate) struct BlockDiagonal {
    /// Whether negative outputs become 0.
    pub(crate) relu: bool,
    /// The layers; where two write the same column, which none may with ReLU, their outputs add up.
    pub(crate) blocks: Arc<[Block]>,
    /// Columns of the result.
    pub(crate) width: usize,
}

impl BlockDiagonal {
    /// The layers' outputs (B, width).
    pub(crate) fn apply(&self, x: &Tensor, weights: &Tensor, biases: &Tensor) -> Result<Tensor> {
        x.apply_op3(weights, biases, self.clone())
    }

    /// Each block with the place of its weights and of its biases.
    fn places(&self) -> impl Iterator<Item = (Block, usize, usize)> {
        let (mut weight, mut bias) = (0, 0);
        self.blocks.iter().map(move |block| {
            let place = (*block, weight, bias);
            weight += block.weights();
            bias += block.outputs;
            place
        })
    }

    /// The gradient by a block's sums, (B, out), from the gradient by the result `y`.
    fn sum_gradient(&self, block: Block, y: &[f32], gradient: &[f32]) -> Vec<f32> {
        let mut sums = columns(gradient, self.width, block.to, block.outputs);
        if self.relu {
            let y = columns(y, self.width, block.to, block.outputs);
            sums.iter_mut().zip(y).filter(|(_, y)| *y <= 0.0).for_each(|(sum, _)| *sum = 0.0);
        }
        sums
    }
}

impl CustomOp3 for BlockDiagonal {
    fn name(&self) -> &'static str {
        "block-diagonal"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        weights: &CpuStorage,
        weights_at: &Layout,
        biases: &CpuStorage,
        biases_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = x_at.shape().dims2()?;
        let counts = self.blocks.iter().fold((0, 0), |sum, block| (sum.0 + block.weights(), sum.1 + block.outputs));
        let inside = |block: &Block| block.from + block.inputs <= inputs && block.to + block.outputs <= self.width;
        if counts != (weights_at.shape().dims1()?, biases_at.shape().dims1()?) || !self.blocks.iter().all(inside) {
            bail!("block-diagonal: x {:?}, W {:?}, b {:?}", x_at.shape(), weights_at.shape(), biases_at.shape());
        }
        let (x, weights, biases) =
            (f32_slice(x, x_at)?, f32_slice(weights, weights_at)?, f32_slice(biases, biases_at)?);
        let mut y = vec![0.0; rows * self.width];
        for (block, weight, bias) in self.places() {
            let own = columns(x, inputs, block.from, block.inputs);
            let weight = Operand::new(&weights[weight..], block.inputs, block.outputs);
            let mut sums = product(Operand::new(&own, rows, block.inputs), weight);
            for row in sums.chunks_exact_mut(block.outputs) {
                for (value, bias) in row.iter_mut().zip(&biases[bias..]) {
                    *value += bias;
                    if self.relu {
                        *value = value.max(0.0);
                    }
                }
            }
            add_columns(&mut y, self.width, block.to, &sums, block.outputs);
        }
        Ok((CpuStorage::F32(y), Shape::from((rows, self.width))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weights: &Tensor,
        biases: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, inputs) = x.dims2()?;
        let gradient = gradient.contiguous()?;
        let mut x_gradient = vec![0.0; rows * inputs];
        let mut weight_gradient = Vec::with_capacity(weights.elem_count());
        let mut bias_gradient = Vec::with_capacity(biases.elem_count());
        for (block, weight, _) in self.places() {
            let sums = with_f32(y, |y| with_f32(&gradient, |gradient| Ok(self.sum_gradient(block, y, gradient))))?;
            if sums.iter().all(|sum| *sum == 0.0) {
                // The gradient comes through other blocks alone.
                weight_gradient.resize(weight_gradient.len() + block.weights(), 0.0);
                bias_gradient.resize(bias_gradient.len() + block.outputs, 0.0);
                continue;
            }
            bias_gradient.extend(column_sums(&sums, block.outputs));
            let sums = Operand::new(&sums, rows, block.outputs);
            let pulled = with_f32(weights, |weights| {
                let weight = Operand::new(&weights[weight..], block.inputs, block.outputs);
                Ok(product(sums, weight.transposed()))
            })?;
            add_columns(&mut x_gradient, inputs, block.from, &pulled, block.inputs);
            weight_gradient.extend(with_f32(x, |x| {
                let own = columns(x, inputs, block.from, block.inputs);
                Ok(product(Operand::new(&own, rows, block.inputs).transposed(), sums))
            })?);
        }
        let weight_gradient = Tensor::from_vec(weight_gradient, weights.elem_count(), &Device::Cpu)?;
        let bias_gradient = Tensor::from_vec(bias_gradient, biases.elem_count(), &Device::Cpu)?;
        Ok((
            Some(Tensor::from_vec(x_gradient, (rows, inputs), &Device::Cpu)?),
            Some(weight_gradient),
            Some(bias_gradient),
        ))
    }
}

/// Columns `start..start + count` of rows of `width` values.
fn columns(values: &[f32], width: usize, start: usize, count: usize) -> Vec<f32> {
    values.chunks_exact(width).flat_map(|row| &row[start..start + count]).copied().collect()
}

/// Adds rows of `count` values onto columns `start..start + count` of rows of `width`.
fn add_columns(to: &mut [f32], width: usize, start: usize, values: &[f32], count: usize) {
    for (to, values) in to.chunks_exact_mut(width).zip(values.chunks_exact(count)) {
        to[start..start + count].iter_mut().zip(values).for_each(|(to, value)| *to += value);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;
    use crate::model::init::{Stream, generator, he_normal};

    fn random(stream: Stream, count: usize) -> Vec<f32> {
        he_normal(&mut generator(9, stream), 2, count)
    }

    #[test]
    fn outputs_and_gradients_equal_those_of_one_wide_layer_with_zeros_between_the_blocks() {
        // Both blocks read column 2; nobody writes column 3.
        let blocks: Arc<[Block]> =
            [Block { from: 0, inputs: 3, to: 4, outputs: 2 }, Block { from: 2, inputs: 2, to: 0, outputs: 3 }].into();
        let (inputs, width) = (4, 6);
        let x = Var::from_vec(random(Stream::Noise, 5 * inputs), (5, inputs), &Device::Cpu).unwrap();
        let weights = Var::from_vec(random(Stream::Weights, 12), 12, &Device::Cpu).unwrap();
        let biases = Var::from_vec(random(Stream::Batches, 5), 5, &Device::Cpu).unwrap();
        let scale = Tensor::from_vec(random(Stream::Dropout, 5 * width), (5, width), &Device::Cpu).unwrap();
        let (mut wide, mut wide_bias) = (vec![0.0f32; inputs * width], vec![0.0f32; width]);
        let op = BlockDiagonal { relu: true, blocks, width };
        let (w, b) = (weights.to_vec1::<f32>().unwrap(), biases.to_vec1::<f32>().unwrap());
        for (block, weight, bias) in op.places() {
            for output in 0..block.outputs {
                wide_bias[block.to + output] = b[bias + output];
                for input in 0..block.inputs {
                    wide[(block.from + input) * width + block.to + output] = w[weight + input * block.outputs + output];
                }
            }
        }
        let wide = Var::from_vec(wide, (inputs, width), &Device::Cpu).unwrap();
        let wide_bias = Var::from_vec(wide_bias, width, &Device::Cpu).unwrap();
        let ours = (op.apply(&x, &weights, &biases).unwrap() * &scale).unwrap();
        let plain = x.matmul(&wide).unwrap().broadcast_add(&wide_bias).unwrap().relu().unwrap();
        let plain = (plain * &scale).unwrap();
        let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} {b}");
        values(&ours).iter().zip(values(&plain)).for_each(|(a, b)| close(*a, b));

        let (ours, plain) = (ours.sum_all().unwrap().backward().unwrap(), plain.sum_all().unwrap().backward().unwrap());
        let expected = values(plain.get(&x).unwrap());
        values(ours.get(&x).unwrap()).iter().zip(expected).for_each(|(a, b)| close(*a, b));
        let (found, wide) = (values(ours.get(&weights).unwrap()), values(plain.get(&wide).unwrap()));
        let (found_bias, wide_bias) = (values(ours.get(&biases).unwrap()), values(plain.get(&wide_bias).unwrap()));
        for (block, weight, bias) in op.places() {
            for output in 0..block.outputs {
                close(found_bias[bias + output], wide_bias[block.to + output]);
                for input in 0..block.inputs {
                    let at = (block.from + input) * width + block.to + output;
                    close(found[weight + input * block.outputs + output], wide[at]);
                }
            }
        }
    }
}
