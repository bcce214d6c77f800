//! Root mean squared error.

/// Root of the mean squared difference of `pairs` (truth, prediction), in their unit; `None` without rows.
pub fn rmse(pairs: &[(f32, f32)]) -> Option<f64> {
    if pairs.is_empty() {
        return None;
    }
    let sum: f64 = pairs.iter().map(|(truth, value)| (f64::from(*truth) - f64::from(*value)).powi(2)).sum();
    Some((sum / pairs.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rmse_is_the_root_of_the_mean_square() {
        assert_eq!(rmse(&[(0.0, 3.0), (0.0, -4.0), (1.0, 1.0), (2.0, 2.0)]), Some(2.5));
        assert_eq!(rmse(&[]), None);
    }
}
