//! The constant baseline: what is known without any input.

use trunkline_shared::model::TaskKind;

use crate::data::{Labels, TaskLabels};

/// Added to every class's count, so that a class without training rows has a finite logit.
const PRIOR_COUNT: f64 = 0.5;

/// The outputs that fit the training rows `rows` best without any input: log frequencies of the classes (binary: log odds of the
/// second), or the mean. All 0 without a label.
pub(super) fn constant_outputs(task: &TaskLabels, rows: &[usize]) -> Vec<f32> {
    match &task.labels {
        Labels::Values(values) => {
            let known: Vec<f64> = rows.iter().filter_map(|row| values[*row]).map(f64::from).collect();
            vec![(known.iter().sum::<f64>() / known.len().max(1) as f64) as f32]
        }
        Labels::Classes(classes) => {
            let mut counts = vec![PRIOR_COUNT; task.class_names.len()];
            for class in rows.iter().filter_map(|row| classes[*row]) {
                if let Some(count) = counts.get_mut(usize::from(class)) {
                    *count += 1.0;
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
        assert_eq!(predicted_class(task.kind, &constant_outputs(&task, &[0, 1, 2, 3]).into()), 2);
        assert_eq!(predicted_class(task.kind, &constant_outputs(&task, &[0, 1, 2, 3, 4, 5, 6]).into()), 1);
    }

    #[test]
    fn a_binary_task_gets_its_log_odds_and_a_value_its_mean() {
        let binary = TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(vec![Some(0), Some(1), Some(1)]));
        assert!(constant_outputs(&binary, &[0, 1, 2])[0] > 0.0);
        assert!(constant_outputs(&binary, &[0])[0] < 0.0);
        let value = TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![Some(1.0), Some(5.0), None]));
        assert_eq!(constant_outputs(&value, &[0, 1, 2]), [3.0]);
        assert_eq!(constant_outputs(&value, &[2]), [0.0]);
    }
}
