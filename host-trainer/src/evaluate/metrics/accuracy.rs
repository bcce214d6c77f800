//! Share of rows whose class is right.

/// Share in 0..=1 of `pairs` (true class, predicted class) that agree; `None` without rows.
pub fn accuracy(pairs: &[(u16, u16)]) -> Option<f64> {
    if pairs.is_empty() {
        return None;
    }
    let right = pairs.iter().filter(|(truth, predicted)| truth == predicted).count();
    Some(right as f64 / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_the_share_of_equal_pairs() {
        assert_eq!(accuracy(&[(0, 0), (1, 0), (2, 2), (3, 3)]), Some(0.75));
        assert_eq!(accuracy(&[]), None);
    }
}
