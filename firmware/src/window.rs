//! From samples to windows, channel after channel, as the runtime takes them.

use heapless::Vec;
use trunkline_shared::model::Channel;
use trunkline_shared::quant::MISSING_COUNT;
use trunkline_shared::seq::Seq;

use crate::acquire::{CHANNELS_MAX, Sample};

/// What became of a sample offered to the [`WindowAssembler`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// In the window, which has room left.
    Filling,
    /// In the window, which is now full.
    Complete,
    /// Nowhere: it belongs to a later window. Finish this one, then offer the sample again.
    Later,
}

/// What a window says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowStatus {
    /// Number of the window since start.
    pub sequence: u32,
    /// Samples that the sensors failed to give.
    pub missing: u32,
    /// Samples that were taken but lost on the way.
    pub lost: u32,
}

#[derive(Debug)]
struct Span {
    start: usize,
    samples: u16,
}

/// One window being filled.
#[derive(Debug)]
pub struct WindowAssembler<'w> {
    spans: Vec<Span, CHANNELS_MAX>,
    counts: &'w mut [i16],
    sequence: u32,
    placed: u32,
    missing: u32,
}

impl<'w> WindowAssembler<'w> {
    /// An assembler at window 0, in a buffer of exactly the window's samples.
    pub(crate) fn new(channels: Seq<'_, Channel<'_>>, counts: &'w mut [i16]) -> Self {
        let (mut start, mut spans) = (0, Vec::new());
        for Channel { samples, .. } in channels.iter() {
            // There is room for every channel that a model may have.
            let _ = spans.push(Span { start, samples });
            start += usize::from(samples);
        }
        let mut assembler = Self { spans, counts, sequence: 0, placed: 0, missing: 0 };
        assembler.start(0);
        assembler
    }

    /// The window as it stands, channel after channel; what has not come is missing.
    pub fn counts(&self) -> &[i16] {
        self.counts
    }

    /// What is known of the window as it stands.
    pub fn status(&self) -> WindowStatus {
        WindowStatus {
            sequence: self.sequence,
            missing: self.missing,
            lost: (self.counts.len() as u32).saturating_sub(self.placed),
        }
    }

    /// Puts a sample in its place, or says that this window has to be finished first. A window of which nothing came is passed
    /// over: it was lost whole.
    pub fn offer(&mut self, sample: Sample) -> Placed {
        if self.windows_ahead(sample) > 0 {
            if self.placed > 0 {
                return Placed::Later;
            }
            self.next(Some(sample));
        }
        if let Some(span) = self.spans.get(usize::from(sample.channel))
            && sample.position < span.samples
            && let Some(place) = self.counts.get_mut(span.start + usize::from(sample.position))
        {
            *place = sample.counts;
            self.placed += 1;
            self.missing += u32::from(sample.counts == MISSING_COUNT);
        }
        if self.placed as usize == self.counts.len() { Placed::Complete } else { Placed::Filling }
    }

    /// Empties the buffer for the next window, or for the one that `waiting` belongs to where windows were lost whole.
    pub fn next(&mut self, waiting: Option<Sample>) {
        let ahead = waiting.map_or(1, |sample| self.windows_ahead(sample).max(1));
        self.start(self.sequence.wrapping_add(u32::from(ahead)));
    }

    fn windows_ahead(&self, sample: Sample) -> u16 {
        sample.window.wrapping_sub(self.sequence as u16)
    }

    fn start(&mut self, sequence: u32) {
        self.counts.fill(MISSING_COUNT);
        self.sequence = sequence;
        self.placed = 0;
        self.missing = 0;
    }
}
