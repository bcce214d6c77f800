//! Mixup: Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
//!
//! A step learns from convex combinations of pairs of its rows: the features are mixed, and the loss is the mix of the losses at
//! both labels, which for cross-entropy is the loss at the mixed label. One share, drawn from Beta(alpha, alpha), holds for the whole
//! batch, and each row's partner is another row of it, as in the paper's listing.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

use crate::model::Standardized;
use crate::model::init::{Stream, generator};

/// Draws shares and partners of a run.
pub(crate) struct Mixup {
    beta: Beta<f64>,
    random: ChaCha8Rng,
}

impl Mixup {
    /// With shares from Beta(`alpha`, `alpha`), by a stream of `seed` of its own; `None` for alpha 0.
    pub(crate) fn new(alpha: f64, seed: u64) -> Option<Self> {
        let beta = (alpha > 0.0).then(|| Beta::new(alpha, alpha).ok())??;
        Some(Self { beta, random: generator(seed, Stream::Mixup) })
    }

    /// The rows `rows`, each with a partner among them.
    pub(crate) fn blend(&mut self, rows: &[u32]) -> Blend {
        let mut partners = rows.to_vec();
        partners.shuffle(&mut self.random);
        Blend::of(rows.to_vec(), partners, self.beta.sample(&mut self.random) as f32)
    }
}

/// The rows of a batch, each as it is or mixed with another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Blend {
    rows: Vec<u32>,
    /// One a row, with the share of the row itself, 0..=1; `None` where nothing is mixed.
    partners: Option<(Vec<u32>, f32)>,
}

impl From<Vec<u32>> for Blend {
    fn from(rows: Vec<u32>) -> Self {
        Self { rows, partners: None }
    }
}

impl Blend {
    /// `own_share` times `rows` and 1 - `own_share` times `partners`, one each.
    pub(crate) fn of(rows: Vec<u32>, partners: Vec<u32>, own_share: f32) -> Self {
        Self { rows, partners: Some((partners, own_share)) }
    }

    /// Number of rows B of the batch.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows before they are mixed.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// What place `at` of the batch is made of: rows with their shares, which sum to 1.
    pub(crate) fn parts(&self, at: usize) -> impl Iterator<Item = (usize, f32)> + use<> {
        let own_share = self.partners.as_ref().map_or(1.0, |(_, share)| *share);
        let partner = self.partners.as_ref().map(|(partners, share)| (partners[at] as usize, 1.0 - share));
        std::iter::once((self.rows[at] as usize, own_share)).chain(partner)
    }

    /// The mixed features of the batch (B x F).
    pub(crate) fn features(&self, z: &Standardized) -> Vec<f32> {
        let mut features = Vec::with_capacity(self.len() * z.columns);
        for at in 0..self.len() {
            let Some((partners, share)) = &self.partners else {
                features.extend_from_slice(z.row(self.rows[at] as usize));
                continue;
            };
            let pairs = z.row(self.rows[at] as usize).iter().zip(z.row(partners[at] as usize));
            features.extend(pairs.map(|(own, other)| share * own + (1.0 - share) * other));
        }
        features
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::matrix;

    #[test]
    fn features_are_convex_combinations_by_hand() {
        let z = matrix(2, &[0.0, 4.0, 8.0, -4.0]);
        let blend = Blend::of(vec![0, 1], vec![1, 1], 0.75);
        assert_eq!(blend.features(&z), [2.0, 2.0, 8.0, -4.0]);
        assert_eq!(blend.parts(0).collect::<Vec<_>>(), [(0, 0.75), (1, 0.25)]);
        assert_eq!(Blend::from(vec![1, 0]).features(&z), [8.0, -4.0, 0.0, 4.0]);
    }

    #[test]
    fn a_share_of_one_leaves_the_rows_as_they_are() {
        let z = matrix(2, &[0.3, -4.0, 8.0, 0.1]);
        assert_eq!(Blend::of(vec![0, 1], vec![1, 0], 1.0).features(&z), Blend::from(vec![0, 1]).features(&z));
    }

    #[test]
    fn partners_are_the_rows_in_another_order_and_shares_have_the_betas_moments() {
        let mut mixup = Mixup::new(0.2, 5).unwrap();
        let rows: Vec<u32> = (10..42).collect();
        let shares: Vec<f64> = (0..4000)
            .map(|_| {
                let blend = mixup.blend(&rows);
                let (mut partners, share) = blend.partners.unwrap();
                partners.sort_unstable();
                assert_eq!((blend.rows.as_slice(), partners), (rows.as_slice(), rows.clone()));
                f64::from(share)
            })
            .collect();
        let mean = shares.iter().sum::<f64>() / 4000.0;
        let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 4000.0;
        // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)).
        assert!((mean - 0.5).abs() < 0.03 && (variance - 0.25 / 1.4).abs() < 0.01, "{mean} {variance}");
    }

    #[test]
    fn shares_lie_between_0_and_1_for_every_alpha_and_depend_on_the_seed_alone() {
        for alpha in [0.01, 0.2, 1.0, 10.0] {
            let shares = |seed| {
                let mut mixup = Mixup::new(alpha, seed).unwrap();
                (0..500).map(|_| mixup.blend(&[0, 1]).partners.unwrap().1).collect::<Vec<f32>>()
            };
            assert!(shares(3).iter().all(|share| (0.0..=1.0).contains(share)), "{alpha}");
            assert_eq!(shares(3), shares(3));
            assert_ne!(shares(3), shares(4));
        }
        assert!(Mixup::new(0.0, 1).is_none());
    }
}
