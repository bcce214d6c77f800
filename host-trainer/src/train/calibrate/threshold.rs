//! The logit above which a binary task answers with its second class.

use serde::{Deserialize, Serialize};

use crate::config::ThresholdConfig;

/// How far beyond the outermost logits a threshold lies that takes all rows, or none, for the second class.
const MARGIN: f32 = 1.0;

/// A threshold and what it does on the rows that it was chosen on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ThresholdChoice {
    /// What it was chosen by.
    pub rule: ThresholdConfig,
    /// The calibrated logit above which the answer is the second class.
    pub logit: f32,
    /// Share of right ones among the answers of the second class; `None` where there is none.
    pub precision: Option<f64>,
    /// Share of the rows of the second class that are found; `None` where there is none, in which case a threshold for a precision lies
    /// above all rows.
    pub recall: Option<f64>,
    /// Mean cost of a row, where costs are stated.
    pub cost: Option<f64>,
}

/// Numbers of rows by truth and answer.
#[derive(Debug, Clone, Copy)]
struct Counts {
    found: usize,
    false_alarms: usize,
    positives: usize,
    rows: usize,
}

impl Counts {
    fn precision(self) -> Option<f64> {
        let alarms = self.found + self.false_alarms;
        (alarms > 0).then(|| self.found as f64 / alarms as f64)
    }

    fn recall(self) -> Option<f64> {
        (self.positives > 0).then(|| self.found as f64 / self.positives as f64)
    }

    fn mean_cost(self, false_alarm_cost: f64, miss_cost: f64) -> f64 {
        let misses = self.positives - self.found;
        (false_alarm_cost * self.false_alarms as f64 + miss_cost * misses as f64) / self.rows.max(1) as f64
    }
}

/// Chooses a threshold for `rows` of (calibrated logit, whether it is of the second class) by `rule`. `None` without rows.
///
/// Thresholds are tried midway between neighbouring logits, and beyond both ends. Of equally cheap ones the nearest to 0 is taken. Where
/// no threshold has the precision asked for, the one of highest precision is taken, and of those the one of highest recall; the choice
/// tells which precision it has. Where no row is of the second class every answer of it is a false alarm: by precision the highest
/// threshold is taken then, which gives none, and the choice has neither precision nor recall.
pub(super) fn choose_threshold(rule: ThresholdConfig, rows: &[(f32, bool)]) -> Option<ThresholdChoice> {
    let candidates = candidates(rows);
    let (logit, counts) = match rule {
        ThresholdConfig::Cost { false_alarm_cost, miss_cost } => {
            let cost = |counts: Counts| counts.mean_cost(false_alarm_cost, miss_cost);
            candidates
                .into_iter()
                .min_by(|(a, of_a), (b, of_b)| cost(*of_a).total_cmp(&cost(*of_b)).then(a.abs().total_cmp(&b.abs())))
        }
        ThresholdConfig::Precision { .. } if rows.iter().all(|(_, positive)| !positive) => {
            candidates.into_iter().last()
        }
        ThresholdConfig::Precision { precision } => {
            let of = |counts: Counts| counts.precision().unwrap_or(0.0);
            let best = candidates.iter().map(|(_, counts)| of(*counts)).fold(0.0, f64::max);
            // In rising order: the lowest that is precise enough finds most.
            candidates.into_iter().find(|(_, counts)| of(*counts) >= precision.min(best))
        }
    }?;
    let cost = match rule {
        ThresholdConfig::Cost { false_alarm_cost, miss_cost } => Some(counts.mean_cost(false_alarm_cost, miss_cost)),
        ThresholdConfig::Precision { .. } => None,
    };
    Some(ThresholdChoice { rule, logit, precision: counts.precision(), recall: counts.recall(), cost })
}

/// Every threshold that tells the rows apart in its own way, rising, with what it does.
fn candidates(rows: &[(f32, bool)]) -> Vec<(f32, Counts)> {
    let mut sorted = rows.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(first), Some(last)) = (sorted.first().map(|row| row.0), sorted.last().map(|row| row.0)) else {
        return Vec::new();
    };
    let positives = sorted.iter().filter(|(_, positive)| *positive).count();
    let mut above = Counts { found: positives, false_alarms: sorted.len() - positives, positives, rows: sorted.len() };
    let mut candidates = vec![(first - MARGIN, above)];
    let mut at = 0;
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        let passed = tied.iter().filter(|(_, positive)| *positive).count();
        above.found -= passed;
        above.false_alarms -= tied.len() - passed;
        at += tied.len();
        let below = tied[0].0;
        let next = sorted.get(at).map_or(last + MARGIN, |next| {
            let middle = below + 0.5 * (next.0 - below);
            if middle < next.0 { middle } else { below }
        });
        candidates.push((next, above));
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(f32, bool)> {
        let value = |row: usize| ((row * 37 + row * row * 11) % 101) as f32 / 20.0 - 2.5;
        (0..120).map(|row| (value(row), value(row) + 3.0 * value(row + 5).sin() > 0.4)).collect()
    }

    /// Precision, recall and mean cost at `logit`, counted row by row.
    fn at(rows: &[(f32, bool)], logit: f32, costs: [f64; 2]) -> (f64, f64, f64) {
        let count = |positive: bool, above: bool| {
            rows.iter().filter(|row| row.1 == positive && (row.0 > logit) == above).count() as f64
        };
        let (found, false_alarms, misses) = (count(true, true), count(false, true), count(true, false));
        let cost = (costs[0] * false_alarms + costs[1] * misses) / rows.len() as f64;
        (found / (found + false_alarms), found / (found + misses), cost)
    }

    #[test]
    fn the_cheapest_threshold_is_that_of_brute_force() {
        let rows = rows();
        for [false_alarm_cost, miss_cost] in [[1.0, 1.0], [1.0, 10.0], [10.0, 1.0], [1.0, 1e6], [1e6, 1.0]] {
            let choice = choose_threshold(ThresholdConfig::Cost { false_alarm_cost, miss_cost }, &rows).unwrap();
            let cost = |logit: f32| at(&rows, logit, [false_alarm_cost, miss_cost]).2;
            let least = (-4000..4000).map(|step| cost(step as f32 / 1000.0)).fold(f64::INFINITY, f64::min);
            assert_eq!((choice.cost, cost(choice.logit)), (Some(least), least));
        }
    }

    #[test]
    fn the_precision_asked_for_is_kept_and_no_lower_threshold_keeps_it() {
        let rows = rows();
        for precision in [0.55, 0.7, 0.8] {
            let choice = choose_threshold(ThresholdConfig::Precision { precision }, &rows).unwrap();
            let found = at(&rows, choice.logit, [1.0; 2]);
            assert_eq!((choice.precision, choice.recall), (Some(found.0), Some(found.1)));
            assert!(found.0 >= precision);
            let lower = (0..8000).map(|step| choice.logit - 1e-3 * step as f32).map(|logit| at(&rows, logit, [1.0; 2]));
            assert!(lower.filter(|(kept, ..)| *kept >= precision).all(|(_, recall, _)| recall <= found.1));
        }
    }

    #[test]
    fn a_precision_out_of_reach_gives_the_highest_there_is() {
        let rows = [(2.0, false), (1.0, true), (0.0, false), (-1.0, true)];
        let choice = choose_threshold(ThresholdConfig::Precision { precision: 0.9 }, &rows).unwrap();
        assert_eq!((choice.precision, choice.recall), (Some(0.5), Some(1.0)));
        assert_eq!(choose_threshold(ThresholdConfig::Precision { precision: 0.9 }, &[]), None);
    }

    #[test]
    fn without_a_row_of_the_second_class_a_precision_is_kept_by_silence() {
        let rows = [(2.0, false), (-1.0, false)];
        let choice = choose_threshold(ThresholdConfig::Precision { precision: 0.9 }, &rows).unwrap();
        assert_eq!((choice.logit, choice.precision, choice.recall), (3.0, None, None));
    }

    #[test]
    fn of_equally_cheap_thresholds_the_nearest_to_zero_is_taken() {
        let rule = ThresholdConfig::Cost { false_alarm_cost: 1.0, miss_cost: 1.0 };
        let choice = choose_threshold(rule, &[(-2.0, false), (1.0, true)]).unwrap();
        assert_eq!((choice.logit, choice.cost), (-0.5, Some(0.0)));
    }
}
