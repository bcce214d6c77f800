//! Negative log likelihood.

/// Mean of -ln p of the true class, in nats; `None` without rows.
///
/// `rows` are (true class, logarithms of the classes' probabilities).
pub fn nll(rows: &[(u16, Vec<f64>)]) -> Option<f64> {
    // A difference, so that certainty gives 0 and not -0.
    let of_row = |(class, logs): &(u16, Vec<f64>)| logs.get(usize::from(*class)).map(|log| 0.0 - log);
    let sum: f64 = rows.iter().map(of_row).sum::<Option<f64>>()?;
    (!rows.is_empty()).then(|| sum / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nll_is_the_mean_surprise_at_the_true_class() {
        let rows = [(0, vec![0.5f64.ln(), 0.5f64.ln()]), (1, vec![0.75f64.ln(), 0.25f64.ln()])];
        assert!((nll(&rows).unwrap() - 0.5 * (2f64.ln() + 4f64.ln())).abs() < 1e-12);
        assert_eq!(nll(&[]), None);
        assert_eq!(nll(&[(2, vec![0.0, -1.0])]), None);
    }

    #[test]
    fn answers_that_are_certain_and_right_have_a_likelihood_of_plain_zero() {
        let found = nll(&[(0, vec![0.0, -800.0]), (1, vec![-900.0, 0.0])]).unwrap();
        assert_eq!((found, format!("{found:?}").as_str()), (0.0, "0.0"));
    }
}
