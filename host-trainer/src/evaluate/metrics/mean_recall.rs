//! Mean recall, also called balanced accuracy.

use std::collections::BTreeMap;

/// Mean over the classes that are there of the share of their rows that are found, for `pairs` of (true class, predicted class).
///
/// With K classes there, any constant answer among them and any answer that knows nothing of the row has 1/K: a chance level that
/// macro-F1 lacks. `None` with fewer than two classes, where nothing can be told apart.
pub fn mean_recall(pairs: &[(u16, u16)]) -> Option<f64> {
    let mut classes: BTreeMap<u16, (usize, usize)> = BTreeMap::new();
    for (truth, predicted) in pairs {
        let (hits, rows) = classes.entry(*truth).or_default();
        *hits += usize::from(truth == predicted);
        *rows += 1;
    }
    if classes.len() < 2 {
        return None;
    }
    Some(classes.values().map(|(hits, rows)| *hits as f64 / *rows as f64).sum::<f64>() / classes.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_recall_weighs_classes_alike() {
        // Recall 3/4 and 0/1.
        assert_eq!(mean_recall(&[(0, 0), (0, 0), (0, 0), (0, 1), (1, 0)]), Some(0.375));
    }

    #[test]
    fn a_constant_answer_has_one_over_the_number_of_classes() {
        assert_eq!(mean_recall(&[(0, 1), (0, 1), (0, 1), (1, 1)]), Some(0.5));
        assert_eq!(mean_recall(&[(0, 2), (1, 2), (2, 2), (3, 2), (3, 2)]), Some(0.25));
    }

    #[test]
    fn mean_recall_needs_two_classes() {
        assert_eq!(mean_recall(&[(1, 1), (1, 0)]), None);
        assert_eq!(mean_recall(&[]), None);
    }
}
