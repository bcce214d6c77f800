//! Macro-averaged F1.

/// Mean over all `classes` classes of F1 = 2 TP / (2 TP + FP + FN), for `pairs` of (true class, predicted class), each below
/// `classes`.
///
/// The average runs over the full class set: a class that is neither there nor predicted counts as 0, as in scikit-learn with
/// `labels` given and `zero_division=0`. `None` without rows or classes.
pub fn macro_f1(pairs: &[(u16, u16)], classes: usize) -> Option<f64> {
    let mut counts = vec![0; classes * classes];
    for (truth, predicted) in pairs {
        if let Some(count) = counts.get_mut(usize::from(*truth) * classes + usize::from(*predicted)) {
            *count += 1;
        }
    }
    macro_f1_of_counts(&counts, classes)
}

/// [`macro_f1`] of a confusion matrix (`classes` x `classes`, a row for each true class).
pub fn macro_f1_of_counts(counts: &[u64], classes: usize) -> Option<f64> {
    if classes == 0 || counts.iter().all(|count| *count == 0) {
        return None;
    }
    let mut sum = 0.0;
    for class in 0..classes {
        let hits = counts[class * classes + class];
        let truths: u64 = counts[class * classes..][..classes].iter().sum();
        let calls: u64 = counts.iter().skip(class).step_by(classes).sum();
        if truths + calls > 0 {
            sum += 2.0 * hits as f64 / (truths + calls) as f64;
        }
    }
    Some(sum / classes as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macro_f1_matches_a_hand_computed_confusion_matrix() {
        // Truth 0: 2 right, 1 called 1. Truth 1: 1 right. F1(0) = 4/5, F1(1) = 2/3.
        let pairs = [(0, 0), (0, 0), (0, 1), (1, 1)];
        assert!((macro_f1(&pairs, 2).unwrap() - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn macro_f1_averages_over_the_full_class_set() {
        assert_eq!(macro_f1(&[(0, 0), (1, 1)], 2), Some(1.0));
        assert_eq!(macro_f1(&[(0, 0), (1, 1)], 4), Some(0.5));
    }

    #[test]
    fn macro_f1_counts_each_class_alike_however_rare() {
        let mut pairs = vec![(0, 0); 99];
        pairs.push((1, 0));
        let majority = 2.0 * 99.0 / 199.0;
        assert!((macro_f1(&pairs, 2).unwrap() - majority / 2.0).abs() < 1e-15);
    }

    #[test]
    fn macro_f1_needs_rows_and_classes() {
        assert_eq!(macro_f1(&[], 3), None);
        assert_eq!(macro_f1(&[(0, 0)], 0), None);
    }
}
