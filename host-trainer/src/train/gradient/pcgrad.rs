//! Yu et al., "Gradient Surgery for Multi-Task Learning", NeurIPS 2020.

use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::GradientMethod;
use crate::model::init::{Stream, generator};

/// Each task's gradient gives up its component along every gradient that it conflicts with, in random order; the results are
/// added. Without a conflict it is the plain sum.
pub struct PcGrad {
    random: ChaCha8Rng,
}

impl PcGrad {
    /// Draws its orders from a stream of `seed` of its own.
    pub fn new(seed: u64) -> Self {
        Self { random: generator(seed, Stream::Conflicts) }
    }
}

impl GradientMethod for PcGrad {
    fn weights(&mut self, gram: &DMatrix<f64>) -> Vec<f64> {
        let tasks = gram.nrows();
        let mut weights = vec![0.0; tasks];
        let mut order: Vec<usize> = (0..tasks).collect();
        let mut own = vec![0.0; tasks];
        for task in 0..tasks {
            order.shuffle(&mut self.random);
            own.fill(0.0);
            own[task] = 1.0;
            for other in order.iter().copied().filter(|other| *other != task) {
                let product: f64 = own.iter().zip(gram.column(other).iter()).map(|(c, g)| c * g).sum();
                if product < 0.0 && gram[(other, other)] > 0.0 {
                    own[other] -= product / gram[(other, other)];
                }
            }
            weights.iter_mut().zip(&own).for_each(|(sum, c)| *sum += c);
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    #[test]
    fn without_a_conflict_the_update_is_the_sum() {
        assert_eq!(PcGrad::new(1).weights(&cases::gram(&cases::harmony())), vec![1.0, 1.0]);
    }

    #[test]
    fn a_conflicting_pair_is_projected_each_on_the_others_normal_plane() {
        let gradients = cases::conflict();
        let update = cases::update(&gradients, PcGrad::new(1).weights(&cases::gram(&gradients)));
        // (1, 0) loses its part along (-1, 1): (1/2, 1/2). (-1, 1) loses its part along (1, 0): (0, 1).
        assert!((update[0] - 0.5).abs() < 1e-12 && (update[1] - 1.5).abs() < 1e-12, "{update}");
    }

    #[test]
    fn orders_depend_on_the_seed_alone() {
        // Three tasks that all conflict: the order shows.
        let gram = DMatrix::from_row_slice(3, 3, &[1.0, -0.5, -0.3, -0.5, 2.0, -0.4, -0.3, -0.4, 1.0]);
        let course = |seed| {
            let mut method = PcGrad::new(seed);
            (0..8).map(|_| method.weights(&gram)).collect::<Vec<_>>()
        };
        assert_eq!(course(1), course(1));
        assert_ne!(course(1), course(2));
    }
}
