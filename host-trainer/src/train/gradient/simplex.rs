//! The convex problem behind MGDA and CAGrad: a linear function plus a norm, over the simplex.

use nalgebra::{DMatrix, DVector};

/// Most exchanges between pairs of weights, a task; tens suffice for a handful of tasks.
const EXCHANGES_PER_TASK: usize = 200;
/// Slope, as a share of the largest, below which an exchange no longer pays.
const TOLERANCE: f64 = 1e-10;

/// The w >= 0 of sum 1 that minimises `linear' w + norm * sqrt(w' G w)`, for `norm` >= 0 and G positive semidefinite.
///
/// From equal weights on, the pair with the steepest slope exchanges weight, each time by the exact minimum along its line.
pub(super) fn minimize(gram: &DMatrix<f64>, linear: &DVector<f64>, norm: f64) -> DVector<f64> {
    let tasks = gram.nrows();
    let mut w = DVector::from_element(tasks, 1.0 / tasks as f64);
    for _ in 0..EXCHANGES_PER_TASK * tasks {
        let image = gram * &w;
        let length = w.dot(&image).max(0.0).sqrt();
        if norm > 0.0 && length <= f64::EPSILON * gram.trace().sqrt() {
            // The gradients cancel: nothing is shorter, and the norm has no slope here.
            break;
        }
        let slope = if norm > 0.0 { linear + &image * (norm / length) } else { linear.clone() };
        let takes = slope.imin();
        let givers = (0..tasks).filter(|task| w[*task] > 0.0);
        let Some(gives) = givers.max_by(|a, b| slope[*a].total_cmp(&slope[*b])) else { break };
        if slope[gives] - slope[takes] <= TOLERANCE * slope.amax() {
            break;
        }
        let line = Line {
            linear: linear[takes] - linear[gives],
            norm,
            square: gram[(takes, takes)] + gram[(gives, gives)] - 2.0 * gram[(takes, gives)],
            cross: image[takes] - image[gives],
            constant: w.dot(&image),
        };
        let moved = line.minimum(w[gives]);
        w[takes] += moved;
        w[gives] = if moved == w[gives] { 0.0 } else { w[gives] - moved };
        if moved == 0.0 {
            break;
        }
    }
    w
}

/// `linear t + norm sqrt(square t^2 + 2 cross t + constant)`.
struct Line {
    linear: f64,
    norm: f64,
    square: f64,
    cross: f64,
    constant: f64,
}

impl Line {
    /// The t in 0..=`end` with the least value, for a line that falls at 0.
    fn minimum(&self, end: f64) -> f64 {
        let Self { linear, norm, square, cross, constant } = *self;
        // The slope is 0 where u = square t + cross has u = -ratio sqrt((u^2 + rest) / square).
        let ratio = linear / norm;
        let rest = (square * constant - cross * cross).max(0.0);
        let room = square - ratio * ratio;
        if norm <= 0.0 || square <= 0.0 || room <= 0.0 {
            return end;
        }
        let u = -ratio * (rest / room).sqrt();
        ((u - cross) / square).clamp(0.0, end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    fn value(gram: &DMatrix<f64>, linear: &DVector<f64>, norm: f64, w: &DVector<f64>) -> f64 {
        linear.dot(w) + norm * (w.dot(&(gram * w))).sqrt()
    }

    #[test]
    fn no_point_of_a_fine_grid_is_better() {
        let gram = cases::gram(&cases::three());
        for (linear, norm) in [([0.0, 0.0, 0.0], 1.0), ([0.3, -0.1, 0.2], 0.5), ([1.0, 0.2, -0.7], 0.1)] {
            let linear = DVector::from_row_slice(&linear);
            let w = minimize(&gram, &linear, norm);
            assert!((w.sum() - 1.0).abs() < 1e-12 && w.min() >= 0.0, "{w}");
            let found = value(&gram, &linear, norm, &w);
            for i in 0..=200 {
                for j in 0..=200 - i {
                    let (a, b) = (f64::from(i) / 200.0, f64::from(j) / 200.0);
                    let other = DVector::from_row_slice(&[a, b, 1.0 - a - b]);
                    assert!(found <= value(&gram, &linear, norm, &other) + 1e-9, "{w} {other}");
                }
            }
        }
    }

    #[test]
    fn without_a_norm_the_least_entry_takes_all() {
        let w = minimize(&cases::gram(&cases::three()), &DVector::from_row_slice(&[0.5, -1.0, 0.0]), 0.0);
        assert_eq!(w.as_slice(), [0.0, 1.0, 0.0]);
    }
}
