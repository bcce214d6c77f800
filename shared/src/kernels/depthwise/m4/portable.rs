//! The arithmetic of the assembly in safe Rust, instruction by instruction as far as numbers depend on it.

use super::{Layer, Limits};
use crate::kernels::m4::instructions::{pkhbt, smlad, smmlar, uqadd16, usat, usub16};
use crate::kernels::padded;

/// Runs a layer.
pub(super) fn run(layer: Layer<'_>) {
    let Layer { shape, stream, input, stage, output, .. } = layer;
    let limits = Limits::new(stage);
    let filters = shape.rows.checked_div(shape.channels).unwrap_or(0).max(1);
    let channel = |row: usize| {
        let first = (row / filters).saturating_mul(shape.samples);
        input.get(first..first.saturating_add(shape.samples)).unwrap_or_default()
    };
    for (pair, numbers) in stream.chunks_exact(shape.kernel + 4).enumerate() {
        let rows = [2 * pair, (2 * pair + 1).min(shape.rows - 1)];
        let windows = rows.map(|row| channel(row).windows(shape.kernel.max(1)).step_by(shape.stride.max(1)));
        let [first, second] = windows;
        for ((a, b), outputs) in first.zip(second).zip(output.chunks_exact_mut(padded(shape.rows).max(1))) {
            if let Some([low, high]) = outputs.get_mut(2 * pair..).and_then(|outputs| outputs.first_chunk_mut()) {
                let word = position(numbers, [a, b], limits);
                (*low, *high) = (word as i16, (word >> 16) as i16);
            }
        }
    }
}

/// Two rows at one position, each over its own samples: both outputs in a word.
fn position(numbers: &[u32], samples: [&[i16]; 2], limits: Limits) -> u32 {
    let ([bias_a, bias_b, taps @ ..], [a, b]) = (numbers, samples) else { return 0 };
    let Some((taps, [multiplier_a, multiplier_b])) = taps.split_last_chunk() else { return 0 };
    let (mut sum_a, mut sum_b) = (*bias_a, *bias_b);
    let (a, b) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let (groups, rest) = taps.split_at(4 * a.0.len());
    for ([a01, b01, a23, b23], (a, b)) in groups.as_chunks().0.iter().zip(a.0.iter().zip(b.0)) {
        sum_a = smlad(*a23, pair(a[2], a[3]), smlad(*a01, pair(a[0], a[1]), sum_a));
        sum_b = smlad(*b23, pair(b[2], b[3]), smlad(*b01, pair(b[0], b[1]), sum_b));
    }
    for (word, (a, b)) in rest.iter().zip(a.1.iter().zip(b.1)) {
        // SMLABB and SMLATB.
        sum_a = smlad(*word & 0xffff, pair(*a, 0), sum_a);
        sum_b = smlad(*word >> 16, pair(*b, 0), sum_b);
    }
    let scaled = |sum: u32, multiplier: u32| usat(16, smmlar(sum as i32, multiplier as i32, limits.zero)) as u32;
    let both = pkhbt(scaled(sum_a, *multiplier_a), scaled(sum_b, *multiplier_b));
    usub16(uqadd16(both, limits.above), limits.back)
}

/// Two samples in a word.
fn pair(low: i16, high: i16) -> u32 {
    pkhbt(low as u32, high as u32)
}
