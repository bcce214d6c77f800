//! Statistics of counts from exact integer sums.
//!
//! Bounds, from those of [`super::sums`]: the central moments, multiplied out to integers, stay below 2^60 (second), 2^93 (third)
//! and 2^124 (fourth, every partial sum included). Everything is rounded once, when it becomes f32.

use super::root;
use super::signal::{Signal, present};
use super::sums::{Level, Powers, Ramp, Sums};

/// The sums of a window in which at least one sample is not missing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary<'s> {
    level: &'s Level,
    powers: &'s Powers,
    ramp: &'s Ramp,
}

impl<'s> Summary<'s> {
    /// `None` where every sample is missing.
    pub(super) fn of(sums: &'s Sums) -> Option<Self> {
        let Sums { level, powers, ramp } = sums;
        (level.valid > 0).then_some(Self { level, powers, ramp })
    }

    /// Mean in counts.
    fn mean_count(&self) -> f32 {
        mean(self.level)
    }

    /// Mean rounded to a whole count, halves up.
    pub(super) fn rounded_mean(&self) -> i16 {
        let (whole, rest, valid) = divide(self.level);
        (whole + i32::from(2 * rest >= valid)) as i16
    }

    /// `n^2` times the variance in squared counts: exact, 0 for a constant signal alone.
    fn scaled_variance(&self) -> i64 {
        let sum = i64::from(self.level.sum);
        i64::from(self.level.valid) * self.level.squares - sum * sum
    }

    pub(super) fn mean(&self, signal: &Signal<'_>) -> f32 {
        signal.value(self.mean_count())
    }

    pub(super) fn standard_deviation(&self, signal: &Signal<'_>) -> f32 {
        root::sqrt(self.scaled_variance() as f32) / self.level.valid as f32 * signal.scale
    }

    pub(super) fn root_mean_square(&self, signal: &Signal<'_>) -> f32 {
        let mean = self.mean(signal);
        let deviation = self.standard_deviation(signal);
        root::sqrt(deviation * deviation + mean * mean)
    }

    pub(super) fn minimum(&self, signal: &Signal<'_>) -> f32 {
        signal.value(self.level.minimum as f32)
    }

    pub(super) fn maximum(&self, signal: &Signal<'_>) -> f32 {
        signal.value(self.level.maximum as f32)
    }

    pub(super) fn peak_to_peak(&self, signal: &Signal<'_>) -> f32 {
        (self.level.maximum - self.level.minimum) as f32 * signal.scale
    }

    pub(super) fn crest_factor(&self, signal: &Signal<'_>) -> f32 {
        let root_mean_square = self.root_mean_square(signal);
        if root_mean_square > 0.0 {
            let (above, below) = (self.maximum(signal).abs(), self.minimum(signal).abs());
            (if above > below { above } else { below }) / root_mean_square
        } else {
            0.0
        }
    }

    /// Third standardised moment: `n` cancels between the moment and the deviation's cube.
    pub(super) fn skewness(&self) -> f32 {
        let variance = self.scaled_variance() as f32;
        if variance > 0.0 { self.scaled_third_moment() as f32 / (variance * root::sqrt(variance)) } else { 0.0 }
    }

    /// Fourth standardised moment.
    pub(super) fn kurtosis(&self) -> f32 {
        let variance = self.scaled_variance() as f32;
        if variance > 0.0 { self.scaled_fourth_moment() as f32 / (variance * variance) } else { 0.0 }
    }

    /// `n^3` times the third central moment, in cubed counts.
    fn scaled_third_moment(&self) -> i128 {
        let (n, sum, squares) = (i64::from(self.level.valid), i64::from(self.level.sum), self.level.squares);
        i128::from(n) * (wide(n, self.powers.cubes) - wide(3 * sum, squares)) + wide(2 * sum, sum * sum)
    }

    /// `n^4` times the fourth central moment, in counts to the fourth.
    fn scaled_fourth_moment(&self) -> i128 {
        let (n, sum, squares) = (i128::from(self.level.valid), i64::from(self.level.sum), self.level.squares);
        let square = sum * sum;
        let third = n * self.powers.fourths - wide(4 * sum, self.powers.cubes);
        n * (n * third + wide(6 * squares, square)) - wide(3 * square, square)
    }

    /// Least-squares slope in units a second; 0 where fewer than two samples are present.
    pub(super) fn slope(&self, signal: &Signal<'_>) -> f32 {
        let (valid, sum, indices) =
            (i64::from(self.level.valid), i64::from(self.level.sum), i64::from(self.ramp.indices));
        let covariance = valid * self.ramp.products - indices * sum;
        let variance = valid * self.ramp.index_squares - indices * indices;
        if variance > 0 { covariance as f32 / variance as f32 * (signal.scale * signal.rate_hz) } else { 0.0 }
    }
}

/// The first sample that is not missing, in units.
pub(super) fn first(signal: &Signal<'_>) -> Option<f32> {
    present(signal.counts).next().map(|count| signal.value(f32::from(count)))
}

/// The last sample that is not missing, in units.
pub(super) fn last(signal: &Signal<'_>) -> Option<f32> {
    present(signal.counts).next_back().map(|count| signal.value(f32::from(count)))
}

/// Mean of a stretch in units, or `None` where all of it is missing.
pub(super) fn stretch_mean(signal: &Signal<'_>, counts: &[i16]) -> Option<f32> {
    let level = Level::of(counts);
    (level.valid > 0).then(|| signal.value(mean(&level)))
}

/// Mean of the last `samples` minus mean of the first `samples` in units, or `None` where one of them is all missing.
pub(super) fn end_difference(signal: &Signal<'_>, samples: usize) -> Option<f32> {
    let start = Level::of(signal.counts.get(..samples)?);
    let end = Level::of(signal.counts.get(signal.counts.len().checked_sub(samples)?..)?);
    if start.valid == 0 || end.valid == 0 {
        return None;
    }
    let numerator = i64::from(end.sum) * i64::from(start.valid) - i64::from(start.sum) * i64::from(end.valid);
    let denominator = u64::from(start.valid) * u64::from(end.valid);
    Some(numerator as f32 / denominator as f32 * signal.scale)
}

/// `sum / valid`: the whole part apart from the rest, so that the mean of equal counts is that count exactly.
fn mean(level: &Level) -> f32 {
    let (whole, rest, valid) = divide(level);
    whole as f32 + rest as f32 / valid as f32
}

/// `sum / valid` rounded down, the rest, and `valid`, taken as 1 where it is 0.
fn divide(level: &Level) -> (i32, i32, i32) {
    let valid = level.valid.max(1) as i32;
    let whole = level.sum.checked_div_euclid(valid).unwrap_or(0);
    (whole, level.sum - whole * valid, valid)
}

/// The product, which may need more than 64 bits.
fn wide(left: i64, right: i64) -> i128 {
    i128::from(left) * i128::from(right)
}
