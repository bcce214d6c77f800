//! Sampling: on each tick reads the channels that are due and queues their samples.
//!
//! The tick rate is that of the fastest channel. A slower one is due on the ticks that a Bresenham line picks, so that each
//! channel gives exactly its samples a window, in the order of time, and every sample of a window comes before any of the next.

use heapless::Vec;
use heapless::spsc::Producer;
use trunkline_shared::model::{Channel, MAX_CHANNELS};
use trunkline_shared::quant::MISSING_COUNT;
use trunkline_shared::seq::Seq;

use crate::board::Sensors;

/// Most channels that a model may read.
pub(crate) const CHANNELS_MAX: usize = MAX_CHANNELS as usize;

/// One sample on its way from the sampler to the window. It says where it belongs, so that a lost one leaves a hole and never
/// shifts what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Number of the window, modulo 2^16.
    pub window: u16,
    /// Index among the channel's samples of that window.
    pub position: u16,
    /// Counts, [`MISSING_COUNT`] where the sensor gave none.
    pub counts: i16,
    /// Index of the channel.
    pub channel: u8,
}

#[derive(Debug)]
struct Turn {
    /// Samples a window.
    samples: u16,
    /// Due when this reaches the ticks a window.
    progress: u32,
    /// Index of the next sample.
    position: u16,
}

/// The producing end of the queue. On a machine it lives in a timer interrupt.
pub struct Sampler<'q, S> {
    sensors: S,
    queue: Producer<'q, Sample>,
    turns: Vec<Turn, CHANNELS_MAX>,
    ticks_per_window: u32,
    tick: u32,
    window: u16,
}

impl<'q, S: Sensors<'q>> Sampler<'q, S> {
    /// A sampler that starts with the first tick of window 0.
    pub(crate) fn new(sensors: S, queue: Producer<'q, Sample>, channels: Seq<'_, Channel<'_>>) -> Self {
        let ticks_per_window = channels.iter().map(|channel| u32::from(channel.samples)).max().unwrap_or(1);
        let mut turns = Vec::new();
        for Channel { samples, .. } in channels.iter() {
            // There is room for every channel that a model may have.
            let _ = turns.push(Turn { samples, progress: ticks_per_window - u32::from(samples), position: 0 });
        }
        Self { sensors, queue, turns, ticks_per_window, tick: 0, window: 0 }
    }

    /// Ticks a window: samples a window of the fastest channel. The window's length over this is the period of a tick.
    pub fn ticks_per_window(&self) -> u32 {
        self.ticks_per_window
    }

    /// The sensors.
    pub fn sensors_mut(&mut self) -> &mut S {
        &mut self.sensors
    }

    /// Reads every channel that is due. Where the queue is full the sample is lost, and the window will show it.
    pub fn tick(&mut self) {
        for (channel, turn) in (0..=u8::MAX).zip(self.turns.iter_mut()) {
            turn.progress += u32::from(turn.samples);
            if turn.progress < self.ticks_per_window {
                continue;
            }
            turn.progress -= self.ticks_per_window;
            let counts = self.sensors.read(channel).unwrap_or(MISSING_COUNT);
            let sample = Sample { window: self.window, position: turn.position, counts, channel };
            // A full queue hands the sample back: it is dropped here and found missing by its position.
            let _ = self.queue.enqueue(sample);
            turn.position += 1;
        }
        self.tick += 1;
        if self.tick == self.ticks_per_window {
            self.tick = 0;
            self.window = self.window.wrapping_add(1);
            self.turns.iter_mut().for_each(|turn| turn.position = 0);
        }
    }
}
