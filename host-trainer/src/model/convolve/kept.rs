//! The way forward through a convolution, and what the way back needs of it.

use super::Convolve;
use super::sums::add;
use crate::config::Pooling;
use crate::model::rounding::Grid;

/// What the parts of a convolution gave, row after row; without grids nothing but units that are 0 holds a gradient back.
#[derive(Default)]
pub(super) struct Kept {
    /// What the units read (B, C m, P).
    pub(super) filtered: Vec<f32>,
    /// Whether its grid holds it.
    pub(super) filtered_held: Vec<bool>,
    /// Whether a unit passes its gradient on (B, filters, P).
    active: Vec<bool>,
    /// The largest place of each pool, of pools that choose one (B, filters, P / pool).
    chosen: Vec<u32>,
    /// Whether its grid holds the mean, of pools that take it.
    pooled_held: Vec<bool>,
}

impl Kept {
    /// Puts `values` on `grid` and says of each whether that holds it.
    fn round(values: &mut [f32], grid: Grid, held: &mut Vec<bool>) {
        held.extend(values.iter().map(|value| grid.holds(*value)));
        values.iter_mut().for_each(|value| *value = grid.nearest(*value));
    }

    /// What the filters make of a row's samples, sorted by phase.
    pub(super) fn filter(&mut self, op: &Convolve, phases: &[f32], filters: &[f32]) {
        let (rows, positions, kernel) = (op.rows(), op.positions(), op.form.kernel);
        let start = self.filtered.len();
        for row in 0..rows {
            let channel = &phases[op.channel_of(row)];
            let at = self.filtered.len();
            self.filtered.resize(at + positions, filters[kernel * rows + row]);
            for tap in 0..kernel {
                add(&mut self.filtered[at..], filters[tap * rows + row], &channel[op.first(tap)..][..positions]);
            }
        }
        if let Some([grid, _]) = op.grids {
            Self::round(&mut self.filtered[start..], grid, &mut self.filtered_held);
        }
    }

    /// What the units make of the filters' outputs of the last row.
    pub(super) fn units(&mut self, op: &Convolve, units: &[f32]) -> Vec<f32> {
        let (rows, positions, outputs) = (op.rows(), op.positions(), op.form.filters);
        let filtered = &self.filtered[self.filtered.len() - rows * positions..];
        let mut values = Vec::with_capacity(outputs * positions);
        for unit in 0..outputs {
            let at = values.len();
            values.resize(at + positions, units[rows * outputs + unit]);
            for (row, filtered) in filtered.chunks_exact(positions).enumerate() {
                add(&mut values[at..], units[row * outputs + unit], filtered);
            }
        }
        values.iter_mut().for_each(|value| *value = value.max(0.0));
        let start = self.active.len();
        self.active.extend(values.iter().map(|value| *value > 0.0));
        if let Some([_, grid]) = op.grids {
            let mut held = Vec::with_capacity(values.len());
            Self::round(&mut values, grid, &mut held);
            self.active[start..].iter_mut().zip(held).for_each(|(active, held)| *active &= held);
        }
        values
    }

    /// What the pools make of a row's units.
    pub(super) fn pool(&mut self, op: &Convolve, units: &[f32], pooled: &mut [f32]) {
        let (size, of_unit) = (op.form.pool, op.form.pooled(op.samples));
        for (units, pooled) in units.chunks_exact(op.positions()).zip(pooled.chunks_exact_mut(of_unit)) {
            for (values, pooled) in units.chunks_exact(size).zip(pooled) {
                *pooled = match op.form.pooling {
                    Pooling::Mean => values.iter().sum::<f32>() / size as f32,
                    Pooling::Max => {
                        let first = (0, values[0]);
                        let larger = |best: (usize, f32), (place, value): (usize, &f32)| {
                            if *value > best.1 { (place, *value) } else { best }
                        };
                        let (place, largest) = values.iter().enumerate().fold(first, larger);
                        self.chosen.push(place as u32);
                        largest
                    }
                };
            }
        }
        // The largest of numbers on a grid lies on it.
        if let (Some([_, grid]), Pooling::Mean) = (op.grids, op.form.pooling) {
            Self::round(pooled, grid, &mut self.pooled_held);
        }
    }

    /// The gradients by the units' sums of row `row`, from those by its pools.
    pub(super) fn through_pools(&self, op: &Convolve, row: usize, gradient: &[f32]) -> Vec<f32> {
        let (size, positions, of_unit) = (op.form.pool, op.positions(), op.form.pooled(op.samples));
        let mut slopes = vec![0.0; op.form.filters * positions];
        let (first_pool, first_unit) = (row * gradient.len(), row * slopes.len());
        for (index, slope) in gradient.iter().enumerate() {
            let start = index / of_unit * positions + index % of_unit * size;
            let active = &self.active[first_unit + start..][..size];
            let slopes = &mut slopes[start..][..size];
            match op.form.pooling {
                Pooling::Max => {
                    let place = self.chosen[first_pool + index] as usize;
                    slopes[place] = if active[place] { *slope } else { 0.0 };
                }
                Pooling::Mean if self.pooled_held.get(first_pool + index).is_none_or(|held| *held) => {
                    let share = slope / size as f32;
                    slopes.iter_mut().zip(active).for_each(|(to, active)| *to = if *active { share } else { 0.0 });
                }
                Pooling::Mean => {}
            }
        }
        slopes
    }
}
