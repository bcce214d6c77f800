//! A board of which the compiler knows nothing.

use core::convert::Infallible;
use core::hint::black_box;

use embedded_hal::delay::DelayNs;
use embedded_io::{ErrorType, Write};
use trunkline_firmware::board::{Board, Parts, ValueSensors};
use trunkline_firmware::encoder::Encoder;
use trunkline_shared::model::Channel;
use trunkline_shared::seq::Seq;

/// The board and each of its parts.
pub(crate) struct Unknown;

/// Where the board keeps its model.
pub(crate) fn model_region() -> &'static [u8] {
    black_box(&[])
}

impl Board<'static> for Unknown {
    type Sensors = Encoder<'static, Self>;
    type Port = Self;
    type Delay = Self;

    fn into_parts(self) -> Parts<'static, Self::Sensors, Self, Self> {
        Parts { sensors: Encoder::new(Self), port: Self, delay: Self, model_region: model_region() }
    }
}

impl ValueSensors for Unknown {
    type Error = ();

    fn configure(&mut self, _channels: Seq<'_, Channel<'_>>) -> Result<(), u8> {
        black_box(Ok(()))
    }

    fn read(&mut self, _channel: u8) -> Result<f32, ()> {
        black_box(Ok(0.0))
    }
}

impl ErrorType for Unknown {
    type Error = Infallible;
}

impl Write for Unknown {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    /// The one of `embedded-io` panics over a port that takes no byte.
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        black_box(bytes);
        Ok(())
    }
}

impl DelayNs for Unknown {
    fn delay_ns(&mut self, ns: u32) {
        black_box(ns);
    }
}
