//! Sensors that play recorded windows: for boards that are simulated or emulated.

use embedded_io::Write;
use heapless::Vec;
use trunkline_shared::model::Channel;
use trunkline_shared::quant::{MISSING, MISSING_COUNT};
use trunkline_shared::seq::Seq;

use crate::acquire::{CHANNELS_MAX, Sampler};
use crate::app::{App, Progress};
use crate::board::{Sensors, ValueSensors};

/// Where recorded windows come from.
///
/// `T` is `i16` for counts, as the runtime takes them, or `f32` for values in the channels' units, NaN where missing.
pub trait WindowSource<T = i16> {
    /// Fills `window` with the next recorded window, channel after channel. Says whether there was one; where not, the window's
    /// samples are missing.
    fn load(&mut self, window: &mut [T]) -> bool;
}

/// The recording had no sample there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSample;

/// A recording being played, a window at a time: [`Sensors`] where it is of counts, [`ValueSensors`] where it is of values.
#[derive(Debug)]
pub struct Playback<'b, W, T = i16> {
    source: W,
    buffer: &'b mut [T],
    window_len: usize,
    /// Samples of this window that were read.
    played: usize,
    /// Index in the buffer of each channel's first sample.
    starts: Vec<usize, CHANNELS_MAX>,
    /// Index in the buffer of each channel's next sample.
    next: Vec<usize, CHANNELS_MAX>,
}

impl<'b, T: Copy, W: WindowSource<T>> Playback<'b, W, T> {
    /// Plays what `source` gives; `buffer` has room for one window.
    pub fn new(source: W, buffer: &'b mut [T]) -> Self {
        Self { source, buffer, window_len: 0, played: 0, starts: Vec::new(), next: Vec::new() }
    }

    /// Samples of one window; 0 before a model is accepted.
    pub fn window_len(&self) -> usize {
        self.window_len
    }

    /// Where the windows come from.
    pub fn source_mut(&mut self) -> &mut W {
        &mut self.source
    }

    /// Lays the channels out in the buffer; fails at the first one that does not fit.
    fn lay_out(&mut self, channels: Seq<'_, Channel<'_>>) -> Result<(), u8> {
        self.window_len = 0;
        self.starts.clear();
        for (index, channel) in (0_u8..).zip(channels.iter()) {
            self.starts.push(self.window_len).map_err(|_| index)?;
            self.window_len += usize::from(channel.samples);
            if self.window_len > self.buffer.len() {
                return Err(index);
            }
        }
        Ok(())
    }

    /// The channel's next sample; where the recording has ended, `missing`.
    fn play(&mut self, channel: u8, missing: T) -> Result<T, NoSample> {
        if self.played == 0 {
            self.next.clone_from(&self.starts);
            if let Some(window) = self.buffer.get_mut(..self.window_len)
                && !self.source.load(window)
            {
                window.fill(missing);
            }
        }
        self.played = (self.played + 1) % self.window_len.max(1);
        let next = self.next.get_mut(usize::from(channel)).ok_or(NoSample)?;
        let sample = self.buffer.get(*next).copied().ok_or(NoSample)?;
        *next += 1;
        Ok(sample)
    }
}

impl<'flash, W: WindowSource> Sensors<'flash> for Playback<'_, W> {
    type Error = NoSample;

    /// Takes every channel; fails only where the buffer is too short for the window.
    fn configure(&mut self, channels: Seq<'flash, Channel<'flash>>) -> Result<(), u8> {
        self.lay_out(channels)
    }

    fn read(&mut self, channel: u8) -> Result<i16, NoSample> {
        let counts = self.play(channel, MISSING_COUNT)?;
        if counts == MISSING_COUNT { Err(NoSample) } else { Ok(counts) }
    }
}

impl<W: WindowSource<f32>> ValueSensors for Playback<'_, W, f32> {
    type Error = NoSample;

    /// Takes every channel; fails only where the buffer is too short for the window.
    fn configure(&mut self, channels: Seq<'_, Channel<'_>>) -> Result<(), u8> {
        self.lay_out(channels)
    }

    fn read(&mut self, channel: u8) -> Result<f32, NoSample> {
        self.play(channel, MISSING)
    }
}

/// Runs sampler and application through one window, as fast as they go.
pub fn play_window<'m, S: Sensors<'m>, P: Write>(sampler: &mut Sampler<'m, S>, app: &mut App<'_, P>) {
    for _ in 0..sampler.ticks_per_window() {
        sampler.tick();
        while app.poll() == Progress::Answered {}
    }
}
