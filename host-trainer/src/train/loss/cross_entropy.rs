//! Cross-entropy of a softmax over classes.

use super::Loss;

/// `ln sum e^x_k - x_label`, by the largest logit.
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropy;

impl Loss for CrossEntropy {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let class = label as usize;
        let largest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (probability, logit) in gradient.iter_mut().zip(outputs) {
            *probability = (logit - largest).exp();
            sum += *probability;
        }
        gradient.iter_mut().for_each(|probability| *probability /= sum);
        gradient[class] -= 1.0;
        sum.ln() + (largest - outputs[class])
    }
}

#[cfg(test)]
mod tests {
    use super::super::assert_gradient;
    use super::*;

    #[test]
    fn hand_values() {
        let mut gradient = [0.0; 3];
        assert!((CrossEntropy.row(&[2.0, 2.0, 2.0], 1.0, &mut gradient) - 3f32.ln()).abs() < 1e-6);
        assert!((gradient[1] + 2.0 / 3.0).abs() < 1e-6 && (gradient[0] - 1.0 / 3.0).abs() < 1e-6);
        // Probabilities 1/6, 2/6, 3/6.
        let loss = CrossEntropy.row(&[0.0, 2f32.ln(), 3f32.ln()], 2.0, &mut gradient);
        assert!((loss - 2f32.ln()).abs() < 1e-6);
        assert_gradient(&CrossEntropy, &[0.3, -1.2, 0.8], 0.0);
    }

    #[test]
    fn gradients_sum_to_zero_over_the_classes() {
        let mut gradient = [0.0; 4];
        CrossEntropy.row(&[3.0, -1.0, 0.2, 7.0], 2.0, &mut gradient);
        assert!(gradient.iter().sum::<f32>().abs() < 1e-6);
    }

    #[test]
    fn extreme_logits_are_finite() {
        for logits in [[17.0f32, -90.0, -110.0], [12858.0, -5000.0, 0.0], [-110.0, -110.0, -90.0]] {
            for label in [0.0, 1.0, 2.0] {
                let mut gradient = [f32::NAN; 3];
                let loss = CrossEntropy.row(&logits, label, &mut gradient);
                assert!(
                    loss.is_finite() && loss >= 0.0 && gradient.iter().all(|g| g.is_finite()),
                    "{logits:?} {label}"
                );
            }
        }
    }
}
