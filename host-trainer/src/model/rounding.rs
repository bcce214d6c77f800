//! Numbers of a float network on the grids that a device has for them, with straight-through gradients.
//!
//! A device holds activations as whole counts between two limits. Here each number is put where its count is; back through it a gradient
//! goes as if nothing had happened (the straight-through estimator: Bengio, Leonard and Courville, arXiv 1308.3432, 2013), but for
//! numbers beyond the limits, which no longer move the count.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use trunkline_shared::quant::round_half_up;

use super::fully_connected::{f32_slice, with_f32};

/// What a count is worth, and which counts there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    /// Network units a count, above 0.
    pub(crate) step: f32,
    /// Least count.
    pub(crate) low: f32,
    /// Largest count.
    pub(crate) high: f32,
}

impl Grid {
    /// That of a tensor of range `bits`, whose counts are worth `step`; with `relu` none is negative.
    pub(crate) fn new(step: f64, bits: u8, relu: bool) -> Self {
        let counts = f32::from(i16::MAX.unsigned_abs() >> (15 - bits.min(15))) + 1.0;
        Self { step: step as f32, low: if relu { 0.0 } else { -counts }, high: counts - 1.0 }
    }

    /// The number that the count nearest to `value` stands for, halves up as the device rounds.
    pub(crate) fn nearest(self, value: f32) -> f32 {
        round_half_up(value / self.step).clamp(self.low, self.high) * self.step
    }

    /// Whether `value` has a count of its own, within half a count.
    pub(crate) fn holds(self, value: f32) -> bool {
        (self.low..=self.high).contains(&round_half_up(value / self.step))
    }
}

/// Puts each column of a tensor (B, columns) on its grid.
#[derive(Debug, Clone)]
pub(crate) struct FakeQuantize {
    /// The grid of each column.
    pub(crate) columns: Arc<[Grid]>,
}

impl FakeQuantize {
    /// `x` (B, columns) on the grids.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        x.apply_op1(self.clone())
    }

    fn each(&self, values: &[f32], with: impl Fn(Grid, f32, usize) -> f32) -> Vec<f32> {
        let grids = self.columns.iter().cycle();
        values.iter().zip(grids).enumerate().map(|(index, (value, grid))| with(*grid, *value, index)).collect()
    }
}

impl CustomOp1 for FakeQuantize {
    fn name(&self) -> &'static str {
        "fake-quantize"
    }

    fn cpu_fwd(&self, x: &CpuStorage, at: &Layout) -> Result<(CpuStorage, Shape)> {
        if at.shape().dims2()?.1 != self.columns.len() {
            bail!("fake-quantize: x {:?}, {} columns", at.shape(), self.columns.len());
        }
        let values = self.each(f32_slice(x, at)?, |grid, value, _| grid.nearest(value));
        Ok((CpuStorage::F32(values), at.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let values = with_f32(&gradient, |gradient| {
            let passed = |grid: Grid, value, index: usize| if grid.holds(value) { gradient[index] } else { 0.0 };
            with_f32(x, |values| Ok(self.each(values, passed)))
        })?;
        Ok(Some(Tensor::from_vec(values, x.shape(), &Device::Cpu)?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;

    #[test]
    fn numbers_go_to_the_nearest_count_halves_up_and_stay_within_the_limits() {
        let grid = Grid::new(0.5, 2, false);
        assert_eq!(grid, Grid { step: 0.5, low: -4.0, high: 3.0 });
        for (value, expected) in [(0.2, 0.0), (0.25, 0.5), (-0.25, 0.0), (-0.3, -0.5), (9.0, 1.5), (-9.0, -2.0)] {
            assert_eq!(grid.nearest(value), expected, "{value}");
        }
        assert_eq!(Grid::new(1.0, 15, true), Grid { step: 1.0, low: 0.0, high: 32767.0 });
    }

    #[test]
    fn gradients_go_straight_through_but_for_numbers_beyond_the_limits() {
        let x = Var::new(&[[0.2f32, 0.2], [-0.1, 1.7], [-0.3, 1.8]], &Device::Cpu).unwrap();
        let columns = Arc::from([Grid::new(0.5, 2, true), Grid::new(0.5, 2, false)]);
        let y = FakeQuantize { columns }.apply(&x).unwrap();
        assert_eq!(y.to_vec2::<f32>().unwrap(), [[0.0, 0.0], [0.0, 1.5], [0.0, 1.5]]);
        let scale = Tensor::new(&[[1f32, 2.0], [3.0, 4.0], [5.0, 6.0]], &Device::Cpu).unwrap();
        let gradients = (y * scale).unwrap().sum_all().unwrap().backward().unwrap();
        assert_eq!(gradients.get(&x).unwrap().to_vec2::<f32>().unwrap(), [[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]]);
        let narrow = FakeQuantize { columns: Arc::from([Grid::new(1.0, 3, false)]) };
        assert!(narrow.apply(&x).is_err());
    }
}
