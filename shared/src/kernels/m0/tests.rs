//! Laws of the layout: what is packed reads back, and layers equal the reference to the bit.

use proptest::prelude::*;

use super::{bias, dense, is_canonical, multiplier, pack, scratch_words, weight, words};
use crate::kernels::reference::fully_connected;
use crate::kernels::{OutputStage, WeightKind, padded};

const KINDS: [WeightKind; 3] = [WeightKind::I8, WeightKind::I16, WeightKind::I4];

/// A layer that the validator would accept.
#[derive(Debug, Clone)]
struct Layer {
    kind: WeightKind,
    columns: usize,
    weights: Vec<i16>,
    biases: Vec<i32>,
    multipliers: Vec<i32>,
    input: Vec<i16>,
    held: Vec<i16>,
    stage: OutputStage,
}

impl Layer {
    fn rows(&self) -> usize {
        self.biases.len()
    }

    fn stream(&self) -> Vec<u32> {
        pack(self.kind, self.columns, &self.weights, &self.biases, &self.multipliers)
    }

    /// By the packed layout, with other numbers in the padding of the input and 77 in what lies beyond the output.
    fn run(&self) -> Vec<i16> {
        let mut input = self.input.clone();
        input.resize(padded(self.columns), i16::MIN);
        let mut output = self.held.clone();
        output.resize(padded(self.rows()), 0);
        output.resize(padded(self.rows()) + 4, 77);
        let mut scratch = vec![0; scratch_words(self.columns)];
        let stream = self.stream();
        dense(self.kind, &stream, self.rows(), self.columns, &input, &mut output, &mut scratch, self.stage);
        assert_eq!(output[padded(self.rows())..], [77; 4]);
        output.truncate(self.rows());
        output
    }

    fn by_reference(&self) -> Vec<i16> {
        let mut output = self.held.clone();
        let (biases, multipliers) = (&self.biases, &self.multipliers);
        fully_connected(&self.input, &self.weights, biases, multipliers, self.stage, &mut output);
        output
    }
}

/// Every element at an extreme, or anything between.
fn number(largest: i16) -> impl Strategy<Value = i16> {
    prop_oneof![2 => Just(-largest), 2 => Just(largest), 1 => Just(0), 5 => -largest..=largest]
}

fn stage() -> impl Strategy<Value = OutputStage> {
    (any::<i16>(), 1..=15u8, any::<bool>(), any::<bool>())
        .prop_map(|(zero, range_bits, relu, accumulate)| OutputStage { zero, range_bits, relu, accumulate })
}

/// Multipliers of every size, all short or not.
fn multipliers(rows: usize) -> impl Strategy<Value = Vec<i32>> {
    let short =
        (0..256i32, 0..31u32).prop_map(|(mantissa, shift)| (i64::from(mantissa) << shift).min(255 << 23) as i32);
    let general = (0..=i32::MAX, 0..31u32).prop_map(|(multiplier, shift)| multiplier >> shift);
    prop_oneof![prop::collection::vec(short, rows), prop::collection::vec(general, rows)]
}

fn layer(columns: impl Strategy<Value = usize>, most_rows: usize) -> impl Strategy<Value = Layer> {
    (prop::sample::select(&KINDS[..]), 1..=most_rows, columns).prop_flat_map(|(kind, rows, columns)| {
        let largest = kind.largest_weight() as i16;
        let weights = prop::collection::vec(number(largest), rows * columns);
        // Per row, how much of the room below the bound its bias takes, in 1/16, and its sign.
        let room = prop::collection::vec((prop_oneof![Just(16i64), 0..=16i64], any::<bool>()), rows);
        let held = prop::collection::vec(any::<i16>(), rows);
        let input = prop::collection::vec(any::<i16>(), columns);
        (weights, room, held, input, multipliers(rows), stage(), 0..=rows, 0..=15u8).prop_map(
            move |(weights, room, held, input, multipliers, stage, matched, most_bits)| {
                let limit = i64::from(kind.accumulator_limit());
                let sum = |row: &[i16]| row.iter().map(|weight| i64::from(*weight).abs()).sum::<i64>();
                let worst = weights.chunks(columns).map(sum).max().unwrap_or(0);
                let bits = (0..=most_bits).rev().find(|bits| worst << bits < limit).unwrap_or(0);
                let biases = (weights.chunks(columns).zip(&room))
                    .map(|(row, (part, negative))| {
                        let bias = (limit - 1 - (sum(row) << bits)) * part / 16;
                        (if *negative { -bias } else { bias }) as i32
                    })
                    .collect();
                let (least, most) = ((-1i32 << bits) as i16, ((1i32 << bits) - 1) as i16);
                // Inputs of the signs of one row and of its bias take its sum to the bound.
                let input = match weights.chunks(columns).nth(matched) {
                    Some(row) => {
                        let sign = if room[matched].1 { -1 } else { 1 };
                        row.iter().map(|weight| if weight.signum() * sign < 0 { least } else { most }).collect()
                    }
                    None => input.iter().map(|x| x >> (15 - bits)).collect(),
                };
                Layer { kind, columns, weights, biases, multipliers, input, held, stage }
            },
        )
    })
}

fn small_layer() -> impl Strategy<Value = Layer> {
    layer(1..=40usize, 9)
}

fn sample(kind: WeightKind) -> Layer {
    Layer {
        kind,
        columns: 6,
        weights: (0..18).map(|place| [-7, 0, 7, 3, -1][place % 5]).collect(),
        biases: vec![100, -200, 300],
        multipliers: vec![1 << 28; 3],
        input: vec![50, -60, 70, -80, 90, -100],
        held: vec![0; 3],
        stage: OutputStage { zero: 2, range_bits: 9, relu: false, accumulate: false },
    }
}

#[test]
fn lengths_that_do_not_fit_change_nothing() {
    for kind in KINDS {
        let layer = sample(kind);
        let stream = layer.stream();
        let short = |words: usize, inputs: usize, outputs: usize, scratch: usize| {
            let (mut output, mut scratch) = (vec![77; outputs], vec![0; scratch]);
            dense(kind, &stream[..words], 3, 6, &vec![1; inputs], &mut output, &mut scratch, layer.stage);
            output
        };
        assert_ne!(short(stream.len(), 8, 4, 8), [77; 4]);
        assert_eq!(short(stream.len() - 1, 8, 4, 8), [77; 4]);
        assert_eq!(short(stream.len(), 7, 4, 8), [77; 4]);
        assert_eq!(short(stream.len(), 8, 3, 8), [77; 3]);
        assert_eq!(short(stream.len(), 8, 4, 7), [77; 4]);
        assert_eq!(short(0, 8, 4, 8), [77; 4]);
        let mut output = [77; 4];
        dense(kind, &stream, 3, 0, &[], &mut output, &mut [], layer.stage);
        dense(kind, &stream, 0, 6, &[1; 8], &mut output, &mut [0; 8], layer.stage);
        dense(kind, &stream, usize::MAX, usize::MAX, &[1; 8], &mut output, &mut [0; 8], layer.stage);
        assert_eq!(output, [77; 4]);
    }
}

#[test]
fn readers_beyond_the_stream_give_zero() {
    for kind in KINDS {
        assert_eq!(weight(kind, &[], 3, 6, 2, 5), 0);
        assert_eq!(bias(kind, &[1], 3, 6, 0), 0);
        assert_eq!(multiplier(kind, &[1], 3, 6, 2), 0);
        assert!(!is_canonical(kind, &[], 3, 6));
    }
}

#[test]
fn the_stream_takes_a_byte_a_weight_and_two_words_a_row() {
    assert_eq!(words(WeightKind::I8, 64, 32), 1 + 64 * 32 / 4 + 2 * 64);
    assert_eq!(words(WeightKind::I16, 64, 32), 1 + 64 * 32 / 2 + 2 * 64);
    assert_eq!(words(WeightKind::I4, 64, 32), 1 + 64 * 32 / 8 + 2 * 64);
    assert_eq!(words(WeightKind::I8, 1, 65_535), 1 + 65_536 + 8);
    assert_eq!(words(WeightKind::I8, 65_536, 1), usize::MAX);
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

proptest! {
    #[test]
    fn what_is_packed_reads_back_and_is_canonical(layer in small_layer()) {
        let (kind, rows, columns, stream) = (layer.kind, layer.rows(), layer.columns, layer.stream());
        prop_assert_eq!(stream.len(), words(kind, rows, columns));
        for (place, given) in layer.weights.iter().enumerate() {
            let read = weight(kind, &stream, rows, columns, place / columns, place % columns);
            prop_assert_eq!(read, i32::from(*given));
        }
        for row in 0..rows {
            prop_assert_eq!(bias(kind, &stream, rows, columns, row), layer.biases[row]);
            prop_assert_eq!(multiplier(kind, &stream, rows, columns, row), layer.multipliers[row]);
        }
        prop_assert!(is_canonical(kind, &stream, rows, columns));
    }

    /// A stream is canonical exactly where packing what it reads as gives it again.
    #[test]
    fn canonical_streams_are_those_that_packing_gives(
        layer in small_layer(),
        place: prop::sample::Index,
        other in prop_oneof![0..3u32, any::<u32>(), (0..32u32).prop_map(|bit| 1 << bit)],
    ) {
        let (kind, rows, columns, mut stream) = (layer.kind, layer.rows(), layer.columns, layer.stream());
        *place.get_mut(&mut stream) ^= other;
        let read_row = |row| (0..columns).map(move |column| (row, column));
        let weights: Vec<i16> = (0..rows)
            .flat_map(read_row)
            .map(|(row, column)| weight(kind, &stream, rows, columns, row, column) as i16)
            .collect();
        let biases: Vec<i32> = (0..rows).map(|row| bias(kind, &stream, rows, columns, row)).collect();
        let multipliers: Vec<i32> = (0..rows).map(|row| multiplier(kind, &stream, rows, columns, row)).collect();
        let again = pack(kind, columns, &weights, &biases, &multipliers);
        prop_assert_eq!(is_canonical(kind, &stream, rows, columns), again == stream);
    }

    #[test]
    fn layers_equal_the_reference(layer in small_layer()) {
        prop_assert_eq!(layer.run(), layer.by_reference());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn wide_layers_equal_the_reference(layer in layer(1..=1024usize, 6)) {
        prop_assert_eq!(layer.run(), layer.by_reference());
    }
}
