//! From a layer's numbers to its stream.

use alloc::vec;
use alloc::vec::Vec;

use super::BLOCK_ROWS;
use super::multiplier::{GENERAL, SHORT, shorten};
use super::stream::{number_place, weight_offset, weight_place, words};
use crate::kernels::{WeightKind, padded};

/// The stream of a layer.
///
/// * `weights`: `[rows][columns]`, row-major, in the range of `kind`.
/// * `biases`, `multipliers`: `[rows]`; multipliers are at least 0, in units of 2^-32.
///
/// Empty where rows or columns exceed 65,535.
pub fn pack(kind: WeightKind, columns: usize, weights: &[i16], biases: &[i32], multipliers: &[i32]) -> Vec<u32> {
    let rows = biases.len();
    let length = words(kind, rows, columns);
    if length == usize::MAX {
        return Vec::new();
    }
    let mut stream = vec![0; length];
    let short: Option<Vec<u32>> = multipliers.iter().map(|multiplier| shorten(*multiplier)).collect();
    let short = short.filter(|_| kind != WeightKind::I16);
    stream[0] = if short.is_some() { SHORT } else { GENERAL };
    for row in 0..rows.next_multiple_of(BLOCK_ROWS) {
        for column in 0..padded(columns) {
            let given = row < rows && column < columns;
            let weight = if given { i32::from(weights[row * columns + column]) } else { 0 };
            let (place, bits) = weight_place(kind, columns, row, column);
            let lane = u32::MAX >> (32 - kind.bits());
            stream[place] |= ((weight + weight_offset(kind, row)) as u32 & lane) << bits;
        }
        let place = number_place(kind, columns, row);
        let multiplier = multipliers.get(row).copied().unwrap_or(0);
        stream[place] = biases.get(row).map_or(0, |bias| *bias as u32);
        stream[place + 1] = match &short {
            Some(_) => shorten(multiplier).unwrap_or(0),
            None => multiplier as u32,
        };
    }
    stream
}
