//! Coefficient of determination.

/// `1 - SSE / SST`, SST about the mean of the truths of all `pairs` (truth, prediction); 0 for that mean, below 0 for worse.
///
/// `None` without rows and where all truths are equal.
pub fn r2(pairs: &[(f32, f32)]) -> Option<f64> {
    let mean = pairs.iter().map(|(truth, _)| f64::from(*truth)).sum::<f64>() / pairs.len() as f64;
    let total: f64 = pairs.iter().map(|(truth, _)| (f64::from(*truth) - mean).powi(2)).sum();
    let error: f64 = pairs.iter().map(|(truth, value)| (f64::from(*truth) - f64::from(*value)).powi(2)).sum();
    if total > 0.0 { Some(1.0 - error / total) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_is_one_for_the_truth_and_zero_for_its_mean() {
        assert_eq!(r2(&[(1.0, 1.0), (2.0, 2.0), (6.0, 6.0)]), Some(1.0));
        assert_eq!(r2(&[(1.0, 3.0), (2.0, 3.0), (6.0, 3.0)]), Some(0.0));
    }

    #[test]
    fn r2_matches_a_hand_computed_value() {
        // SST = 14 about 3; SSE = 1 + 1 + 0.
        assert!((r2(&[(1.0, 2.0), (2.0, 1.0), (6.0, 6.0)]).unwrap() - (1.0 - 2.0 / 14.0)).abs() < 1e-15);
    }

    #[test]
    fn r2_is_undefined_for_equal_truths_and_for_no_rows() {
        assert_eq!(r2(&[(5.0, 4.0), (5.0, 6.0)]), None);
        assert_eq!(r2(&[]), None);
    }
}
