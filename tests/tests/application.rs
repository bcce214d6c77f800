//! The firmware's application on a test bench: sampling, lost and missing samples, refusals, frames.

use std::cell::RefCell;

use heapless::spsc::Queue;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use trunkline_firmware::acquire::Sample;
use trunkline_firmware::app::{Memory, Mode, Progress, REFUSAL_PERIOD_MS, Running, boot};
use trunkline_firmware::report::{Frame, FrameError, OUTPUTS_MAX, decode};
use trunkline_shared::model::{LayerRole, TaskKind, Tensor, View, WeightKind, validate};
use trunkline_shared::telemetry::{PROTOCOL, Refusal};
use trunkline_tests::artifact::layers::RandomLayer;
use trunkline_tests::artifact::sample;
use trunkline_tests::bench::{Bench, BenchPort, BenchSensors, Failed};
use trunkline_tests::parity::expected;
use trunkline_trainer::simulate::{Answer, receive};

/// Samples of a window of the sample model: x, y, z, temperature, load.
const CHANNEL_SAMPLES: [u16; 5] = [64, 64, 64, 4, 1];
const WINDOW_LEN: usize = 197;
const ARENA_WORDS: usize = 4096;

fn image() -> Vec<u8> {
    sample::small().build().expect("the sample is valid")
}

/// A different count for every sample of every window.
fn count(window: usize, index: usize) -> i16 {
    (window as i16 * 311) ^ (index as i16 * 97)
}

/// Gives [`count`] in the order in which sensors are read, fails where `fails` says (window, index in the window).
fn script(fails: impl Fn(usize, usize) -> bool) -> impl FnMut(u8) -> Result<i16, Failed> {
    let mut read = [0_usize; CHANNEL_SAMPLES.len()];
    move |channel| {
        let channel = usize::from(channel);
        let samples = usize::from(CHANNEL_SAMPLES[channel]);
        let (window, position) = (read[channel] / samples, read[channel] % samples);
        read[channel] += 1;
        let start: u16 = CHANNEL_SAMPLES[..channel].iter().sum();
        let index = usize::from(start) + position;
        if fails(window, index) { Err(Failed) } else { Ok(count(window, index)) }
    }
}

/// Runs `steps` on a board that has accepted the sample model, with a queue of 255 samples; gives what was reported.
fn on_bench(
    script: impl FnMut(u8) -> Result<i16, Failed>,
    steps: impl FnOnce(&mut Running<'_, BenchSensors<'_>, BenchPort>),
) -> Vec<Answer> {
    on_bench_with_queue::<256>(script, steps)
}

/// The same with a queue of `N - 1` samples.
fn on_bench_with_queue<const N: usize>(
    script: impl FnMut(u8) -> Result<i16, Failed>,
    steps: impl FnOnce(&mut Running<'_, BenchSensors<'_>, BenchPort>),
) -> Vec<Answer> {
    let image = image();
    let bench = Bench::new(&image, script);
    let sent = bench.sent.clone();
    let (mut arena, mut window) = ([0; ARENA_WORDS], [0; 256]);
    let (mut queue, mut frame) = (Queue::<Sample, N>::new(), Frame::new());
    let memory = Memory { arena: &mut arena, window: &mut window, queue: &mut queue, frame: &mut frame };
    let Ok(mut running) = boot(bench, memory, Mode::Normal) else { panic!("the sample is accepted") };
    steps(&mut running);
    let transcript = receive(&sent.borrow());
    assert_eq!(transcript.damaged, []);
    assert_eq!(transcript.accepted.map(|(name, _)| name), Some("small".into()));
    transcript.answers
}

/// The runtime's answers to windows of [`count`], with holes where `missing` says.
fn runtime_answers(windows: usize, missing: impl Fn(usize, usize) -> bool) -> Vec<Vec<i16>> {
    let counts: Vec<i16> = (0..windows)
        .flat_map(|window| (0..WINDOW_LEN).map(move |index| (window, index)))
        .map(|(window, index)| if missing(window, index) { i16::MIN } else { count(window, index) })
        .collect();
    expected(&image(), &counts).into_iter().map(|answer| answer.outputs).collect()
}

fn poll(running: &mut Running<'_, BenchSensors<'_>, BenchPort>) {
    while running.app.poll() == Progress::Answered {}
}

#[test]
fn channels_are_read_in_the_order_of_time_each_at_its_rate() {
    let reads = RefCell::new(Vec::new());
    let mut tick = 0;
    let mut in_time = Vec::new();
    on_bench(
        |channel| {
            reads.borrow_mut().push(channel);
            Ok(0)
        },
        |running| {
            assert_eq!(running.sampler.ticks_per_window(), 64);
            for _ in 0..2 * 64 {
                running.sampler.tick();
                poll(running);
                in_time.extend(reads.borrow_mut().drain(..).map(|channel| (tick, channel)));
                tick += 1;
            }
        },
    );
    let of = |wanted: u8| -> Vec<i32> {
        in_time.iter().filter(|(_, channel)| *channel == wanted).map(|(tick, _)| *tick).collect()
    };
    for axis in 0..3 {
        assert_eq!(of(axis), (0..128).collect::<Vec<_>>());
    }
    assert_eq!(of(3), [0, 16, 32, 48, 64, 80, 96, 112]);
    assert_eq!(of(4), [0, 64]);
}

#[test]
fn every_window_is_answered_as_the_runtime_answers_it() {
    let answers = on_bench(script(|_, _| false), |running| {
        for _ in 0..3 * 64 {
            running.sampler.tick();
            poll(running);
        }
    });
    let outputs: Vec<_> = answers.iter().map(|answer| answer.outputs.clone()).collect();
    assert_eq!(outputs, runtime_answers(3, |_, _| false));
    for (sequence, answer) in (0..).zip(&answers) {
        assert_eq!((answer.sequence, answer.missing, answer.lost), (sequence, 0, 0));
        assert!(answer.features.is_empty(), "no features but in diagnostic mode");
    }
}

#[test]
fn a_sensor_that_fails_leaves_a_missing_sample() {
    let fails = |window, index| window == 1 && (index % 10 == 3 || index == 196);
    let answers = on_bench(script(fails), |running| {
        for _ in 0..3 * 64 {
            running.sampler.tick();
            poll(running);
        }
    });
    let outputs: Vec<_> = answers.iter().map(|answer| answer.outputs.clone()).collect();
    assert_eq!(outputs, runtime_answers(3, fails));
    assert_eq!(answers.iter().map(|answer| answer.missing).collect::<Vec<_>>(), [0, 21, 0]);
    assert_eq!(answers.iter().map(|answer| answer.lost).collect::<Vec<_>>(), [0, 0, 0]);
}

#[test]
fn samples_lost_in_a_full_queue_leave_holes_and_shift_nothing() {
    // Nothing is taken from the queue for 100 ticks: 255 samples are kept, those after them are lost.
    let answers = on_bench(script(|_, _| false), |running| {
        for tick in 0..4 * 64 {
            running.sampler.tick();
            if tick >= 100 {
                poll(running);
            }
        }
    });
    // Window 0 is 197 samples; of window 1, the first 58 in order of time: temperature, load and 18 or 19 of each axis.
    let time_of = |index: usize| {
        if index < 192 {
            index % 64
        } else if index < 196 {
            16 * (index - 192)
        } else {
            0
        }
    };
    let mut order: Vec<usize> = (0..WINDOW_LEN).collect();
    order.sort_by_key(|&index| (time_of(index), index));
    let kept = 255 - WINDOW_LEN;
    // The tick of the first poll was sampled before it, with the queue still full.
    let lost = |window: usize, index: usize| {
        window == 1 && time_of(index) <= 100 - 64 && order.iter().position(|&at| at == index) >= Some(kept)
    };
    let outputs: Vec<_> = answers.iter().map(|answer| answer.outputs.clone()).collect();
    assert_eq!(outputs, runtime_answers(4, lost));
    let count_lost = (0..WINDOW_LEN).filter(|&index| lost(1, index)).count() as u32;
    assert!(count_lost > 50);
    assert_eq!(answers.iter().map(|answer| answer.lost).collect::<Vec<_>>(), [0, count_lost, 0, 0]);
    assert_eq!(answers.iter().map(|answer| answer.missing).collect::<Vec<_>>(), [0; 4]);
}

#[test]
fn windows_lost_whole_leave_a_gap_in_the_sequence() {
    let answers = on_bench(script(|_, _| false), |running| {
        for tick in 0..7 * 64 {
            running.sampler.tick();
            if tick >= 5 * 64 {
                poll(running);
            }
        }
    });
    let sequences: Vec<_> = answers.iter().map(|answer| answer.sequence).collect();
    // Window 1 is there in part; 2, 3 and 4 are lost; of window 5 only the first tick.
    assert_eq!(sequences, [0, 1, 5, 6]);
    let correct = runtime_answers(7, |_, _| false);
    assert_eq!(answers[0].outputs, correct[0]);
    assert_eq!(answers[3].outputs, correct[6]);
    assert_eq!(answers[2].lost, 5, "all five channels have a sample in the first tick");
}

#[test]
fn a_window_lost_whole_after_a_full_one_is_not_answered() {
    // The queue holds exactly window 0; all of window 1 finds it full.
    let answers = on_bench_with_queue::<{ WINDOW_LEN + 1 }>(script(|_, _| false), |running| {
        for tick in 0..4 * 64 {
            if tick >= 2 * 64 {
                poll(running);
            }
            running.sampler.tick();
        }
        poll(running);
    });
    assert_eq!(
        answers.iter().map(|answer| (answer.sequence, answer.lost)).collect::<Vec<_>>(),
        [(0, 0), (2, 0), (3, 0)]
    );
    let correct = runtime_answers(4, |_, _| false);
    let outputs: Vec<_> = answers.into_iter().map(|answer| answer.outputs).collect();
    assert_eq!(outputs, [correct[0].clone(), correct[2].clone(), correct[3].clone()]);
}

/// Boots a model with buffers of that size and gives the refusal.
fn refusal(image: &[u8], arena_words: usize, window_samples: usize, absent: Option<u8>) -> (Refusal, String) {
    let mut bench = Bench::new(image, |_| Ok(0));
    bench.absent = absent;
    let (sent, waited_ms) = (bench.sent.clone(), bench.waited_ms.clone());
    let (mut arena, mut window) = (vec![0; arena_words], vec![0; window_samples]);
    let (mut queue, mut frame) = (Queue::<Sample, 2>::new(), Frame::new());
    let memory = Memory { arena: &mut arena, window: &mut window, queue: &mut queue, frame: &mut frame };
    let Err(mut refused) = boot(bench, memory, Mode::Normal) else { panic!("the board cannot run it") };
    refused.repeat();
    refused.repeat();
    assert_eq!(waited_ms.get(), 2 * REFUSAL_PERIOD_MS);
    let transcript = receive(&sent.borrow());
    assert_eq!(transcript.accepted, None);
    let [first, second, third] = &transcript.refusals[..] else { panic!("{transcript:?}") };
    assert_eq!((first, first), (second, third));
    first.clone()
}

#[test]
fn a_model_that_does_not_fit_the_board_is_refused_by_name() {
    let image = image();
    let needed = validate(&image).expect("the sample is valid").arena_bytes();
    let words = needed as usize / 4;
    let (reason, detail) = refusal(&image, words - 1, WINDOW_LEN, None);
    assert_eq!(reason, Refusal::Arena { needed, available: needed - 4 });
    assert!(detail.contains(&format!("needs an arena of {needed} bytes, this board has {}", needed - 4)), "{detail}");
    let (reason, detail) = refusal(&image, words, WINDOW_LEN - 1, None);
    assert_eq!(reason, Refusal::Window { needed: 197, available: 196 });
    assert!(detail.contains("197 samples, this board holds 196"), "{detail}");
    let (reason, detail) = refusal(&image, words, WINDOW_LEN, Some(3));
    assert_eq!(reason, Refusal::Sensor { channel: 3 });
    assert!(detail.contains("no sensor for channel 3"), "{detail}");
}

#[test]
fn a_model_with_more_outputs_than_a_report_holds_is_refused_by_name() {
    let mut builder = sample::small();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    builder.tasks = (0..8).map(|index| sample::task(&format!("task {index}"), TaskKind::MultiClass, 64)).collect();
    builder.views = vec![View { tensor: 0, first: 0, fraction_bits: 5 }];
    builder.tensors = vec![Tensor { elements: 12, range_bits: 8 }];
    builder.tensors.extend([Tensor { elements: 64, range_bits: 12 }; 8]);
    let layers = (0..8).map(|task| {
        let layer = RandomLayer::dense(LayerRole::Linear(task), 0, task + 1, WeightKind::I8);
        layer.draw(&builder.tensors, &mut rng)
    });
    builder.layers = layers.collect();
    let image = builder.build().expect("the format allows 512 outputs");
    let (reason, detail) = refusal(&image, ARENA_WORDS, WINDOW_LEN, None);
    assert_eq!(reason, Refusal::Outputs { needed: 512, available: OUTPUTS_MAX as u32 });
    assert!(detail.contains("gives 512 outputs"), "{detail}");
}

/// The frames of a short run, each without its zeros.
fn frames() -> Vec<Vec<u8>> {
    let image = image();
    let bench = Bench::new(&image, script(|_, _| false));
    let sent = bench.sent.clone();
    let (mut arena, mut window) = ([0; ARENA_WORDS], [0; WINDOW_LEN]);
    let (mut queue, mut frame) = (Queue::<Sample, 16>::new(), Frame::new());
    let memory = Memory { arena: &mut arena, window: &mut window, queue: &mut queue, frame: &mut frame };
    let Ok(Running { mut sampler, mut app }) = boot(bench, memory, Mode::Diagnostic) else { panic!("accepted") };
    for _ in 0..64 {
        sampler.tick();
        while app.poll() == Progress::Answered {}
    }
    let bytes = sent.borrow();
    bytes.split(|&byte| byte == 0).filter(|frame| !frame.is_empty()).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_frame_with_any_flipped_bit_is_noticed() {
    let frames = frames();
    assert_eq!(frames.len(), 3, "hello, features, report");
    for frame in frames {
        assert!(decode(&mut frame.clone()).is_ok());
        for bit in 0..8 * frame.len() {
            let mut damaged = frame.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&mut damaged).is_err(), "bit {bit}");
        }
        for len in 0..frame.len() {
            assert!(decode(&mut frame[..len].to_vec()).is_err(), "cut to {len} bytes");
        }
    }
}

#[test]
fn a_sound_frame_without_a_message_is_noticed() {
    // Variant 200 does not exist; the checksum fits.
    let message = [200, 1];
    let checksum = crc::Crc::<u16>::new(&crc::CRC_16_IBM_SDLC).checksum(&message).to_le_bytes();
    let mut frame = [0; 8];
    let len = cobs::encode(&[message, checksum].concat(), &mut frame);
    assert_eq!(decode(&mut frame[..len]), Err(FrameError::Message));
}

#[test]
fn a_greeting_of_another_protocol_is_noticed() {
    let mut bytes = frames()[0].clone();
    let len = cobs::decode_in_place(&mut bytes).expect("a frame");
    let mut message = bytes[..len - 2].to_vec();
    assert_eq!(message[1], PROTOCOL, "the first field of the first variant");
    message[1] += 1;
    let checksum = crc::Crc::<u16>::new(&crc::CRC_16_IBM_SDLC).checksum(&message).to_le_bytes();
    let mut frame = vec![0; 2 * len];
    let len = cobs::encode(&[&message[..], &checksum].concat(), &mut frame);
    assert_eq!(decode(&mut frame[..len]), Err(FrameError::Message));
}

#[test]
fn a_receiver_that_joins_in_the_middle_finds_the_next_frame() {
    let frames = frames();
    let mut bytes = frames[0][5..].to_vec();
    bytes.push(0);
    for frame in &frames[1..] {
        bytes.extend_from_slice(frame);
        bytes.push(0);
    }
    let transcript = receive(&bytes);
    assert_eq!(transcript.accepted, None);
    assert_eq!(transcript.damaged.len(), 1);
    assert_eq!(transcript.answers.len(), 1);
    assert_eq!(transcript.answers[0].outputs.len(), 5);
    assert!(transcript.answers[0].features.is_empty(), "how many there should be was in the greeting");
}
