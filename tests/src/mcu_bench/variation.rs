//! How far the count depends on what the sensors give: windows that try to make it.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::quant::{MAX_COUNT, MISSING_COUNT};

use super::device::{Way, count_each};
use super::subject::{Subject, validated};
use crate::qemu::Target;

/// Instructions over many inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Fewest.
    pub least: f64,
    /// Half of the inputs take less.
    pub median: f64,
    /// Most.
    pub most: f64,
}

impl Spread {
    /// Over the counts of inputs, of which there is at least one.
    fn of(mut counts: Vec<f64>) -> Self {
        counts.sort_by(f64::total_cmp);
        Self { least: counts[0], median: counts[counts.len() / 2], most: counts[counts.len() - 1] }
    }

    /// From the fewest to the most, as a share of the median.
    pub fn share(&self) -> f64 {
        (self.most - self.least) / self.median
    }
}

/// A way in which a channel, or a tensor, is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Badness {
    Zero,
    Constant,
    Low,
    High,
    Alternating,
    Noise,
    Quiet,
    Impulse,
    /// Some samples are missing.
    Gaps,
    /// Hardly one is there.
    Scarce,
    Missing,
}

const WHOLE: [Badness; 8] = [
    Badness::Zero,
    Badness::Constant,
    Badness::Low,
    Badness::High,
    Badness::Alternating,
    Badness::Noise,
    Badness::Quiet,
    Badness::Impulse,
];
const MISSING: [Badness; 3] = [Badness::Gaps, Badness::Scarce, Badness::Missing];

/// `samples` within `-limit - 1 ..= limit`, missing ones apart.
fn samples(rng: &mut impl Rng, badness: Badness, limit: i16, samples: usize) -> Vec<i16> {
    let low = if limit == MAX_COUNT { -limit } else { -limit - 1 };
    let level = rng.random_range(low..=limit);
    let place = rng.random_range(0..samples);
    (0..samples)
        .map(|sample| match badness {
            Badness::Zero => 0,
            Badness::Constant => level,
            Badness::Low => low,
            Badness::High => limit,
            Badness::Alternating => [low, limit][sample % 2],
            Badness::Noise => rng.random_range(low..=limit),
            Badness::Quiet => rng.random_range(-2..=2),
            Badness::Impulse => i16::from(sample == place) * limit,
            Badness::Gaps => [rng.random_range(low..=limit), MISSING_COUNT][usize::from(rng.random_bool(0.3))],
            Badness::Scarce => [level, MISSING_COUNT][usize::from(rng.random_bool(0.97))],
            Badness::Missing => MISSING_COUNT,
        })
        .collect()
}

/// The network over `count` sets of inputs, each tensor of a kind of its own.
///
/// # Panics
/// Where QEMU fails.
pub fn network(target: Target, subject: &Subject, count: usize) -> Spread {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let model = validated(&subject.image);
    let mut inputs = Vec::new();
    for _ in 0..count {
        for (_, span) in model.views() {
            let badness = *WHOLE.choose(&mut rng).expect("ways to be bad");
            let limit = i16::MAX >> (15 - span.range_bits);
            inputs.extend(samples(&mut rng, badness, limit, span.elements.into()));
        }
    }
    Spread::of(count_each(target, subject, Way::Network, &inputs, REPEATS))
}

/// So that the clock's tick is below a hundredth of a small network.
const REPEATS: u32 = 8;

/// The whole path over `count` windows, with missing samples or without: each channel of its own kind in every other window, all of one
/// kind in the others.
///
/// # Panics
/// Where QEMU fails.
pub fn path(target: Target, subject: &Subject, count: usize, with_missing: bool) -> Spread {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let model = validated(&subject.image);
    let ways = if with_missing { [&WHOLE[..], &MISSING[..]].concat() } else { WHOLE.to_vec() };
    let mut windows = Vec::new();
    for index in 0..count {
        let all = *ways.choose(&mut rng).expect("ways to be bad");
        for channel in model.header().channels.iter() {
            let own = *ways.choose(&mut rng).expect("ways to be bad");
            let badness = if index % 2 == 0 { all } else { own };
            windows.extend(samples(&mut rng, badness, MAX_COUNT, channel.samples.into()));
        }
    }
    Spread::of(count_each(target, subject, Way::Window, &windows, 1))
}
