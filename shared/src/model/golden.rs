//! Golden windows: the answers that every correct engine gives, and the inputs that need not be stored.

use super::header::Channel;
use crate::quant::{MAX_COUNT, MISSING_COUNT};
use crate::seq::Seq;

/// What differed in a self-test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoldenDifference {
    /// The caller's window buffer is not as long as a window; `position` is the length needed.
    Buffer,
    /// A feature; `position` is its index.
    Feature,
    /// An output; `position` is its index among the outputs of all tasks.
    Output,
}

/// The first answer of a self-test that is not the golden one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldenMismatch {
    /// Which golden window.
    pub index: u8,
    /// What differed.
    pub what: GoldenDifference,
    /// Where.
    pub position: u32,
}

impl core::fmt::Display for GoldenMismatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { index, what, position } = self;
        match what {
            GoldenDifference::Buffer => write!(f, "the self-test needs a buffer of exactly {position} samples"),
            GoldenDifference::Feature => write!(f, "golden window {index}: feature {position} differs"),
            GoldenDifference::Output => write!(f, "golden window {index}: output {position} differs"),
        }
    }
}

impl core::error::Error for GoldenMismatch {}

/// Fills `window` with the window of `seed`: for every channel a level, a triangle wave and noise, some channels with gaps.
///
/// Integers only, so that it is the same everywhere; the steps are in `FORMAT.md`. The random numbers are those of
/// PCG-RXS-M-XS 32 (M. E. O'Neill, PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms, 2014).
///
/// * `channels`: the model's channels; `window`: their samples one channel after the other. Samples beyond the shorter of
///   the two are left out.
pub fn generate(seed: u32, channels: &Seq<'_, Channel<'_>>, window: &mut [i16]) {
    let mut random = Random { state: seed };
    let mut rest = window;
    for channel in channels.iter() {
        let (samples, others) = rest.split_at_mut_checked(usize::from(channel.samples)).unwrap_or_default();
        generate_channel(&mut random, samples);
        rest = others;
    }
}

fn generate_channel(random: &mut Random, samples: &mut [i16]) {
    let level = random.bits(15).wrapping_sub(1 << 14);
    let noise_bits = random.bits(3).wrapping_add(8) as u32;
    let step = random.bits(16) as u32;
    let triangle_shift = random.bits(2) as u32;
    let has_gaps = random.bits(3) == 0;
    let mut phase = 0u16;
    for sample in samples {
        let draw = random.next();
        // Below 2^noise_bits, noise_bits in 8..=15.
        let noise = (draw >> 32u32.saturating_sub(noise_bits).min(31)) as i32;
        let noise = noise.wrapping_sub((1i32 << noise_bits.min(15)) >> 1);
        let triangle = i32::from(phase).wrapping_sub(1 << 15).wrapping_abs().wrapping_sub(1 << 14);
        let value = level.wrapping_add(triangle >> triangle_shift.min(31)).wrapping_add(noise);
        *sample = if has_gaps && draw & 7 == 0 {
            MISSING_COUNT
        } else {
            value.max(-i32::from(MAX_COUNT)).min(i32::from(MAX_COUNT)) as i16
        };
        phase = phase.wrapping_add(step as u16);
    }
}

struct Random {
    state: u32,
}

impl Random {
    fn next(&mut self) -> u32 {
        self.state = self.state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let mixed = ((self.state >> (self.state >> 28).wrapping_add(4)) ^ self.state).wrapping_mul(277_803_737);
        mixed ^ (mixed >> 22)
    }

    /// The upper `count` bits of the next number, 1..=16 of them.
    fn bits(&mut self, count: u32) -> i32 {
        (self.next() >> 32u32.saturating_sub(count).min(31)) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn random_numbers_are_those_of_the_format_document() {
        let mut random = Random { state: 0 };
        let first: [u32; 4] = core::array::from_fn(|_| random.next());
        assert_eq!(first, [129_708_002, 582_399_676, 1_006_035_121, 1_462_727_737]);
    }
}
