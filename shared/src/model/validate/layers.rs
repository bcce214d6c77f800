//! The numbers of a layer: no accumulator, whole or partial, can leave the range that its kernel is built on.

use crate::kernels::reference::Weight;
use crate::model::ModelError;
use crate::model::header::WeightKind;
use crate::model::layer::{LayerWeights, ResolvedLayer};

pub(super) fn check(layer: u8, resolved: &ResolvedLayer<'_>) -> Result<(), ModelError> {
    match resolved.weights {
        LayerWeights::I8(weights) => check_rows(layer, resolved, weights, WeightKind::I8),
        LayerWeights::I16(weights) => check_rows(layer, resolved, weights, WeightKind::I16),
    }
}

fn check_rows<W: Weight>(
    layer: u8,
    resolved: &ResolvedLayer<'_>,
    weights: &[W],
    kind: WeightKind,
) -> Result<(), ModelError> {
    let limit = kind.accumulator_limit();
    let rows = weights.chunks_exact(usize::from(resolved.input.elements).max(1));
    for (((row, weights), bias), &multiplier) in (0u16..).zip(rows).zip(resolved.biases).zip(resolved.multipliers) {
        // 65535 weights of at most 2^15: no wrap.
        let mut sum = 0u32;
        for weight in weights {
            let magnitude = weight.widen().unsigned_abs();
            if magnitude > kind.largest_weight() {
                return Err(ModelError::Weight { layer, row });
            }
            sum = sum.wrapping_add(magnitude);
        }
        // Inputs lie in -2^k ..= 2^k - 1; 2^31 * 2^15 + 2^31 fits 64 bits.
        let worst = (u64::from(sum) << u32::from(resolved.input.range_bits).min(15))
            .wrapping_add(u64::from(bias.unsigned_abs()));
        let worst = u32::try_from(worst).unwrap_or(u32::MAX);
        if worst >= limit {
            return Err(ModelError::Accumulator { layer, row, limit, found: worst });
        }
        if multiplier < 0 {
            return Err(ModelError::Multiplier { layer, row, found: multiplier });
        }
    }
    Ok(())
}
