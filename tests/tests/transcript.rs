//! What the PC makes of frames that reach it in part: features are those of their window and whole, or none.

use trunkline_shared::telemetry::{Hello, Message, PROTOCOL, Report};
use trunkline_trainer::simulate::receive;

/// Features of a window, and in each but the last of their three parts.
const FEATURES: u16 = 500;
const PART: u16 = 240;

fn frame(message: &Message<'_>) -> Vec<u8> {
    let message = postcard::to_stdvec(message).expect("encodes");
    let checksum = crc::Crc::<u16>::new(&crc::CRC_16_IBM_SDLC).checksum(&message).to_le_bytes();
    let bytes = [&message[..], &checksum].concat();
    // One byte is left 0: the end of the frame.
    let mut frame = vec![0; cobs::max_encoding_length(bytes.len()) + 1];
    let len = cobs::encode(&bytes, &mut frame);
    frame.truncate(len + 1);
    frame
}

fn hello() -> Vec<u8> {
    frame(&Message::Hello(Hello {
        protocol: PROTOCOL,
        model: "m",
        model_crc: 1,
        tasks: 1,
        features: FEATURES,
        outputs: 1,
        window_samples: 1,
    }))
}

/// A different number for every feature of every window.
fn feature(sequence: u32, index: u16) -> f32 {
    sequence as f32 * 1000.0 + f32::from(index)
}

fn whole(sequence: u32) -> Vec<f32> {
    (0..FEATURES).map(|index| feature(sequence, index)).collect()
}

/// The parts of a window's features, then its report.
fn window(sequence: u32) -> [Vec<u8>; 4] {
    let part = |first: u16| {
        let last = FEATURES.min(first + PART);
        let values: Vec<u8> = (first..last).flat_map(|index| feature(sequence, index).to_le_bytes()).collect();
        frame(&Message::Features { sequence, first, values: &values })
    };
    let report = frame(&Message::Report(Report { sequence, missing: 0, lost: 0, outputs: &[7, 0] }));
    [part(0), part(PART), part(2 * PART), report]
}

/// The features of each answer to these frames.
fn features(frames: &[&[Vec<u8>]]) -> Vec<Vec<f32>> {
    let transcript = receive(&frames.concat().concat());
    assert_eq!(transcript.damaged, []);
    transcript.answers.into_iter().map(|answer| answer.features).collect()
}

#[test]
fn features_of_a_window_come_in_parts() {
    assert_eq!(features(&[&[hello()], &window(0), &window(1)]), [whole(0), whole(1)]);
}

#[test]
fn any_part_lost_leaves_that_window_without_features_and_no_other() {
    for lost in 0b001..=0b111 {
        let mut second = window(1).to_vec();
        for part in (0..3).rev().filter(|part| lost & (1 << part) != 0) {
            second.remove(part);
        }
        assert_eq!(
            features(&[&[hello()], &window(0), &second, &window(2)]),
            [whole(0), vec![], whole(2)],
            "{lost:03b}"
        );
    }
}

#[test]
fn parts_of_a_window_whose_report_is_lost_never_reach_another() {
    let ([a, b, c, _], [d, e, f, report]) = (window(0), window(1));
    let hello = hello();
    for (second, expected) in [
        (vec![&d, &e, &f, &report], whole(1)),
        (vec![&e, &f, &report], vec![]),
        (vec![&f, &report], vec![]),
        (vec![&report], vec![]),
    ] {
        for first in [&[&a, &b, &c][..], &[&a, &b], &[&a]] {
            let bytes: Vec<u8> = [&[&hello], first, &second].concat().into_iter().flatten().copied().collect();
            let answers = receive(&bytes).answers;
            assert_eq!(answers.len(), 1);
            assert_eq!(answers[0].features, expected);
        }
    }
}

#[test]
fn a_device_that_starts_again_starts_its_features_again() {
    let [a, b, c, report] = window(0);
    assert_eq!(features(&[&[hello(), a], &[hello(), b, c, report], &window(1)]), [vec![], whole(1)]);
}

#[test]
fn features_are_not_whole_while_no_greeting_has_said_how_many_there_are() {
    assert_eq!(features(&[&window(3), &[hello()], &window(0)]), [vec![], whole(0)]);
}
