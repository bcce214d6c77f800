//! What the board does at boot: accepts, refuses and says why, and logs.

use trunkline_shared::model::build::ImageBuilder;
use trunkline_shared::model::{Layout, checksum, validate};
use trunkline_shared::telemetry::Refusal;
use trunkline_tests::artifact::parts::repair_checksum;
use trunkline_tests::artifact::sample;
use trunkline_tests::qemu::{Program, Recording, Session, Target, play, play_through};

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
fn what_a_program_leaves_out_is_refused_by_name() {
    let boot = |image: &[u8]| {
        play_through(Program::LeanApplication, Target::CortexM4f, image, Recording::Counts(&[])).transcript
    };
    let refusal = |image: &[u8]| boot(image).refusals.swap_remove(0).1;
    let detail = refusal(&image());
    assert!(detail.contains("layout Plain is not for this processor: pack the model"), "{detail}");
    let mut packed = ImageBuilder { layout: Layout::M4, ..sample::small() }.build().expect("the sample is valid");
    assert_eq!(boot(&packed).accepted.map(|(name, _)| name).as_deref(), Some("small"));
    // The op of the first layer, of which nothing else is looked at.
    let model = validate(&packed).expect("the sample is valid");
    let at = packed.len() - size_of::<u32>() - model.weights().len() + model.header().layer_offset as usize + 3;
    packed[at] |= 1 << 2;
    repair_checksum(&mut packed);
    let detail = refusal(&packed);
    assert!(detail.contains("layer 0: this program leaves convolutions and pools out"), "{detail}");
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
