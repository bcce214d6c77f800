//! A window cut into its channels.

use super::header::Channel;
use crate::decode::{Cursor, Decode};
use crate::features::Signal;
use crate::quant::ChannelCode;
use crate::seq::{Seq, SeqIter};

/// What a window's features need of a [`Channel`]: neither its names, which were checked at boot, nor its transform.
#[derive(Debug, Clone, Copy)]
struct Sampling {
    rate_mhz: u32,
    samples: u16,
    scale: f32,
    offset: f32,
}

impl<'a> Decode<'a> for Sampling {
    fn decode(from: &mut Cursor<'a>) -> Self {
        // Name and unit.
        from.bytes();
        from.bytes();
        let (rate_mhz, samples) = (from.u32(), from.u16());
        let ChannelCode { scale, offset, .. } = Decode::decode(from);
        // Whether it is optional.
        from.bool();
        Self { rate_mhz, samples, scale, offset }
    }
}

/// The samples of each channel in a window. Asked for in the order of the channels, it goes through the header once.
pub(super) struct Samples<'a, 'w> {
    channels: Seq<'a, Sampling>,
    window: &'w [i16],
    /// From channel `next` on.
    left: SeqIter<'a, Sampling>,
    rest: &'w [i16],
    next: u8,
    /// Channel `next` - 1, if there is one.
    last: Option<Signal<'w>>,
}

impl<'a, 'w> Samples<'a, 'w> {
    /// Of a window that holds the samples of `channels` one after the other.
    pub(super) fn new(channels: Seq<'a, Channel<'a>>, window: &'w [i16]) -> Self {
        Self::from_first(channels.same_items(), window)
    }

    fn from_first(channels: Seq<'a, Sampling>, window: &'w [i16]) -> Self {
        Self { channels, window, left: channels.iter(), rest: window, next: 0, last: None }
    }

    /// The samples of a channel, or `None` where there is no such channel.
    pub(super) fn channel(&mut self, index: u8) -> Option<Signal<'w>> {
        if index.wrapping_add(1) < self.next {
            *self = Self::from_first(self.channels, self.window);
        }
        while self.next <= index {
            let Sampling { rate_mhz, samples, scale, offset } = self.left.next()?;
            let (counts, rest) = self.rest.split_at_checked(usize::from(samples))?;
            self.rest = rest;
            self.last = Some(Signal::new(counts, scale, offset, rate_mhz));
            self.next = self.next.checked_add(1)?;
        }
        self.last
    }
}
