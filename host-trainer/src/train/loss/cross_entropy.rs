//! Cross-entropy of a softmax over classes, with label smoothing (Szegedy et al., CVPR 2016).

use super::Loss;

/// `ln sum e^x_k - sum y'_k x_k`, by the largest logit.
///
/// The smoothed label is y' = (1 - s) (1 for the class, 0 for the others) + s / K.
#[derive(Debug, Clone, Copy, Default)]
pub struct CrossEntropy {
    /// Share s of the label that is spread over all classes, 0 to below 1.
    pub smoothing: f32,
}

impl Loss for CrossEntropy {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let class = label as usize;
        let Softmax { largest, log_sum } = softmax(outputs, gradient);
        gradient[class] -= 1.0;
        let loss = log_sum + (largest - outputs[class]);
        if self.smoothing == 0.0 {
            return loss;
        }
        // Against the class 1 - s, against the mean over the classes s.
        let classes = outputs.len() as f32;
        gradient[class] += self.smoothing;
        gradient.iter_mut().for_each(|value| *value -= self.smoothing / classes);
        let mean_gap = outputs.iter().map(|logit| largest - logit).sum::<f32>() / classes;
        (1.0 - self.smoothing) * loss + self.smoothing * (log_sum + mean_gap)
    }
}

/// What is left of a softmax beside its probabilities.
pub(super) struct Softmax {
    /// Largest logit.
    pub(super) largest: f32,
    /// `ln sum e^(x_k - largest)`, at least 0.
    pub(super) log_sum: f32,
}

/// Writes the probabilities of `logits` (K) to `probabilities` (K).
pub(super) fn softmax(logits: &[f32], probabilities: &mut [f32]) -> Softmax {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (probability, logit) in probabilities.iter_mut().zip(logits) {
        *probability = (logit - largest).exp();
        sum += *probability;
    }
    probabilities.iter_mut().for_each(|probability| *probability /= sum);
    Softmax { largest, log_sum: sum.ln() }
}

#[cfg(test)]
mod tests {
    use super::super::assert_gradient;
    use super::*;

    const PLAIN: CrossEntropy = CrossEntropy { smoothing: 0.0 };
    const SMOOTH: CrossEntropy = CrossEntropy { smoothing: 0.3 };

    #[test]
    fn hand_values() {
        let mut gradient = [0.0; 3];
        assert!((PLAIN.row(&[2.0, 2.0, 2.0], 1.0, &mut gradient) - 3f32.ln()).abs() < 1e-6);
        assert!((gradient[1] + 2.0 / 3.0).abs() < 1e-6 && (gradient[0] - 1.0 / 3.0).abs() < 1e-6);
        // Probabilities 1/6, 2/6, 3/6.
        let loss = PLAIN.row(&[0.0, 2f32.ln(), 3f32.ln()], 2.0, &mut gradient);
        assert!((loss - 2f32.ln()).abs() < 1e-6);
        assert_gradient(&PLAIN, &[0.3, -1.2, 0.8], 0.0);
        assert_gradient(&SMOOTH, &[0.3, -1.2, 0.8], 0.0);
    }

    #[test]
    fn a_smoothed_label_is_the_mean_of_all_by_its_shares() {
        let logits = [0.3, -1.2, 0.8];
        let mut gradient = [0.0; 3];
        let of = |label: f32| PLAIN.row(&logits, label, &mut [0.0; 3]);
        let expected = 0.7 * of(1.0) + 0.1 * (of(0.0) + of(1.0) + of(2.0));
        assert!((SMOOTH.row(&logits, 1.0, &mut gradient) - expected).abs() < 1e-6);
    }

    #[test]
    fn gradients_sum_to_zero_over_the_classes() {
        let mut gradient = [0.0; 4];
        for loss in [PLAIN, SMOOTH] {
            loss.row(&[3.0, -1.0, 0.2, 7.0], 2.0, &mut gradient);
            assert!(gradient.iter().sum::<f32>().abs() < 1e-6);
        }
    }

    #[test]
    fn extreme_logits_are_finite() {
        for logits in [[17.0f32, -90.0, -110.0], [12858.0, -5000.0, 0.0], [-110.0, -110.0, -90.0]] {
            for label in [0.0, 1.0, 2.0] {
                for cross_entropy in [PLAIN, SMOOTH] {
                    let mut gradient = [f32::NAN; 3];
                    let loss = cross_entropy.row(&logits, label, &mut gradient);
                    assert!(
                        loss.is_finite() && loss >= 0.0 && gradient.iter().all(|g| g.is_finite()),
                        "{logits:?} {label}"
                    );
                }
            }
        }
    }
}
