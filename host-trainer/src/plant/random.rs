//! Random numbers of the plant: one ChaCha stream a purpose, so that no draw depends on the order in which machines or windows are made.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of a machine is for. Streams never overlap.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Build of the machine.
    Build,
    /// Wear, shocks and repairs over its life.
    Life,
    /// Products, feeds, tools and measurements of quality.
    Schedule,
    /// Noise of the window with that number.
    Window(u32),
}

/// A stream of random numbers, the same on every platform: the generator is defined in integers and the normal deviates use `libm`.
pub(super) struct Stream {
    generator: ChaCha8Rng,
    spare: Option<f64>,
}

impl Stream {
    /// The stream of a machine for one purpose.
    pub(super) fn new(seed: u64, machine: u32, purpose: Purpose) -> Self {
        let low = match purpose {
            Purpose::Build => 0,
            Purpose::Life => 1,
            Purpose::Schedule => 2,
            Purpose::Window(number) => 16 + u64::from(number),
        };
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream((u64::from(machine) << 33) | low);
        Self { generator, spare: None }
    }

    /// Uniform in `low..high`.
    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.generator.random::<f64>()
    }

    /// `true` with that probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.generator.random::<f64>() < probability
    }

    /// One of `0..n`.
    ///
    /// # Panics
    /// If `n` is 0.
    pub(super) fn index(&mut self, n: usize) -> usize {
        self.generator.random_range(0..n as u64) as usize
    }

    /// Standard normal deviate: Marsaglia's polar method (SIAM Review 6(3), 1964).
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (self.uniform(-1.0, 1.0), self.uniform(-1.0, 1.0));
            let square = u * u + v * v;
            if square > 0.0 && square < 1.0 {
                let factor = libm::sqrt(-2.0 * libm::log(square) / square);
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Log-normal deviate of median 1 whose logarithm has that standard deviation.
    pub(super) fn log_normal(&mut self, sd: f64) -> f64 {
        libm::exp(sd * self.normal())
    }
}
