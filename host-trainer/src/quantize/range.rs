//! The power of two of a tensor's range and the row scales of the layers that read it.
//!
//! A larger range resolves the activations better, but the accumulator bound then asks for coarser weights. For every
//! candidate k each row gets the finest weight scale that the bound allows; the k is taken at which the rounding of weights and
//! of activations together loses least. At that k it is also the largest the chosen weights allow: were there slack in every
//! row, k + 1 would resolve the activations better at the same weights and would have been taken.

use trunkline_shared::model::WeightKind;

use super::QuantizeError;
use crate::model::Dense;

/// Most bits of a tensor's range.
pub(super) const MOST_RANGE_BITS: u8 = 15;

/// Largest weight in counts.
pub(super) fn largest_weight(kind: WeightKind) -> i16 {
    match kind {
        WeightKind::I8 => 127,
        WeightKind::I16 => 32767,
    }
}

/// B: every accumulator stays below 2^B in magnitude.
pub(super) fn bound_bits(kind: WeightKind) -> u32 {
    match kind {
        WeightKind::I8 => 23,
        WeightKind::I16 => 31,
    }
}

/// A layer that reads the tensor in question.
pub(super) struct Reader<'a> {
    /// What to call it in an error.
    pub(super) place: String,
    /// The float layer.
    pub(super) dense: &'a Dense,
}

/// A layer in integers, before its output scale is known.
pub(super) struct IntegerRows {
    /// Row-major weights in counts.
    pub(super) weights: Vec<i16>,
    /// Biases in accumulator counts.
    pub(super) bias: Vec<i32>,
    /// Network units an accumulator count, one a row.
    pub(super) steps: Vec<f64>,
}

/// A tensor's range and its readers in integers.
pub(super) struct FittedTensor {
    /// k.
    pub(super) range_bits: u8,
    /// Network units a count of the tensor.
    pub(super) step: f64,
    /// One a reader, in their order.
    pub(super) rows: Vec<IntegerRows>,
}

/// Chooses range and scales for a tensor whose count is worth `step(k)` units at range k, for `range_bits` among which to
/// choose; `mean_square` is that of the activations.
///
/// # Errors
/// [`QuantizeError::Accumulator`] if no range keeps the accumulators within bounds.
pub(super) fn fit_tensor(
    readers: &[Reader<'_>],
    kind: WeightKind,
    range_bits: std::ops::RangeInclusive<u8>,
    step: impl Fn(u8) -> f64,
    mean_square: f64,
) -> Result<FittedTensor, QuantizeError> {
    let best = range_bits
        .filter_map(|bits| Some((bits, loss(readers, kind, bits, step(bits), mean_square)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let fitted = best.and_then(|(bits, _)| {
        let step = step(bits);
        let rows = readers.iter().map(|reader| integer_rows(reader.dense, kind, bits, step)).collect::<Option<_>>()?;
        Some(FittedTensor { range_bits: bits, step, rows })
    });
    fitted.ok_or_else(|| {
        let widest = readers.iter().max_by_key(|reader| reader.dense.inputs);
        QuantizeError::Accumulator {
            place: widest.map_or_else(String::new, |reader| reader.place.clone()),
            inputs: widest.map_or(0, |reader| reader.dense.inputs),
            bound_bits: bound_bits(kind),
        }
    })
}

/// Noise over signal, summed over the readers' rows, where both roundings are uniform and independent; `None` if a row cannot
/// stay within its bound.
fn loss(readers: &[Reader<'_>], kind: WeightKind, bits: u8, step: f64, mean_square: f64) -> Option<f64> {
    let mut total = 0.0;
    for reader in readers {
        for (row, bias) in reader.dense.weight.chunks_exact(reader.dense.inputs).zip(&reader.dense.bias) {
            let scale = row_scale(row, *bias, kind, bits, step)?;
            let energy: f64 = row.iter().map(|weight| f64::from(*weight).powi(2)).sum();
            if energy > 0.0 && mean_square > 0.0 {
                total += row.len() as f64 * scale * scale / energy + step * step / mean_square;
            }
        }
    }
    Some(total)
}

/// The finest scale of a row of weights at which no weight leaves its type and no accumulator its bound, rounding included:
/// `(sum|w| / s + n / 2) 2^k + |b| / (s step) + 1 <= 2^B - 1`. 0 for a row of zeros, which any scale fits: it must not make the tensor that it
/// writes coarser.
fn row_scale(row: &[f32], bias: f32, kind: WeightKind, bits: u8, step: f64) -> Option<f64> {
    let magnitudes = || row.iter().map(|weight| f64::from(*weight).abs());
    let range = f64::from(1u32 << bits);
    let room = 2f64.powi(bound_bits(kind) as i32) - 2.0 - row.len() as f64 / 2.0 * range;
    if room < 1.0 {
        return None;
    }
    let by_type = magnitudes().fold(0.0, f64::max) / f64::from(largest_weight(kind));
    let by_bound = (magnitudes().sum::<f64>() * range + f64::from(bias).abs() / step) / room;
    Some(by_type.max(by_bound))
}

pub(super) fn integer_rows(dense: &Dense, kind: WeightKind, bits: u8, step: f64) -> Option<IntegerRows> {
    let limit = f64::from(largest_weight(kind));
    let mut rows = IntegerRows { weights: Vec::new(), bias: Vec::new(), steps: Vec::new() };
    for (row, bias) in dense.weight.chunks_exact(dense.inputs).zip(&dense.bias) {
        let scale = row_scale(row, *bias, kind, bits, step)?;
        let accumulator_step = scale * step;
        rows.steps.push(accumulator_step);
        if scale == 0.0 {
            rows.weights.extend(row.iter().map(|_| 0));
            rows.bias.push(0);
            continue;
        }
        rows.weights.extend(row.iter().map(|weight| (f64::from(*weight) / scale).round().clamp(-limit, limit) as i16));
        rows.bias.push((f64::from(*bias) / accumulator_step).round() as i32);
    }
    Some(rows)
}
