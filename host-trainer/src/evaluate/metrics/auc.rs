//! Area under the ROC curve.

/// Probability that a positive row scores above a negative one, ties counting half: the Mann-Whitney statistic by midranks.
///
/// `pairs` are (is positive, score). `None` unless both classes are there.
pub fn auc(pairs: &[(bool, f32)]) -> Option<f64> {
    let positives = pairs.iter().filter(|(positive, _)| *positive).count();
    let negatives = pairs.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    // Twice the sum of the positives' midranks: integers, so that no order of summation matters.
    let mut twice_rank_sum: u128 = 0;
    let mut start = 0;
    for tied in sorted.chunk_by(|a, b| a.1 == b.1) {
        let twice_midrank = 2 * start + tied.len() + 1;
        let positive = tied.iter().filter(|(positive, _)| *positive).count();
        twice_rank_sum += (twice_midrank * positive) as u128;
        start += tied.len();
    }
    let twice_wins = twice_rank_sum - (positives as u128) * (positives as u128 + 1);
    Some(twice_wins as f64 / 2.0 / (positives as f64 * negatives as f64))
}

/// Mean of [`auc`] over the folds that have both classes; `None` if no fold has.
///
/// Scores of different folds come from different models: this asks nothing of their common scale, a pooled AUC does.
pub fn auc_fold_mean<'a>(folds: impl IntoIterator<Item = &'a [(bool, f32)]>) -> Option<f64> {
    let scores: Vec<f64> = folds.into_iter().filter_map(auc).collect();
    if scores.is_empty() { None } else { Some(scores.iter().sum::<f64>() / scores.len() as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auc_counts_won_comparisons() {
        // Positives 0.35, 0.8; negatives 0.1, 0.4: 3 of 4 comparisons won.
        assert_eq!(auc(&[(false, 0.1), (false, 0.4), (true, 0.35), (true, 0.8)]), Some(0.75));
        assert_eq!(auc(&[(true, 1.0), (false, 0.0)]), Some(1.0));
        assert_eq!(auc(&[(true, 0.0), (false, 1.0)]), Some(0.0));
    }

    #[test]
    fn auc_counts_ties_half() {
        assert_eq!(auc(&[(true, 2.0), (false, 2.0), (true, 2.0), (false, 2.0)]), Some(0.5));
        // One win, one tie.
        assert_eq!(auc(&[(true, 2.0), (false, 2.0), (false, 1.0)]), Some(0.75));
        assert_eq!(auc(&[(true, 0.0), (false, -0.0)]), Some(0.5));
    }

    #[test]
    fn auc_is_undefined_with_one_class_only() {
        assert_eq!(auc(&[(true, 1.0), (true, 2.0)]), None);
        assert_eq!(auc(&[(false, 1.0)]), None);
        assert_eq!(auc(&[]), None);
    }

    #[test]
    fn fold_mean_skips_folds_with_one_class_only() {
        let good: &[(bool, f32)] = &[(true, 1.0), (false, 0.0)];
        let bad: &[(bool, f32)] = &[(true, 0.0), (false, 1.0)];
        let one_class: &[(bool, f32)] = &[(true, 0.0)];
        assert_eq!(auc_fold_mean([good, bad, one_class]), Some(0.5));
        assert_eq!(auc_fold_mean([one_class]), None);
    }
}
