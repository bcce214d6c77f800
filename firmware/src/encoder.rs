//! Values to counts on the device, by the codes that the model brings along.

use heapless::Vec;
use trunkline_shared::model::Channel;
use trunkline_shared::quant::{ChannelCode, MISSING_COUNT};
use trunkline_shared::seq::Seq;

use crate::acquire::CHANNELS_MAX;
use crate::board::{Sensors, ValueSensors};

/// Sensors of physical values as sensors of counts: each value goes through its channel's transform, scale and offset.
///
/// The count is the same to the bit as the one the trainer makes of that value. NaN is a missing sample; values beyond the
/// range of the channel's code, infinities too, saturate.
#[derive(Debug)]
pub struct Encoder<'flash, V> {
    sensors: V,
    codes: Vec<ChannelCode<'flash>, CHANNELS_MAX>,
}

impl<V> Encoder<'_, V> {
    /// Encodes what `sensors` read.
    pub const fn new(sensors: V) -> Self {
        Self { sensors, codes: Vec::new() }
    }

    /// The sensors of values.
    pub fn sensors_mut(&mut self) -> &mut V {
        &mut self.sensors
    }
}

impl<'flash, V: ValueSensors> Sensors<'flash> for Encoder<'flash, V> {
    type Error = V::Error;

    fn configure(&mut self, channels: Seq<'flash, Channel<'flash>>) -> Result<(), u8> {
        self.codes.clear();
        self.sensors.configure(channels)?;
        for (index, channel) in (0..=u8::MAX).zip(channels.iter()) {
            self.codes.push(channel.code).map_err(|_| index)?;
        }
        Ok(())
    }

    /// A channel that the model does not have is missing.
    fn read(&mut self, channel: u8) -> Result<i16, V::Error> {
        let value = self.sensors.read(channel)?;
        Ok(self.codes.get(usize::from(channel)).map_or(MISSING_COUNT, |code| code.encode(value).count))
    }
}
