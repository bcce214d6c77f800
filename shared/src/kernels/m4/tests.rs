//! What is particular to this layout; the laws of all are in `kernels/tests.rs`.

use proptest::prelude::*;

use super::{pack, scratch_words, weight, words};
use crate::kernels::WeightKind;

#[test]
fn the_stream_takes_a_byte_a_weight_and_two_words_a_row() {
    assert_eq!(words(WeightKind::I8, 64, 32), 64 * 32 / 4 + 2 * 64);
    assert_eq!(words(WeightKind::I16, 64, 32), 64 * 32 / 2 + 2 * 64);
    assert_eq!(words(WeightKind::I4, 64, 32), 64 * 32 / 8 + 2 * 64);
    assert_eq!(words(WeightKind::I8, 1, 65_535), 65_536 + 8);
    assert_eq!(scratch_words(1024), 0);
}

#[test]
fn an_int8_block_reads_as_the_documentation_says() {
    let weights = [[1, 2, 3, 4], [-1, -2, -3, -4], [5, 6, 7, 8], [127, -127, 0, 1]].concat();
    let stream = pack(WeightKind::I8, 4, &weights, &[1, -1, 2, 3], &[10, 20, 30, 40]);
    let lanes = |even: i32, odd: i32| (even as u32 & 0xffff) | (odd as u32) << 16;
    let seeds = [255, u32::MAX, 2 * 256 + 3, 3];
    let words = [
        lanes(256 - 1, 2 * 256 - 2),
        lanes(3 * 256 - 3, 4 * 256 - 4),
        lanes(5 * 256 + 127, 6 * 256 - 127),
        lanes(7 * 256, 8 * 256 + 1),
    ];
    assert_eq!(stream, [&seeds[..], &words, &[10, 20, 30, 40]].concat());
}

proptest! {
    /// So the validator, which looks at the weights that the readers give, refuses what the arithmetic cannot hold.
    #[test]
    fn every_lane_is_the_combination_of_the_weights_it_reads_as(lane: i16) {
        let read = |kind, row| weight(kind, &[0, 0, 0, 0, lane as u16 as u32, 0, 0, 0], 4, 4, row, 0);
        prop_assert_eq!(256 * read(WeightKind::I8, 0) + read(WeightKind::I8, 1), i32::from(lane));
        let [w0, w1, w2, w3] = [0, 1, 2, 3].map(|row| read(WeightKind::I4, row));
        prop_assert_eq!((w0 << 12) + ((w2 + 8) << 8) + (w1 << 4) + w3 + 8, i32::from(lane));
        prop_assert_eq!(read(WeightKind::I16, 0), i32::from(lane));
    }
}
