//! What the writer writes, the validator accepts, and the runtime answers as exact integers would.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::golden::generate;
use trunkline_shared::model::{GoldenDifference, GoldenMismatch, Layout, RunError, Runtime, image_len, validate};
use trunkline_tests::artifact::parts::Parts;
use trunkline_tests::artifact::random::Size;
use trunkline_tests::artifact::{oracle, random, sample};
use trunkline_tests::parity::{assert_same, expected};

#[test]
fn a_written_artifact_is_read_back_and_passes_its_self_test() {
    let builder = sample::small();
    let image = builder.build().expect("the sample is valid");
    assert_eq!(image_len(&image), Ok(image.len()));
    let model = validate(&image).expect("what was written is valid");
    assert_eq!(model.window_len(), 3 * 64 + 4 + 1);
    assert_eq!(model.feature_count(), 12);
    assert_eq!(model.output_len(), 5);
    assert_eq!(model.host_part(), b"opaque");
    assert_eq!(model.means(), builder.means);
    assert_eq!(model.gains(), builder.gains);
    let outputs: Vec<_> = model.tasks().map(|(task, outputs)| (task.name, outputs)).collect();
    assert_eq!(outputs, [("fault", 0..3), ("stable", 3..4), ("energy", 4..5)]);
    let mut arena = vec![0; model.arena_bytes() as usize / 4];
    let mut window = vec![0; model.window_len()];
    let mut runtime = Runtime::new(model, &mut arena).expect("the arena is as large as stated");
    assert_eq!(runtime.self_test(&mut window), Ok(()));
}

#[test]
fn the_writer_lays_out_the_bytes_that_the_format_document_describes() {
    let image = sample::small_image();
    assert_eq!(Parts::of(image).encode(), image);
}

#[test]
fn the_same_data_give_the_same_bytes() {
    assert_eq!(sample::small().build(), sample::small().build());
}

#[test]
fn the_parts_of_a_model_that_was_written_give_its_bytes_again() {
    let size = Size { samples: 64, width: 20, tasks: 5 };
    let builders = (0..20).map(|seed| random::model(seed, size)).chain([sample::small()]);
    for builder in builders {
        let image = builder.build().expect("random models are valid");
        let model = validate(&image).expect("what was written is valid");
        let parts = ImageBuilder::from_model(&model);
        assert_eq!(parts, builder);
        assert_eq!(parts.build().as_ref(), Ok(&image));
    }
}

#[test]
fn every_layout_answers_alike_and_gives_the_plain_bytes_back() {
    let size = Size { samples: 64, width: 40, tasks: 6 };
    let builders = (100..140).map(|seed| random::model(seed, size)).chain([sample::small()]);
    for (seed, builder) in (0u64..).zip(builders) {
        let plain = builder.build().expect("random models are valid");
        for layout in Layout::ALL {
            let packed = ImageBuilder { layout, ..builder.clone() }.build().expect("every model can be packed");
            let model = validate(&packed).expect("what was packed is valid");
            let parts = ImageBuilder::from_model(&model);
            assert_eq!(parts.layout, layout);
            assert_eq!(ImageBuilder { layout: Layout::Plain, ..parts }.build().as_ref(), Ok(&plain));
            let windows = random_windows(seed, model.window_len());
            assert_same(&expected(&packed, &windows), &expected(&plain, &windows));
        }
    }
}

/// Eight windows one after the other.
fn random_windows(seed: u64, len: usize) -> Vec<i16> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..8).flat_map(|_| random::window(&mut rng, len)).collect()
}

#[test]
fn layers_of_several_tasks_are_joined_and_memory_is_shared() {
    let model = |seed| random::model(seed, Size { samples: 32, width: 24, tasks: 6 });
    let (mut joined, mut shared) = (0, 0);
    for seed in 0..80 {
        let builder = model(seed);
        let image = builder.build().expect("random models are valid");
        let model = validate(&image).expect("what was written is valid");
        joined += usize::from(model.layers().count() < builder.layers.len());
        let elements: usize = model.tensors().map(|span| span.slot().len()).sum();
        shared += usize::from(model.network().work_words() * 2 < elements);
    }
    assert!(joined > 10 && shared > 40, "{joined} {shared}");
}

#[test]
fn an_arena_one_word_short_is_refused() {
    let image = sample::small_image();
    let model = validate(image).expect("what was written is valid");
    let needed = model.arena_bytes();
    let mut arena = vec![0; needed as usize / 4 - 1];
    let error = Runtime::new(model, &mut arena).expect_err("too small");
    assert_eq!(error, RunError::ArenaTooSmall { needed, found: needed - 4 });
}

#[test]
fn a_window_of_another_length_is_refused_and_the_next_one_answered() {
    let image = sample::small_image();
    let model = validate(image).expect("what was written is valid");
    let expected = model.window_len() as u32;
    let mut arena = vec![0; model.arena_bytes() as usize / 4 + 3];
    let mut runtime = Runtime::new(model, &mut arena).expect("large enough");
    for found in [0, expected - 1, expected + 1] {
        let window = vec![1; found as usize];
        assert_eq!(runtime.infer(&window), Err(RunError::WindowLength { expected, found }));
    }
    assert!(runtime.infer(&vec![1; expected as usize]).is_ok());
}

#[test]
fn a_self_test_names_the_first_difference() {
    let image = sample::small_image();
    let differ = |index: usize, feature: Option<usize>, output: Option<usize>| {
        let mut parts = Parts::of(image);
        let mut features = parts.golden[index].features.to_vec();
        let mut outputs = parts.golden[index].outputs.to_vec();
        feature.into_iter().for_each(|byte| features[byte] ^= 1);
        output.into_iter().for_each(|byte| outputs[byte] ^= 1);
        parts.golden[index].features = &features;
        parts.golden[index].outputs = &outputs;
        let image = parts.encode();
        let model = validate(&image).expect("the validator does not run the model");
        let mut arena = vec![0; model.arena_bytes() as usize / 4];
        let mut window = vec![0; model.window_len()];
        Runtime::new(model, &mut arena).expect("large enough").self_test(&mut window)
    };
    let mismatch = |index, what, position| Err(GoldenMismatch { index, what, position });
    assert_eq!(differ(0, None, None), Ok(()));
    assert_eq!(differ(1, Some(8), Some(0)), mismatch(1, GoldenDifference::Feature, 2));
    assert_eq!(differ(2, None, Some(9)), mismatch(2, GoldenDifference::Output, 4));
    assert_eq!(differ(0, Some(0), None), mismatch(0, GoldenDifference::Feature, 0));
}

#[test]
fn a_self_test_refuses_a_window_buffer_of_another_length() {
    let image = sample::small_image();
    let model = validate(image).expect("what was written is valid");
    let needed = model.window_len();
    let mut arena = vec![0; model.arena_bytes() as usize / 4];
    let mut runtime = Runtime::new(model, &mut arena).expect("large enough");
    for len in [0, needed - 1, needed + 1] {
        let refused = GoldenMismatch { index: 0, what: GoldenDifference::Buffer, position: needed as u32 };
        assert_eq!(runtime.self_test(&mut vec![0; len]), Err(refused));
    }
}

/// The generator as FORMAT.md writes it down.
fn documented_window(seed: u32, samples: &[usize]) -> Vec<i16> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let w = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
        i64::from((w >> 22) ^ w)
    };
    let mut window = Vec::new();
    for &samples in samples {
        let level = (next() >> 17) - 16_384;
        let b = (next() >> 29) + 8;
        let step = next() >> 16;
        let s = next() >> 30;
        let gaps = next() >> 29 == 0;
        for index in 0..samples as i64 {
            let r = next();
            let noise = (r >> (32 - b)) - (1 << (b - 1));
            let triangle = ((index * step) % 65_536 - 32_768).abs() - 16_384;
            let value = level + (triangle >> s) + noise;
            window.push(if gaps && r % 8 == 0 { -32_768 } else { value.clamp(-32_767, 32_767) as i16 });
        }
    }
    window
}

#[test]
fn generated_windows_are_those_of_the_format_document() {
    let model = validate(sample::small_image()).expect("what was written is valid");
    let samples: Vec<usize> = model.header().channels.iter().map(|channel| usize::from(channel.samples)).collect();
    let mut missing = 0;
    for seed in (0..200).chain([u32::MAX, 0xdead_beef]) {
        let mut window = vec![0; model.window_len()];
        generate(seed, &model.header().channels, &mut window);
        assert_eq!(window, documented_window(seed, &samples), "seed {seed}");
        missing += window.iter().filter(|&&count| count == i16::MIN).count();
    }
    assert!(missing > 0, "some windows have gaps");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_network_answers_as_exact_integers_would(seed: u64) {
        let builder = random::model(seed, Size { samples: 200, width: 40, tasks: 5 });
        let image = builder.build().map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&Parts::of(&image).encode(), &image);
        let model = validate(&image).expect("the writer validates");
        let mut arena = vec![u32::MAX; model.arena_bytes() as usize / 4];
        let mut runtime = Runtime::new(model.clone(), &mut arena).expect("as large as stated");
        prop_assert_eq!(runtime.self_test(&mut vec![0; model.window_len()]), Ok(()));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..4 {
            let window = random::window(&mut rng, model.window_len());
            let answer = runtime.infer_all(&window).expect("the window has the right length");
            let expected = oracle::run(&model, &window, answer.features);
            prop_assert_eq!(answer.outputs, expected.outputs);
        }
    }
}

#[test]
fn random_networks_reach_the_bounds_of_accumulators_and_outputs() {
    let (mut i8s, mut i16s, mut depthwise, mut limited) = (0, 0, 0, 0);
    for seed in 0..50 {
        let image = random::model(seed, Size { samples: 64, width: 40, tasks: 5 }).build().expect("valid");
        let model = validate(&image).expect("the writer validates");
        let mut arena = vec![0; model.arena_bytes() as usize / 4];
        let mut runtime = Runtime::new(model.clone(), &mut arena).expect("as large as stated");
        let window = random::window(&mut ChaCha8Rng::seed_from_u64(seed), model.window_len());
        let features = runtime.infer_all(&window).expect("right length").features;
        let answer = oracle::run(&model, &window, features);
        i8s = i8s.max(answer.largest_i8);
        i16s = i16s.max(answer.largest_i16);
        depthwise = depthwise.max(answer.largest_depthwise);
        limited += answer.limited;
    }
    assert!(i8s > (1 << 23) * 95 / 100, "largest i8 accumulator {i8s}");
    assert!(i16s > (1 << 31) / 100 * 95, "largest i16 accumulator {i16s}");
    assert!(depthwise > (1 << 31) / 100 * 95, "largest accumulator of a depthwise convolution {depthwise}");
    assert!(limited > 100, "{limited} outputs limited");
}
