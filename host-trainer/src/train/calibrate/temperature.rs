//! Temperature scaling: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.

use trunkline_shared::model::TaskKind;

use super::Answered;
use crate::model::{log_probabilities, softmax};

/// Least and largest temperature.
const RANGE: [f64; 2] = [0.05, 20.0];
/// Halvings of the logarithm's range: to 1e-17 of it.
const HALVINGS: usize = 56;

/// The temperature T at which logits / T have the least cross-entropy against the classes of `rows`, each counted as often as its
/// weight says; 1 without rows.
///
/// Classes are taken as Platt does ("Probabilistic outputs for support vector machines", 1999): a row of a class with n rows stands for it
/// with (n + 1) / (n + K) and for each other class with 1 / (n + K). So answers that are right without exception do not have the
/// temperature fall to 0: so many rows say no more than that errors are rarer than one in so many.
///
/// The cross-entropy is convex in 1 / T, so its slope is halved in on; equal rows give equal bits.
pub(super) fn fit_temperature(kind: TaskKind, rows: &[Answered]) -> f64 {
    let slope_at = |inverse: f64| slope(kind, rows, inverse);
    let (least, largest) = (slope_at(1.0 / RANGE[1]), slope_at(1.0 / RANGE[0]));
    if least == 0.0 && largest == 0.0 {
        return 1.0;
    }
    let [mut low, mut high] = [RANGE[1], RANGE[0]].map(|temperature| -temperature.ln());
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if slope_at(middle.exp()) < 0.0 { low = middle } else { high = middle }
    }
    (-0.5 * (low + high)).exp()
}

/// Derivative of the summed cross-entropy by 1 / T: the logit that the probabilities expect less the one that the labels do.
fn slope(kind: TaskKind, rows: &[Answered], inverse: f64) -> f64 {
    let mut counts: Vec<f64> = Vec::new();
    for row in rows {
        let class = usize::from(row.class);
        counts.resize(counts.len().max(class + 1), 0.0);
        counts[class] += row.weight;
    }
    let mut sum = 0.0;
    for Answered { logits, class, weight: row_weight } in rows {
        let zero = (kind == TaskKind::Binary).then_some(0.0);
        let logits: Vec<f64> = zero.into_iter().chain(logits.iter().map(|logit| f64::from(*logit))).collect();
        let (count, classes) = (counts[usize::from(*class)], logits.len() as f64);
        let mut expected: Vec<f64> = logits.iter().map(|logit| inverse * logit).collect();
        softmax(&mut expected);
        for (other, (logit, expected)) in logits.iter().zip(expected).enumerate() {
            let own = if other == usize::from(*class) { count } else { 0.0 };
            sum += row_weight * logit * (expected - (own + 1.0) / (count + classes));
        }
    }
    sum
}

/// Weighted mean negative log likelihood of `rows` at `temperature`; `None` without rows that count.
pub(super) fn mean_nll(kind: TaskKind, rows: &[Answered], temperature: f64) -> Option<f64> {
    let of_row = |Answered { logits, class, weight }: &Answered| {
        let scaled: Vec<f32> = logits.iter().map(|logit| (f64::from(*logit) / temperature) as f32).collect();
        // A difference, so that certainty gives 0 and not -0.
        weight * (0.0 - log_probabilities(kind, &scaled).get(usize::from(*class)).copied().unwrap_or_default())
    };
    let total: f64 = rows.iter().map(|row| row.weight).sum();
    (total > 0.0).then(|| rows.iter().map(of_row).sum::<f64>() / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Classes drawn by the probabilities of their logits, which are then multiplied by `factor`.
    fn drawn(kind: TaskKind, factor: f32) -> Vec<Answered> {
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24)
        };
        let outputs = if kind == TaskKind::Binary { 1 } else { 3 };
        let draw = |_| {
            let logits: Vec<f32> = (0..outputs).map(|_| (random() * 6.0 - 3.0) as f32).collect();
            let (mut left, mut class) = (random(), 0);
            for log in log_probabilities(kind, &logits) {
                left -= log.exp();
                if left < 0.0 {
                    break;
                }
                class += 1;
            }
            let last = if kind == TaskKind::Binary { 1 } else { 2 };
            let logits = logits.iter().map(|logit| logit * factor).collect();
            Answered { logits, class: class.min(last), weight: 1.0 }
        };
        (0..4000).map(draw).collect()
    }

    #[test]
    fn a_known_factor_on_the_logits_is_recovered() {
        for kind in [TaskKind::Binary, TaskKind::MultiClass] {
            for factor in [0.5, 1.0, 3.0] {
                let rows = drawn(kind, factor);
                let found = fit_temperature(kind, &rows);
                assert!((found / f64::from(factor) - 1.0).abs() < 0.06, "{kind:?} {factor}: {found}");
                let (before, after) = (mean_nll(kind, &rows, 1.0), mean_nll(kind, &rows, found));
                assert!(after.unwrap() <= before.unwrap() + 1e-3);
            }
        }
    }

    #[test]
    fn the_temperature_is_where_the_smoothed_cross_entropy_is_least() {
        let rows = drawn(TaskKind::MultiClass, 2.0);
        let inverse = 1.0 / fit_temperature(TaskKind::MultiClass, &rows);
        let around = [0.999, 1.001].map(|factor| slope(TaskKind::MultiClass, &rows, inverse * factor));
        assert!(around[0] < 0.0 && around[1] > 0.0, "{around:?}");
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice() {
        let mut rows = drawn(TaskKind::Binary, 2.0);
        rows.truncate(200);
        let twice: Vec<Answered> = rows.iter().flat_map(|row| vec![row.clone(); 1 + usize::from(row.class)]).collect();
        rows.iter_mut().for_each(|row| row.weight = f64::from(1 + row.class));
        let [one, other] = [&rows, &twice].map(|rows| fit_temperature(TaskKind::Binary, rows));
        assert!((one / other - 1.0).abs() < 1e-9, "{one} {other}");
        let [one, other] = [&rows, &twice].map(|rows| mean_nll(TaskKind::Binary, rows, 1.5).unwrap());
        assert!((one - other).abs() < 1e-9, "{one} {other}");
    }

    #[test]
    fn answers_without_an_error_get_probabilities_that_their_number_bears_out() {
        let answered =
            |row: u16| Answered { logits: vec![[-2.0, 2.0][usize::from(row % 2)]], class: row % 2, weight: 1.0 };
        let rows: Vec<Answered> = (0..100).map(answered).collect();
        let logit = 2.0 / fit_temperature(TaskKind::Binary, &rows);
        let probability = 1.0 / (1.0 + (-logit).exp());
        assert!((probability - 51.0 / 52.0).abs() < 1e-6, "{probability}");
    }

    #[test]
    fn without_rows_or_with_logits_of_zero_nothing_is_scaled() {
        assert_eq!(fit_temperature(TaskKind::Binary, &[]), 1.0);
        assert_eq!(
            fit_temperature(TaskKind::MultiClass, &[Answered { logits: vec![0.0; 3], class: 1, weight: 1.0 }]),
            1.0
        );
        assert_eq!(mean_nll(TaskKind::Binary, &[], 1.0), None);
    }
}
