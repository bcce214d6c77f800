//! What the intervals promise, held against made-up units whose truth is known.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::super::draws;
use super::*;

/// The mean over units and seeds of `value(unit, seed)`.
fn mean_of(units: usize, seeds: usize, draws: &[Draw], value: impl Fn(usize, usize) -> f64) -> Resampled {
    let values: Vec<Vec<f64>> = (0..seeds).map(|seed| (0..units).map(|unit| value(unit, seed)).collect()).collect();
    let mean = |weights: &[u16], times: &[u16]| {
        let of_seed =
            |seed: &Vec<f64>| -> f64 { seed.iter().zip(weights).map(|(x, weight)| x * f64::from(*weight)).sum() };
        let sum: f64 = values.iter().zip(times).map(|(seed, times)| of_seed(seed) * f64::from(*times)).sum();
        Some(sum / (units * seeds) as f64)
    };
    Resampled {
        value: mean(&vec![1; units], &vec![1; seeds]),
        draws: draws.iter().map(|draw| mean(&draw.units, &draw.seeds)).collect(),
        of_seeds: draws.iter().map(|draw| mean(&vec![1; units], &draw.seeds)).collect(),
        units,
        seeds,
    }
}

fn normals(count: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| StandardNormal.sample(random)).collect()
}

fn excludes_zero(interval: &Interval) -> bool {
    interval.is_above_zero() || interval.is_below_zero()
}

#[test]
fn the_interval_of_a_mean_over_many_units_is_the_closed_form_one() {
    let values: Vec<f64> = (0..200).map(|place| f64::from(place * 7919 % 200) / 10.0).collect();
    let mean = values.iter().sum::<f64>() / 200.0;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = 1.972 * (squares / 199.0 / 200.0).sqrt();
    let interval = mean_of(200, 1, &draws(200, 1, 2000, 7), |unit, _| values[unit]).interval().unwrap();
    let close = |end: Option<f64>, expected: f64| (end.unwrap() - expected).abs() < 0.08 * half;
    assert!(close(interval.low, mean - half) && close(interval.high, mean + half), "{interval:?} {half}");
}

#[test]
fn units_without_a_difference_are_told_apart_no_oftener_than_one_time_in_twenty() {
    for units in [5, 8, 24] {
        let (draws, mut random) = (draws(units, 1, 1000, 1), ChaCha8Rng::seed_from_u64(units as u64));
        let told = (0..1000)
            .filter(|_| {
                let values = normals(units, &mut random);
                excludes_zero(&mean_of(units, 1, &draws, |unit, _| values[unit]).interval().unwrap())
            })
            .count();
        // 50 expected, with a standard deviation of 7.
        assert!((25..=75).contains(&told), "{units} units: {told} of 1000");
    }
}

#[test]
fn seeds_that_differ_by_chance_alone_are_few_units_too() {
    for seeds in [2, 5] {
        let (draws, mut random) = (draws(40, seeds, 400, 1), ChaCha8Rng::seed_from_u64(3));
        let told = (0..500)
            .filter(|_| {
                let of_seed = normals(seeds, &mut random);
                let of_unit = normals(40, &mut random);
                excludes_zero(
                    &mean_of(40, seeds, &draws, |unit, seed| of_seed[seed] + 0.5 * of_unit[unit]).interval().unwrap(),
                )
            })
            .count();
        // 25 expected, with a standard deviation of 5.
        assert!(told <= 40, "{seeds} seeds: {told} of 500");
    }
}

#[test]
fn four_units_give_no_interval() {
    let four = mean_of(4, 3, &draws(4, 3, 100, 1), |unit, _| 1.0 + unit as f64).interval().unwrap();
    assert_eq!((four.value, four.low, four.high, four.is_known()), (2.5, None, None, false));
    assert!(mean_of(5, 1, &draws(5, 1, 100, 1), |unit, _| unit as f64).interval().unwrap().is_known());
}

#[test]
fn a_statistic_that_most_draws_do_not_define_has_no_interval() {
    let mut resampled = mean_of(9, 1, &draws(9, 1, 100, 1), |unit, _| unit as f64);
    resampled.draws[..49].fill(None);
    assert!(resampled.interval().unwrap().is_known());
    resampled.draws[..50].fill(None);
    assert!(!resampled.interval().unwrap().is_known());
    resampled.value = None;
    assert_eq!(resampled.interval(), None);
}

#[test]
fn equal_answers_differ_by_nothing() {
    let one = mean_of(9, 2, &draws(9, 2, 100, 1), |unit, seed| (unit * seed) as f64);
    assert_eq!(one.minus(&one).interval(), Some(Interval { value: 0.0, low: Some(0.0), high: Some(0.0) }));
    assert_eq!(critical([&one.minus(&one)]), SINGLE, "what never varies is no look");
    assert_eq!(critical([]), SINGLE);
}

#[test]
fn many_looks_at_noise_tell_something_in_one_family_of_twenty() {
    let (units, looks) = (24, 60);
    let (draws, mut random) = (draws(units, 1, 400, 1), ChaCha8Rng::seed_from_u64(11));
    let (mut families, mut singles) = (0, 0);
    for _ in 0..100 {
        // A part that all share, as methods of one network do.
        let shared = normals(units, &mut random);
        let family: Vec<Resampled> = (0..looks)
            .map(|_| {
                let own = normals(units, &mut random);
                mean_of(units, 1, &draws, |unit, _| own[unit] + shared[unit])
            })
            .collect();
        let at = critical(&family);
        families += usize::from(family.iter().any(|look| excludes_zero(&look.interval_at(at).unwrap())));
        singles += usize::from(family.iter().any(|look| excludes_zero(&look.interval().unwrap())));
    }
    assert!(families <= 11, "{families} of 100 families");
    assert!(singles > 40, "unadjusted, {singles} of 100 families");
}

#[test]
fn a_simultaneous_interval_holds_the_single_one() {
    let draws = draws(12, 1, 500, 1);
    let looks: Vec<Resampled> =
        (0..20).map(|look| mean_of(12, 1, &draws, |unit, _| ((unit * 31 + look * 17) % 23) as f64 - 11.0)).collect();
    let at = critical(&looks);
    assert!(at > 2.5 && at < 4.0, "{at}");
    for look in &looks {
        let (single, wide) = (look.interval().unwrap(), look.interval_at(at).unwrap());
        assert!(wide.low < single.low && wide.high > single.high, "{single:?} {wide:?}");
    }
}
