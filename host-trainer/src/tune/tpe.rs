//! Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kégl, "Algorithms for Hyper-Parameter Optimization", NIPS 2011).
//!
//! Observed points are parted by score into good and other ones; each side is a density of independent dimensions. Of candidates
//! drawn from the good density those with the largest ratio good / other are suggested first. Points lie in the unit cube.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Share of the observed points that count as good.
const GOOD_SHARE: f64 = 0.25;
/// Most good points.
const MOST_GOOD: usize = 25;
/// Candidates drawn for a suggestion.
const CANDIDATES: usize = 24;
/// Tries to draw a normal number inside the unit interval before it is clamped.
const TRIES: usize = 64;

/// One coordinate of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// 0 to 1, in order.
    Interval,
    /// This many cells of equal width, without order.
    Choice(usize),
}

/// A point by chance, uniform.
pub(super) fn uniform(dimensions: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..dimensions).map(|_| random.random::<f64>()).collect()
}

/// Points that look promising after `observed` ones with their scores, of which low is good; the most promising first.
pub(super) fn suggest(dimensions: &[Dimension], observed: &[(&[f64], f64)], random: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let good = ((observed.len() as f64 * GOOD_SHARE).ceil() as usize).min(MOST_GOOD);
    let mut order: Vec<usize> = (0..observed.len()).collect();
    order.sort_by(|a, b| observed[*a].1.total_cmp(&observed[*b].1));
    let densities = |of: &[usize]| -> Vec<Density> {
        let coordinates = |at: usize| of.iter().filter_map(|point| observed[*point].0.get(at).copied()).collect();
        dimensions.iter().enumerate().map(|(at, dimension)| Density::fit(*dimension, coordinates(at))).collect()
    };
    let (good, other) = (densities(&order[..good]), densities(&order[good..]));
    let candidate = |_| {
        let point: Vec<f64> = good.iter().map(|density| density.draw(random)).collect();
        let ratio: f64 =
            point.iter().zip(good.iter().zip(&other)).map(|(x, (l, g))| l.at(*x).ln() - g.at(*x).ln()).sum();
        (ratio, point)
    };
    let mut candidates: Vec<(f64, Vec<f64>)> = (0..CANDIDATES).map(candidate).collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    candidates.into_iter().map(|(_, point)| point).collect()
}

/// A density over one coordinate.
enum Density {
    /// Normal kernels (centre, width), cut to the unit interval, equally likely; the first is the prior.
    Kernels(Vec<(f64, f64)>),
    /// Probability of each cell.
    Cells(Vec<f64>),
}

impl Density {
    fn fit(dimension: Dimension, mut points: Vec<f64>) -> Self {
        match dimension {
            Dimension::Choice(count) => {
                let mut weights = vec![1.0 / count as f64; count];
                points.iter().for_each(|point| weights[cell(*point, count)] += 1.0);
                let total = 1.0 + points.len() as f64;
                Density::Cells(weights.into_iter().map(|weight| weight / total).collect())
            }
            Dimension::Interval => {
                points.sort_by(f64::total_cmp);
                let narrowest = 1.0 / (points.len() as f64 + 2.0).min(100.0);
                let width = |at: usize| {
                    let before = if at == 0 { 0.0 } else { points[at - 1] };
                    let after = points.get(at + 1).copied().unwrap_or(1.0);
                    (points[at] - before).max(after - points[at]).clamp(narrowest, 1.0)
                };
                let kernels = (0..points.len()).map(|at| (points[at], width(at)));
                Density::Kernels([(0.5, 1.0)].into_iter().chain(kernels).collect())
            }
        }
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> f64 {
        match self {
            Density::Cells(probabilities) => {
                let mut rest: f64 = random.random();
                let chosen = probabilities.iter().position(|probability| {
                    rest -= probability;
                    rest < 0.0
                });
                (chosen.unwrap_or(probabilities.len() - 1) as f64 + 0.5) / probabilities.len() as f64
            }
            Density::Kernels(kernels) => {
                let (centre, width) = kernels[random.random_range(0..kernels.len())];
                let mut draw = || centre + width * Distribution::<f64>::sample(&StandardNormal, random);
                let mut point = draw();
                for _ in 0..TRIES {
                    if (0.0..=1.0).contains(&point) {
                        break;
                    }
                    point = draw();
                }
                point.clamp(0.0, 1.0)
            }
        }
    }

    fn at(&self, point: f64) -> f64 {
        match self {
            Density::Cells(probabilities) => probabilities[cell(point, probabilities.len())],
            Density::Kernels(kernels) => {
                let below =
                    |x: f64, centre: f64, width: f64| 0.5 * (1.0 + libm::erf((x - centre) / (width * 2f64.sqrt())));
                let density = |(centre, width): &(f64, f64)| {
                    let z = (point - centre) / width;
                    let inside = below(1.0, *centre, *width) - below(0.0, *centre, *width);
                    (-0.5 * z * z).exp() / (width * (2.0 * std::f64::consts::PI).sqrt() * inside)
                };
                kernels.iter().map(density).sum::<f64>() / kernels.len() as f64
            }
        }
    }
}

/// The cell of `count` that `point` lies in.
fn cell(point: f64, count: usize) -> usize {
    ((point * count as f64) as usize).min(count - 1)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn densities_integrate_to_one() {
        for points in [vec![], vec![0.5], vec![0.01, 0.02, 0.9, 1.0]] {
            for dimension in [Dimension::Interval, Dimension::Choice(5)] {
                let density = Density::fit(dimension, points.clone());
                let cells = 10_000;
                let sum: f64 = (0..cells).map(|i| density.at((f64::from(i) + 0.5) / f64::from(cells))).sum();
                let expected = if dimension == Dimension::Interval { 1.0 } else { 0.2 };
                assert!((sum / f64::from(cells) - expected).abs() < 1e-4, "{points:?} {dimension:?}: {sum}");
            }
        }
    }

    #[test]
    fn draws_follow_the_density_and_stay_in_the_interval() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let density = Density::fit(Dimension::Interval, vec![0.9, 0.92, 0.95]);
        let draws: Vec<f64> = (0..4000).map(|_| density.draw(&mut random)).collect();
        assert!(draws.iter().all(|draw| (0.0..=1.0).contains(draw)));
        let (from, to) = (0.8, 0.9);
        let expected: f64 =
            (0..100).map(|i| density.at(from + (to - from) * (f64::from(i) + 0.5) / 100.0)).sum::<f64>() / 1000.0;
        let share = draws.iter().filter(|draw| (from..to).contains(*draw)).count() as f64 / 4000.0;
        assert!((share - expected).abs() < 0.03, "{share} {expected}");
    }

    /// A smooth valley with a preferred choice; the least value is 0.
    fn planted(point: &[f64]) -> f64 {
        let valley: f64 = point[..3].iter().zip([0.2, 0.7, 0.45]).map(|(x, centre)| (x - centre) * (x - centre)).sum();
        valley + if cell(point[3], 4) == 2 { 0.0 } else { 0.3 }
    }

    /// Mean over seeds of the best value after `trials`, of which the first 10 are by chance.
    fn mean_best(trials: usize, by_tpe: bool) -> f64 {
        let dimensions = [Dimension::Interval, Dimension::Interval, Dimension::Interval, Dimension::Choice(4)];
        let best = |seed: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut points: Vec<(Vec<f64>, f64)> = Vec::new();
            for trial in 0..trials {
                let observed: Vec<(&[f64], f64)> =
                    points.iter().map(|(point, value)| (point.as_slice(), *value)).collect();
                let point = if by_tpe && trial >= 10 {
                    suggest(&dimensions, &observed, &mut random).swap_remove(0)
                } else {
                    uniform(4, &mut random)
                };
                let value = planted(&point);
                points.push((point, value));
            }
            points.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min)
        };
        (0..40).map(best).sum::<f64>() / 40.0
    }

    #[test]
    fn suggestions_beat_chance_on_a_planted_valley() {
        let (tpe, random) = (mean_best(50, true), mean_best(50, false));
        assert!(tpe < 0.8 * random, "tpe {tpe:.4}, random {random:.4}");
    }
}
