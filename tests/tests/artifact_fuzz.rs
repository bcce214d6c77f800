//! Hostile artifacts with a checksum that fits: the validator itself is tried.

use std::collections::BTreeMap;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{Layout, Model, ModelError, Runtime, image_len, validate};
use trunkline_tests::artifact::mutate::Mutator;
use trunkline_tests::artifact::random::Size;
use trunkline_tests::artifact::{oracle, random, sample};

/// How many artifacts are tried where `TRUNKLINE_FUZZ_IMAGES` does not say.
const DEFAULT_IMAGES: u64 = 2_000_000;
const THREADS: u64 = 2;

/// What became of the artifacts.
#[derive(Debug, Default)]
struct Outcome {
    accepted: u64,
    refused: BTreeMap<String, u64>,
}

/// Mutated artifacts, the checksum repaired after each mutation: none panics, and each that is accepted answers as the oracle
/// does, which asserts every accumulator and every tensor to be within its bounds.
///
/// Seconds in a release build; `TRUNKLINE_FUZZ_IMAGES` sets another number of artifacts.
#[test]
fn no_mutated_artifact_panics_and_each_accepted_one_runs_within_its_bounds() {
    let images = std::env::var("TRUNKLINE_FUZZ_IMAGES").map_or(DEFAULT_IMAGES, |count| {
        count.parse().expect("TRUNKLINE_FUZZ_IMAGES is a number of artifacts, such as 2000000")
    });
    let size = Size { samples: 48, width: 12, tasks: 3 };
    let packed = |seed, layout| ImageBuilder { layout, ..random::model(seed, size) }.build().expect("valid");
    let mut bases: Vec<Vec<u8>> = (0..12).flat_map(|seed| Layout::ALL.map(|layout| packed(seed, layout))).collect();
    bases.retain(|image| image.len() <= 3_000);
    bases.push(sample::small_image().to_vec());
    let started = Instant::now();
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let run = |thread| {
            let bases = &bases;
            scope.spawn(move || fuzz(bases, thread, images / THREADS))
        };
        let threads: Vec<_> = (0..THREADS).map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("no artifact panics")).collect()
    });
    let mut total = Outcome::default();
    for outcome in outcomes {
        total.accepted += outcome.accepted;
        for (rule, count) in outcome.refused {
            *total.refused.entry(rule).or_default() += count;
        }
    }
    println!(
        "{} artifacts from {} bases in {:.1} s: {} accepted and run, refused by {} rules: {:?}",
        images / THREADS * THREADS,
        bases.len(),
        started.elapsed().as_secs_f32(),
        total.accepted,
        total.refused.len(),
        total.refused
    );
    assert!(total.accepted > images / 100, "too few mutations were harmless to try what an accepted model does");
    assert!(total.refused.len() > 30, "the mutations reach too few rules");
}

fn fuzz(bases: &[Vec<u8>], thread: u64, images: u64) -> Outcome {
    let mutator = Mutator::new(bases);
    let mut rng = ChaCha8Rng::seed_from_u64(thread);
    let samples = random::window(&mut rng, 64 * 65_535);
    let mut arena = Vec::new();
    let mut outcome = Outcome::default();
    for _ in 0..images {
        let image = mutator.next(&mut rng);
        let length = image_len(&image);
        match validate(&image) {
            Ok(model) => {
                assert_eq!(length, Ok(image.len()));
                let words = model.arena_bytes() as usize / 4;
                if arena.len() < words {
                    arena.resize(words, 0u32);
                }
                let mut runtime = Runtime::new(model.clone(), &mut arena[..words]).expect("as large as stated");
                let window = &samples[..model.window_len()];
                let answer = runtime.infer_all(window).expect("right length");
                assert_eq!(answer.outputs, outputs(&model, window, answer.features));
                assert!(answer.features.iter().all(|feature| !feature.is_infinite()));
                outcome.accepted += 1;
            }
            Err(error) => *outcome.refused.entry(rule(&error)).or_default() += 1,
        }
    }
    outcome
}

/// What the oracle, which reads the plain layout, makes of a model's numbers.
fn outputs(model: &Model<'_>, window: &[i16], features: &[f32]) -> Vec<i16> {
    if model.header().layout == Layout::Plain {
        return oracle::run(model, window, features).outputs;
    }
    let plain = ImageBuilder { layout: Layout::Plain, ..ImageBuilder::from_model(model) }
        .build()
        .expect("packed models unpack");
    oracle::run(&validate(&plain).expect("what was unpacked is valid"), window, features).outputs
}

/// The name of the rule that an error is about.
fn rule(error: &ModelError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
