//! What wrong decisions cost.

/// Mean cost of a row: `false_alarm_cost` for one of class 0 that is taken for class 1, `miss_cost` for the reverse; `None` without rows.
///
/// `pairs` are (true class, predicted class).
pub fn mean_cost(pairs: &[(u16, u16)], false_alarm_cost: f64, miss_cost: f64) -> Option<f64> {
    let count = |wrong: (u16, u16)| pairs.iter().filter(|pair| **pair == wrong).count() as f64;
    let sum = false_alarm_cost * count((0, 1)) + miss_cost * count((1, 0));
    (!pairs.is_empty()).then(|| sum / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_error_has_its_cost() {
        let pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 1)];
        assert_eq!(mean_cost(&pairs, 1.0, 10.0), Some(12.0 / 5.0));
        assert_eq!(mean_cost(&[], 1.0, 1.0), None);
    }
}
