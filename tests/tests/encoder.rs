//! Sensors of values as sensors of counts, on the PC.

use std::collections::VecDeque;

use trunkline_firmware::board::{Sensors, ValueSensors};
use trunkline_firmware::encoder::Encoder;
use trunkline_shared::model::{Channel, validate};
use trunkline_shared::quant::MISSING_COUNT;
use trunkline_shared::seq::Seq;
use trunkline_tests::artifact::sample::small_image;
use trunkline_tests::bench::Failed;

/// Gives what a test has put in, whichever channel is read.
#[derive(Default)]
struct Scripted {
    readings: VecDeque<Result<f32, Failed>>,
    absent: Option<u8>,
}

impl ValueSensors for Scripted {
    type Error = Failed;

    fn configure(&mut self, _channels: Seq<'_, Channel<'_>>) -> Result<(), u8> {
        self.absent.map_or(Ok(()), Err)
    }

    fn read(&mut self, _channel: u8) -> Result<f32, Failed> {
        self.readings.pop_front().unwrap_or(Err(Failed))
    }
}

/// The channels of the sample model: three without a transform, a rank, a signed logarithm.
fn channels() -> Seq<'static, Channel<'static>> {
    validate(small_image()).expect("the sample is valid").header().channels
}

#[test]
fn every_channel_is_encoded_by_its_own_code() {
    let mut encoder = Encoder::new(Scripted::default());
    encoder.configure(channels()).expect("every sensor is there");
    for (index, channel) in (0..).zip(channels().iter()) {
        for value in [0.0, -0.0, 2.5, -7.0, 1e9, f32::NEG_INFINITY, f32::NAN] {
            encoder.sensors_mut().readings.push_back(Ok(value));
            assert_eq!(encoder.read(index), Ok(channel.code.encode(value).count), "{value} of {}", channel.name);
        }
    }
    // (2.5 - 0.5) / 0.01; the rank of 2.5 is (2 + 2.25 / 8.75) / 3; its logarithm, unit 2, is 0.8109.
    let of_2_5: Vec<_> = (0..channels().len() as u8)
        .map(|channel| {
            encoder.sensors_mut().readings.push_back(Ok(2.5));
            encoder.read(channel)
        })
        .collect();
    assert_eq!(of_2_5, [Ok(200), Ok(200), Ok(200), Ok(25), Ok(31)]);
    encoder.sensors_mut().readings.push_back(Ok(f32::NAN));
    assert_eq!(encoder.read(4), Ok(MISSING_COUNT));
}

#[test]
fn failures_of_the_sensors_are_passed_on() {
    let mut encoder = Encoder::new(Scripted::default());
    encoder.configure(channels()).expect("every sensor is there");
    assert_eq!(encoder.read(0), Err(Failed));
    encoder.sensors_mut().absent = Some(3);
    assert_eq!(encoder.configure(channels()), Err(3));
}

#[test]
fn a_channel_that_the_model_does_not_have_is_missing() {
    let mut encoder = Encoder::new(Scripted::default());
    encoder.configure(channels()).expect("every sensor is there");
    encoder.sensors_mut().readings.push_back(Ok(1.0));
    assert_eq!(encoder.read(channels().len() as u8), Ok(MISSING_COUNT));
}
