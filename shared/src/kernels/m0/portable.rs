//! The arithmetic of the packed words in safe Rust: what runs where there is no assembly, and the assembly's oracle.

use super::scale::{scale, scale_short};
use super::stream::{block_words, weight_words};
use super::{BLOCK_ROWS, Layer};
use crate::kernels::WeightKind;

/// Runs a layer.
pub(super) fn run(layer: Layer<'_>) {
    let Layer { kind, short, blocks, input, output, stage, .. } = layer;
    let total = input.iter().fold(0u32, |total, x| total.wrapping_add(widen(x)));
    let weights = weight_words(kind, input.len());
    let (low, high) = (i32::from(stage.low()), i32::from(stage.high()));
    let blocks = blocks.chunks_exact(block_words(kind, input.len()).max(1));
    for (block, outputs) in blocks.zip(output.as_chunks_mut::<BLOCK_ROWS>().0) {
        let Some((weights, numbers)) = block.split_at_checked(weights) else { return };
        let sums = match kind {
            WeightKind::I8 => sums_i8(weights, input, total),
            WeightKind::I16 => sums_i16(weights, input, total),
            WeightKind::I4 => sums_i4(weights, input, total),
        };
        for ((output, sum), [bias, multiplier]) in outputs.iter_mut().zip(sums).zip(numbers.as_chunks().0) {
            let sum = sum.wrapping_add(*bias as i32);
            let zero = i32::from(if stage.accumulate { *output } else { stage.zero });
            let scaled = if short { scale_short(sum, *multiplier, zero) } else { scale(sum, *multiplier, zero) };
            *output = scaled.max(low).min(high) as i16;
        }
    }
}

/// An activation as the arithmetic modulo 2^32 takes it.
#[inline]
fn widen(x: &i16) -> u32 {
    i32::from(*x) as u32
}

/// Three sums of products modulo 2^32 that hold four rows' sums of 24 bits.
struct PackedSums {
    a: u32,
    v: u32,
    c: u32,
}

impl PackedSums {
    /// Sums of bytes that each hold a weight plus `offset`, for activations that add up to `total`.
    #[inline]
    fn new(offset: u32, total: u32) -> Self {
        let excess = offset.wrapping_mul(total).wrapping_neg();
        Self {
            a: excess.wrapping_mul(0x0101_0101),
            v: excess.wrapping_mul(0x0101),
            c: excess.wrapping_mul(0x0001_0001),
        }
    }

    #[inline]
    fn add(&mut self, word: u32, x: u32) {
        self.a = self.a.wrapping_add(word.wrapping_mul(x));
        self.v = self.v.wrapping_add((word >> 16).wrapping_mul(x));
        self.c = self.c.wrapping_add((word >> 8 & 0x00ff_00ff).wrapping_mul(x));
    }

    /// The rows' sums, each below 2^23 in magnitude.
    #[inline]
    fn rows(self) -> [i32; BLOCK_ROWS] {
        let first_pair = self.a.wrapping_sub(self.v << 16);
        let (row0, row1) = unpair(first_pair, self.c << 16);
        let (row2, row3) = unpair(self.v, self.c.wrapping_sub(row1 as u32));
        [row0, row1, row2, row3]
    }
}

/// x and y, of 24 bits each, from x + 2^8 y and 2^16 y.
#[inline]
fn unpair(pair: u32, upper: u32) -> (i32, i32) {
    let x = (pair << 8).wrapping_sub(upper) as i32 >> 8;
    (x, pair.wrapping_sub(x as u32) as i32 >> 8)
}

fn sums_i8(weights: &[u32], input: &[i16], total: u32) -> [i32; BLOCK_ROWS] {
    let mut sums = PackedSums::new(128, total);
    for (word, x) in weights.iter().zip(input) {
        sums.add(*word, widen(x));
    }
    sums.rows()
}

fn sums_i4(weights: &[u32], input: &[i16], total: u32) -> [i32; BLOCK_ROWS] {
    let mut sums = PackedSums::new(8, total);
    for (word, [even, odd]) in weights.iter().zip(input.as_chunks().0) {
        let (even, odd) = (widen(even), widen(odd));
        sums.add(*word, even);
        sums.add(word >> 4 & 0x0f0f_0f0f, odd.wrapping_sub(even << 4));
    }
    sums.rows()
}

fn sums_i16(weights: &[u32], input: &[i16], total: u32) -> [i32; BLOCK_ROWS] {
    let excess = (total << 15).wrapping_neg();
    let [mut first, mut second] = [[excess, 0]; 2];
    for ([word0, word1], x) in weights.as_chunks().0.iter().zip(input) {
        for ([pair, odd], word) in [(&mut first, word0), (&mut second, word1)] {
            *pair = pair.wrapping_add(word.wrapping_mul(widen(x)));
            *odd = odd.wrapping_add(((*word as i32 >> 16) as u32).wrapping_mul(widen(x)));
        }
    }
    let split = |[pair, odd]: [u32; 2]| (pair.wrapping_sub(odd << 16) as i32, odd as i32);
    let ((row0, row1), (row2, row3)) = (split(first), split(second));
    [row0, row1, row2, row3]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::PackedSums;

    proptest! {
        /// What the assembly for Armv6-M accumulates in place of `c`.
        #[test]
        fn byte_swapped_halves_give_the_third_sum(words in prop::collection::vec((any::<u32>(), any::<i16>()), 1..20)) {
            let mut sums = PackedSums { a: 0, v: 0, c: 0 };
            let mut swapped = 0u32;
            for (word, x) in words {
                let x = i32::from(x) as u32;
                sums.add(word, x);
                let halves = word.swap_bytes().rotate_left(16);
                swapped = swapped.wrapping_add(halves.wrapping_mul(x));
            }
            let difference = swapped.wrapping_sub(sums.a << 8);
            prop_assert_eq!(difference.wrapping_add(difference << 16), sums.c);
        }
    }
}
