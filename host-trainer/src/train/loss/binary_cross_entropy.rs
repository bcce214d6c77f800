//! Cross-entropy of one logit, with label smoothing (Szegedy et al., CVPR 2016).

use super::Loss;

/// `max(x, 0) - x y' + ln(1 + e^-|x|)` for logit x and label y in {0, 1}: no overflow at any logit.
///
/// The smoothed label is y' = (1 - s) y + s / 2.
#[derive(Debug, Clone, Copy, Default)]
pub struct BinaryCrossEntropy {
    /// Share s of the label that is spread over both classes, 0 to below 1.
    pub smoothing: f32,
}

impl Loss for BinaryCrossEntropy {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let logit = outputs[0];
        let label = (1.0 - self.smoothing) * label + 0.5 * self.smoothing;
        let tail = (-logit.abs()).exp();
        let sigmoid = if logit >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) };
        gradient[0] = sigmoid - label;
        logit.max(0.0) - logit * label + tail.ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::super::assert_gradient;
    use super::*;

    const PLAIN: BinaryCrossEntropy = BinaryCrossEntropy { smoothing: 0.0 };

    #[test]
    fn hand_values() {
        let mut gradient = [0.0];
        assert!((PLAIN.row(&[0.0], 1.0, &mut gradient) - 2f32.ln()).abs() < 1e-7);
        assert_eq!(gradient, [-0.5]);
        // sigmoid(ln 3) = 3/4.
        assert!((PLAIN.row(&[3f32.ln()], 0.0, &mut gradient) - 4f32.ln()).abs() < 1e-6);
        assert!((gradient[0] - 0.75).abs() < 1e-6);
        for (logit, label) in [(1.3, 0.0), (-0.4, 1.0), (2.0, 1.0)] {
            assert_gradient(&PLAIN, &[logit], label);
            assert_gradient(&BinaryCrossEntropy { smoothing: 0.2 }, &[logit], label);
        }
    }

    #[test]
    fn a_smoothed_label_is_the_mean_of_both_by_its_shares() {
        let mut gradient = [0.0];
        let found = BinaryCrossEntropy { smoothing: 0.2 }.row(&[1.5], 1.0, &mut gradient);
        let expected = 0.9 * PLAIN.row(&[1.5], 1.0, &mut gradient) + 0.1 * PLAIN.row(&[1.5], 0.0, &mut gradient);
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn extreme_logits_are_finite() {
        for logit in [17.0f32, -90.0, -110.0, 110.0, f32::MAX, -f32::MAX] {
            for (label, smoothing) in [(0.0, 0.0), (1.0, 0.0), (0.0, 0.1), (1.0, 0.1)] {
                let mut gradient = [f32::NAN];
                let loss = BinaryCrossEntropy { smoothing }.row(&[logit], label, &mut gradient);
                assert!(
                    loss.is_finite() && loss >= 0.0 && gradient[0].is_finite(),
                    "{logit} {label}: {loss} {gradient:?}"
                );
            }
        }
        let mut gradient = [0.0];
        assert_eq!(PLAIN.row(&[-110.0], 1.0, &mut gradient), 110.0);
        assert_eq!(gradient, [-1.0]);
    }
}
