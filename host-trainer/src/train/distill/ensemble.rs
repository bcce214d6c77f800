//! The mean of several networks' answers: Lakshminarayanan, Pritzel, Blundell, "Simple and Scalable Predictive Uncertainty Estimation
//! using Deep Ensembles", NeurIPS 2017.

use trunkline_shared::model::TaskKind;

use crate::model::log_probabilities;

/// Mean of the members' `answers` (outputs of one task and row each), in their form: values are averaged as they are, logits by the
/// probabilities that they stand for.
pub(super) fn mean<'a>(kind: TaskKind, answers: impl ExactSizeIterator<Item = &'a [f32]>) -> Vec<f32> {
    let members = answers.len() as f64;
    let mut sums: Vec<f64> = Vec::new();
    for answer in answers {
        let terms: Vec<f64> = match kind {
            TaskKind::Regression => answer.iter().map(|value| f64::from(*value)).collect(),
            TaskKind::Binary | TaskKind::MultiClass => {
                log_probabilities(kind, answer).into_iter().map(f64::exp).collect()
            }
        };
        sums.resize(terms.len(), 0.0);
        sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
    }
    // A probability below f32's least positive number is as good as that number.
    let log = |sum: &f64| (sum / members).max(f64::from(f32::MIN_POSITIVE)).ln();
    match kind {
        TaskKind::Regression => sums.iter().map(|sum| (sum / members) as f32).collect(),
        TaskKind::Binary => vec![(log(&sums[1]) - log(&sums[0])) as f32],
        TaskKind::MultiClass => sums.iter().map(|sum| log(sum) as f32).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_averaged_not_logits() {
        // 3/4 and 1/4 give 1/2; 9/10 and 1/2 give 7/10.
        let (three, nine) = (3f32.ln(), 9f32.ln());
        assert!(mean(TaskKind::Binary, [[three], [-three]].iter().map(|x| x.as_slice()))[0].abs() < 1e-6);
        let mixed = mean(TaskKind::Binary, [[nine], [0.0]].iter().map(|x| x.as_slice()))[0];
        assert!((mixed - (0.7f32 / 0.3).ln()).abs() < 1e-6);
        let classes = mean(TaskKind::MultiClass, [[0.0, three], [0.0, 0.0]].iter().map(|x| x.as_slice()));
        assert!((classes[0].exp() - 0.375).abs() < 1e-6 && (classes[1].exp() - 0.625).abs() < 1e-6);
        assert_eq!(mean(TaskKind::Regression, [[1.0f32], [4.0]].iter().map(|x| x.as_slice())), [2.5]);
    }

    #[test]
    fn members_that_are_all_sure_leave_finite_logits() {
        let sure = mean(TaskKind::MultiClass, [[1e4f32, -1e4, 0.0]].iter().map(|x| x.as_slice()));
        assert!(sure.iter().all(|output| output.is_finite()), "{sure:?}");
        assert!(mean(TaskKind::Binary, [[-1e4f32]].iter().map(|x| x.as_slice()))[0].is_finite());
    }
}
