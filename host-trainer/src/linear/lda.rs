//! Linear discriminant analysis with a shrunk covariance.
//!
//! Class scores are `z S^-1 m_k - m_k' S^-1 m_k / 2 + ln p_k` with class means m_k, priors p_k and S the pooled
//! within-class covariance, shrunk towards its own diagonal by the intensity of Ledoit & Wolf, "A well-conditioned estimator
//! for large-dimensional covariance matrices" (2004), found on within-class standardised features, so that the result does
//! not depend on the features' scales.

use nalgebra::{DMatrix, DVector, RowDVector};

use super::{design, labelled_rows};
use crate::model::{Dense, Standardized};

/// Least shrinkage: keeps S invertible where fewer rows than features span it and the estimate is 0.
const LEAST_SHRINKAGE: f64 = 1e-6;

/// Linear class scores: their largest is the predicted class.
#[derive(Debug, Clone, PartialEq)]
pub struct Lda {
    /// One row a class (C x F); the rows sum to zero.
    pub weight: DMatrix<f64>,
    /// Intercepts (C).
    pub intercept: DVector<f64>,
}

impl Lda {
    /// As a layer of C logits.
    pub fn scores(&self) -> Dense {
        Dense {
            outputs: self.weight.nrows(),
            inputs: self.weight.ncols(),
            weight: self.weight.transpose().iter().map(|w| *w as f32).collect(),
            bias: self.intercept.iter().map(|b| *b as f32).collect(),
        }
    }

    /// Of two classes, as a layer of one logit: the second's score less the first's.
    pub fn logit(&self) -> Dense {
        let difference = self.weight.row(1) - self.weight.row(0);
        Dense {
            outputs: 1,
            inputs: self.weight.ncols(),
            weight: difference.iter().map(|w| *w as f32).collect(),
            bias: vec![(self.intercept[1] - self.intercept[0]) as f32],
        }
    }
}

/// Fits scores for `classes` classes to the rows of `z` (n x F) whose label (n, class numbers) is not NaN; `weights` (n, 0 or more) say
/// how many times each row counts.
///
/// `class_weights` (one a class, above 0) multiply the priors and leave means and covariance alone: each score rises by the logarithm of
/// its class's weight. So the closed form starts where a loss whose rows count by their class has its optimum, which has the log odds of
/// priors so multiplied (Saerens, Latinne & Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural
/// Computation 14, 2002); balanced weights make equal priors.
///
/// Scores are centred over the classes that occur. A class without a row gets weights 0 and an intercept of -ln(2 n), n being the sum of
/// the weights but at least 1: its score lies below the mean score of the others everywhere, so it is never predicted, and every number is
/// finite.
pub fn fit(
    z: &Standardized,
    labels: &[f32],
    classes: usize,
    weights: Option<&[f32]>,
    class_weights: Option<&[f32]>,
) -> Lda {
    let rows = labelled_rows(labels, weights);
    let x = design(z, &rows);
    let labels: Vec<f32> = rows.iter().map(|row| labels[*row]).collect();
    let mut lda = Lda { weight: DMatrix::zeros(classes, z.columns), intercept: DVector::zeros(classes) };
    if labels.is_empty() {
        return lda;
    }
    let weights: Vec<f64> = rows.iter().map(|row| weights.map_or(1.0, |weights| f64::from(weights[*row]))).collect();
    let total: f64 = weights.iter().sum();
    let class_of = |row: usize| labels[row] as usize;
    let mut counts = vec![0.0; classes];
    let mut means = DMatrix::<f64>::zeros(classes, z.columns);
    for row in 0..x.nrows() {
        counts[class_of(row)] += weights[row];
        means.set_row(class_of(row), &(means.row(class_of(row)) + x.row(row) * weights[row]));
    }
    let present: Vec<usize> = (0..classes).filter(|class| counts[*class] > 0.0).collect();
    for class in &present {
        means.set_row(*class, &(means.row(*class) / counts[*class]));
    }

    let within =
        DMatrix::from_fn(x.nrows(), x.ncols(), |row, column| x[(row, column)] - means[(class_of(row), column)]);
    // What rounding leaves of a feature that is constant within each class: weighted means are sums of n terms.
    let rounding = x.nrows() as f64 * f64::EPSILON;
    let noise: Vec<f64> = means.column_iter().map(|means| means.amax() * rounding).collect();
    let directions = solve_shrunk(within, &weights, &noise, &means.transpose());
    for class in &present {
        let direction = directions.column(*class);
        lda.weight.set_row(*class, &direction.transpose());
        let prior = counts[*class] / total * class_weights.map_or(1.0, |weights| f64::from(weights[*class]));
        lda.intercept[*class] = prior.ln() - 0.5 * means.row(*class).transpose().dot(&direction);
    }
    centre(&mut lda, &present);
    for class in (0..classes).filter(|class| counts[*class] == 0.0) {
        lda.intercept[class] = -(2.0 * total.max(1.0)).ln();
    }
    lda
}

/// Subtracts the mean over the classes that occur from their scores.
fn centre(lda: &mut Lda, present: &[usize]) {
    let share = 1.0 / present.len() as f64;
    let zero = RowDVector::zeros(lda.weight.ncols());
    let mean_weight = present.iter().fold(zero, |sum, class| sum + lda.weight.row(*class));
    let mean_intercept = present.iter().map(|class| lda.intercept[*class]).sum::<f64>() * share;
    for class in present {
        let centred = lda.weight.row(*class) - &mean_weight * share;
        lda.weight.set_row(*class, &centred);
        lda.intercept[*class] -= mean_intercept;
    }
}

/// S^-1 B for the shrunk covariance S of the centred rows `within` (n x F) with `weights` above 0 (n) and B (F x C). A feature whose
/// standard deviation is no more than its `noise` (F) is taken as constant.
fn solve_shrunk(mut within: DMatrix<f64>, weights: &[f64], noise: &[f64], right: &DMatrix<f64>) -> DMatrix<f64> {
    let rows: f64 = weights.iter().sum();
    for (mut row, weight) in within.row_iter_mut().zip(weights) {
        row *= weight.sqrt();
    }
    let sd: Vec<f64> = within
        .column_iter()
        .map(|column| (column.norm_squared() / rows).sqrt())
        .zip(noise)
        .map(|(sd, noise)| if sd > *noise { sd } else { 1.0 })
        .collect();
    for (mut column, sd) in within.column_iter_mut().zip(&sd) {
        column /= *sd;
    }
    let covariance = within.tr_mul(&within) / rows;
    let target = covariance.trace() / covariance.nrows() as f64;
    // All rows of a class equal in every feature: any common scale will do.
    let target = if target > 0.0 { target } else { 1.0 };
    let scaled = DMatrix::from_fn(right.nrows(), right.ncols(), |row, column| right[(row, column)] / sd[row]);
    let mut shrinkage = ledoit_wolf(&within, weights, &covariance).max(LEAST_SHRINKAGE);
    let mut solution = loop {
        let mut shrunk = &covariance * (1.0 - shrinkage);
        for diagonal in 0..shrunk.nrows() {
            shrunk[(diagonal, diagonal)] += shrinkage * target;
        }
        match shrunk.cholesky() {
            Some(factor) => break factor.solve(&scaled),
            None => shrinkage = (10.0 * shrinkage).min(1.0),
        }
    };
    for (mut row, sd) in solution.row_iter_mut().zip(&sd) {
        row /= *sd;
    }
    solution
}

/// Shrinkage intensity in 0..=1 for centred rows with weights `weights` above 0 (n), each times the root of its weight in `x` (n x F),
/// towards the mean variance times the identity; `covariance` is x'x over the sum of the weights.
pub fn ledoit_wolf(x: &DMatrix<f64>, weights: &[f64], covariance: &DMatrix<f64>) -> f64 {
    let (rows, features): (f64, _) = (weights.iter().sum(), x.ncols() as f64);
    let fourths = x.row_iter().zip(weights).map(|(row, weight)| row.norm_squared().powi(2) / weight);
    let fourth: f64 = fourths.sum::<f64>() / rows;
    let frobenius = covariance.norm_squared();
    let trace = covariance.trace();
    let dispersion = (frobenius - trace * trace / features) / features;
    let noise = ((fourth - frobenius) / (rows * features)).min(dispersion);
    if noise > 0.0 { noise / dispersion } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::matrix;
    use super::*;

    /// `sklearn.covariance.ledoit_wolf_shrinkage(x, assume_centered=True)` of scikit-learn 1.9.1.
    #[test]
    fn shrinkage_equals_scikit_learns() {
        #[rustfmt::skip]
        let x = DMatrix::from_row_slice(6, 3, &[
            1.0, 0.5, -0.2,  -1.0, -0.7, 0.1,  0.3, 0.9, 0.4,  -0.3, -0.2, -0.6,  0.8, 0.1, 0.2,  -0.8, -0.6, 0.1,
        ]);
        let covariance = x.tr_mul(&x) / 6.0;
        let shrinkage = ledoit_wolf(&x, &[1.0; 6], &covariance);
        assert!((shrinkage - 0.200_429_945_663_941_34).abs() < 1e-12, "{shrinkage}");
    }

    /// Two classes of unit within-class variance at -1 and 1: S = 1, so the logit is 2 z with intercept ln(p1 / p0).
    #[test]
    fn one_feature_gives_the_textbook_logit() {
        let z = matrix(1, &[-2.0, 0.0, 0.0, 2.0, 0.0, 2.0]);
        let logit = fit(&z, &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0], 2, None, None).logit();
        assert!((logit.weight[0] - 2.0).abs() < 1e-6, "{logit:?}");
        assert!((logit.bias[0] - 2f32.ln()).abs() < 1e-6, "{logit:?}");
    }

    /// scikit-learn's `LinearDiscriminantAnalysis` formula with the same pooled, shrunk covariance, by numpy in f64.
    #[test]
    fn three_classes_in_two_features_equal_numpys() {
        #[rustfmt::skip]
        let z = matrix(2, &[
            1.0, 0.2,  1.4, 0.5,  0.7, 0.0,  -1.0, 0.9,  -0.6, 1.3,  -0.2, -1.1,  0.1, -0.8,  -0.3, -1.3,  0.4, -0.7,
        ]);
        let scores = fit(&z, &[0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], 3, None, None).scores();
        let expected_weight = [48.33423, -47.97243, -109.66077, 134.5225, 61.32654, -86.55007];
        let expected_bias = [41.45563, -62.18037, 20.72474];
        for (found, expected) in scores.weight.iter().zip(expected_weight).chain(scores.bias.iter().zip(expected_bias))
        {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
        }
    }

    #[test]
    fn scores_do_not_depend_on_a_features_scale() {
        let data = [1.0, 0.2, 1.4, -0.1, 0.7, 0.4, -1.0, 0.9, -0.6, 1.3, -0.2, -1.1];
        let labels = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let scaled: Vec<f32> = data.iter().enumerate().map(|(i, x)| if i % 2 == 0 { x * 1024.0 } else { *x }).collect();
        let (plain, scaled) = (
            fit(&matrix(2, &data), &labels, 2, None, None).logit(),
            fit(&matrix(2, &scaled), &labels, 2, None, None).logit(),
        );
        assert!((plain.weight[0] - scaled.weight[0] * 1024.0).abs() < 1e-4);
        assert!((plain.weight[1] - scaled.weight[1]).abs() < 1e-4);
    }

    #[test]
    fn class_weights_move_the_scores_by_their_logarithms_and_nothing_else() {
        #[rustfmt::skip]
        let z = matrix(2, &[
            1.0, 0.2,  1.4, 0.5,  0.7, 0.0,  -1.0, 0.9,  -0.6, 1.3,  -0.2, -1.1,  0.1, -0.8,  -0.3, -1.3,  0.4, -0.7,
        ]);
        let labels = [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0];
        let of = |weights: Option<&[f32]>| fit(&z, &labels, 4, None, weights);
        let (plain, weighted) = (of(None), of(Some(&[3.0, 4.5, 2.25, 9.0])));
        assert_eq!(plain.weight, weighted.weight);
        // Balanced over the classes that occur: as if each had a third of the rows. The fourth stays where it is.
        let odds = |lda: &Lda, class: usize| lda.intercept[class] - lda.intercept[0];
        for (class, count) in [(1, 2.0f64), (2, 4.0)] {
            let moved = odds(&weighted, class) - odds(&plain, class);
            assert!((moved - (3.0 / count).ln()).abs() < 1e-12, "{class}: {moved}");
        }
        assert_eq!(plain.intercept[3], weighted.intercept[3]);
        assert_eq!(plain, of(Some(&[1.0; 4])));
        let logit = |weights: Option<&[f32]>| fit(&z, &labels.map(|label| label.min(1.0)), 2, None, weights).logit();
        let moved = logit(Some(&[1.0, 0.5])).bias[0] - logit(None).bias[0];
        assert!((moved - 0.5f32.ln()).abs() < 1e-5, "{moved}");
    }

    #[test]
    fn an_absent_class_is_never_predicted_and_all_scores_are_finite() {
        let z = matrix(2, &[1.0, 0.5, 0.8, 0.1, -1.0, 0.2, -0.4, -1.0]);
        let scores = fit(&z, &[0.0, 0.0, 2.0, 2.0], 4, None, None).scores();
        assert!(scores.weight.iter().chain(&scores.bias).all(|value| value.is_finite()));
        for x in [[0.0, 0.0], [8.0, -8.0], [-8.0, 8.0], [0.1, 0.0]] {
            let found = scores.apply(&x);
            let best = (0..4).max_by(|a, b| found[*a].total_cmp(&found[*b]));
            assert!(matches!(best, Some(0 | 2)), "{found:?}");
        }
        let lonely = fit(&z, &[1.0; 4], 2, None, None).logit();
        assert_eq!(lonely.weight, vec![0.0, 0.0]);
        assert!((lonely.bias[0] - 8f32.ln()).abs() < 1e-6);
    }

    /// The second feature is 1/3 in one class and -1/7 in the other: by thirds and sevenths as weights its means are rounded.
    #[test]
    fn rounding_of_weighted_means_is_no_spread() {
        let data = [1.0, 0.2, 1.4, 0.5, 0.7, -0.1, -1.0, 0.9, -0.6, -1.3, -0.2, 0.3];
        let rows = data.iter().enumerate().flat_map(|(row, x)| [*x, [1.0 / 3.0, -1.0 / 7.0][row / 6]]);
        let z = matrix(2, &rows.collect::<Vec<f32>>());
        let labels: Vec<f32> = (0..12).map(|row| f32::from(u8::from(row >= 6))).collect();
        let plain = fit(&z, &labels, 2, None, None).logit();
        for weights in [[0.3, 0.7, 1.1], [1.0 / 3.0, 1.0 / 7.0, 0.9], [0.1, 0.2, 0.7]] {
            let weights: Vec<f32> = (0..12).map(|row| weights[row % 3]).collect();
            let weighted = fit(&z, &labels, 2, Some(&weights), None).logit();
            assert!((weighted.weight[1] / plain.weight[1] - 1.0).abs() < 0.5, "{weighted:?} {plain:?}");
        }
    }

    #[test]
    fn an_absent_class_is_never_predicted_however_little_the_rows_weigh() {
        let z = matrix(2, &[1.0, 0.5, 0.8, 0.1, -1.0, 0.2, -0.4, -1.0]);
        let scores = fit(&z, &[0.0, 0.0, 2.0, 2.0], 3, Some(&[0.1; 4]), None).scores();
        assert!(scores.bias[1] < 0.0, "{scores:?}");
        let found = scores.apply(&[0.0, 0.0]);
        assert!(found[1] < found[0].max(found[2]), "{found:?}");
    }

    #[test]
    fn features_constant_within_classes_or_copied_stay_finite() {
        let z = matrix(3, &[0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, -1.0, -1.0, 0.0, -1.0, -1.0]);
        let logit = fit(&z, &[1.0, 1.0, 0.0, 0.0], 2, None, None).logit();
        assert!(logit.weight.iter().all(|w| w.is_finite()));
        assert!(logit.apply(&[0.0, 1.0, 1.0])[0] > 0.0 && logit.apply(&[0.0, -1.0, -1.0])[0] < 0.0);
    }
}
