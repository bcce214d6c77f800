//! Mean absolute error.

/// Mean absolute difference of `pairs` (truth, prediction), in their unit; `None` without rows.
pub fn mae(pairs: &[(f32, f32)]) -> Option<f64> {
    if pairs.is_empty() {
        return None;
    }
    let sum: f64 = pairs.iter().map(|(truth, value)| (f64::from(*truth) - f64::from(*value)).abs()).sum();
    Some(sum / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mae_is_the_mean_of_magnitudes() {
        assert_eq!(mae(&[(0.0, 3.0), (0.0, -4.0), (1.0, 1.0), (2.0, 1.0)]), Some(2.0));
        assert_eq!(mae(&[]), None);
    }
}
