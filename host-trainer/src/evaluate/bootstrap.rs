//! How sure a comparison is: its statistic computed again on test rows drawn anew, whole units at a time.
//!
//! Rows of one unit (a run, a machine) resemble each other, so units are drawn, not rows; seeds are drawn with them. Every contender
//! is judged by the same draws: what makes a draw hard for all cancels.
//!
//! The percentile interval of so few draws is too narrow: it takes the spread over n units for that of their population, and the
//! normal law for Student's. It is therefore widened about its centre, by t / z and sqrt(n / (n - 1)) (Hesterberg, "What Teachers
//! Should Know About the Bootstrap", The American Statistician 2015, section 5.3), for the part that units make of the variance and the
//! part that seeds make each by its own number (Banerjee, Sankhya 1960: at least the coverage that is claimed). Where many differences
//! are looked at, they share a critical value: that of the largest of them on each draw (max-T; Westfall and Young, "Resampling-Based
//! Multiple Testing", 1993), or Bonferroni's where that is less. Drawing units and seeds at once counts noise that is of one row with one
//! seed more than once (Owen, Annals of Applied Statistics 2007), so intervals are wide rather than narrow.

mod interval;
mod resampled;
mod unit_errors;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use interval::{Interval, LEAST_UNITS};
pub use resampled::{Resampled, SINGLE, critical};
pub use unit_errors::UnitErrors;

/// Draws of a comparison.
pub const RESAMPLES: usize = 2000;

/// How often each unit and each seed was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// One count a unit (U), U together.
    pub units: Vec<u16>,
    /// One count a seed (S), S together.
    pub seeds: Vec<u16>,
}

/// `count` draws with replacement of `units` units and `seeds` seeds, the same ones for the same `seed`.
pub fn draws(units: usize, seeds: usize, count: usize, seed: u64) -> Vec<Draw> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |of: usize| {
        let mut counts = vec![0; of];
        (0..of).for_each(|_| counts[random.random_range(0..of)] += 1);
        counts
    };
    (0..count).map(|_| Draw { units: draw(units), seeds: draw(seeds) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_as_many_units_and_seeds_as_there_are_and_repeat() {
        let first = draws(9, 3, 50, 1);
        assert!(first.iter().all(|draw| draw.units.iter().sum::<u16>() == 9 && draw.seeds.iter().sum::<u16>() == 3));
        assert_eq!(first, draws(9, 3, 50, 1));
        assert_ne!(first, draws(9, 3, 50, 2));
    }
}
