//! Dropout on the trunk's layers: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR
//! 15, 2014, in the inverted form, so that nothing changes when the network is used.

use candle_core::{Device, Result, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Uniform};

use crate::model::init::{Stream, generator};

/// Draws the masks of a run.
pub(crate) struct Dropout {
    /// Probability, in 0..1, that an activation is dropped.
    probability: f32,
    random: ChaCha8Rng,
    uniform: Uniform<f32>,
}

impl Dropout {
    /// Drops with `probability`, by a stream of `seed` of its own; `None` for probability 0.
    pub(crate) fn new(probability: f32, seed: u64) -> Option<Self> {
        let uniform = Uniform::new(0.0, 1.0).ok()?;
        (probability > 0.0).then(|| Self { probability, random: generator(seed, Stream::Dropout), uniform })
    }

    /// Factors (rows, width) for each of `widths`: 0 where an activation is dropped, else 1 / (1 - probability).
    ///
    /// # Errors
    /// From candle, where a tensor cannot be made.
    pub(crate) fn masks(&mut self, rows: usize, widths: impl Iterator<Item = usize>) -> Result<Vec<Tensor>> {
        let kept = 1.0 / (1.0 - self.probability);
        let mut factor = || if self.uniform.sample(&mut self.random) < self.probability { 0.0 } else { kept };
        widths
            .map(|width| {
                let factors: Vec<f32> = (0..rows * width).map(|_| factor()).collect();
                Tensor::from_vec(factors, (rows, width), &Device::Cpu)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(probability: f32, seed: u64) -> Vec<f32> {
        let masks = Dropout::new(probability, seed).unwrap().masks(500, [40].into_iter()).unwrap();
        masks[0].flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn the_share_of_the_dropped_is_the_probability_and_the_mean_stays_one() {
        let mask = mask(0.2, 1);
        assert!(mask.iter().all(|factor| *factor == 0.0 || *factor == 1.25));
        let dropped = mask.iter().filter(|factor| **factor == 0.0).count() as f64 / mask.len() as f64;
        assert!((dropped - 0.2).abs() < 0.01, "{dropped}");
    }

    #[test]
    fn masks_depend_on_the_seed_alone() {
        assert_eq!(mask(0.5, 7), mask(0.5, 7));
        assert_ne!(mask(0.5, 7), mask(0.5, 8));
    }

    #[test]
    fn probability_zero_draws_nothing() {
        assert!(Dropout::new(0.0, 1).is_none());
    }
}
