//! What is particular to this layout; the laws of all are in `kernels/tests.rs`.

use super::{pack, weight, words};
use crate::kernels::WeightKind;

#[test]
fn the_stream_takes_a_byte_a_weight_and_two_words_a_row() {
    assert_eq!(words(WeightKind::I8, 64, 32), 1 + 64 * 32 / 4 + 2 * 64);
    assert_eq!(words(WeightKind::I16, 64, 32), 1 + 64 * 32 / 2 + 2 * 64);
    assert_eq!(words(WeightKind::I4, 64, 32), 1 + 64 * 32 / 8 + 2 * 64);
    assert_eq!(words(WeightKind::I8, 1, 65_535), 1 + 65_536 + 8);
}

#[test]
fn a_weight_that_no_layer_may_hold_is_read_as_such() {
    let lowest = [(WeightKind::I8, -128), (WeightKind::I16, -32_768), (WeightKind::I4, -8)];
    for (kind, value) in lowest {
        let stream = pack(kind, 2, &[value; 4], &[0; 2], &[0; 2]);
        let read = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(row, column)| weight(kind, &stream, 2, 2, row, column));
        assert_eq!(read, [i32::from(value); 4]);
    }
}
