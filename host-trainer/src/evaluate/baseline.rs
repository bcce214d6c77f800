//! The constant baseline: what is known without any input.

use trunkline_shared::model::TaskKind;

use crate::data::{Labels, TaskLabels};

/// Added to every class's count, so that a class without training rows has a finite logit.
const PRIOR_COUNT: f64 = 0.5;

/// The outputs that fit the training rows `rows` best without any input: log frequencies of the classes (binary: log odds of the
/// second), or the mean. All 0 without a label. `weights` (N), where there are some, say how many times each row counts.
pub(super) fn constant_outputs(task: &TaskLabels, rows: &[usize], weights: Option<&[f32]>) -> Vec<f32> {
    let weight = |row: usize| weights.map_or(1.0, |weights| f64::from(weights[row]));
    match &task.labels {
        Labels::Values(values) => {
            let known = || rows.iter().filter_map(|row| Some((f64::from(values[*row]?), weight(*row))));
            let total: f64 = known().map(|(_, weight)| weight).sum();
            let sum: f64 = known().map(|(value, weight)| value * weight).sum();
            vec![if total > 0.0 { (sum / total) as f32 } else { 0.0 }]
        }
        Labels::Classes(classes) => {
            let mut counts = vec![PRIOR_COUNT; task.class_names.len()];
            for row in rows {
                if let Some(count) = classes[*row].and_then(|class| counts.get_mut(usize::from(class))) {
                    *count += weight(*row);
                }
            }
            match (task.kind, counts.as_slice()) {
                (TaskKind::Binary, [negative, positive]) => vec![(positive / negative).ln() as f32],
                _ => counts.iter().map(|count| count.ln() as f32).collect(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::predicted_class;
    use super::*;

    #[test]
    fn classes_get_their_most_frequent_one_of_the_training_rows() {
        let labels = Labels::Classes(vec![Some(2), Some(2), None, Some(0), Some(1), Some(1), Some(1)]);
        let task = TaskLabels::sample("t", TaskKind::MultiClass, 3, labels);
        assert_eq!(predicted_class(task.kind, &constant_outputs(&task, &[0, 1, 2, 3], None).into()), 2);
        assert_eq!(predicted_class(task.kind, &constant_outputs(&task, &[0, 1, 2, 3, 4, 5, 6], None).into()), 1);
    }

    #[test]
    fn a_binary_task_gets_its_log_odds_and_a_value_its_mean() {
        let binary = TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(vec![Some(0), Some(1), Some(1)]));
        assert!(constant_outputs(&binary, &[0, 1, 2], None)[0] > 0.0);
        assert!(constant_outputs(&binary, &[0], None)[0] < 0.0);
        let value = TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![Some(1.0), Some(5.0), None]));
        assert_eq!(constant_outputs(&value, &[0, 1, 2], None), [3.0]);
        assert_eq!(constant_outputs(&value, &[2], None), [0.0]);
    }

    #[test]
    fn a_row_of_weight_two_is_the_row_twice_and_one_of_weight_zero_is_not_there() {
        let value =
            TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![Some(1.0), Some(5.0), Some(9.0)]));
        let classes =
            TaskLabels::sample("t", TaskKind::MultiClass, 2, Labels::Classes(vec![Some(0), Some(1), Some(1)]));
        let weights = [2.0, 1.0, 0.0];
        for task in [&value, &classes] {
            let weighted = constant_outputs(task, &[0, 1, 2], Some(&weights));
            assert_eq!(weighted, constant_outputs(task, &[0, 0, 1], None));
            assert_ne!(weighted, constant_outputs(task, &[0, 1, 2], None));
        }
        assert_eq!(constant_outputs(&value, &[2], Some(&weights)), [0.0]);
    }
}
