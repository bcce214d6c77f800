//! The strength of the penalty, chosen inside the training rows: two halves of each group's rows judge each other.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::learn::{Alternation, Heads, Problem, Sharing};
use super::sample::Sample;

/// Heads with the strength that was chosen for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The strength; `None` where the halves did better without any head of a group's own.
    pub strength: Option<f64>,
    /// The heads, learnt from all rows; `None` as above.
    pub heads: Option<Heads>,
}

/// Chooses a strength out of `strengths` by a two-fold split of each group's rows, dealt by `seed`, and learns from all rows with it.
///
/// With `or_none` the alternative of no heads at all takes part, for tasks in which an output of 0 is the answer of a model that is
/// there already. Every sample has at least two rows.
pub fn choose(
    samples: &[Sample],
    sharing: Sharing,
    strengths: &[f64],
    alternation: Alternation,
    or_none: bool,
    seed: u64,
) -> Chosen {
    let halves = halves(samples, seed);
    let mut losses = vec![0.0; strengths.len()];
    let mut without = 0.0;
    for (fitted, held_out) in [(&halves.0, &halves.1), (&halves.1, &halves.0)] {
        let problem = Problem::new(fitted);
        for (loss, strength) in losses.iter_mut().zip(strengths) {
            *loss += loss_on(held_out, &problem.solve(sharing, *strength, alternation));
        }
        without +=
            held_out.iter().map(|sample| sample.loss(&DMatrix::zeros(sample.rows(), sample.outputs()))).sum::<f64>();
    }
    let best = strengths.iter().zip(&losses).min_by(|a, b| a.1.total_cmp(b.1));
    match best {
        Some((strength, loss)) if !or_none || *loss < without => {
            let heads = Problem::new(samples).solve(sharing, *strength, alternation);
            Chosen { strength: Some(*strength), heads: Some(heads) }
        }
        _ => Chosen { strength: None, heads: None },
    }
}

/// Each sample in two halves, by chance; the first has the odd row.
fn halves(samples: &[Sample], seed: u64) -> (Vec<Sample>, Vec<Sample>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let part = |sample: &Sample| {
        let mut rows: Vec<usize> = (0..sample.rows()).collect();
        rows.shuffle(&mut random);
        let (first, second) = rows.split_at(rows.len().div_ceil(2));
        (sample.select(first), sample.select(second))
    };
    samples.iter().map(part).unzip()
}

fn loss_on(samples: &[Sample], heads: &Heads) -> f64 {
    let losses = samples.iter().zip(&heads.groups).map(|(sample, outputs)| {
        let mut answers = DMatrix::zeros(sample.rows(), sample.outputs());
        for (mut column, fitted) in answers.column_iter_mut().zip(outputs) {
            column.copy_from(&(&sample.inputs * &fitted.weights).add_scalar(fitted.intercept));
        }
        sample.loss(&answers)
    });
    losses.sum()
}
