//! A layer on its way to integers: first the finest scale that each row may have, then, once it is known what a count of the output is
//! worth, weights, biases and multipliers.

use trunkline_shared::model::{LayerOp, WeightKind};

use super::multiplier::{LARGEST_MULTIPLIER, short_multipliers};
use crate::model::Dense;

/// Largest weight in counts.
pub(super) fn largest_weight(kind: WeightKind) -> i16 {
    kind.largest_weight() as i16
}

/// B: every accumulator stays below 2^B in magnitude.
pub(super) fn bound_bits(op: LayerOp, kind: WeightKind) -> u32 {
    op.accumulator_limit(kind).ilog2()
}

/// 2^32: what a multiplier of 1 in the float sense would be.
const MULTIPLIER_ONE: f64 = 4294967296.0;

/// A layer whose input has its range and its step, but whose output has none yet.
pub(super) struct ScaledRows {
    dense: Dense,
    op: LayerOp,
    kind: WeightKind,
    /// Network units a count of the input.
    input_step: f64,
    /// The least that a count of each row's weights may be worth; 0 for a row of zeros.
    scales: Vec<f64>,
}

/// A layer in integers.
pub(super) struct IntegerRows {
    /// Row-major weights in counts.
    pub(super) weights: Vec<i16>,
    /// Biases in accumulator counts.
    pub(super) biases: Vec<i32>,
    /// One a row, in units of 2^-32.
    pub(super) multipliers: Vec<i32>,
    /// Network units a count of each row's weights.
    pub(super) scales: Vec<f64>,
}

impl ScaledRows {
    /// `dense`, run as `op`, with weights of `kind` on an input of range `bits`, a count of which is worth `input_step`; `None` if a row
    /// cannot stay within its bound.
    pub(super) fn new(dense: &Dense, op: LayerOp, kind: WeightKind, bits: u8, input_step: f64) -> Option<Self> {
        let rows = dense.weight.chunks_exact(dense.inputs).zip(&dense.bias);
        let scale = |(row, bias): (&[f32], &f32)| row_scale(row, *bias, (op, kind), bits, input_step);
        let scales = rows.map(scale).collect::<Option<_>>()?;
        Some(Self { dense: dense.clone(), op, kind, input_step, scales })
    }

    /// What the layer computes.
    pub(super) fn op(&self) -> LayerOp {
        self.op
    }

    /// Kind of the weights.
    pub(super) fn kind(&self) -> WeightKind {
        self.kind
    }

    /// Number of rows.
    pub(super) fn outputs(&self) -> usize {
        self.dense.outputs
    }

    /// The least step of a tensor that the layer may write: its multipliers stay within i32.
    pub(super) fn least_output_step(&self) -> f64 {
        // A hair more, for the roundings on the way to the multiplier.
        const LEAST_STEP: f64 = MULTIPLIER_ONE / LARGEST_MULTIPLIER as f64 * (1.0 + 1e-9);
        LEAST_STEP * self.input_step * self.scales.iter().copied().fold(0.0, f64::max)
    }

    /// The integers of the layer, which writes a tensor a count of which is worth `output_step`, at least the least.
    ///
    /// A row takes a scale at which its multiplier is short and therefore exact, and is rounded on that scale: among those a little larger
    /// than its finest the one on which it comes nearest to the float row.
    pub(super) fn integers(&self, output_step: f64) -> IntegerRows {
        let mut integers = IntegerRows { weights: vec![], biases: vec![], multipliers: vec![], scales: vec![] };
        let rows = self.dense.weight.chunks_exact(self.dense.inputs).zip(&self.dense.bias).zip(&self.scales);
        for ((row, bias), finest) in rows {
            let scale_of = |multiplier: i32| {
                // But for a rounding never below the finest.
                (f64::from(multiplier) / MULTIPLIER_ONE * output_step / self.input_step).max(*finest)
            };
            let candidates = short_multipliers(finest * self.input_step / output_step * MULTIPLIER_ONE);
            let errors = candidates.map(|multiplier| (multiplier, squared_error(row, scale_of(multiplier), self.kind)));
            let multiplier = errors.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(multiplier, _)| multiplier);
            let scale = scale_of(multiplier);
            integers.multipliers.push(multiplier);
            integers.scales.push(scale);
            integers.weights.extend(row.iter().map(|weight| weight_count(*weight, scale, self.kind)));
            let bias = f64::from(*bias) / (scale * self.input_step);
            // Without a scale the row is zeros.
            integers.biases.push(if scale > 0.0 { bias.round() as i32 } else { 0 });
        }
        integers
    }
}

/// Counts of `scale` nearest to a weight.
fn weight_count(weight: f32, scale: f64, kind: WeightKind) -> i16 {
    let limit = f64::from(largest_weight(kind));
    if scale > 0.0 { (f64::from(weight) / scale).round().clamp(-limit, limit) as i16 } else { 0 }
}

/// What rounding to counts of `scale` does to a row of weights.
fn squared_error(row: &[f32], scale: f64, kind: WeightKind) -> f64 {
    row.iter().map(|weight| (f64::from(*weight) - f64::from(weight_count(*weight, scale, kind)) * scale).powi(2)).sum()
}

/// The finest scale of a row of weights at which no weight leaves its type and no accumulator its bound, rounding included:
/// `(sum|w| / s + n / 2) 2^k + |b| / (s step) + 1 <= 2^B - 1`. 0 for a row of zeros, which any scale fits: it must not make the tensor that it
/// writes coarser.
pub(super) fn row_scale(row: &[f32], bias: f32, (op, kind): (LayerOp, WeightKind), bits: u8, step: f64) -> Option<f64> {
    let magnitudes = || row.iter().map(|weight| f64::from(*weight).abs());
    let range = f64::from(1u32 << bits);
    let room = 2f64.powi(bound_bits(op, kind) as i32) - 2.0 - row.len() as f64 / 2.0 * range;
    if room < 1.0 {
        return None;
    }
    let by_type = magnitudes().fold(0.0, f64::max) / f64::from(largest_weight(kind));
    let by_bound = (magnitudes().sum::<f64>() * range + f64::from(bias).abs() / step) / room;
    Some(by_type.max(by_bound))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A count of a row is worth what its multiplier says, exactly, and little more than the finest scale.
        #[test]
        fn a_row_is_rounded_on_the_scale_that_its_multiplier_says(
            weight in prop::collection::vec(-2f32..2.0, 1..40), bias in -10f32..10.0, bits in 6u8..=11, coarser in 0f64..3.0,
        ) {
            let dense = Dense { outputs: 1, inputs: weight.len(), weight, bias: vec![bias] };
            let input_step = 8.0 / f64::from(1u32 << bits);
            let rows = ScaledRows::new(&dense, LayerOp::Dense, WeightKind::I8, bits, input_step).unwrap();
            let output_step = rows.least_output_step().max(1e-9) * (1.0 + coarser * 1e3);
            let IntegerRows { weights, biases, multipliers, .. } = rows.integers(output_step);
            let scale = f64::from(multipliers[0]) / MULTIPLIER_ONE * output_step / input_step;
            prop_assert!(scale >= rows.scales[0] * (1.0 - 1e-12) && scale <= rows.scales[0] * (17.0 / 16.0));
            for (float, integer) in dense.weight.iter().zip(&weights) {
                prop_assert!((f64::from(*integer) * scale - f64::from(*float)).abs() <= scale * (0.5 + 1e-9));
            }
            prop_assert!((f64::from(biases[0]) * scale * input_step - f64::from(bias)).abs() <= scale * input_step * 0.501);
            let sum: i64 = weights.iter().map(|weight| i64::from(weight.abs())).sum();
            prop_assert!((sum << bits) + i64::from(biases[0].abs()) < 1 << bound_bits(LayerOp::Dense, WeightKind::I8));
        }
    }

    #[test]
    fn a_row_of_zeros_has_a_multiplier_of_zero() {
        let dense = Dense { outputs: 2, inputs: 2, weight: vec![0.0, 0.0, 1.0, -1.0], bias: vec![0.0, 0.5] };
        let rows = ScaledRows::new(&dense, LayerOp::Dense, WeightKind::I8, 10, 0.01).unwrap();
        let IntegerRows { weights, biases, multipliers, .. } = rows.integers(1.0);
        assert_eq!((multipliers[0], biases[0], &weights[..2]), (0, 0, &[0, 0][..]));
        assert!(multipliers[1] > 0 && weights[2] == -weights[3]);
    }
}
