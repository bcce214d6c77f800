//! A depthwise-separable convolution as one node of the candle graph: filters, units and pools together.
//!
//! candle's own grouped convolution has no gradient to rely on, and separate nodes would hand their many positions on as tensors, which a
//! backward pass fills with zeros, adds to and copies. Here a row stays in the cache from samples to pools. Within the node all that
//! belongs to a channel lies together, `[channels][positions]`, so that every loop runs over neighbouring positions; a stride is
//! resolved by sorting the samples by phase beforehand. Plain loops on the calling thread: the bits of the result depend on the
//! operands alone.

mod gradients;
mod kept;
mod sums;

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor, bail};

use super::fully_connected::{f32_slice, with_f32};
use super::rounding::Grid;
use crate::config::ConvolutionConfig;
use gradients::Gradients;
use kept::Kept;

/// `pool(relu(units(filters(x))))`: x is (B, C N), channel after channel, the result is (B, filters * P / pool), alike, all f32 on the CPU.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Convolve {
    /// Channels C.
    pub(crate) channels: usize,
    /// Samples N a channel.
    pub(crate) samples: usize,
    /// Kernel, stride, filters, pool.
    pub(crate) form: ConvolutionConfig,
    /// Whether x needs a gradient.
    pub(crate) input_gradient: bool,
    /// The grids of what the filters and of what the units and pools write, if a device's roundings are to be known of.
    pub(crate) grids: Option<[Grid; 2]>,
}

impl Convolve {
    /// The pools for the samples `x`; weights are (kernel, C m) and (C m, filters), biases (C m) and (filters).
    pub(crate) fn apply(self, x: &Tensor, filters: [&Tensor; 2], units: [&Tensor; 2]) -> Result<Tensor> {
        // A node has at most three operands: biases go with their weights, as a last row.
        let joined = |[weight, bias]: [&Tensor; 2]| Tensor::cat(&[weight, &bias.unsqueeze(0)?], 0);
        x.apply_op3(&joined(filters)?, &joined(units)?, Node { op: self, kept: OnceLock::new() })
    }

    /// Filters C m.
    fn rows(&self) -> usize {
        self.channels * self.form.multiplier
    }

    /// Positions P.
    fn positions(&self) -> usize {
        self.form.positions(self.samples)
    }

    /// The outputs of a row.
    fn outputs(&self) -> usize {
        self.form.filters * self.form.pooled(self.samples)
    }

    /// Where the samples that a tap meets at the first position and its successors lie in a channel sorted by phase.
    fn first(&self, tap: usize) -> usize {
        tap % self.form.stride * self.phase_len() + tap / self.form.stride
    }

    /// Samples of a phase.
    fn phase_len(&self) -> usize {
        self.samples.div_ceil(self.form.stride)
    }

    /// Sorts the samples of a row by phase: all that lie a multiple of the stride apart stand together.
    fn sort(&self, x: &[f32], phases: &mut [f32]) {
        let stride = self.form.stride;
        let channels = x.chunks_exact(self.samples).zip(phases.chunks_exact_mut(stride * self.phase_len()));
        for (samples, phases) in channels {
            for (phase, sorted) in phases.chunks_exact_mut(self.phase_len()).enumerate() {
                sorted.iter_mut().zip(samples.iter().skip(phase).step_by(stride)).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// The inverse of [`Convolve::sort`].
    fn unsort(&self, phases: &[f32], x: &mut [f32]) {
        let stride = self.form.stride;
        let channels = x.chunks_exact_mut(self.samples).zip(phases.chunks_exact(stride * self.phase_len()));
        for (samples, phases) in channels {
            for (phase, sorted) in phases.chunks_exact(self.phase_len()).enumerate() {
                samples.iter_mut().skip(phase).step_by(stride).zip(sorted).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// Values of a row's samples sorted by phase.
    fn sorted_len(&self) -> usize {
        self.channels * self.form.stride * self.phase_len()
    }

    /// The sorted samples of the channel that filter `row` reads.
    fn channel_of(&self, row: usize) -> std::ops::Range<usize> {
        let len = self.form.stride * self.phase_len();
        let channel = row / self.form.multiplier;
        channel * len..(channel + 1) * len
    }

    fn check(&self, x: &Layout, filters: &Layout, units: &Layout) -> Result<()> {
        let (form, rows) = (&self.form, self.rows());
        let expected = [(form.kernel + 1, rows), (rows + 1, form.filters)];
        let found = [filters.shape().dims2()?, units.shape().dims2()?];
        if x.shape().dims2()?.1 != self.channels * self.samples || found != expected || self.outputs() == 0 {
            bail!("{self:?}: x {:?}, filters and units {found:?}", x.shape());
        }
        Ok(())
    }
}

/// A convolution in a graph, and what it keeps of the way forward for the way back.
struct Node {
    op: Convolve,
    kept: OnceLock<Kept>,
}

impl CustomOp3 for Node {
    fn name(&self) -> &'static str {
        "convolve"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        filters: &CpuStorage,
        filters_at: &Layout,
        units: &CpuStorage,
        units_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let op = &self.op;
        op.check(x_at, filters_at, units_at)?;
        let (x, filters, units) = (f32_slice(x, x_at)?, f32_slice(filters, filters_at)?, f32_slice(units, units_at)?);
        let inputs = op.channels * op.samples;
        let rows = x.len() / inputs;
        let mut kept = Kept::default();
        let mut phases = vec![0.0; op.sorted_len()];
        let mut pooled = vec![0.0; rows * op.outputs()];
        for (x, pooled) in x.chunks_exact(inputs).zip(pooled.chunks_exact_mut(op.outputs())) {
            op.sort(x, &mut phases);
            kept.filter(op, &phases, filters);
            let values = kept.units(op, units);
            kept.pool(op, &values, pooled);
        }
        // A node is worked out once.
        let _ = self.kept.set(kept);
        Ok((CpuStorage::F32(pooled), Shape::from((rows, op.outputs()))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        filters: &Tensor,
        units: &Tensor,
        _pooled: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let op = &self.op;
        let Some(kept) = self.kept.get() else { bail!("a gradient without a way forward") };
        let mut all = Gradients::zeros(op, x.dim(0)?);
        let (mut phases, mut below) = (vec![0.0; op.sorted_len()], vec![0.0; op.sorted_len()]);
        let inputs = op.channels * op.samples;
        let gradient = gradient.contiguous()?;
        let mut each_row = |x: &[f32], filters: &[f32], units: &[f32], gradient: &[f32]| {
            for (row, (x, gradient)) in x.chunks_exact(inputs).zip(gradient.chunks_exact(op.outputs())).enumerate() {
                let slopes = kept.through_pools(op, row, gradient);
                let slopes = all.through_units(op, kept, row, units, &slopes);
                op.sort(x, &mut phases);
                below.fill(0.0);
                let wanted = op.input_gradient.then_some(below.as_mut_slice());
                all.through_filters(op, filters, &slopes, &phases, wanted);
                if op.input_gradient {
                    op.unsort(&below, &mut all.x[row * inputs..][..inputs]);
                }
            }
        };
        with_f32(x, |x| {
            with_f32(filters, |filters| {
                with_f32(units, |units| {
                    with_f32(&gradient, |gradient| {
                        each_row(x, filters, units, gradient);
                        Ok(())
                    })
                })
            })
        })?;
        let tensor = |values, shape: &Shape| Tensor::from_vec(values, shape, &Device::Cpu);
        let x_gradient = op.input_gradient.then(|| tensor(all.x, x.shape())).transpose()?;
        Ok((x_gradient, Some(tensor(all.filters, filters.shape())?), Some(tensor(all.units, units.shape())?)))
    }
}

#[cfg(test)]
mod tests;
