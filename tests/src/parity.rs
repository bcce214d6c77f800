//! Answers that must be the same to the bit, wherever they were computed.

use trunkline_shared::model::{Runtime, validate};
use trunkline_trainer::simulate::Answer;

/// What the runtime says on this PC to `windows` (raw counts, window after window), called directly.
///
/// # Panics
/// Where the image is not valid.
pub fn expected(image: &[u8], windows: &[i16]) -> Vec<Answer> {
    let model = validate(image).expect("the sample is valid");
    let window_len = model.window_len();
    let mut arena = vec![0; model.arena_bytes() as usize / 4];
    let mut runtime = Runtime::new(model, &mut arena).expect("the arena is as large as stated");
    (0..)
        .zip(windows.chunks_exact(window_len))
        .map(|(sequence, window)| {
            let answer = runtime.infer(window).expect("the window is as long as the model's");
            Answer {
                sequence,
                missing: window.iter().filter(|&&count| count == i16::MIN).count() as u32,
                lost: 0,
                features: answer.features.to_vec(),
                outputs: answer.outputs.to_vec(),
            }
        })
        .collect()
}

/// Compares to the bit: a missing feature equals itself, 0.0 is not -0.0.
///
/// # Panics
/// At the first window that differs, with its number.
pub fn assert_same(found: &[Answer], expected: &[Answer]) {
    assert_eq!(found.len(), expected.len());
    let bits = |answer: &Answer| answer.features.iter().map(|feature| feature.to_bits()).collect::<Vec<_>>();
    let rest = |answer: &Answer| (answer.sequence, answer.missing, answer.lost, answer.outputs.clone());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(bits(found), bits(expected), "features of window {}", expected.sequence);
        assert_eq!(rest(found), rest(expected), "window {}", expected.sequence);
    }
}
