//! Laws of the convolution: the reference against exact arithmetic, the packed stream against the reference.

use proptest::prelude::*;

use super::{Shape, depthwise, m4};
use crate::kernels::{OutputStage, padded};

#[derive(Debug, Clone)]
struct Layer {
    shape: Shape,
    weights: Vec<i8>,
    biases: Vec<i32>,
    multipliers: Vec<i32>,
    stage: OutputStage,
    input: Vec<i16>,
}

impl Layer {
    /// The outputs of every position by `run`, without the padding.
    fn outputs(&self, run: impl Fn(&mut [i16])) -> Vec<Vec<i16>> {
        // What lies beyond is seen to stay as it is.
        let mut output = vec![77; self.shape.outputs() + 4];
        run(&mut output);
        assert_eq!(output[self.shape.outputs()..], [77; 4]);
        let positions = output[..self.shape.outputs()].chunks(padded(self.shape.rows));
        positions.map(|position| position[..self.shape.rows].to_vec()).collect()
    }

    fn by_reference(&self) -> Vec<Vec<i16>> {
        let Self { shape, weights, biases, multipliers, stage, input } = self;
        self.outputs(|output| depthwise(*shape, input, weights, biases, multipliers, *stage, output))
    }

    fn stream(&self) -> Vec<u32> {
        let weights: Vec<i16> = self.weights.iter().map(|&weight| weight.into()).collect();
        m4::pack(self.shape.kernel, &weights, &self.biases, &self.multipliers)
    }

    fn by_stream(&self) -> Vec<Vec<i16>> {
        let (stream, words) = (self.stream(), slot(&self.input));
        let input: &[i16] = bytemuck::cast_slice(&words);
        self.outputs(|output| m4::depthwise(self.shape, &stream, input, self.stage, output))
    }

    /// By sums of 64 bits and division.
    fn exactly(&self) -> Vec<Vec<i16>> {
        let Shape { channels, samples, rows, kernel, stride } = self.shape;
        let (low, high) = (self.stage.low().into(), self.stage.high().into());
        let output = |position: usize, row: usize| {
            let start = row / (rows / channels) * samples + position * stride;
            let products =
                (0..kernel).map(|tap| i64::from(self.weights[row * kernel + tap]) * i64::from(self.input[start + tap]));
            let sum = i64::from(self.biases[row]) + products.sum::<i64>();
            assert!(sum.abs() < 1 << 31);
            let doubled = 2 * i128::from(sum) * i128::from(self.multipliers[row]) + (1 << 32);
            (doubled.div_euclid(1 << 33) as i64 + i64::from(self.stage.zero)).clamp(low, high) as i16
        };
        let positions = (samples - kernel) / stride + 1;
        (0..positions).map(|position| (0..rows).map(|row| output(position, row)).collect()).collect()
    }
}

/// At a multiple of four bytes.
fn slot(elements: &[i16]) -> Vec<u32> {
    let elements = [elements, &[0; 2]].concat();
    elements.as_chunks().0.iter().map(|[low, high]| u32::from(*low as u16) | u32::from(*high as u16) << 16).collect()
}

fn layer() -> impl Strategy<Value = Layer> {
    let shape = (1..=4usize, 1..=5usize, 1..=20usize, 1..=8usize, 0..=40usize).prop_map(
        |(channels, filters, kernel, stride, more)| Shape {
            channels,
            samples: kernel + more,
            rows: channels * filters,
            kernel,
            stride,
        },
    );
    shape.prop_flat_map(|shape| {
        let weights = prop_oneof![2 => Just(-127i8), 2 => Just(127), 1 => Just(0), 4 => -127..=127i8];
        let sample = prop_oneof![2 => Just(i16::MIN), 2 => Just(i16::MAX), 6 => any::<i16>()];
        let stage = (any::<i16>(), 1..=15u8, any::<bool>()).prop_map(|(zero, range_bits, relu)| OutputStage {
            zero,
            range_bits,
            relu,
            accumulate: false,
        });
        // How much of the room below 2^31 its bias takes, in 1/16.
        let part = prop_oneof![Just(-16i64), Just(16i64), -16..=16i64];
        let multiplier = (0..=i32::MAX, 0..31u32).prop_map(|(multiplier, shift)| multiplier >> shift);
        let numbers = (
            prop::collection::vec(weights, shape.rows * shape.kernel),
            prop::collection::vec(part, shape.rows),
            prop::collection::vec(multiplier, shape.rows),
        );
        let input = prop::collection::vec(sample, shape.channels * shape.samples);
        (numbers, stage, input).prop_map(move |((weights, parts, multipliers), stage, input)| {
            let room =
                |row: &[i8]| (1 << 31) - 1 - (row.iter().map(|weight| i64::from(*weight).abs()).sum::<i64>() << 15);
            let rows = weights.chunks(shape.kernel).zip(parts);
            let biases = rows.map(|(row, part)| (room(row) * part / 16) as i32).collect();
            Layer { shape, weights, biases, multipliers, stage, input }
        })
    })
}

const FULL: OutputStage = OutputStage { zero: 0, range_bits: 15, relu: false, accumulate: false };
/// 2^-2 in units of 2^-32.
const QUARTER: i32 = 1 << 30;

#[test]
fn outputs_of_a_channel_stand_side_by_side_at_every_position() {
    let layer = Layer {
        shape: Shape { channels: 2, samples: 5, rows: 4, kernel: 2, stride: 2 },
        weights: vec![4, 0, 0, 4, 4, 4, -4, 8],
        biases: vec![0, 0, 0, 4],
        multipliers: vec![QUARTER; 4],
        stage: FULL,
        input: vec![1, 2, 3, 4, 5, 10, 20, 30, 40, 50],
    };
    assert_eq!(layer.by_reference(), [[1, 2, 30, 31], [3, 4, 70, 51]], "sample 5 of a channel is no position's");
}

#[test]
fn shapes_that_do_not_fit_have_no_position_and_change_nothing() {
    let shape = Shape { channels: 2, samples: 8, rows: 4, kernel: 3, stride: 1 };
    assert_eq!((shape.positions(), shape.outputs()), (6, 24));
    for shape in [
        Shape { channels: 0, ..shape },
        Shape { channels: 3, ..shape },
        Shape { rows: 0, ..shape },
        Shape { kernel: 0, ..shape },
        Shape { kernel: 9, ..shape },
        Shape { stride: 0, ..shape },
    ] {
        assert_eq!((shape.positions(), shape.outputs()), (0, 0), "{shape:?}");
        let mut output = [77; 24];
        m4::depthwise(shape, &[0; 64], &[0; 16], FULL, &mut output);
        depthwise(Shape { samples: 0, ..shape }, &[], &[], &[], &[], FULL, &mut output);
        assert_eq!(output, [77; 24], "{shape:?}");
    }
    let short = |words: usize, inputs: usize, outputs: usize| {
        let mut output = vec![77; outputs];
        m4::depthwise(shape, &vec![0; words], &vec![0; inputs], FULL, &mut output);
        output.iter().all(|output| *output == 77)
    };
    assert_eq!([short(14, 16, 24), short(13, 16, 24), short(14, 15, 24), short(14, 16, 23)], [false, true, true, true]);
}

#[test]
fn the_stream_takes_two_bytes_a_weight_and_two_words_a_row() {
    assert_eq!(m4::words(6, 16), 6 * 16 / 2 + 2 * 6);
    assert_eq!(m4::words(1, 3), 2 * 3 / 2 + 2 * 2);
    assert_eq!([m4::words(65_536, 1), m4::words(1, 256)], [usize::MAX; 2]);
    let stream = m4::pack(5, &[1, 2, 3, 4, 5, -1, -2, -3, -4, -5], &[7, -7], &[8, 9]);
    let lanes = |low: i16, high: i16| u32::from(low as u16) | u32::from(high as u16) << 16;
    let taps = [lanes(1, 2), lanes(-1, -2), lanes(3, 4), lanes(-3, -4), lanes(5, -5)];
    assert_eq!(stream, [&[7, -7i32 as u32][..], &taps, &[8, 9]].concat());
}

#[test]
fn readers_beyond_the_stream_give_zero() {
    assert_eq!([m4::weight(&[], 3, 1, 2), m4::bias(&[], 3, 1), m4::multiplier(&[], 3, 1)], [0; 3]);
    assert!(!m4::is_canonical(&[], 1, 3));
}

/// What the readers find in a stream.
fn read(stream: &[u32], rows: usize, kernel: usize) -> (Vec<i16>, Vec<i32>, Vec<i32>) {
    let places = (0..rows).flat_map(|row| (0..kernel).map(move |tap| (row, tap)));
    (
        places.map(|(row, tap)| m4::weight(stream, kernel, row, tap) as i16).collect(),
        (0..rows).map(|row| m4::bias(stream, kernel, row)).collect(),
        (0..rows).map(|row| m4::multiplier(stream, kernel, row)).collect(),
    )
}

proptest! {
    #[test]
    fn the_reference_is_exact(layer in layer()) {
        prop_assert_eq!(layer.by_reference(), layer.exactly());
    }

    #[test]
    fn the_stream_gives_what_the_reference_does(layer in layer()) {
        prop_assert_eq!(layer.by_stream(), layer.by_reference());
    }

    #[test]
    fn what_is_packed_reads_back_and_is_canonical(layer in layer()) {
        let Layer { shape, weights, biases, multipliers, .. } = &layer;
        let stream = layer.stream();
        prop_assert_eq!(stream.len(), m4::words(shape.rows, shape.kernel));
        prop_assert!(m4::is_canonical(&stream, shape.rows, shape.kernel));
        let weights = weights.iter().map(|&weight| weight.into()).collect();
        prop_assert_eq!(read(&stream, shape.rows, shape.kernel), (weights, biases.clone(), multipliers.clone()));
    }

    /// A stream is canonical exactly where packing what it reads as gives it again.
    #[test]
    fn canonical_streams_are_those_that_packing_gives(
        layer in layer(),
        place: prop::sample::Index,
        other in prop_oneof![0..3u32, any::<u32>(), (0..32u32).prop_map(|bit| 1 << bit)],
    ) {
        let Shape { rows, kernel, .. } = layer.shape;
        let mut stream = layer.stream();
        *place.get_mut(&mut stream) ^= other;
        let (weights, biases, multipliers) = read(&stream, rows, kernel);
        let again = m4::pack(kernel, &weights, &biases, &multipliers);
        prop_assert_eq!(m4::is_canonical(&stream, rows, kernel), again == stream);
    }
}
