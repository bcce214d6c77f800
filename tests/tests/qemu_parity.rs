//! The device answers as the PC does: features and outputs to the bit, with and without floating-point hardware.

use trunkline_tests::artifact::every_feature::{every_feature, windows};
use trunkline_tests::parity::{assert_same, expected};
use trunkline_tests::qemu::{Target, run};
use trunkline_trainer::simulate;

const WINDOWS: usize = 240;

fn device_answers_like_the_pc(target: Target) {
    let image = every_feature().build().expect("the sample is valid");
    let windows = windows(WINDOWS, 1);
    assert_same(&run(target, &image, &windows), &expected(&image, &windows));
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
fn the_simulated_board_answers_like_the_runtime() {
    let image = every_feature().build().expect("the sample is valid");
    let windows = windows(WINDOWS, 2);
    let expected = expected(&image, &windows);
    let window_len = windows.len() / WINDOWS;
    let answers = simulate::replay(&image, windows.chunks_exact(window_len)).expect("the model is accepted");
    assert_same(&answers, &expected);
    let outputs: std::collections::HashSet<_> = answers.iter().map(|answer| &answer.outputs).collect();
    assert!(outputs.len() > WINDOWS / 2, "the windows tell the engines apart: {} different answers", outputs.len());
}
