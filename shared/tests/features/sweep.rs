//! One digest over the features of many pseudo-random windows with every FFT size, to be compared on any target.
//!
//! Needs neither std nor an allocator, so that a firmware test can include the file and compare [`digest`] with [`EXPECTED`].

use trunkline_shared::features::{FeatureGroup, Signal, Source, extract_group};
use trunkline_shared::quant::{MAX_OFFSET, MAX_SCALE, MIN_SCALE, MISSING_COUNT};
use trunkline_shared::seq::Seq;

/// The digest that every target must compute.
pub(crate) const EXPECTED: u64 = 0x5f4c_2c75_2013_1e3b;

/// Samples of a window, enough for the longest FFT.
pub(crate) const SAMPLES: usize = 4096;
/// Scratch words: an FFT of 4096 points and a magnitude.
pub(crate) const SCRATCH_WORDS: usize = 4096 + 2048 + SAMPLES / 2;

/// Windows tried.
const ROUNDS: u32 = 120;
/// Every kind of feature, as the artifact encodes it; the bands fit 16 points.
const PLAN: [u8; 33] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, // mean ... last
    12, 8, // difference of the means of 8 samples at the ends
    13, 4, // 4 block means
    14, 0xc8, 0x01, // every 200th sample
    15, 1, 3, 15, 3, 5, 15, 5, 7, 15, 1, 8, // four bands
    16, 17, // centroid, indicator
];
/// Entries of [`PLAN`].
const ENTRIES: u16 = 21;

/// Noise of any strength on a constant and a sawtooth, now and then with gaps, with any scale, offset and rate that a check
/// accepts, as one channel or as a magnitude; the digest is FNV-1a over the features' bits.
pub(crate) fn digest(counts: &mut [i16; SAMPLES], scratch: &mut [u32; SCRATCH_WORDS]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut absorb = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut state = 12345u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for round in 0..ROUNDS {
        let noise_shift = random() % 16;
        let level = random() as i32 % 20_000 - 10_000;
        let period = 2 + random() % 300;
        let gaps = round % 5 == 4;
        for (index, slot) in (0u32..).zip(counts.iter_mut()) {
            let noise = ((random() & 0xffff) as i32 - 32768) >> noise_shift;
            let sawtooth = (index % period * 20_000 / period) as i32;
            let count = (level + sawtooth + noise).clamp(-32767, 32767) as i16;
            *slot = if gaps && random() % 7 == 0 { MISSING_COUNT } else { count };
        }
        // Random bits of an exponent between those of 1e-12 and 1e12.
        let scale = f32::from_bits(MIN_SCALE.to_bits() + random() * 40).clamp(MIN_SCALE, MAX_SCALE);
        let offset_counts = if round % 3 == 0 { 0.0 } else { (random() as i32 - (1 << 23)) as f32 / 256.0 };
        let offset = (scale * offset_counts).clamp(-MAX_OFFSET, MAX_OFFSET);
        let rate_mhz = 1 + random() * 16;
        let source = if round % 4 == 3 { Source::Magnitude([0, 1, 2]) } else { Source::Channel(0) };
        let group = FeatureGroup { source, fft_size: 16 << (round % 9), features: Seq::from_parts(ENTRIES, &PLAN) };
        let window: &[i16] = counts;
        // The axes of a magnitude: the same window, later and later.
        let channel = |axis: u8| Some(Signal::new(window.get(50 * usize::from(axis)..)?, scale, offset, rate_mhz));
        let mut features = [0.0; 64];
        let written = extract_group(&group, channel, scratch, &mut features);
        features.iter().take(written).flat_map(|feature| feature.to_bits().to_le_bytes()).for_each(&mut absorb);
        absorb(written as u8);
    }
    hash
}

#[test]
fn this_target_computes_the_digest() {
    let found = digest(&mut [0; SAMPLES], &mut [0; SCRATCH_WORDS]);
    assert_eq!(found, EXPECTED, "found {found:#018x}");
}
