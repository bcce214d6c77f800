//! Softmax and its logarithm, in f64.

/// Writes the natural logarithms of the softmax of `logits` in their place. The largest is taken off first, so that no power overflows.
pub(crate) fn log_softmax(logits: &mut [f64]) {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = logits.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln();
    logits.iter_mut().for_each(|logit| *logit -= largest + log_sum);
}

/// Writes the softmax of `logits` in their place.
pub(crate) fn softmax(logits: &mut [f64]) {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - largest).exp());
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|power| *power /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_hand() {
        let mut shares = [0.0, 2f64.ln(), 3f64.ln()];
        softmax(&mut shares);
        assert!(shares.iter().zip([1.0, 2.0, 3.0]).all(|(share, sixths)| (share - sixths / 6.0).abs() < 1e-15));
    }

    #[test]
    fn the_logarithm_is_that_of_the_softmax_and_both_are_finite_at_extreme_logits() {
        for logits in [[1.0, 2.0, -0.5], [3e4, -3e4, 0.0], [-700.0, -701.0, -699.0]] {
            let (mut shares, mut logs) = (logits, logits);
            softmax(&mut shares);
            log_softmax(&mut logs);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && logs.iter().all(|log| log.is_finite()));
            assert!(
                shares.iter().zip(logs).all(|(share, log)| (share - log.exp()).abs() < 1e-12),
                "{shares:?} {logs:?}"
            );
        }
    }
}
