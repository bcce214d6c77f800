//! The penalty as one node of the graph.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use nalgebra::DMatrix;

use crate::model::fully_connected::{f32_slice, with_f32};
use crate::model::product::{Operand, product};

/// Node: weights W (H, K) to `strength * tr(W M W')` for a symmetric M (K, K), the constant of the graph.
#[derive(Debug, Clone)]
pub(crate) struct RelationPenalty {
    /// `strength * M`, row after row.
    scaled: Vec<f32>,
    outputs: usize,
}

impl RelationPenalty {
    /// From M and its strength.
    pub(crate) fn new(precision: &DMatrix<f64>, strength: f64) -> Self {
        let scaled = precision.iter().map(|value| (value * strength) as f32).collect();
        Self { scaled, outputs: precision.ncols() }
    }

    /// `strength * W M` (H x K).
    fn pull(&self, weights: &[f32]) -> Vec<f32> {
        let rows = weights.len() / self.outputs.max(1);
        product(Operand::new(weights, rows, self.outputs), Operand::new(&self.scaled, self.outputs, self.outputs))
    }
}

impl CustomOp1 for RelationPenalty {
    fn name(&self) -> &'static str {
        "relation-penalty"
    }

    fn cpu_fwd(&self, weights: &CpuStorage, at: &Layout) -> Result<(CpuStorage, Shape)> {
        if at.shape().dims2()?.1 != self.outputs {
            bail!("relation-penalty: weights {:?} for {} outputs", at.shape(), self.outputs);
        }
        let weights = f32_slice(weights, at)?;
        let terms = self.pull(weights).into_iter().zip(weights).map(|(pull, weight)| f64::from(pull * weight));
        Ok((CpuStorage::F32(vec![terms.sum::<f64>() as f32]), Shape::from(())))
    }

    fn bwd(&self, weights: &Tensor, _penalty: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let factor = 2.0 * upstream.to_scalar::<f32>()?;
        let mut gradient = with_f32(weights, |weights| Ok(self.pull(weights)))?;
        gradient.iter_mut().for_each(|value| *value *= factor);
        Tensor::from_vec(gradient, weights.dims(), &Device::Cpu).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;

    #[test]
    fn value_and_gradient_equal_candles_separate_nodes() {
        let precision = DMatrix::from_row_slice(2, 2, &[2.0, -0.5, -0.5, 3.0]);
        let weights = Var::from_slice(&[1.0f32, -2.0, 0.5, 0.3, -0.7, 1.1], (3, 2), &Device::Cpu).unwrap();
        let ours = weights.apply_op1(RelationPenalty::new(&precision, 0.1)).unwrap();
        let m = Tensor::from_slice(&[0.2f32, -0.05, -0.05, 0.3], (2, 2), &Device::Cpu).unwrap();
        let plain = (weights.matmul(&m).unwrap() * weights.as_tensor()).unwrap().sum_all().unwrap();
        let (a, b) = (ours.to_scalar::<f32>().unwrap(), plain.to_scalar::<f32>().unwrap());
        assert!((a - b).abs() < 1e-6, "{a} {b}");
        let (a, b) = (ours.backward().unwrap(), plain.backward().unwrap());
        let difference = (a.get(&weights).unwrap() - b.get(&weights).unwrap()).unwrap();
        assert!(difference.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap() < 1e-6);
    }
}
