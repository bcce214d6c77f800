//! Power spectrum of a window: Hann-weighted real FFTs, averaged over segments.
//!
//! Welch's method (P. D. Welch, IEEE Trans. Audio Electroacoust. 15(2), 1967) without overlap. The Hann window is applied to
//! the spectrum, where it is a three-point sum, so that no cosine is needed: `H[k] = X[k]/2 - (X[k-1] + X[k+1])/4`. Its mean
//! square is 3/8, hence a bin's share of the signal's mean square is `2 |H[k]|^2 / (3/8 N^2) = 16 |H[k]|^2 / (3 N^2)`.

use microfft::{Complex32, real};

use super::signal::Signal;
use crate::quant::MISSING_COUNT;

/// Mean square of the noise that rounding to counts makes, in squared counts.
const ROUNDING_NOISE: f32 = 1.0 / 12.0;

/// Power of each bin in squared counts; bin 0 is 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spectrum<'s> {
    power: &'s [f32],
}

impl<'s> Spectrum<'s> {
    /// The spectrum of `counts`, or `None` where the buffers' lengths are not those of a supported FFT or the window is too short.
    ///
    /// * `mean_count`: stands in for missing samples.
    /// * `time`: scratch of N values, N a power of two in 16..=4096.
    /// * `power`: receives N/2 bins.
    pub(super) fn of(counts: &[i16], mean_count: i16, time: &mut [f32], power: &'s mut [f32]) -> Option<Self> {
        let points = time.len();
        if points == 0 || power.len() != points / 2 {
            return None;
        }
        power.fill(0.0);
        let mut segments = 0usize;
        for segment in counts.chunks_exact(points) {
            for (slot, &count) in time.iter_mut().zip(segment) {
                let count = if count == MISSING_COUNT { mean_count } else { count };
                *slot = (i32::from(count) - i32::from(mean_count)) as f32;
            }
            add_hann_power(real_fft(time)?, power);
            segments += 1;
        }
        if segments == 0 {
            return None;
        }
        let share = 16.0 / (3.0 * points as f32 * points as f32 * segments as f32);
        for bin in power.iter_mut() {
            *bin *= share;
        }
        Some(Self { power })
    }

    /// Natural logarithm of the mean square in squared units that the bins `first..end` hold, never below their share of the
    /// rounding noise.
    pub(super) fn band_energy(&self, signal: &Signal<'_>, first: usize, end: usize) -> f32 {
        let band = self.power.get(first..end).unwrap_or(&[]);
        let floor = ROUNDING_NOISE * band.len().max(1) as f32 / self.power.len().max(1) as f32;
        let power = sum(band.iter().copied()).max(floor);
        libm::logf(power * signal.scale * signal.scale)
    }

    /// Power-weighted mean frequency in Hz; 0 where there is no power.
    pub(super) fn centroid(&self, signal: &Signal<'_>) -> f32 {
        let total = sum(self.power.iter().copied());
        if total > 0.0 {
            let weighted = sum((0u16..).zip(self.power).map(|(bin, &power)| f32::from(bin) * power));
            weighted / total * (signal.rate_hz / (2 * self.power.len()) as f32)
        } else {
            0.0
        }
    }
}

/// The sum from first to last.
fn sum(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, |total, value| total + value)
}

/// Adds `|H[k]|^2` to each `power[k]`, k >= 1, with the mean (bin 0) taken out first.
///
/// * `bins`: X[0..N/2], the real X[N/2] in the imaginary part of bin 0.
fn add_hann_power(bins: &[Complex32], power: &mut [f32]) {
    let Some((&packed, bins)) = bins.split_first() else { return };
    let nyquist = Complex32 { re: packed.im, im: 0.0 };
    let mut before = Complex32 { re: 0.0, im: 0.0 };
    let after = bins.iter().skip(1).copied().chain(core::iter::once(nyquist));
    for ((&here, after), slot) in bins.iter().zip(after).zip(power.iter_mut().skip(1)) {
        let re = here.re / 2.0 - (before.re + after.re) / 4.0;
        let im = here.im / 2.0 - (before.im + after.im) / 4.0;
        *slot += re * re + im * im;
        before = here;
    }
}

/// The transform of N = `time.len()` real values: N/2 bins, or `None` for an unsupported N.
fn real_fft(time: &mut [f32]) -> Option<&[Complex32]> {
    macro_rules! transform {
        ($($points:literal => $function:ident),* $(,)?) => {
            match time.len() {
                $($points => {
                    let time: &mut [f32; $points] = time.try_into().ok()?;
                    Some(real::$function(time).as_slice())
                })*
                _ => None,
            }
        };
    }
    transform!(
        16 => rfft_16,
        32 => rfft_32,
        64 => rfft_64,
        128 => rfft_128,
        256 => rfft_256,
        512 => rfft_512,
        1024 => rfft_1024,
        2048 => rfft_2048,
        4096 => rfft_4096,
    )
}
