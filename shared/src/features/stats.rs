//! Statistics of counts from exact integer sums.
//!
//! Bounds, for n <= [`super::MAX_SAMPLES`] = 2^15 samples with |count| < 2^15: the sums of counts, squares, cubes and fourth
//! powers stay below 2^30, 2^45, 2^60 and 2^75 in magnitude, the sums of indices, squared indices and index times count below
//! 2^30, 2^45 and 2^45. The central moments, multiplied out to integers, stay below 2^60 (second), 2^93 (third) and 2^124
//! (fourth, every partial sum included). Everything is rounded once, when it becomes f32.

use super::signal::{Signal, present};
use crate::quant::MISSING_COUNT;

/// Sums over the samples that are not missing; there is at least one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    valid: u32,
    sum: i32,
    squares: i64,
    minimum: i32,
    maximum: i32,
    first: i16,
    last: i16,
}

impl Summary {
    /// The sums, or `None` where every sample is missing. Not inlined, so that the loop keeps to registers.
    #[inline(never)]
    pub(super) fn of(counts: &[i16]) -> Option<Self> {
        let (first, last) = (present(counts).next()?, present(counts).next_back()?);
        let (mut valid, mut sum, mut squares) = (0u32, 0i32, 0i64);
        let (mut minimum, mut maximum) = (i32::from(first), i32::from(first));
        for &count in counts {
            if count != MISSING_COUNT {
                let count = i32::from(count);
                valid += 1;
                sum += count;
                squares += i64::from(count) * i64::from(count);
                minimum = minimum.min(count);
                maximum = maximum.max(count);
            }
        }
        Some(Self { valid, sum, squares, minimum, maximum, first, last })
    }

    /// Mean in counts.
    fn mean_count(&self) -> f32 {
        mean(self.sum, self.valid)
    }

    /// Mean rounded to a whole count, halves up.
    pub(super) fn rounded_mean(&self) -> i16 {
        let valid = i64::from(self.valid);
        (2 * i64::from(self.sum) + valid).checked_div_euclid(2 * valid).unwrap_or(0) as i16
    }

    /// `n^2` times the variance in squared counts: exact, 0 for a constant signal alone.
    fn scaled_variance(&self) -> i64 {
        let sum = i64::from(self.sum);
        i64::from(self.valid) * self.squares - sum * sum
    }

    pub(super) fn mean(&self, signal: &Signal<'_>) -> f32 {
        signal.value(self.mean_count())
    }

    pub(super) fn standard_deviation(&self, signal: &Signal<'_>) -> f32 {
        libm::sqrtf(self.scaled_variance() as f32) / self.valid as f32 * signal.scale
    }

    pub(super) fn root_mean_square(&self, signal: &Signal<'_>) -> f32 {
        let mean = self.mean(signal);
        let deviation = self.standard_deviation(signal);
        libm::sqrtf(deviation * deviation + mean * mean)
    }

    pub(super) fn minimum(&self, signal: &Signal<'_>) -> f32 {
        signal.value(self.minimum as f32)
    }

    pub(super) fn maximum(&self, signal: &Signal<'_>) -> f32 {
        signal.value(self.maximum as f32)
    }

    pub(super) fn peak_to_peak(&self, signal: &Signal<'_>) -> f32 {
        (self.maximum - self.minimum) as f32 * signal.scale
    }

    pub(super) fn crest_factor(&self, signal: &Signal<'_>) -> f32 {
        let root_mean_square = self.root_mean_square(signal);
        if root_mean_square > 0.0 {
            self.maximum(signal).abs().max(self.minimum(signal).abs()) / root_mean_square
        } else {
            0.0
        }
    }

    pub(super) fn first(&self, signal: &Signal<'_>) -> f32 {
        signal.value(f32::from(self.first))
    }

    pub(super) fn last(&self, signal: &Signal<'_>) -> f32 {
        signal.value(f32::from(self.last))
    }

    /// Third standardised moment: `n` cancels between the moment and the deviation's cube.
    pub(super) fn skewness(&self, higher: &HigherPowers) -> f32 {
        let variance = self.scaled_variance() as f32;
        if variance > 0.0 { self.scaled_third_moment(higher) as f32 / (variance * libm::sqrtf(variance)) } else { 0.0 }
    }

    /// Fourth standardised moment.
    pub(super) fn kurtosis(&self, higher: &HigherPowers) -> f32 {
        let variance = self.scaled_variance() as f32;
        if variance > 0.0 { self.scaled_fourth_moment(higher) as f32 / (variance * variance) } else { 0.0 }
    }

    /// `n^3` times the third central moment, in cubed counts.
    fn scaled_third_moment(&self, higher: &HigherPowers) -> i128 {
        let (n, sum, squares) = (i128::from(self.valid), i128::from(self.sum), i128::from(self.squares));
        n * n * i128::from(higher.cubes) - 3 * n * sum * squares + 2 * sum * sum * sum
    }

    /// `n^4` times the fourth central moment, in counts to the fourth.
    fn scaled_fourth_moment(&self, higher: &HigherPowers) -> i128 {
        let (n, sum, squares) = (i128::from(self.valid), i128::from(self.sum), i128::from(self.squares));
        let cubes = i128::from(higher.cubes);
        n * n * n * higher.fourths - 4 * n * n * sum * cubes + 6 * n * sum * sum * squares - 3 * sum * sum * sum * sum
    }
}

/// Sums of third and fourth powers, which few plans need.
#[derive(Debug, Clone, Copy)]
pub(super) struct HigherPowers {
    cubes: i64,
    fourths: i128,
}

impl HigherPowers {
    #[inline(never)]
    pub(super) fn of(counts: &[i16]) -> Self {
        let mut sums = Self { cubes: 0, fourths: 0 };
        for &count in counts {
            if count != MISSING_COUNT {
                let count = i32::from(count);
                let square = i64::from(count * count);
                sums.cubes += square * i64::from(count);
                sums.fourths += i128::from(square * square);
            }
        }
        sums
    }
}

/// Least-squares slope in units a second; 0 where fewer than two samples are present.
#[inline(never)]
pub(super) fn slope(signal: &Signal<'_>) -> f32 {
    let (mut valid, mut sum, mut indices, mut index_squares, mut products) = (0i32, 0i32, 0i32, 0i64, 0i64);
    for (index, &count) in (0i32..).zip(signal.counts) {
        if count != MISSING_COUNT {
            valid += 1;
            sum += i32::from(count);
            indices += index;
            index_squares += i64::from(index) * i64::from(index);
            products += i64::from(index) * i64::from(count);
        }
    }
    let (valid, sum, indices) = (i64::from(valid), i64::from(sum), i64::from(indices));
    let covariance = valid * products - indices * sum;
    let variance = valid * index_squares - indices * indices;
    if variance > 0 { covariance as f32 / variance as f32 * (signal.scale * signal.rate_hz) } else { 0.0 }
}

/// Mean of a stretch in units, or `None` where all of it is missing.
pub(super) fn stretch_mean(signal: &Signal<'_>, counts: &[i16]) -> Option<f32> {
    let (sum, valid) = stretch_sum(counts);
    (valid > 0).then(|| signal.value(mean(sum, valid)))
}

/// Mean of the last `samples` minus mean of the first `samples` in units, or `None` where one of them is all missing.
pub(super) fn end_difference(signal: &Signal<'_>, samples: usize) -> Option<f32> {
    let start = signal.counts.get(..samples)?;
    let end = signal.counts.get(signal.counts.len().checked_sub(samples)?..)?;
    let ((start_sum, start_valid), (end_sum, end_valid)) = (stretch_sum(start), stretch_sum(end));
    if start_valid == 0 || end_valid == 0 {
        return None;
    }
    let numerator = i64::from(end_sum) * i64::from(start_valid) - i64::from(start_sum) * i64::from(end_valid);
    let denominator = u64::from(start_valid) * u64::from(end_valid);
    Some(numerator as f32 / denominator as f32 * signal.scale)
}

fn stretch_sum(counts: &[i16]) -> (i32, u32) {
    let (mut sum, mut valid) = (0, 0);
    for &count in counts {
        if count != MISSING_COUNT {
            sum += i32::from(count);
            valid += 1;
        }
    }
    (sum, valid)
}

/// `sum / valid`: the whole part apart from the rest, so that the mean of equal counts is that count exactly.
fn mean(sum: i32, valid: u32) -> f32 {
    let count = i64::from(valid.max(1));
    let whole = i64::from(sum).checked_div_euclid(count).unwrap_or(0);
    let rest = i64::from(sum) - whole * count;
    whole as f32 + rest as f32 / count as f32
}
