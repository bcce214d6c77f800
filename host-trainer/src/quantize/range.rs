//! The power of two of a tensor's range and the row scales of the layers that read it.
//!
//! A larger range resolves the activations better, but the accumulator bound then asks for coarser weights. For every
//! candidate k each row gets the finest weight scale that the bound allows; the k is taken at which the rounding of weights and
//! of activations together loses least. At that k it is also the largest the chosen weights allow: were there slack in every
//! row, k + 1 would resolve the activations better at the same weights and would have been taken.

use trunkline_shared::model::{LayerOp, WeightKind};

use super::rows::{ScaledRows, row_scale};
use crate::model::{Dense, LayerPlace};

/// Most bits of a tensor's range.
pub(super) const MOST_RANGE_BITS: u8 = 15;

/// A layer that reads the tensor in question.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    /// Which float layer it is, or is a part of.
    pub(super) place: LayerPlace,
    /// Weights and biases.
    pub(super) dense: &'a Dense,
    /// What it computes.
    pub(super) op: LayerOp,
    /// Kind of the weights that it gets.
    pub(super) kind: WeightKind,
    /// The first of the float layer's columns that it has.
    pub(super) first_column: usize,
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
/// The reader with most inputs if no range keeps the accumulators within bounds.
pub(super) fn fit_tensor<'r, 'a>(
    readers: &'r [Reader<'a>],
    range_bits: std::ops::RangeInclusive<u8>,
    step: impl Fn(u8) -> f64,
    mean_square: f64,
) -> Result<FittedTensor, Option<&'r Reader<'a>>> {
    let best = if range_bits.start() == range_bits.end() {
        Some(*range_bits.start())
    } else {
        let losses = range_bits.filter_map(|bits| Some((bits, loss(readers, bits, step(bits), mean_square)?)));
        losses.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(bits, _)| bits)
    };
    let fitted = best.and_then(|range_bits| {
        let step = step(range_bits);
        let scaled = |reader: &Reader<'_>| ScaledRows::new(reader.dense, reader.op, reader.kind, range_bits, step);
        Some(FittedTensor { range_bits, step, rows: readers.iter().map(scaled).collect::<Option<_>>()? })
    });
    fitted.ok_or_else(|| readers.iter().max_by_key(|reader| reader.dense.inputs))
}

/// Noise over signal, summed over the readers' rows, where both roundings are uniform and independent; `None` if a row cannot
/// stay within its bound.
fn loss(readers: &[Reader<'_>], bits: u8, step: f64, mean_square: f64) -> Option<f64> {
    let mut total = 0.0;
    for Reader { dense, op, kind, .. } in readers {
        for (row, bias) in dense.weight.chunks_exact(dense.inputs).zip(&dense.bias) {
            let scale = row_scale(row, *bias, (*op, *kind), bits, step)?;
            let energy: f64 = row.iter().map(|weight| f64::from(*weight).powi(2)).sum();
            if energy > 0.0 && mean_square > 0.0 {
                total += row.len() as f64 * scale * scale / energy + step * step / mean_square;
            }
        }
    }
    Some(total)
}
