//! From a layer's numbers to its stream.

use alloc::vec;
use alloc::vec::Vec;

use super::BLOCK_ROWS;
use super::stream::{block_words, multiplier_place, offset, place, seeds, words};
use crate::kernels::{WeightKind, padded};

/// The stream of a layer.
///
/// * `weights`: `[rows][columns]`, row-major, in the range of `kind`.
/// * `biases`, `multipliers`: `[rows]`; biases are below [`WeightKind::accumulator_limit`] in magnitude, multipliers at least 0, in
///   units of 2^-32.
///
/// Empty where rows or columns exceed 65,535.
pub fn pack(kind: WeightKind, columns: usize, weights: &[i16], biases: &[i32], multipliers: &[i32]) -> Vec<u32> {
    let rows = biases.len();
    let length = words(kind, rows, columns);
    if length == usize::MAX {
        return Vec::new();
    }
    let mut stream = vec![0; length];
    for row in 0..padded(rows) {
        for column in 0..padded(columns) {
            let given = row < rows && column < columns;
            let weight = if given { i32::from(weights[row * columns + column]) } else { 0 };
            let (place, shift) = place(kind, columns, row, column);
            let word = &mut stream[place];
            let lane = ((*word >> shift) as i32 + (weight + offset(kind, row)) * factor(kind, row)) as u32;
            *word = *word & !(0xffff << shift) | (lane & 0xffff) << shift;
        }
        stream[multiplier_place(kind, columns, row)] = multipliers.get(row).map_or(0, |multiplier| *multiplier as u32);
    }
    for (block, stream) in stream.chunks_mut(block_words(kind, columns)).enumerate() {
        let bias = |row| biases.get(block * BLOCK_ROWS + row).copied().unwrap_or(0);
        stream[..BLOCK_ROWS].copy_from_slice(&seeds(kind, [0, 1, 2, 3].map(bias)));
    }
    stream
}

/// A lane is the sum of the weights that share it, each with its offset, times this.
const fn factor(kind: WeightKind, row: usize) -> i32 {
    match kind {
        WeightKind::I16 => 1,
        WeightKind::I8 => [256, 1, 256, 1][row % BLOCK_ROWS],
        WeightKind::I4 => [1 << 12, 1 << 4, 1 << 8, 1][row % BLOCK_ROWS],
    }
}
