//! Seeded randomness: candle's CPU generator cannot be seeded, so everything drawn in training comes from here.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// What a stream of random numbers is for; streams of one seed are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Initial weights.
    Weights,
    /// Order of the rows in each epoch.
    Batches,
    /// Noise on the trunk's input.
    Noise,
    /// Dropped activations of the trunk.
    Dropout,
    /// Optional channels that are missing in the rows of a step.
    Modality,
    /// Optional channels that are missing in the rows of a closed form.
    MaskedCopies,
    /// Order in which conflicts between the tasks' gradients are resolved.
    Conflicts,
    /// Shares and partners of mixed rows.
    Mixup,
    /// Seeds of teachers.
    Teachers,
    /// Which rows take each other's features when an importance is measured.
    Permutations,
    /// Seeds of the trainings in which the tasks' affinity is measured.
    Grouping,
    /// Rows that the trees of a weighted set are grown on.
    DrawnRows,
}

/// The generator of `stream` for `seed`: ChaCha8, the same on every machine.
pub(crate) fn generator(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream as u64);
    generator
}

/// He initialisation of a layer that ReLU follows: normal with variance 2 / inputs (He et al., ICCV 2015).
pub(crate) fn he_normal(generator: &mut ChaCha8Rng, inputs: usize, weights: usize) -> Vec<f32> {
    normal(generator, (2.0 / inputs as f64).sqrt(), weights)
}

/// Normal with variance 1 / inputs, times `factor`: for a linear output.
pub(crate) fn lecun_normal(generator: &mut ChaCha8Rng, inputs: usize, weights: usize, factor: f64) -> Vec<f32> {
    normal(generator, factor / (inputs as f64).sqrt(), weights)
}

fn normal(generator: &mut ChaCha8Rng, sd: f64, count: usize) -> Vec<f32> {
    (0..count).map(|_| (sd * Distribution::<f64>::sample(&StandardNormal, generator)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_depend_on_seed_and_stream_alone() {
        let draw = |seed, stream| he_normal(&mut generator(seed, stream), 8, 32);
        assert_eq!(draw(1, Stream::Weights), draw(1, Stream::Weights));
        assert_ne!(draw(1, Stream::Weights), draw(2, Stream::Weights));
        assert_ne!(draw(1, Stream::Weights), draw(1, Stream::Noise));
    }

    #[test]
    fn he_weights_have_variance_two_over_inputs() {
        let weights = he_normal(&mut generator(3, Stream::Weights), 50, 20_000);
        let variance = weights.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / 20_000.0;
        assert!((variance - 0.04).abs() < 0.002, "{variance}");
    }
}
