//! What the board does at boot: accepts, refuses and says why, and logs.

use trunkline_shared::model::checksum;
use trunkline_shared::telemetry::Refusal;
use trunkline_tests::artifact::sample;
use trunkline_tests::qemu::{Recording, Session, Target, play};

fn image() -> Vec<u8> {
    sample::small().build().expect("the sample is valid")
}

#[test]
fn a_damaged_model_is_refused_again_and_again() {
    let mut image = image();
    let middle = image.len() / 2;
    image[middle] ^= 0x10;
    let Session { transcript, log, .. } = play(Target::CortexM4f, &image, Recording::Counts(&[0; 197]));
    assert_eq!(transcript.accepted, None);
    assert_eq!(transcript.answers, []);
    assert!(transcript.refusals.len() >= 3, "{transcript:?}");
    for (reason, detail) in &transcript.refusals {
        assert_eq!(*reason, Refusal::Invalid);
        assert!(detail.contains("checksum"), "{detail}");
    }
    assert_eq!(log, ["error model refused: no valid artifact in the model region"]);
}

#[test]
fn an_empty_model_region_is_refused() {
    let Session { transcript, .. } = play(Target::Armv6m, &[0xff; 4096], Recording::Counts(&[]));
    let (reason, detail) = &transcript.refusals[0];
    assert_eq!(*reason, Refusal::Invalid);
    assert!(detail.contains("no Trunkline artifact"), "{detail}");
}

#[test]
fn a_model_whose_golden_answers_differ_is_refused() {
    let mut image = image();
    // The last expected output of the recorded window; the checksum is made to fit again.
    let outputs: Vec<u8> = golden_outputs(&image);
    let at = image.windows(outputs.len()).position(|bytes| bytes == outputs).expect("the header holds it");
    image[at + outputs.len() - 2] ^= 1;
    let body = image.len() - 4;
    let sum = checksum(&image[..body]);
    image[body..].copy_from_slice(&sum.to_le_bytes());
    let Session { transcript, .. } = play(Target::CortexM4f, &image, Recording::Counts(&[]));
    let (reason, detail) = &transcript.refusals[0];
    assert_eq!(*reason, Refusal::SelfTest { golden: 0 }, "{detail}");
    assert!(detail.contains("output 4 differs"), "{detail}");
}

fn golden_outputs(image: &[u8]) -> Vec<u8> {
    let model = trunkline_shared::model::validate(image).expect("the sample is valid");
    model.header().golden.get(0).expect("a golden window").outputs.to_vec()
}

#[test]
fn the_log_says_what_happens() {
    let windows = vec![5; 2 * 197];
    let Session { transcript, log, .. } = play(Target::CortexM4f, &image(), Recording::Counts(&windows));
    let (name, crc) = transcript.accepted.expect("the model is accepted");
    assert_eq!(name, "small");
    assert_eq!(
        log,
        [
            format!("info model small ({crc:08x}) accepted"),
            "info window 0: 0 missing, 0 lost".into(),
            "info window 1: 0 missing, 0 lost".into(),
        ]
    );
}
