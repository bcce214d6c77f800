//! Where a layer's numbers lie in its stream; what tools and the validator read.

use super::BLOCK_ROWS;
use crate::kernels::{WeightKind, padded};

/// Words of a block's weights.
#[inline]
pub(super) const fn weight_words(kind: WeightKind, columns: usize) -> usize {
    match kind {
        WeightKind::I8 => padded(columns),
        WeightKind::I16 => padded(columns).wrapping_mul(2),
        WeightKind::I4 => padded(columns) / 2,
    }
}

/// Words of a block: what the sums begin with, weights, multipliers.
#[inline]
pub(super) const fn block_words(kind: WeightKind, columns: usize) -> usize {
    weight_words(kind, columns).wrapping_add(2 * BLOCK_ROWS)
}

/// Words of a layer's stream; [`usize::MAX`] where rows or columns exceed 65,535.
#[inline]
pub const fn words(kind: WeightKind, rows: usize, columns: usize) -> usize {
    if rows > u16::MAX as usize || columns > u16::MAX as usize {
        return usize::MAX;
    }
    // At most 2^14 blocks of 2^17 + 8 words.
    rows.div_ceil(BLOCK_ROWS) * block_words(kind, columns)
}

/// Word of the stream in which a weight lies, and bits of the word below its lane.
#[inline]
pub(super) const fn place(kind: WeightKind, columns: usize, row: usize, column: usize) -> (usize, u32) {
    let first = (row / BLOCK_ROWS) * block_words(kind, columns) + BLOCK_ROWS;
    let (row, group, pair) = (row % BLOCK_ROWS, column / 4, column % 4 / 2);
    let word = match kind {
        WeightKind::I8 => 4 * group + row / 2 * 2 + pair,
        WeightKind::I16 => 8 * group + 2 * row + pair,
        WeightKind::I4 => 2 * group + pair,
    };
    (first + word, 16 * (column % 2) as u32)
}

/// What is added to a weight of `row` in its lane.
#[inline]
pub(super) const fn offset(kind: WeightKind, row: usize) -> i32 {
    match kind {
        WeightKind::I4 if row % BLOCK_ROWS >= 2 => 8,
        _ => 0,
    }
}

/// The weight of `row` for `column`; 0 beyond the stream.
pub fn weight(kind: WeightKind, stream: &[u32], _rows: usize, columns: usize, row: usize, column: usize) -> i32 {
    let (place, shift) = place(kind, columns, row, column);
    let Some(word) = stream.get(place) else { return 0 };
    let lane = i32::from((word >> shift) as i16);
    // The lower byte of a lane is signed: half of its range rounds the upper one.
    let byte = if row.is_multiple_of(2) { (lane + 128) >> 8 } else { i32::from(lane as i8) };
    match kind {
        WeightKind::I16 => lane,
        WeightKind::I8 => byte,
        WeightKind::I4 if row % BLOCK_ROWS < 2 => byte >> 4,
        WeightKind::I4 => (byte & 15) - offset(kind, row),
    }
}

/// What the four sums of a block begin with.
pub(super) const fn seeds(kind: WeightKind, biases: [i32; BLOCK_ROWS]) -> [u32; BLOCK_ROWS] {
    let [b0, b1, b2, b3] = [biases[0] as u32, biases[1] as u32, biases[2] as u32, biases[3] as u32];
    match kind {
        WeightKind::I8 => [(b0 << 8).wrapping_add(b1), b1, (b2 << 8).wrapping_add(b3), b3],
        WeightKind::I16 => [b0, b1, b2, b3],
        WeightKind::I4 => {
            let c = (b1 << 4).wrapping_add(b3);
            let b = (b2 << 8).wrapping_add(c);
            [(b0 << 12).wrapping_add(b), c, b, b3]
        }
    }
}

/// The inverse of [`seeds`], for biases below the bound of their kind.
fn biases(kind: WeightKind, seeds: [u32; BLOCK_ROWS]) -> [i32; BLOCK_ROWS] {
    let [a, b, c, d] = seeds;
    let difference = |left: u32, right: u32, bits: u32| left.wrapping_sub(right) as i32 >> bits;
    match kind {
        WeightKind::I8 => [difference(a, b, 8), b as i32, difference(c, d, 8), d as i32],
        WeightKind::I16 => [a as i32, b as i32, c as i32, d as i32],
        WeightKind::I4 => [difference(a, c, 12), difference(b, d, 4), difference(c, b, 8), d as i32],
    }
}

/// What the sums of the block of `row` begin with.
fn stored_seeds(kind: WeightKind, stream: &[u32], columns: usize, row: usize) -> Option<[u32; BLOCK_ROWS]> {
    let first = (row / BLOCK_ROWS) * block_words(kind, columns);
    stream.get(first..)?.first_chunk().copied()
}

/// The bias of `row`; 0 beyond the stream.
pub fn bias(kind: WeightKind, stream: &[u32], _rows: usize, columns: usize, row: usize) -> i32 {
    let seeds = stored_seeds(kind, stream, columns, row);
    seeds.map_or(0, |seeds| biases(kind, seeds)[row % BLOCK_ROWS])
}

/// Word of the stream at which a row's multiplier lies.
pub(super) const fn multiplier_place(kind: WeightKind, columns: usize, row: usize) -> usize {
    let block = (row / BLOCK_ROWS) * block_words(kind, columns);
    block + BLOCK_ROWS + weight_words(kind, columns) + row % BLOCK_ROWS
}

/// The multiplier of `row`, in units of 2^-32; 0 beyond the stream.
pub fn multiplier(kind: WeightKind, stream: &[u32], _rows: usize, columns: usize, row: usize) -> i32 {
    stream.get(multiplier_place(kind, columns, row)).map_or(0, |word| *word as i32)
}

/// Whether the sums of every block begin with combinations of biases.
pub fn is_canonical(kind: WeightKind, stream: &[u32], rows: usize, columns: usize) -> bool {
    (0..rows).step_by(BLOCK_ROWS).all(|row| {
        let stored = stored_seeds(kind, stream, columns, row);
        stored.is_some_and(|stored| seeds(kind, biases(kind, stored)) == stored)
    })
}
