//! Depthwise convolution over time: each output filters the samples of one channel.

pub mod m4;
mod reference;
#[cfg(all(test, feature = "builder"))]
mod tests;

use super::padded;

pub use reference::depthwise;

/// What a layer connects; see [`Shape::positions`] for what must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// C, channels of the input.
    pub channels: usize,
    /// N, samples of a channel.
    pub samples: usize,
    /// Outputs at a position, a multiple of C: output o reads channel o / (rows / C).
    pub rows: usize,
    /// Samples that an output reads.
    pub kernel: usize,
    /// Samples from one position to the next.
    pub stride: usize,
}

impl Shape {
    /// P = (N - kernel) / stride + 1; 0 where a number is 0, the kernel longer than a channel, or rows no multiple of C.
    pub fn positions(&self) -> usize {
        let Self { channels, samples, rows, kernel, stride } = *self;
        let fits = kernel > 0 && rows > 0 && rows.checked_rem(channels) == Some(0);
        let steps = samples.checked_sub(kernel).and_then(|room| room.checked_div(stride));
        steps.filter(|_| fits).map_or(0, |steps| steps.saturating_add(1))
    }

    /// Elements of the output, `[P][padded(rows)]`.
    pub fn outputs(&self) -> usize {
        self.positions().saturating_mul(padded(self.rows))
    }
}
