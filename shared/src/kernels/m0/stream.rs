//! Where a layer's numbers lie in its stream; what tools and the validator read.

use super::multiplier::{GENERAL, SHORT, is_short, lengthen, shorten};
use super::{BLOCK_ROWS, NUMBER_WORDS};
use crate::kernels::{WeightKind, padded};

/// Words of a block's weights.
pub(super) const fn weight_words(kind: WeightKind, columns: usize) -> usize {
    match kind {
        WeightKind::I8 => padded(columns),
        WeightKind::I16 => padded(columns).wrapping_mul(2),
        WeightKind::I4 => padded(columns) / 2,
    }
}

/// Words of a block.
pub(super) const fn block_words(kind: WeightKind, columns: usize) -> usize {
    weight_words(kind, columns).wrapping_add(NUMBER_WORDS)
}

/// Words of a layer's stream; [`usize::MAX`] where rows or columns exceed 65,535.
pub const fn words(kind: WeightKind, rows: usize, columns: usize) -> usize {
    if rows > u16::MAX as usize || columns > u16::MAX as usize {
        return usize::MAX;
    }
    // At most 2^14 blocks of 2^17 + 8 words.
    1 + rows.div_ceil(BLOCK_ROWS) * block_words(kind, columns)
}

/// Word of the stream, and bits above its lowest, at which a weight lies.
#[inline]
pub(super) const fn weight_place(kind: WeightKind, columns: usize, row: usize, column: usize) -> (usize, u32) {
    let start = 1 + (row / BLOCK_ROWS) * block_words(kind, columns);
    let lane = row % BLOCK_ROWS;
    match kind {
        WeightKind::I8 => (start + column, 8 * lane as u32),
        WeightKind::I16 => (start + 2 * column + lane / 2, 16 * (lane % 2) as u32),
        WeightKind::I4 => (start + column / 2, 8 * lane as u32 + 4 * (column % 2) as u32),
    }
}

/// What is added to a weight in its place.
#[inline]
pub(super) const fn weight_offset(kind: WeightKind, row: usize) -> i32 {
    match kind {
        WeightKind::I8 => 128,
        WeightKind::I16 => {
            if row.is_multiple_of(2) {
                1 << 15
            } else {
                0
            }
        }
        WeightKind::I4 => 8,
    }
}

/// Word of the stream at which a row's bias lies; its multiplier is the next.
#[inline]
pub(super) const fn number_place(kind: WeightKind, columns: usize, row: usize) -> usize {
    let block = (row / BLOCK_ROWS) * block_words(kind, columns);
    1 + block + weight_words(kind, columns) + 2 * (row % BLOCK_ROWS)
}

/// The weight of `row` for `column`; 0 beyond the stream.
pub fn weight(kind: WeightKind, stream: &[u32], _rows: usize, columns: usize, row: usize, column: usize) -> i32 {
    let (place, bits) = weight_place(kind, columns, row, column);
    let Some(word) = stream.get(place) else { return 0 };
    let stored = word >> bits;
    match kind {
        WeightKind::I8 => (stored & 0xff) as i32 - weight_offset(kind, row),
        WeightKind::I16 if row.is_multiple_of(2) => (stored & 0xffff) as i32 - weight_offset(kind, row),
        WeightKind::I16 => i32::from(stored as i16),
        WeightKind::I4 => (stored & 0xf) as i32 - weight_offset(kind, row),
    }
}

/// The bias of `row`; 0 beyond the stream.
pub fn bias(kind: WeightKind, stream: &[u32], _rows: usize, columns: usize, row: usize) -> i32 {
    stream.get(number_place(kind, columns, row)).map_or(0, |word| *word as i32)
}

/// The multiplier of `row`, in units of 2^-32; 0 beyond the stream.
pub fn multiplier(kind: WeightKind, stream: &[u32], _rows: usize, columns: usize, row: usize) -> i32 {
    let Some(word) = stream.get(number_place(kind, columns, row) + 1) else { return 0 };
    if stream.first() == Some(&SHORT) { lengthen(*word) } else { *word as i32 }
}

/// Whether the multipliers of all rows, padding included, are in the form that the stream states, and that is the one to use.
pub fn is_canonical(kind: WeightKind, stream: &[u32], rows: usize, columns: usize) -> bool {
    let short = match stream.first() {
        Some(&GENERAL) => false,
        Some(&SHORT) => true,
        _ => return false,
    };
    let all_short = kind != WeightKind::I16
        && (0..padded(rows)).all(|row| {
            let stored = stream.get(number_place(kind, columns, row) + 1);
            stored.is_some_and(|&word| if short { is_short(word) } else { shorten(word as i32).is_some() })
        });
    short == all_short
}
