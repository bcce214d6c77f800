//! A fully connected layer as one node of the candle graph: product, bias and ReLU together.
//!
//! candle's own four nodes would also work out the gradient of an input that nobody trains; for a first layer that is the
//! largest product of the whole step.

use std::sync::{Arc, OnceLock};

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Storage, Tensor, bail};

use super::product::{Operand, product};

/// `act(x W + b)`: x is (B, in), W is (in, out), b is (out), all f32 on the CPU.
#[derive(Debug, Clone)]
pub(crate) struct FullyConnected {
    /// Whether negative outputs become 0.
    pub(crate) relu: bool,
    /// Whether x needs a gradient.
    pub(crate) input_gradient: bool,
    /// Where the outputs go; `None` leaves them where they are.
    pub(crate) place: Option<Arc<Place>>,
}

/// Outputs spread over a wider row; the columns between them are 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Column of each output (out), all different, each below `width`.
    pub(crate) columns: Vec<usize>,
    /// Columns of the result.
    pub(crate) width: usize,
}

impl FullyConnected {
    /// The layer's outputs, (B, out) or (B, width of the place).
    pub(crate) fn apply(self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        x.apply_op3(weight, bias, Node { layer: self, transposed: Default::default() })
    }

    /// The gradient by the sums `x W + b` (B, out), from the gradient by the result `y`.
    fn sum_gradient(&self, y: &[f32], gradient: &[f32]) -> Vec<f32> {
        let masked = |(gradient, y): (&f32, &f32)| if self.relu && *y <= 0.0 { 0.0 } else { *gradient };
        let Some(place) = &self.place else { return gradient.iter().zip(y).map(masked).collect() };
        let rows = gradient.chunks_exact(place.width).zip(y.chunks_exact(place.width));
        rows.flat_map(|(gradient, y)| place.columns.iter().map(move |at| masked((&gradient[*at], &y[*at])))).collect()
    }
}

/// A layer in a graph. Where several gradients go back through one graph, what they share is worked out once.
struct Node {
    layer: FullyConnected,
    /// x' (in, B) and W' (out, in).
    transposed: [OnceLock<Vec<f32>>; 2],
}

impl CustomOp3 for Node {
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
        let places = self.layer.place.as_ref().map_or(outputs, |place| place.columns.len());
        if inputs != expected || bias_at.shape().dims1()? != outputs || places != outputs {
            bail!("fully-connected: x {:?}, W {:?}, b {:?}", x_at.shape(), weight_at.shape(), bias_at.shape());
        }
        let (x, weight, bias) = (f32_slice(x, x_at)?, f32_slice(weight, weight_at)?, f32_slice(bias, bias_at)?);
        let mut y = product(Operand::new(x, rows, inputs), Operand::new(weight, inputs, outputs));
        for row in y.chunks_exact_mut(outputs) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value += bias;
                if self.layer.relu {
                    *value = value.max(0.0);
                }
            }
        }
        let Some(place) = &self.layer.place else { return Ok((CpuStorage::F32(y), Shape::from((rows, outputs)))) };
        let mut placed = vec![0.0; rows * place.width];
        for (to, from) in placed.chunks_exact_mut(place.width).zip(y.chunks_exact(outputs)) {
            place.columns.iter().zip(from).for_each(|(column, value)| to[*column] = *value);
        }
        Ok((CpuStorage::F32(placed), Shape::from((rows, place.width))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, inputs) = x.dims2()?;
        let outputs = weight.dim(1)?;
        let gradient = gradient.contiguous()?;
        let sums = with_f32(y, |y| with_f32(&gradient, |gradient| Ok(self.layer.sum_gradient(y, gradient))))?;
        let operand = Operand::new(&sums, rows, outputs);
        let tensor = |values, shape: (usize, usize)| Tensor::from_vec(values, shape, &Device::Cpu);
        let [x_transposed, weight_transposed] = &self.transposed;
        let x_gradient = if self.layer.input_gradient {
            let weight = transposed(weight_transposed, weight)?;
            Some(tensor(product(operand, Operand::new(weight, outputs, inputs)), (rows, inputs))?)
        } else {
            None
        };
        let weight_gradient = product(Operand::new(transposed(x_transposed, x)?, inputs, rows), operand);
        let bias_gradient = Tensor::from_vec(column_sums(&sums, outputs), outputs, &Device::Cpu)?;
        Ok((x_gradient, Some(tensor(weight_gradient, (inputs, outputs))?), Some(bias_gradient)))
    }
}

/// The transpose of a matrix, kept in `kept`.
fn transposed<'k>(kept: &'k OnceLock<Vec<f32>>, matrix: &Tensor) -> Result<&'k [f32]> {
    if let Some(values) = kept.get() {
        return Ok(values);
    }
    let (rows, columns) = matrix.dims2()?;
    let values = with_f32(matrix, |values| Ok(Operand::new(values, rows, columns).transposed().into_row_major()))?;
    Ok(kept.get_or_init(|| values))
}

/// Sum of each of `columns` columns.
pub(crate) fn column_sums(values: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    for row in values.chunks_exact(columns) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    sums
}

/// The elements of a contiguous f32 tensor.
pub(crate) fn f32_slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("expected a contiguous f32 tensor, got {:?}", layout.shape()),
    }
}

/// `read` of the elements of a contiguous f32 tensor on the CPU.
pub(crate) fn with_f32<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => read(f32_slice(storage, layout)?),
        _ => bail!("expected a tensor on the CPU"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;
    use crate::model::init::{Stream, generator, he_normal};

    fn random(stream: Stream, shape: (usize, usize)) -> Var {
        let values = he_normal(&mut generator(5, stream), 2, shape.0 * shape.1);
        Var::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    fn bias() -> Var {
        Var::from_vec(vec![0.1f32, -0.2, 0.3], 3, &Device::Cpu).unwrap()
    }

    fn layer(relu: bool, input_gradient: bool) -> FullyConnected {
        FullyConnected { relu, input_gradient, place: None }
    }

    fn largest(difference: Result<Tensor>) -> f32 {
        difference.unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    #[test]
    fn outputs_and_gradients_equal_candles_separate_nodes() {
        let (x, weight, bias) = (random(Stream::Noise, (7, 5)), random(Stream::Weights, (5, 3)), bias());
        // Output 0 goes to column 3, 1 to 0 and 2 to 2 of four.
        let spread =
            Tensor::from_slice(&[0.0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0], (3, 4), &Device::Cpu);
        let spread = spread.unwrap();
        let scale = random(Stream::Batches, (7, 4));
        for relu in [false, true] {
            let mut plain = x.matmul(&weight).unwrap().broadcast_add(&bias).unwrap();
            if relu {
                plain = plain.relu().unwrap();
            }
            let fused = layer(relu, true).apply(&x, &weight, &bias).unwrap();
            assert!(largest(&fused - &plain) < 1e-5);
            let place = Place { columns: vec![3, 0, 2], width: 4 };
            let placed = FullyConnected { place: Some(Arc::new(place)), ..layer(relu, true) };
            let placed = placed.apply(&x, &weight, &bias).unwrap();
            let spread = plain.matmul(&spread).unwrap();
            assert!(largest(&placed - &spread) < 1e-5);

            let pairs = [
                (fused.sqr().unwrap(), plain.sqr().unwrap()),
                ((&placed * scale.as_tensor()).unwrap(), (&spread * scale.as_tensor()).unwrap()),
            ];
            for (ours, candles) in pairs {
                let gradients = ours.sum_all().unwrap().backward().unwrap();
                let expected = candles.sum_all().unwrap().backward().unwrap();
                for var in [&x, &weight, &bias] {
                    assert!(largest(gradients.get(var).unwrap() - expected.get(var).unwrap()) < 1e-5);
                }
            }
        }
    }

    #[test]
    fn an_input_that_nobody_trains_gets_no_gradient() {
        let (x, weight) = (random(Stream::Noise, (4, 5)), random(Stream::Weights, (5, 3)));
        let y = layer(true, false).apply(&x, &weight, &bias()).unwrap();
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&x).is_none() && gradients.get(&weight).is_some());
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let (x, weight) = (random(Stream::Noise, (4, 5)), random(Stream::Weights, (4, 3)));
        assert!(layer(true, false).apply(&x, &weight, &bias()).is_err());
    }
}
