//! Power spectrum of a window: Hann-weighted real FFTs, averaged over segments.
//!
//! Welch's method (P. D. Welch, IEEE Trans. Audio Electroacoust. 15(2), 1967) without overlap. The Hann window's mean square is
//! 3/8, hence a bin's share of the signal's mean square is `2 |H[k]|^2 / (3/8 N^2) = 16 |H[k]|^2 / (3 N^2)`.

use super::fft::{self, Complex};
use super::signal::Signal;

/// Mean square of the noise that rounding to counts makes, in squared counts.
const ROUNDING_NOISE: f32 = 1.0 / 12.0;

/// Power of each bin in squared counts, but for a factor; bin 0 is 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spectrum<'s> {
    power: &'s [f32],
    share: f32,
}

impl<'s> Spectrum<'s> {
    /// The spectrum of `counts`, or `None` where the buffers' lengths are not those of a supported FFT or the window is too short.
    ///
    /// * `mean_count`: stands in for missing samples.
    /// * `bins`: scratch of N/2 complex values, N a power of two in 16..=4096.
    /// * `power`: receives N/2 bins.
    pub(super) fn of(counts: &[i16], mean_count: i16, bins: &mut [Complex], power: &'s mut [f32]) -> Option<Self> {
        let points = 2 * bins.len();
        if points == 0 {
            return None;
        }
        let mut segments = 0usize;
        for segment in counts.chunks_exact(points) {
            fft::add_power(segment, mean_count, bins, power, segments == 0)?;
            segments += 1;
        }
        if segments == 0 {
            return None;
        }
        let share = fft::POWER_SHARE * 16.0 / (3.0 * points as f32 * points as f32 * segments as f32);
        Some(Self { power, share })
    }

    /// The sum of bins in squared counts from first to last, by eights, which compilers unroll.
    fn sum(&self, bins: &[f32]) -> f32 {
        let (eights, rest) = bins.as_chunks::<8>();
        let add = |total, &power: &f32| total + power * self.share;
        let total = eights.iter().fold(0.0, |total, eight| eight.iter().fold(total, add));
        rest.iter().fold(total, add)
    }

    /// Natural logarithm of the mean square in squared units that the bins `first..end` hold, never below their share of the
    /// rounding noise.
    pub(super) fn band_energy(&self, signal: &Signal<'_>, first: usize, end: usize) -> f32 {
        let band = self.power.get(first..end).unwrap_or(&[]);
        let floor = ROUNDING_NOISE * band.len().max(1) as f32 / self.power.len().max(1) as f32;
        let power = self.sum(band);
        let power = if power > floor { power } else { floor };
        libm::logf(power * signal.scale * signal.scale)
    }

    /// Power-weighted mean frequency in Hz; 0 where there is no power.
    pub(super) fn centroid(&self, signal: &Signal<'_>) -> f32 {
        let bins = (0u16..).zip(self.power);
        let (total, weighted) = bins.fold((0.0, 0.0), |(total, weighted), (bin, power)| {
            let power = power * self.share;
            (total + power, weighted + f32::from(bin) * power)
        });
        if total > 0.0 { weighted / total * (signal.rate_hz / (2 * self.power.len()) as f32) } else { 0.0 }
    }
}
