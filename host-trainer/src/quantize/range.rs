//! The power of two of a tensor's range and the row scales of the layers that read it.
//!
//! A larger range resolves the activations better, but the accumulator bound then asks for coarser weights. For every
//! candidate k each row gets the finest weight scale that the bound allows; the k is taken at which the rounding of weights and
//! of activations together loses least. At that k it is also the largest the chosen weights allow: were there slack in every
//! row, k + 1 would resolve the activations better at the same weights and would have been taken.

use trunkline_shared::model::WeightKind;

use super::QuantizeError;
use super::rows::{ScaledRows, bound_bits, row_scale};
use crate::model::Dense;

/// Most bits of a tensor's range.
pub(super) const MOST_RANGE_BITS: u8 = 15;

/// A layer that reads the tensor in question.
pub(super) struct Reader<'a> {
    /// What to call it in an error.
    pub(super) place: String,
    /// The float layer.
    pub(super) dense: &'a Dense,
}

/// A tensor's range and its readers on it.
pub(super) struct FittedTensor {
    /// k.
    pub(super) range_bits: u8,
    /// Network units a count of the tensor.
    pub(super) step: f64,
    /// One a reader, in their order.
    pub(super) rows: Vec<ScaledRows>,
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
        let rows =
            readers.iter().map(|reader| ScaledRows::new(reader.dense, kind, bits, step)).collect::<Option<_>>()?;
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
