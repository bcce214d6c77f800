//! A fully connected layer as one node of the candle graph: product, bias and ReLU together.
//!
//! candle's own four nodes would also work out the gradient of an input that nobody trains; for a first layer that is the
//! largest product of the whole step.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};

/// `act(x W + b)`: x is (B, in), W is (in, out), b is (out), all f32 on the CPU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FullyConnected {
    /// Whether negative outputs become 0.
    pub(crate) relu: bool,
    /// Whether x needs a gradient.
    pub(crate) input_gradient: bool,
}

impl FullyConnected {
    /// The layer's outputs (B, out).
    pub(crate) fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        x.apply_op3(weight, bias, self)
    }
}

impl CustomOp3 for FullyConnected {
    fn name(&self) -> &'static str {
        "fully-connected"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        weight: &CpuStorage,
        weight_at: &Layout,
        bias: &CpuStorage,
        bias_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = x_at.shape().dims2()?;
        let (expected, outputs) = weight_at.shape().dims2()?;
        if inputs != expected || bias_at.shape().dims1()? != outputs {
            bail!("fully-connected: x {:?}, W {:?}, b {:?}", x_at.shape(), weight_at.shape(), bias_at.shape());
        }
        let bias = f32_slice(bias, bias_at)?;
        let CpuStorage::F32(mut y) = x.matmul(weight, (1, rows, outputs, inputs), x_at, weight_at)? else {
            bail!("fully-connected works on f32")
        };
        for row in y.chunks_exact_mut(outputs) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value += bias;
                if self.relu {
                    *value = value.max(0.0);
                }
            }
        }
        Ok((CpuStorage::F32(y), Shape::from((rows, outputs))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = gradient.contiguous()?;
        let gradient = if self.relu { gradient.apply_op2_no_bwd(y, &ReluGradient)? } else { gradient };
        let x_gradient = if self.input_gradient { Some(gradient.matmul(&weight.detach().t()?)?) } else { None };
        let weight_gradient = x.detach().t()?.matmul(&gradient)?;
        let bias_gradient = gradient.apply_op1_no_bwd(&ColumnSum)?;
        Ok((x_gradient, Some(weight_gradient), Some(bias_gradient)))
    }
}

/// The gradient where the ReLU's output is above 0, else 0.
struct ReluGradient;

impl CustomOp2 for ReluGradient {
    fn name(&self) -> &'static str {
        "relu-gradient"
    }

    fn cpu_fwd(
        &self,
        gradient: &CpuStorage,
        at: &Layout,
        y: &CpuStorage,
        y_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gradient, y) = (f32_slice(gradient, at)?, f32_slice(y, y_at)?);
        let masked = gradient.iter().zip(y).map(|(g, y)| if *y > 0.0 { *g } else { 0.0 }).collect();
        Ok((CpuStorage::F32(masked), at.shape().clone()))
    }
}

/// Sums over the rows of a (B, out) matrix.
struct ColumnSum;

impl CustomOp1 for ColumnSum {
    fn name(&self) -> &'static str {
        "column-sum"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, at: &Layout) -> Result<(CpuStorage, Shape)> {
        let columns = at.shape().dims2()?.1;
        let mut sums = vec![0.0f32; columns];
        for row in f32_slice(storage, at)?.chunks_exact(columns) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        Ok((CpuStorage::F32(sums), Shape::from(columns)))
    }
}

/// The elements of a contiguous f32 tensor.
pub(crate) fn f32_slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("expected a contiguous f32 tensor, got {:?}", layout.shape()),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::model::init::{Stream, generator, he_normal};

    fn random(stream: Stream, shape: (usize, usize)) -> Var {
        let values = he_normal(&mut generator(5, stream), 2, shape.0 * shape.1);
        Var::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn outputs_and_gradients_equal_candles_separate_nodes() {
        let x = random(Stream::Noise, (7, 5));
        let weight = random(Stream::Weights, (5, 3));
        let bias = Var::from_vec(vec![0.1f32, -0.2, 0.3], 3, &Device::Cpu).unwrap();
        for relu in [false, true] {
            let fused = FullyConnected { relu, input_gradient: true }.apply(&x, &weight, &bias).unwrap();
            let mut plain = x.matmul(&weight).unwrap().broadcast_add(&bias).unwrap();
            if relu {
                plain = plain.relu().unwrap();
            }
            let (a, b) = (fused.to_vec2::<f32>().unwrap(), plain.to_vec2::<f32>().unwrap());
            assert_eq!(a, b);
            let gradients = fused.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            let expected = plain.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            for var in [&x, &weight, &bias] {
                let difference = (gradients.get(var).unwrap() - expected.get(var).unwrap()).unwrap();
                let largest = difference.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
                assert!(largest < 1e-5, "{largest}");
            }
        }
    }

    #[test]
    fn an_input_that_nobody_trains_gets_no_gradient() {
        let (x, weight) = (random(Stream::Noise, (4, 5)), random(Stream::Weights, (5, 3)));
        let bias = Var::from_vec(vec![0.0f32; 3], 3, &Device::Cpu).unwrap();
        let y = FullyConnected { relu: true, input_gradient: false }.apply(&x, &weight, &bias).unwrap();
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&x).is_none() && gradients.get(&weight).is_some());
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let (x, weight) = (random(Stream::Noise, (4, 5)), random(Stream::Weights, (4, 3)));
        let bias = Var::from_vec(vec![0.0f32; 3], 3, &Device::Cpu).unwrap();
        assert!(FullyConnected { relu: true, input_gradient: false }.apply(&x, &weight, &bias).is_err());
    }
}
