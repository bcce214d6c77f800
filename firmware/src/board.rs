//! What a board gives the application.

use embedded_hal::delay::DelayNs;
use embedded_io::Write;
use trunkline_shared::model::Channel;
use trunkline_shared::seq::Seq;

/// A machine controller, or the simulation of one.
///
/// `'flash` is how long the model region stays readable: `'static` on a microcontroller.
pub trait Board<'flash> {
    /// The sensors behind their converters.
    type Sensors: Sensors<'flash>;
    /// Where reports go, e.g. a UART. Writing may block until the bytes are on their way.
    type Port: Write;
    /// Waits; used between repeated refusals.
    type Delay: DelayNs;

    /// Hands out the parts, so that a timer interrupt can own the sensors while the main loop owns the port.
    fn into_parts(self) -> Parts<'flash, Self::Sensors, Self::Port, Self::Delay>;
}

/// A board taken apart.
#[derive(Debug)]
pub struct Parts<'flash, S, P, D> {
    /// The sensors.
    pub sensors: S,
    /// The report port.
    pub port: P,
    /// The delay.
    pub delay: D,
    /// The flash region that holds a model, from its first byte; 4-aligned, may be longer than the model.
    pub model_region: &'flash [u8],
}

/// Sensors read as i16 counts by the code that the model states for each channel.
///
/// A converter whose range the model's code describes gives its counts as they are. Where the readings are physical values (a
/// sensor that does its own conversion, a set point or another table column from the controller), implement [`ValueSensors`]
/// and wrap it in an [`Encoder`](crate::encoder::Encoder), which makes them the counts that the model was trained on: never do
/// the transform of a channel by hand.
pub trait Sensors<'flash> {
    /// Why a sample could not be had.
    type Error;

    /// Prepares to be read in the order and at the rates of `channels`: called once, with the channels of the accepted model.
    ///
    /// # Errors
    /// The index of the first channel that this board cannot deliver.
    fn configure(&mut self, channels: Seq<'flash, Channel<'flash>>) -> Result<(), u8>;

    /// Reads one sample, in counts, from the channel of that index, now due. Must not block: a converter that has nothing ready
    /// is an error.
    ///
    /// # Errors
    /// The sample could not be had; it counts as missing, and the stream goes on.
    fn read(&mut self, channel: u8) -> Result<i16, Self::Error>;
}

/// Sensors read as values in the unit that the model states for each channel, before any transform.
pub trait ValueSensors {
    /// Why a sample could not be had.
    type Error;

    /// Like [`Sensors::configure`]; the channels name the units that are expected.
    ///
    /// # Errors
    /// The index of the first channel that this board cannot deliver.
    fn configure(&mut self, channels: Seq<'_, Channel<'_>>) -> Result<(), u8>;

    /// Like [`Sensors::read`], as a value; NaN is a missing sample.
    ///
    /// # Errors
    /// The sample could not be had; it counts as missing, and the stream goes on.
    fn read(&mut self, channel: u8) -> Result<f32, Self::Error>;
}
