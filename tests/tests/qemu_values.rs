//! The device encodes physical values as the PC does: counts, features and outputs to the bit, whatever the transform.

use std::collections::HashSet;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::features::{Feature, Source};
use trunkline_shared::model::build::{ChannelSpec, CodeSpec, ImageBuilder, OwnedSeq, TransformSpec};
use trunkline_shared::model::validate;
use trunkline_shared::quant::{ChannelCode, MAX_COUNT, MISSING_COUNT};
use trunkline_tests::artifact::random_network::random_network;
use trunkline_tests::artifact::sample::group;
use trunkline_tests::parity::{assert_same, expected};
use trunkline_tests::qemu::{Recording, Target, run};

const WINDOWS: usize = 256;
/// Samples a window of the channels that have a rate, and of the table columns.
const SAMPLES: [u16; 2] = [20, 1];
const KNOTS: [f32; 9] = [-1e30, -250.0, -1e-40, 0.0, 1e-45, 1.0, 3.0, 7.0, 1e30];

/// Every transform, each with codes of which one resolves finely; each as a channel with a rate and as a table column.
fn codes() -> Vec<CodeSpec> {
    let code = |transform, scale, offset| CodeSpec { transform, scale, offset };
    let rank = |knots: &[f32]| TransformSpec::Rank(OwnedSeq::new(knots).expect("few knots"));
    vec![
        code(TransformSpec::None, 0.5, 10.0),
        code(TransformSpec::None, 3.7e-5, -0.013),
        code(TransformSpec::SignedLog { unit: 2.0 }, 0.003, 0.0),
        code(TransformSpec::SignedLog { unit: 1e-12 }, 0.0037, 11.0),
        code(rank(&KNOTS), 1.0 / 32767.0, 0.0),
        // Rank 1 at count 16384: the values of exact halves are exact too.
        code(rank(&[0.0, 1.0, 2.0, 3.0, 4.0]), 1.0 / 16384.0, 0.0),
    ]
}

/// One feature a sample, which is the count decoded, and the indicator of missing ones.
fn model() -> ImageBuilder {
    let channels: Vec<ChannelSpec> = SAMPLES
        .iter()
        .flat_map(|&samples| codes().into_iter().map(move |code| (samples, code)))
        .enumerate()
        .map(|(index, (samples, code))| {
            let rate_mhz = if samples == 1 { 0 } else { 40_000 };
            ChannelSpec { name: format!("c{index}"), unit: "u".into(), rate_mhz, samples, code, optional: false }
        })
        .collect();
    let plan: Vec<_> = (0..channels.len() as u8)
        .map(|channel| group(Source::Channel(channel), 0, &[Feature::Raw { step: 1 }, Feature::MissingIndicator]))
        .collect();
    let steps = channels.iter().map(|channel| (usize::from(channel.samples) + 1, &channel.code));
    let (means, gains) = steps
        .flat_map(|(features, code)| std::iter::repeat_n((code.offset, 1.0 / (4096.0 * code.scale)), features))
        .unzip();
    random_network("values", channels, plan, means, gains)
}

/// The values on which an engine could differ from another: special ones, knots, exact halves and the last values before
/// counts change.
fn edges(code: &ChannelCode<'_>) -> Vec<f32> {
    let mut edges = vec![
        0.0,
        f32::from_bits(1),
        1e-40,
        f32::MIN_POSITIVE.next_down(),
        f32::MIN_POSITIVE,
        1e-20,
        0.75,
        12_345.678,
        1e12,
        1e30,
        f32::MAX,
        f32::INFINITY,
        f32::NAN,
        f32::from_bits(0x7f80_0001),
    ];
    for knot in KNOTS.into_iter().chain([2.0, 4.0, 5.0, 260.0]) {
        edges.extend([knot, knot.next_up(), knot.next_down(), 0.5 * knot]);
    }
    // Exact halves of the first code and of the last.
    edges.extend((-8_i16..8).map(|step| 10.25 + 0.5 * f32::from(step)));
    edges.extend((0_i16..8).map(|step| (f32::from(step * 2011) + 0.5) / 4096.0));
    edges.extend(edges.clone().iter().map(|edge| -edge));
    for count in (-MAX_COUNT..=MAX_COUNT).step_by(1311) {
        if let Some(first) = first_value(code, count) {
            edges.extend([first.next_down(), first, first.next_up()]);
        }
    }
    edges
}

/// The least finite value whose count is at least `count`.
fn first_value(code: &ChannelCode<'_>, count: i16) -> Option<f32> {
    // In this order of the bits the values rise.
    let value = |rank: i64| if rank < 0 { -f32::from_bits((-rank) as u32) } else { f32::from_bits(rank as u32) };
    let reaches = |rank: i64| code.encode(value(rank)).count >= count;
    let largest = i64::from(f32::MAX.to_bits());
    let (mut below, mut reached) = (-largest, largest);
    if reaches(below) || !reaches(reached) {
        return None;
    }
    while reached - below > 1 {
        let middle = (below + reached).div_euclid(2);
        if reaches(middle) {
            reached = middle;
        } else {
            below = middle;
        }
    }
    Some(value(reached))
}

/// The values of all windows, and the counts that the PC makes of them.
fn values_and_counts(image: &[u8]) -> (Vec<f32>, Vec<i16>) {
    let channels: Vec<_> = validate(image).expect("a valid model").header().channels.iter().collect();
    let edges: Vec<_> = channels.iter().map(|channel| edges(&channel.code)).collect();
    let mut next = vec![0; channels.len()];
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut values, mut counts) = (Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        for ((channel, edges), next) in channels.iter().zip(&edges).zip(&mut next) {
            for _ in 0..channel.samples {
                // First every edge in turn.
                let value = match (edges.get(*next), rng.random_range(0..3)) {
                    (Some(&edge), _) => edge,
                    (None, 0) => *edges.choose(&mut rng).expect("many"),
                    (None, 1) => f32::from_bits(rng.random()),
                    _ => rng.random_range(-20.0..20.0),
                };
                *next += 1;
                values.push(value);
                counts.push(channel.code.encode(value).count);
            }
        }
    }
    for ((channel, edges), seen) in channels.iter().zip(&edges).zip(next) {
        assert!(channel.samples == 1 || seen >= edges.len(), "{seen} samples for {} edges", edges.len());
    }
    (values, counts)
}

fn device_encodes_like_the_pc(target: Target) {
    let image = model().build().expect("the model is valid");
    let (values, counts) = values_and_counts(&image);
    let distinct: HashSet<_> = counts.iter().collect();
    assert!(distinct.len() > 2000, "{} different counts", distinct.len());
    for edge in [MISSING_COUNT, -MAX_COUNT, 0, MAX_COUNT] {
        assert!(distinct.contains(&edge), "no count is {edge}");
    }
    let answers = run(target, &image, Recording::Values(&values));
    assert_eq!(answers.len(), WINDOWS);
    assert_same(&answers, &expected(&image, &counts));
}

#[test]
fn cortex_m4f_encodes_values_like_the_pc_to_the_bit() {
    device_encodes_like_the_pc(Target::CortexM4f);
}

#[test]
fn armv6m_without_float_hardware_encodes_values_like_the_pc_to_the_bit() {
    device_encodes_like_the_pc(Target::Armv6m);
}
