//! Laws of every packed layout: what is packed reads back, and layers equal the reference to the bit.

use proptest::prelude::*;

use super::reference::fully_connected;
use super::{OutputStage, PackedLayer, WeightKind, m0, m4, padded};

type Pack = fn(WeightKind, usize, &[i16], &[i32], &[i32]) -> Vec<u32>;
type Dense = fn(WeightKind, &[u32], usize, usize, &[i16], &mut [i16], &mut [u32], OutputStage);

/// A layout's functions.
struct Packing {
    name: &'static str,
    words: fn(WeightKind, usize, usize) -> usize,
    weight: fn(WeightKind, &[u32], usize, usize, usize, usize) -> i32,
    bias: fn(WeightKind, &[u32], usize, usize, usize) -> i32,
    multiplier: fn(WeightKind, &[u32], usize, usize, usize) -> i32,
    packing: super::Packing,
    pack: Pack,
    scratch_words: fn(usize) -> usize,
    dense: Dense,
}

macro_rules! packing {
    ($layout:ident, $packing:expr) => {
        Packing {
            name: stringify!($layout),
            words: $layout::words,
            weight: $layout::weight,
            bias: $layout::bias,
            multiplier: $layout::multiplier,
            packing: $packing,
            pack: $layout::pack,
            scratch_words: $layout::scratch_words,
            dense: $layout::dense,
        }
    };
}

const PACKINGS: [Packing; 2] = [packing!(m0, super::Packing::M0), packing!(m4, super::Packing::M4)];
impl Packing {
    fn is_canonical(&self, kind: WeightKind, stream: &[u32], rows: usize, columns: usize) -> bool {
        PackedLayer { packing: self.packing, kind, rows, columns, stream }.is_canonical()
    }
}

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

    fn stream(&self, packing: &Packing) -> Vec<u32> {
        (packing.pack)(self.kind, self.columns, &self.weights, &self.biases, &self.multipliers)
    }

    /// By a packed layout, with other numbers in the padding of the input and 77 in what lies beyond the output.
    fn run(&self, packing: &Packing) -> Vec<i16> {
        let mut input = self.input.clone();
        input.resize(padded(self.columns), i16::MIN);
        let mut output = self.held.clone();
        output.resize(padded(self.rows()), 0);
        output.resize(padded(self.rows()) + 4, 77);
        let mut scratch = vec![0; (packing.scratch_words)(self.columns)];
        let (stream, rows) = (self.stream(packing), self.rows());
        (packing.dense)(self.kind, &stream, rows, self.columns, &input, &mut output, &mut scratch, self.stage);
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

/// What the readers find in a stream.
#[derive(Debug, PartialEq)]
struct Read {
    weights: Vec<i16>,
    biases: Vec<i32>,
    multipliers: Vec<i32>,
}

impl Read {
    fn new(packing: &Packing, layer: &Layer, stream: &[u32]) -> Self {
        let (kind, rows, columns) = (layer.kind, layer.rows(), layer.columns);
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let weight = |(row, column)| (packing.weight)(kind, stream, rows, columns, row, column) as i16;
        Self {
            weights: places.map(weight).collect(),
            biases: (0..rows).map(|row| (packing.bias)(kind, stream, rows, columns, row)).collect(),
            multipliers: (0..rows).map(|row| (packing.multiplier)(kind, stream, rows, columns, row)).collect(),
        }
    }
}

#[test]
fn lengths_that_do_not_fit_change_nothing() {
    for (kind, packing) in KINDS.iter().flat_map(|kind| PACKINGS.iter().map(|packing| (*kind, packing))) {
        let Packing { name, dense, scratch_words, .. } = packing;
        let layer = sample(kind);
        let stream = layer.stream(packing);
        let short = |words: usize, inputs: usize, outputs: usize, scratch: usize| {
            let (mut output, mut scratch) = (vec![77; outputs], vec![0; scratch]);
            dense(kind, &stream[..words], 3, 6, &vec![1; inputs], &mut output, &mut scratch, layer.stage);
            output
        };
        let words = stream.len();
        let room = scratch_words(6);
        assert_ne!(short(words, 8, 4, room), [77; 4], "{name}");
        assert_eq!(short(words - 1, 8, 4, room), [77; 4], "{name}");
        assert_eq!(short(words, 7, 4, room), [77; 4], "{name}");
        assert_eq!(short(words, 8, 3, room), [77; 3], "{name}");
        assert_eq!(short(0, 8, 4, room), [77; 4], "{name}");
        if room > 0 {
            assert_eq!(short(words, 8, 4, room - 1), [77; 4], "{name}");
        }
        let mut output = [77; 4];
        dense(kind, &stream, 3, 0, &[], &mut output, &mut [], layer.stage);
        dense(kind, &stream, 0, 6, &[1; 8], &mut output, &mut [0; 8], layer.stage);
        dense(kind, &stream, usize::MAX, usize::MAX, &[1; 8], &mut output, &mut [0; 8], layer.stage);
        assert_eq!(output, [77; 4], "{name}");
    }
}

#[test]
fn readers_beyond_the_stream_give_zero() {
    for packing in &PACKINGS {
        for kind in KINDS {
            assert_eq!((packing.weight)(kind, &[], 3, 6, 2, 5), 0);
            assert_eq!((packing.bias)(kind, &[1], 3, 6, 0), 0);
            assert_eq!((packing.multiplier)(kind, &[1], 3, 6, 2), 0);
            assert!(!packing.is_canonical(kind, &[], 3, 6));
        }
    }
}

#[test]
fn more_rows_or_columns_than_a_tensor_can_have_fit_no_stream() {
    for packing in &PACKINGS {
        for kind in KINDS {
            assert_ne!((packing.words)(kind, 1, 65_535), usize::MAX);
            assert_eq!(
                [(65_536, 1), (1, 65_536)].map(|(rows, columns)| (packing.words)(kind, rows, columns)),
                [usize::MAX; 2]
            );
        }
    }
}

proptest! {
    #[test]
    fn what_is_packed_reads_back_and_is_canonical(layer in small_layer()) {
        for packing in &PACKINGS {
            let stream = layer.stream(packing);
            prop_assert_eq!(stream.len(), (packing.words)(layer.kind, layer.rows(), layer.columns));
            let Layer { weights, biases, multipliers, .. } = layer.clone();
            prop_assert_eq!(Read::new(packing, &layer, &stream), Read { weights, biases, multipliers }, "{}", packing.name);
            prop_assert!(packing.is_canonical(layer.kind, &stream, layer.rows(), layer.columns), "{}", packing.name);
        }
    }

    /// A stream is canonical exactly where packing what it reads as gives it again.
    #[test]
    fn canonical_streams_are_those_that_packing_gives(
        layer in small_layer(),
        place: prop::sample::Index,
        other in prop_oneof![0..3u32, any::<u32>(), (0..32u32).prop_map(|bit| 1 << bit)],
    ) {
        for packing in &PACKINGS {
            let mut stream = layer.stream(packing);
            *place.get_mut(&mut stream) ^= other;
            let Read { weights, biases, multipliers } = Read::new(packing, &layer, &stream);
            let again = (packing.pack)(layer.kind, layer.columns, &weights, &biases, &multipliers);
            let canonical = packing.is_canonical(layer.kind, &stream, layer.rows(), layer.columns);
            prop_assert_eq!(canonical, again == stream, "{}", packing.name);
        }
    }

    #[test]
    fn layers_equal_the_reference(layer in small_layer()) {
        for packing in &PACKINGS {
            prop_assert_eq!(layer.run(packing), layer.by_reference(), "{}", packing.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn wide_layers_equal_the_reference(layer in layer(1..=1024usize, 6)) {
        for packing in &PACKINGS {
            prop_assert_eq!(layer.run(packing), layer.by_reference(), "{}", packing.name);
        }
    }
}
