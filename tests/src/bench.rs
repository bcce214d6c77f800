//! A board on the test bench: sensors that a test scripts, a port and a delay that it can look into.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::delay::DelayNs;
use embedded_io::{ErrorType, Write};
use trunkline_firmware::board::{Board, Parts, Sensors};
use trunkline_shared::model::Channel;
use trunkline_shared::seq::Seq;

/// A sensor failed, by the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// Reads one sample of a channel: the script of a test.
pub type Script<'b> = Box<dyn FnMut(u8) -> Result<i16, Failed> + 'b>;

/// The board.
pub struct Bench<'b> {
    /// What the sensors give.
    pub script: Script<'b>,
    /// The channel for which the board has no sensor.
    pub absent: Option<u8>,
    /// Everything that was sent.
    pub sent: Rc<RefCell<Vec<u8>>>,
    /// Milliseconds that were waited.
    pub waited_ms: Rc<Cell<u32>>,
    /// The model region.
    pub region: &'b [u8],
}

impl<'b> Bench<'b> {
    /// A board that has every sensor.
    pub fn new(region: &'b [u8], script: impl FnMut(u8) -> Result<i16, Failed> + 'b) -> Self {
        Self { script: Box::new(script), absent: None, sent: Rc::default(), waited_ms: Rc::default(), region }
    }
}

impl<'b> Board<'b> for Bench<'b> {
    type Sensors = BenchSensors<'b>;
    type Port = BenchPort;
    type Delay = BenchDelay;

    fn into_parts(self) -> Parts<'b, BenchSensors<'b>, BenchPort, BenchDelay> {
        let Self { script, absent, sent, waited_ms, region } = self;
        Parts {
            sensors: BenchSensors { script, absent },
            port: BenchPort(sent),
            delay: BenchDelay(waited_ms),
            model_region: region,
        }
    }
}

/// The scripted sensors.
pub struct BenchSensors<'b> {
    script: Script<'b>,
    absent: Option<u8>,
}

impl<'flash> Sensors<'flash> for BenchSensors<'_> {
    type Error = Failed;

    fn configure(&mut self, _channels: Seq<'flash, Channel<'flash>>) -> Result<(), u8> {
        self.absent.map_or(Ok(()), Err)
    }

    fn read(&mut self, channel: u8) -> Result<i16, Failed> {
        (self.script)(channel)
    }
}

/// Keeps what is sent.
pub struct BenchPort(Rc<RefCell<Vec<u8>>>);

impl ErrorType for BenchPort {
    type Error = Infallible;
}

impl Write for BenchPort {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Adds up what is waited.
pub struct BenchDelay(Rc<Cell<u32>>);

impl DelayNs for BenchDelay {
    fn delay_ns(&mut self, ns: u32) {
        self.0.set(self.0.get() + ns / 1_000_000);
    }
}
