//! The numbers of a layer: no accumulator, whole or partial, can leave the range that its kernel is built on.

use crate::model::ModelError;
use crate::model::layer::ResolvedLayer;

pub(super) fn check(layer: u8, resolved: &ResolvedLayer<'_>) -> Result<(), ModelError> {
    let kind = resolved.kind;
    let limit = resolved.accumulator_limit();
    for row in 0..resolved.rows {
        let index = usize::from(row);
        // 65535 weights of at most 2^15: no wrap.
        let mut sum = 0u32;
        for column in 0..resolved.columns() {
            let magnitude = resolved.weight(index, column).unsigned_abs();
            if magnitude > kind.largest_weight() {
                return Err(ModelError::Weight { layer, row });
            }
            sum = sum.wrapping_add(magnitude);
        }
        // Inputs lie in -2^k ..= 2^k - 1; 2^31 * 2^15 + 2^31 fits 64 bits.
        let worst = (u64::from(sum) << u32::from(resolved.input.range_bits).min(15))
            .wrapping_add(u64::from(resolved.bias(index).unsigned_abs()));
        let worst = u32::try_from(worst).unwrap_or(u32::MAX);
        if worst >= limit {
            return Err(ModelError::Accumulator { layer, row, limit, found: worst });
        }
        let multiplier = resolved.multiplier(index);
        if multiplier < 0 {
            return Err(ModelError::Multiplier { layer, row, found: multiplier });
        }
    }
    if resolved.is_canonical() { Ok(()) } else { Err(ModelError::Packing { layer }) }
}
