//! A statistic on every draw, and the intervals that follow from it.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::{Draw, Interval, LEAST_UNITS, UnitErrors};

/// Probability below the interval of a single statistic, and above it: it covers 95 %.
const TAIL: f64 = 0.025;
/// Critical value of a single statistic on the normal scale: the 97.5 % point.
pub const SINGLE: f64 = 1.959_963_984_540_054;

/// A statistic on the rows as they are, and on every draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// On the rows as they are; `None` where it is not defined.
    pub value: Option<f64>,
    /// On each draw of units and seeds.
    draws: Vec<Option<f64>>,
    /// On the same draws of the seeds, with every unit once.
    of_seeds: Vec<Option<f64>>,
    /// Units behind it.
    units: usize,
    /// Seeds behind it.
    seeds: usize,
}

/// How the draws spread.
struct Spread {
    centre: f64,
    /// Of the percentile interval.
    half_width: f64,
    /// Standard deviation over the draws.
    sd: f64,
    mean: f64,
    /// What [`SINGLE`] such deviations lack of an interval of 95 %, for there being few units and seeds.
    widening: f64,
}

impl Resampled {
    /// The mean of `statistic` over the answers with each seed, weighed as the `draws` say.
    pub fn of(seeds: &[UnitErrors], draws: &[Draw], statistic: impl Fn(&UnitErrors, &[u16]) -> Option<f64>) -> Self {
        let mean = |times: &[u16], of_seed: &dyn Fn(usize) -> Option<f64>| {
            let (mut sum, mut count) = (0.0, 0.0);
            for (seed, times) in times.iter().enumerate().filter(|(_, times)| **times > 0) {
                if let Some(value) = of_seed(seed) {
                    sum += value * f64::from(*times);
                    count += f64::from(*times);
                }
            }
            (count > 0.0).then_some(sum / count)
        };
        let all_units = vec![1; seeds.first().map_or(0, UnitErrors::units)];
        let whole: Vec<Option<f64>> = seeds.iter().map(|errors| statistic(errors, &all_units)).collect();
        Self {
            value: mean(&vec![1; seeds.len()], &|seed| whole[seed]),
            draws: (draws.iter()).map(|draw| mean(&draw.seeds, &|seed| statistic(&seeds[seed], &draw.units))).collect(),
            of_seeds: draws.iter().map(|draw| mean(&draw.seeds, &|seed| whole[seed])).collect(),
            units: UnitErrors::evidence(seeds),
            seeds: seeds.len(),
        }
    }

    /// What `combine` makes of the values of all `parts`, on the rows as they are and on each draw that they share.
    pub fn combined(parts: &[&Resampled], combine: impl Fn(&[Option<f64>]) -> Option<f64>) -> Self {
        let on = |pick: &dyn Fn(&Resampled) -> Option<f64>| {
            combine(&parts.iter().map(|part| pick(part)).collect::<Vec<_>>())
        };
        let draws = parts.iter().map(|part| part.draws.len()).min().unwrap_or(0);
        Self {
            value: on(&|part| part.value),
            draws: (0..draws).map(|draw| on(&|part| part.draws[draw])).collect(),
            of_seeds: (0..draws).map(|draw| on(&|part| part.of_seeds[draw])).collect(),
            units: parts.iter().map(|part| part.units).min().unwrap_or(0),
            seeds: parts.iter().map(|part| part.seeds).min().unwrap_or(0),
        }
    }

    /// This less `other`.
    pub fn minus(&self, other: &Resampled) -> Self {
        Self::combined(&[self, other], |values| Some(values[0]? - values[1]?))
    }

    /// The estimate with its 95 % interval, which holds for it alone; `None` where the estimate is not defined.
    pub fn interval(&self) -> Option<Interval> {
        self.interval_at(SINGLE)
    }

    /// The same with the critical value `critical` on the normal scale, [`SINGLE`] or one from [`critical`].
    pub fn interval_at(&self, critical: f64) -> Option<Interval> {
        let value = self.value?;
        let Some(spread) = self.spread() else { return Some(Interval { value, low: None, high: None }) };
        let half_width = spread.half_width * spread.widening * critical / SINGLE;
        Some(Interval { value, low: Some(spread.centre - half_width), high: Some(spread.centre + half_width) })
    }

    /// `None` with too few units, or where most draws leave the statistic undefined.
    fn spread(&self) -> Option<Spread> {
        let mut defined: Vec<f64> = self.draws.iter().flatten().copied().collect();
        if self.units < LEAST_UNITS || defined.len() < 2 || defined.len() * 2 <= self.draws.len() {
            return None;
        }
        defined.sort_by(f64::total_cmp);
        let at = |probability: f64| {
            let place = probability * (defined.len() - 1) as f64;
            let (below, share) = (place.floor() as usize, place.fract());
            let above = (below + 1).min(defined.len() - 1);
            defined[below] * (1.0 - share) + defined[above] * share
        };
        let (low, high) = (at(TAIL), at(1.0 - TAIL));
        let (mean, total) = mean_and_variance(&defined);
        let (_, by_seeds) = mean_and_variance(&self.of_seeds.iter().flatten().copied().collect::<Vec<_>>());
        // The variance over draws of n is (n - 1) / n of what it stands for.
        let (units, seeds) = (self.units as f64, self.seeds as f64);
        let of_units = (total - by_seeds).max(0.0) * units / (units - 1.0);
        let of_seeds = if self.seeds > 1 { by_seeds * seeds / (seeds - 1.0) } else { 0.0 };
        let (few_units, few_seeds) = (units - 1.0, (seeds - 1.0).max(1.0));
        let variance = of_units + of_seeds;
        let widening = if total > 0.0 && variance > 0.0 {
            let squared = of_units * student(few_units).powi(2) + of_seeds * student(few_seeds).powi(2);
            (squared / total).sqrt() / SINGLE
        } else {
            1.0
        };
        let (centre, half_width) = ((low + high) / 2.0, (high - low) / 2.0);
        Some(Spread { centre, half_width, sd: total.sqrt(), mean, widening })
    }
}

/// The 97.5 % point of Student's t.
fn student(degrees_of_freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_or(SINGLE, |student| student.inverse_cdf(1.0 - TAIL))
}

/// The critical value, on the normal scale, at which the intervals of all of `family` hold at once with 95 %: the 95 % point over the
/// draws of the largest deviation of any of them, in its own standard deviations, [`SINGLE`] at least, and at most Bonferroni's value, as
/// a statistic that few draws move at all deviates by any number of its standard deviations.
///
/// The intervals are wider for few units and seeds by as much as a single one is; beyond that a normal tail is taken, since that of
/// Student's t with the two degrees of freedom of three seeds would leave no difference told, however large.
pub fn critical<'r>(family: impl IntoIterator<Item = &'r Resampled>) -> f64 {
    let mut largest: Vec<f64> = Vec::new();
    let mut members = 0;
    for member in family {
        let Some(spread) = member.spread().filter(|spread| spread.sd > 0.0) else { continue };
        members += 1;
        largest.resize(largest.len().max(member.draws.len()), 0.0);
        for (largest, value) in largest.iter_mut().zip(&member.draws) {
            if let Some(value) = value {
                *largest = largest.max(((value - spread.mean) / spread.sd).abs());
            }
        }
    }
    largest.sort_by(f64::total_cmp);
    let place = (1.0 - 2.0 * TAIL) * largest.len().saturating_sub(1) as f64;
    let bonferroni = Normal::standard().inverse_cdf(1.0 - TAIL / f64::from(members.max(1)));
    largest.get(place.ceil() as usize).copied().unwrap_or(SINGLE).min(bonferroni).max(SINGLE)
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count)
}

#[cfg(test)]
mod tests;
