//! The arithmetic of the assembly in safe Rust, instruction by instruction as far as numbers depend on it: what runs where there is
//! no assembly.

use super::instructions::{smlad, smmla, smmlar, ssat, sxtb16, usat};
use super::stream::block_words;
use super::{BLOCK_ROWS, Layer};
use crate::kernels::{OutputStage, WeightKind, positions};

/// Four activations, as the stream has four columns.
type Group = [i16; 4];
type Sums = [u32; BLOCK_ROWS];

/// Runs a layer.
pub(super) fn run(layer: Layer<'_>) {
    let Layer { kind, stream, rows, columns, input, output, stage } = layer;
    for (input, output) in positions(input, columns, output, rows) {
        position(kind, stream, input, output, stage);
    }
}

fn position(kind: WeightKind, stream: &[u32], input: &[i16], output: &mut [i16], stage: OutputStage) {
    let input = input.as_chunks().0;
    let blocks = stream.chunks_exact(block_words(kind, input.as_flattened().len()).max(1));
    let offsets = input.iter().flat_map(pairs).fold(0, |sum, x| smlad(0x0008_0008, x, sum));
    for (block, outputs) in blocks.zip(output.as_chunks_mut().0) {
        let Some((seeds, rest)) = block.split_first_chunk() else { return };
        let Some((weights, multipliers)) = rest.split_last_chunk() else { return };
        let sums = match kind {
            WeightKind::I8 => sums_i8(*seeds, weights, input),
            WeightKind::I16 => sums_i16(*seeds, weights, input),
            WeightKind::I4 => sums_i4(*seeds, weights, input, offsets),
        };
        let scaled = match kind {
            WeightKind::I8 | WeightKind::I4 => scale(sums, multipliers, stage),
            WeightKind::I16 => scale_i16(sums, multipliers, stage),
        };
        finish(scaled, stage, outputs);
    }
}

/// The words of two columns each.
#[inline]
fn pairs(group: &Group) -> [u32; 2] {
    let [x0, x1, x2, x3] = group.map(|x| u32::from(x as u16));
    [x0 | x1 << 16, x2 | x3 << 16]
}

/// The sums of a block's rows, those of rows 0 and 2 times 2^8.
fn sums_i8(seeds: Sums, weights: &[u32], input: &[Group]) -> Sums {
    let [mut a, mut b, mut c, mut d] = seeds;
    for ([upper0, upper1, lower0, lower1], group) in weights.as_chunks().0.iter().zip(input) {
        for (upper, lower, x) in [(upper0, lower0, pairs(group)[0]), (upper1, lower1, pairs(group)[1])] {
            a = smlad(*upper, x, a);
            b = smlad(sxtb16(*upper), x, b);
            c = smlad(*lower, x, c);
            d = smlad(sxtb16(*lower), x, d);
        }
    }
    [a.wrapping_sub(b), b, c.wrapping_sub(d), d]
}

/// The sums of a block's rows, those of rows 0 and 2 times 2^8; `offsets` is 8 times the sum of the activations.
fn sums_i4(seeds: Sums, weights: &[u32], input: &[Group], offsets: u32) -> Sums {
    let [mut a, mut c, mut b, mut d] = seeds;
    for (words, group) in weights.as_chunks::<2>().0.iter().zip(input) {
        for (&word, x) in words.iter().zip(pairs(group)) {
            a = smlad(word, x, a);
            let word = word & !0xf000_f000;
            b = smlad(word, x, b);
            let word = sxtb16(word);
            c = smlad(word, x, c);
            d = smlad(word & 0x000f_000f, x, d);
        }
    }
    let quarter = |difference: u32| (difference as i32 >> 4) as u32;
    let row2 = b.wrapping_sub(c).wrapping_sub(offsets << 8);
    [quarter(a.wrapping_sub(b)), quarter(c.wrapping_sub(d)), row2, d.wrapping_sub(offsets)]
}

/// The sums of a block's rows.
fn sums_i16(seeds: Sums, weights: &[u32], input: &[Group]) -> Sums {
    let mut sums = seeds;
    for (words, group) in weights.as_chunks::<8>().0.iter().zip(input) {
        for (sum, row) in sums.iter_mut().zip(words.as_chunks::<2>().0) {
            *sum = row.iter().zip(pairs(group)).fold(*sum, |sum, (&word, x)| smlad(word, x, sum));
        }
    }
    sums
}

/// What SMMLA and SMMLAR add: 2^8 zero and a half, zero.
fn zeros(stage: OutputStage) -> [i32; 2] {
    let zero = if stage.accumulate { 0 } else { i32::from(stage.zero) };
    [(zero << 8) + 128, zero]
}

/// Outputs without their limits, those of rows 0 and 2 times 2^8 and not yet rounded.
fn scale(sums: Sums, multipliers: &[u32; BLOCK_ROWS], stage: OutputStage) -> [i32; BLOCK_ROWS] {
    let [upper, lower] = zeros(stage);
    let ([s0, s1, s2, s3], [m0, m1, m2, m3]) = (sums.map(|sum| sum as i32), multipliers.map(|word| word as i32));
    [smmla(s0, m0, upper), smmlar(s1, m1, lower), smmla(s2, m2, upper), smmlar(s3, m3, lower)]
}

/// The same from plain sums. Those of rows 0 and 2 are limited to 17 bits, so that they can be multiplied by 2^8: beyond that the
/// limits of the output decide, whatever is added.
fn scale_i16(sums: Sums, multipliers: &[u32; BLOCK_ROWS], stage: OutputStage) -> [i32; BLOCK_ROWS] {
    let [_, zero] = zeros(stage);
    let mut scaled = [0; BLOCK_ROWS];
    for (scaled, (sum, multiplier)) in scaled.iter_mut().zip(sums.iter().zip(multipliers)) {
        *scaled = smmlar(*sum as i32, *multiplier as i32, zero);
    }
    let [y0, y1, y2, y3] = scaled;
    [ssat(17, y0) << 8, y1, ssat(17, y2) << 8, y3]
}

/// Adds what is held where the layer accumulates, and limits.
fn finish(scaled: [i32; BLOCK_ROWS], stage: OutputStage, outputs: &mut [i16; BLOCK_ROWS]) {
    let bits = u32::from(stage.range_bits);
    for ((output, value), shift) in outputs.iter_mut().zip(scaled).zip([8, 0, 8, 0]) {
        let held = if stage.accumulate { i32::from(*output) } else { 0 };
        let value = value.wrapping_add(held << shift) >> shift;
        *output = (if stage.relu { usat(bits, value) } else { ssat(bits + 1, value) }) as i16;
    }
}
