//! The way back through a convolution.

use super::Convolve;
use super::kept::Kept;
use super::sums::{add, dot, total};

/// Gradients as they add up over the rows.
pub(super) struct Gradients {
    /// By the samples; empty where nobody trains them.
    pub(super) x: Vec<f32>,
    /// By the filters' weights and biases.
    pub(super) filters: Vec<f32>,
    /// By the units' weights and biases.
    pub(super) units: Vec<f32>,
}

impl Gradients {
    /// Of `rows` rows, none of which has added anything yet.
    pub(super) fn zeros(op: &Convolve, rows: usize) -> Self {
        let samples = if op.input_gradient { rows * op.channels * op.samples } else { 0 };
        Self {
            x: vec![0.0; samples],
            filters: vec![0.0; (op.form.kernel + 1) * op.rows()],
            units: vec![0.0; (op.rows() + 1) * op.form.filters],
        }
    }

    /// Adds those by the units' weights, where the slopes by their sums of row `row` are `slopes`; gives the slopes by the filters' outputs.
    pub(super) fn through_units(
        &mut self,
        op: &Convolve,
        kept: &Kept,
        row: usize,
        units: &[f32],
        slopes: &[f32],
    ) -> Vec<f32> {
        let (rows, positions, outputs) = (op.rows(), op.positions(), op.form.filters);
        let filtered = &kept.filtered[row * rows * positions..][..rows * positions];
        let mut below = vec![0.0; rows * positions];
        for (unit, slopes) in slopes.chunks_exact(positions).enumerate() {
            self.units[rows * outputs + unit] += total(slopes);
            let filtered = filtered.chunks_exact(positions).zip(below.chunks_exact_mut(positions));
            for (row, (filtered, below)) in filtered.enumerate() {
                self.units[row * outputs + unit] += dot(slopes, filtered);
                add(below, units[row * outputs + unit], slopes);
            }
        }
        if let Some(held) = kept.filtered_held.get(row * below.len()..(row + 1) * below.len()) {
            below.iter_mut().zip(held).filter(|(_, held)| !**held).for_each(|(slope, _)| *slope = 0.0);
        }
        below
    }

    /// Adds those by the filters' weights; `phases` are the row's sorted samples and `below`, if wanted, takes the slopes by them.
    pub(super) fn through_filters(
        &mut self,
        op: &Convolve,
        filters: &[f32],
        slopes: &[f32],
        phases: &[f32],
        mut below: Option<&mut [f32]>,
    ) {
        let (rows, positions, kernel) = (op.rows(), op.positions(), op.form.kernel);
        for (row, slopes) in slopes.chunks_exact(positions).enumerate() {
            self.filters[kernel * rows + row] += total(slopes);
            let channel = op.channel_of(row);
            for tap in 0..kernel {
                let first = channel.start + op.first(tap);
                self.filters[tap * rows + row] += dot(slopes, &phases[first..][..positions]);
                if let Some(below) = &mut below {
                    add(&mut below[first..][..positions], filters[tap * rows + row], slopes);
                }
            }
        }
    }
}
