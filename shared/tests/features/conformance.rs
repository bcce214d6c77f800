//! Fixed windows and numbers with the bits that every target must compute from them.
//!
//! Needs neither std nor an allocator, so that a firmware test can include the file and call [`first_difference`].

use trunkline_shared::features::{FeatureGroup, MISSING, Signal, Source, extract_group};
use trunkline_shared::quant::{ChannelCode, MISSING_COUNT, Transform, quantize_feature, requantize};
use trunkline_shared::seq::Seq;

/// Samples of each window.
const SAMPLES: usize = 512;
/// Points of the FFT.
const FFT_SIZE: u16 = 128;
/// Features of each case.
const FEATURES: usize = 24;
/// Every kind of feature, as the artifact encodes it.
const PLAN: [u8; 27] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, // mean ... last
    12, 8, // difference of the means of 8 samples at the ends
    13, 4, // 4 block means
    14, 0xc8, 0x01, // every 200th sample
    15, 1, 9, // band of bins 1..9
    15, 9, 64, // band of bins 9..64
    16, 17, // centroid, indicator
];
/// Entries of [`PLAN`].
const ENTRIES: u16 = 19;
/// Cases: each window alone, then the magnitude of the first three.
const CASES: usize = 6;
/// Numbers converted one by one.
const CONVERSIONS: usize = 9;

/// Where a target departs from the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Index of the case; [`CASES`] for the conversions.
    pub(crate) case: usize,
    /// Index of the number in it.
    pub(crate) position: usize,
    /// The bits found.
    pub(crate) found: u32,
    /// The bits in the table.
    pub(crate) expected: u32,
}

/// Computes everything in the table and returns the first number that is not equal to the bit.
pub(crate) fn first_difference() -> Option<Difference> {
    let mut found = [0; FEATURES];
    for (case, expected) in EXPECTED_FEATURES.iter().enumerate() {
        feature_bits(case, &mut found);
        if let Some(difference) = compare(case, &found, expected) {
            return Some(difference);
        }
    }
    compare(CASES, &conversion_bits(), &EXPECTED_CONVERSIONS)
}

fn compare(case: usize, found: &[u32], expected: &[u32]) -> Option<Difference> {
    let position = found.iter().zip(expected).position(|(found, expected)| found != expected)?;
    Some(Difference { case, position, found: found[position], expected: expected[position] })
}

/// Numerical Recipes' 32-bit linear congruential generator.
struct Generator(u32);

impl Generator {
    fn next(&mut self) -> i16 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as i16
    }
}

/// Noise, a triangle wave with noise, noise with gaps, a full-scale square wave, a constant.
fn fill(window: usize, counts: &mut [i16; SAMPLES]) {
    let mut generator = Generator(window as u32 + 1);
    for (index, slot) in counts.iter_mut().enumerate() {
        let noise = generator.next();
        let triangle = 1000 * ((index as i16 % 24) - 12).abs();
        *slot = match window {
            0 => noise.max(-32767),
            1 => triangle + noise / 64,
            2 if noise % 5 == 0 => MISSING_COUNT,
            2 => noise / 1024 + 700,
            3 if index / 3 % 2 == 0 => 32767,
            3 => -32767,
            _ => -4321,
        };
    }
}

/// Scale, offset and rate in millihertz of each window.
const SIGNALS: [(f32, f32, u32); 5] = [
    (0.0123, 0.0, 1_000_000),
    (0.0123, 0.0, 1_000_000),
    (0.0123, 0.0, 1_000_000),
    (1e12, 1e12, 333),
    (0.3, 77.7, 25_600_123),
];

/// The features of one case, as bits.
fn feature_bits(case: usize, bits: &mut [u32; FEATURES]) {
    let mut counts = [[0; SAMPLES]; 3];
    let (source, windows) =
        if case < SIGNALS.len() { (Source::Channel(0), case..case + 1) } else { (Source::Magnitude([0, 1, 2]), 0..3) };
    let first = windows.start;
    for (window, counts) in windows.zip(counts.iter_mut()) {
        fill(window, counts);
    }
    let group = FeatureGroup { source, fft_size: FFT_SIZE, features: Seq::from_parts(ENTRIES, &PLAN) };
    let channel = |channel: u8| {
        let (scale, offset, rate_mhz) = SIGNALS[first];
        Some(Signal::new(counts.get(usize::from(channel))?, scale, offset, rate_mhz))
    };
    let mut scratch = [0; FFT_SIZE as usize * 3 / 2 + SAMPLES / 2];
    let mut features = [0.0; FEATURES];
    extract_group(&group, channel, &mut scratch, &mut features);
    for (bits, feature) in bits.iter_mut().zip(features) {
        *bits = feature.to_bits();
    }
}

/// Channel codes with each transform, input quantization, requantization.
fn conversion_bits() -> [u32; CONVERSIONS] {
    // The knots -2, 0.1 and 500 in the artifact's encoding.
    let mut knots = [0; 12];
    for (slot, knot) in knots.chunks_exact_mut(4).zip([-2.0f32, 0.1, 500.0]) {
        slot.copy_from_slice(&knot.to_le_bytes());
    }
    let code = |transform| ChannelCode { transform, scale: 3.3e-4, offset: -0.1 };
    let log = code(Transform::SignedLog { unit: 0.7 });
    let rank = code(Transform::Rank(Seq::from_parts(3, &knots)));
    let count = |code: ChannelCode<'_>, value| i32::from(code.encode(value).count) as u32;
    [
        count(code(Transform::None), 1.234_567),
        count(log, -321.75),
        count(log, f32::INFINITY),
        count(rank, 123.456),
        rank.decode(-7).to_bits(),
        rank.decode(MISSING_COUNT).to_bits(),
        i32::from(quantize_feature(1.0e-3, 0.7, 12.34, 8, 15)) as u32,
        i32::from(quantize_feature(MISSING, 0.7, 1.0, 9, 15)) as u32,
        i32::from(requantize(-1_234_567, 1_234_567, 89, -2048, 2047)) as u32,
    ]
}

const EXPECTED_FEATURES: [[u32; FEATURES]; CASES] = [
    [
        0xc151b494, 0x436adeb6, 0x436b3c41, 0xc3c92dc5, 0x43c964e0, 0x44494953, 0x3fdb2be4, 0x3e0096ca, 0x3fe037af,
        0xc31889ea, 0x433e99ce, 0xc388a0df, 0xc27ce67a, 0x413e5161, 0xc0612b81, 0xc1037cac, 0xc2525709, 0x433e99ce,
        0x43c0b766, 0x4267a233, 0x4106ff64, 0x412c1333, 0x4384d955, 0x00000000,
    ],
    [
        0x4293ebba, 0x422c2a17, 0x42ab2532, 0xc0c46809, 0x43198106, 0x431fa446, 0x3fe59cb0, 0xbca96a3c, 0x3fed10ea,
        0x4046ae90, 0x4316939c, 0x4273a36e, 0xc0895dcc, 0x4296dd75, 0x428d9737, 0x4294b166, 0x429688d5, 0x4316939c,
        0x425a597f, 0x4230c68d, 0x40f06d5b, 0x40713d4d, 0x4233f6ae, 0x00000000,
    ],
    [
        0x4109e9ee, 0x3e624e9e, 0x4109f588, 0x4103a8c1, 0x410fdc5d, 0x3f4339c0, 0x3f8579c4, 0x3b3cee17, 0x3fe4f178,
        0x3d1e3415, 0x410cb645, 0x410e16f0, 0x3dbc169c, 0x4109f8c6, 0x41098acc, 0x410a2f1d, 0x4109fbb1, 0x410cb645,
        0x7fc00000, 0x410b559b, 0xc0bc060c, 0xc0582367, 0x43830aaf, 0x00000000,
    ],
    [
        0x56eaa47c, 0x5ae8d25f, 0x5ae8d2d5, 0xdae8d101, 0x5ae8d4a5, 0x5b68d2d3, 0x3f8000ff, 0xbc000040, 0x3f800200,
        0xd267aedc, 0x5ae8d4a5, 0x5ae8d4a5, 0x00000000, 0x57e9473d, 0x5368d4a5, 0xd7e85e69, 0x57e9473d, 0x5ae8d4a5,
        0x5ae8d4a5, 0xdae8d101, 0x4284b06f, 0x4297f579, 0x3d75128c, 0x00000000,
    ],
    [
        0xc4985334, 0x00000000, 0x44985334, 0xc4985334, 0xc4985334, 0x00000000, 0x3f800000, 0x00000000, 0x00000000,
        0x00000000, 0xc4985334, 0xc4985334, 0x00000000, 0xc4985334, 0xc4985334, 0xc4985334, 0xc4985334, 0xc4985334,
        0xc4985334, 0xc4985334, 0xc0df1d08, 0xc0a16bbe, 0x00000000, 0x00000000,
    ],
    [
        0x436021da, 0x42d49a32, 0x43781019, 0x415c6a7e, 0x43d1b70a, 0x43cad3b6, 0x3fd86cd5, 0xbd988757, 0x3ff352cd,
        0xc11f418c, 0x43731295, 0x43930f0d, 0xc19ebed5, 0x435dbf51, 0x43629385, 0x436a9778, 0x435556ed, 0x43731295,
        0x7fc00000, 0x4292b6e3, 0x40e93ce8, 0x410df9c6, 0x4368a9ff, 0x00000000,
    ],
];

const EXPECTED_CONVERSIONS: [u32; CONVERSIONS] =
    [0x00000fcc, 0xffffb897, 0x00007fff, 0x00000890, 0xbdd187e8, 0x7fc00000, 0xfffff760, 0x00000000, 0xfffffef6];

#[test]
fn this_target_computes_the_bits_in_the_table() {
    let mut bits = [0; FEATURES];
    let mut table = String::new();
    for case in 0..CASES {
        feature_bits(case, &mut bits);
        table += &format!("{bits:#010x?},\n");
    }
    let difference = first_difference();
    assert_eq!(difference, None, "found:\n{table}{:#010x?}", conversion_bits());
}
