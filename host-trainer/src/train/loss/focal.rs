//! Focal loss: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.
//!
//! `(1 - p)^g (-ln p)` with p the probability of the label's class: rows that are answered well count less. The paper's alpha is
//! the weight of a class ([`super::ClassWeighted`]).

use super::cross_entropy::{Softmax, softmax};
use super::{BinaryCrossEntropy, Loss};

/// Of a softmax over classes.
#[derive(Debug, Clone, Copy)]
pub struct Focal {
    /// Exponent g, at least 0; 0 is plain cross-entropy.
    pub gamma: f32,
}

/// Of one logit.
#[derive(Debug, Clone, Copy)]
pub struct BinaryFocal {
    /// Exponent g, at least 0; 0 is plain cross-entropy.
    pub gamma: f32,
}

/// The loss, and its derivative by the logit of the label's class divided by p - 1 (which is that of the cross-entropy):
/// `(1 - p)^g + g p (1 - p)^(g - 1) (-ln p)`.
///
/// * `cross_entropy`: -ln p; `missing`: 1 - p.
fn focus(gamma: f32, cross_entropy: f32, missing: f32) -> (f32, f32) {
    let weight = missing.powf(gamma);
    // As 1 - p falls to 0, -ln p does so as fast: their ratio stays near 1 while the power of an exponent below 1 grows.
    let steep = if missing > 0.0 { weight * (cross_entropy / missing) } else { missing.powf(gamma) };
    (weight * cross_entropy, weight + gamma * (1.0 - missing) * steep)
}

impl Loss for Focal {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let class = label as usize;
        let Softmax { largest, log_sum } = softmax(outputs, gradient);
        // The sum of the others' probabilities does not cancel as 1 - p does.
        let others = |(other, probability): (usize, &f32)| if other == class { 0.0 } else { *probability };
        let missing: f32 = gradient.iter().enumerate().map(others).sum();
        let (loss, factor) = focus(self.gamma, log_sum + (largest - outputs[class]), missing.min(1.0));
        gradient[class] -= 1.0;
        gradient.iter_mut().for_each(|value| *value *= factor);
        loss
    }
}

impl Loss for BinaryFocal {
    fn row(&self, outputs: &[f32], label: f32, gradient: &mut [f32]) -> f32 {
        let cross_entropy = BinaryCrossEntropy::default().row(outputs, label, gradient);
        // The gradient of the cross-entropy is the missing probability, up to its sign.
        let missing = gradient[0].abs();
        let (loss, factor) = focus(self.gamma, cross_entropy, missing);
        gradient[0] *= factor;
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CrossEntropy, assert_gradient};
    use super::*;

    #[test]
    fn a_gamma_of_zero_is_cross_entropy_to_the_bit() {
        for logits in [[0.3, -1.2, 0.8], [5.0, -7.0, 0.0], [-110.0, 3.0, 120.0]] {
            for label in [0.0, 1.0, 2.0] {
                let (mut plain, mut focal) = ([0.0; 3], [0.0; 3]);
                let expected = CrossEntropy::default().row(&logits, label, &mut plain);
                assert_eq!(Focal { gamma: 0.0 }.row(&logits, label, &mut focal), expected);
                assert_eq!(focal, plain);
            }
            for label in [0.0, 1.0] {
                let (mut plain, mut focal) = ([0.0], [0.0]);
                let expected = BinaryCrossEntropy::default().row(&logits[..1], label, &mut plain);
                assert_eq!(BinaryFocal { gamma: 0.0 }.row(&logits[..1], label, &mut focal), expected);
                assert_eq!(focal, plain);
            }
        }
    }

    #[test]
    fn hand_values() {
        // p = 3/4, so (1/4)^2 ln 4/3.
        let expected = (4f32 / 3.0).ln() / 16.0;
        assert!((BinaryFocal { gamma: 2.0 }.row(&[3f32.ln()], 1.0, &mut [0.0]) - expected).abs() < 1e-7);
        assert!((Focal { gamma: 2.0 }.row(&[0.0, 3f32.ln()], 1.0, &mut [0.0; 2]) - expected).abs() < 1e-7);
    }

    #[test]
    fn gradients_are_those_of_the_loss() {
        for gamma in [0.5, 1.0, 2.0, 5.0] {
            for logit in [-2.0, -0.4, 0.3, 1.7] {
                for label in [0.0, 1.0] {
                    assert_gradient(&BinaryFocal { gamma }, &[logit], label);
                    assert_gradient(&Focal { gamma }, &[logit, 0.2, -0.5], label);
                }
            }
        }
    }

    #[test]
    fn extreme_logits_are_finite() {
        for gamma in [0.0, 0.3, 1.0, 2.0, 10.0] {
            for logit in [-3e4f32, -110.0, -17.0, 0.0, 17.0, 110.0, 3e4] {
                for label in [0.0, 1.0] {
                    let (mut one, mut three) = ([f32::NAN], [f32::NAN; 3]);
                    let losses = [
                        BinaryFocal { gamma }.row(&[logit], label, &mut one),
                        Focal { gamma }.row(&[logit, 0.0, -logit], label, &mut three),
                    ];
                    assert!(losses.iter().all(|loss| loss.is_finite() && *loss >= 0.0), "{gamma} {logit} {losses:?}");
                    assert!(one.iter().chain(&three).all(|g| g.is_finite()), "{gamma} {logit} {one:?} {three:?}");
                }
            }
        }
    }
}
