//! Sensors that play recorded windows: for boards that are simulated or emulated.

use embedded_io::Write;
use heapless::Vec;
use trunkline_shared::model::Channel;
use trunkline_shared::quant::MISSING_COUNT;
use trunkline_shared::seq::Seq;

use crate::acquire::{CHANNELS_MAX, Sampler};
use crate::app::{App, Progress};
use crate::board::Sensors;

/// Where recorded windows come from.
pub trait WindowSource {
    /// Fills `window` with the next recorded window: i16 counts, channel after channel, as the runtime takes them. Says whether
    /// there was one; where not, the window's samples are missing.
    fn load(&mut self, window: &mut [i16]) -> bool;
}

/// The recording had no sample there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSample;

/// A recording being played, a window at a time.
#[derive(Debug)]
pub struct Playback<'b, W> {
    source: W,
    buffer: &'b mut [i16],
    window_len: usize,
    /// Samples of this window that were read.
    played: usize,
    /// Index in the buffer of each channel's first sample.
    starts: Vec<usize, CHANNELS_MAX>,
    /// Index in the buffer of each channel's next sample.
    next: Vec<usize, CHANNELS_MAX>,
}

impl<'b, W: WindowSource> Playback<'b, W> {
    /// Plays what `source` gives; `buffer` has room for one window.
    pub fn new(source: W, buffer: &'b mut [i16]) -> Self {
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

    fn load(&mut self) {
        self.next.clone_from(&self.starts);
        if let Some(window) = self.buffer.get_mut(..self.window_len)
            && !self.source.load(window)
        {
            window.fill(MISSING_COUNT);
        }
    }
}

impl<W: WindowSource> Sensors for Playback<'_, W> {
    type Error = NoSample;

    /// Takes every channel; fails only where the buffer is too short for the window.
    fn configure(&mut self, channels: Seq<'_, Channel<'_>>) -> Result<(), u8> {
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

    fn read(&mut self, channel: u8) -> Result<i16, NoSample> {
        if self.played == 0 {
            self.load();
        }
        self.played = (self.played + 1) % self.window_len.max(1);
        let next = self.next.get_mut(usize::from(channel)).ok_or(NoSample)?;
        let counts = self.buffer.get(*next).copied().ok_or(NoSample)?;
        *next += 1;
        if counts == MISSING_COUNT { Err(NoSample) } else { Ok(counts) }
    }
}

/// Runs sampler and application through one window, as fast as they go.
pub fn play_window<S: Sensors, P: Write>(sampler: &mut Sampler<'_, S>, app: &mut App<'_, P>) {
    for _ in 0..sampler.ticks_per_window() {
        sampler.tick();
        while app.poll() == Progress::Answered {}
    }
}
