//! The device answers as the PC does: features and outputs to the bit, with and without floating-point hardware.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{Layout, validate};
use trunkline_shared::quant::MISSING_COUNT;
use trunkline_tests::artifact::convolutional::convolutional;
use trunkline_tests::artifact::every_feature::{every_feature, windows};
use trunkline_tests::artifact::random::{self, Size};
use trunkline_tests::parity::{assert_same, expected};
use trunkline_tests::qemu::{Recording, Target, run};
use trunkline_trainer::simulate;

const WINDOWS: usize = 240;

fn device_answers_like_the_pc(target: Target) {
    let image = every_feature().build().expect("the sample is valid");
    let windows = windows(WINDOWS, 1);
    assert_same(&run(target, &image, Recording::Counts(&windows)), &expected(&image, &windows));
}

#[test]
fn cortex_m4f_answers_like_the_pc_to_the_bit() {
    device_answers_like_the_pc(Target::CortexM4f);
}

#[test]
fn armv6m_without_float_hardware_answers_like_the_pc_to_the_bit() {
    device_answers_like_the_pc(Target::Armv6m);
}

#[test]
fn random_models_are_answered_like_the_pc_to_the_bit() {
    for seed in 0..6 {
        let image = random::model(seed, Size { samples: 300, width: 24, tasks: 5 }).build().expect("a valid model");
        let window_len = validate(&image).expect("a valid model").window_len();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let windows: Vec<i16> = (0..16).flat_map(|_| random::window(&mut rng, window_len)).collect();
        for target in Target::BOARDS {
            assert_same(&run(target, &image, Recording::Counts(&windows)), &expected(&image, &windows));
        }
    }
}

/// Each layout on the target that runs it.
const LAYOUTS: [(Target, Layout); 4] = [
    (Target::CortexM4f, Layout::Plain),
    (Target::CortexM4f, Layout::M4),
    (Target::Armv6m, Layout::Plain),
    (Target::Armv6m, Layout::M0),
];

/// From raw counts, some of which are missing, and with no features but three, or none at all.
#[test]
fn convolutions_are_answered_like_the_pc_to_the_bit() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let windows: Vec<i16> = (0..12).flat_map(|_| random::window(&mut rng, 3 * 1024 + 1)).collect();
    assert!(windows.contains(&MISSING_COUNT), "some samples are missing");
    for features in [false, true] {
        let plain = convolutional(features).build().expect("the sample is valid");
        let expected = expected(&plain, &windows);
        let outputs: HashSet<_> = expected.iter().map(|answer| &answer.outputs).collect();
        assert_eq!(outputs.len(), 12, "the windows tell the engines apart");
        for (target, layout) in LAYOUTS {
            let image =
                ImageBuilder { layout, ..convolutional(features) }.build().expect("every layout has convolutions");
            assert_same(&run(target, &image, Recording::Counts(&windows)), &expected);
        }
        let answers = simulate::replay(&plain, windows.chunks_exact(3 * 1024 + 1)).expect("the model is accepted");
        assert_same(&answers, &expected);
    }
}

#[test]
fn the_simulated_board_answers_like_the_runtime() {
    let image = every_feature().build().expect("the sample is valid");
    let windows = windows(WINDOWS, 2);
    let expected = expected(&image, &windows);
    let window_len = windows.len() / WINDOWS;
    let answers = simulate::replay(&image, windows.chunks_exact(window_len)).expect("the model is accepted");
    assert_same(&answers, &expected);
    let outputs: HashSet<_> = answers.iter().map(|answer| &answer.outputs).collect();
    assert!(outputs.len() > WINDOWS / 2, "the windows tell the engines apart: {} different answers", outputs.len());
}
