//! The numbers of a layer: no accumulator, whole or partial, can leave the range that its kernel is built on.

use crate::kernels::reference::Weight;
use crate::model::ModelError;
use crate::model::layer::{LayerWeights, ResolvedLayer};

/// Bound of the accumulators of i8 layers, which the packed kernels rely on.
pub(crate) const I8_ACCUMULATOR_LIMIT: u64 = 1 << 23;
/// Bound of the accumulators of i16 layers: i32.
pub(crate) const I16_ACCUMULATOR_LIMIT: u64 = 1 << 31;

pub(super) fn check(layer: u8, resolved: &ResolvedLayer<'_>) -> Result<(), ModelError> {
    match resolved.weights {
        LayerWeights::I8(weights) => check_rows(layer, resolved, weights, 127, I8_ACCUMULATOR_LIMIT),
        LayerWeights::I16(weights) => check_rows(layer, resolved, weights, 32_767, I16_ACCUMULATOR_LIMIT),
    }
}

fn check_rows<W: Weight>(
    layer: u8,
    resolved: &ResolvedLayer<'_>,
    weights: &[W],
    largest: u32,
    limit: u64,
) -> Result<(), ModelError> {
    let rows = weights.chunks_exact(usize::from(resolved.input.elements).max(1));
    for (((row, weights), bias), &multiplier) in (0u16..).zip(rows).zip(resolved.biases).zip(resolved.multipliers) {
        // 65535 weights of at most 2^15: no wrap.
        let mut sum = 0u32;
        for weight in weights {
            let magnitude = weight.widen().unsigned_abs();
            if magnitude > largest {
                return Err(ModelError::Weight { layer, row });
            }
            sum = sum.wrapping_add(magnitude);
        }
        // Inputs lie in -2^k ..= 2^k - 1; 2^31 * 2^15 + 2^31 fits 64 bits.
        let worst = (u64::from(sum) << u32::from(resolved.input.range_bits).min(15))
            .wrapping_add(u64::from(bias.unsigned_abs()));
        if worst >= limit {
            return Err(ModelError::Accumulator { layer, row, limit, found: worst });
        }
        if multiplier < 0 {
            return Err(ModelError::Multiplier { layer, row, found: multiplier });
        }
    }
    Ok(())
}
