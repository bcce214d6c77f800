//! From the cells of a column, or the statistic of a channel, to a task's labels.

use trunkline_shared::model::TaskKind;

use super::csv_table::Column;
use super::cycle_file::CycleFile;
use super::dataset::{Labels, TaskLabels};
use super::error::DataError;
use crate::config::{Statistic, TaskConfig, is_label_of};

/// A task's labels from a column; an empty cell is a missing label. `key` is the task's entry.
pub(super) fn from_column(task: &TaskConfig, column: Column, key: &str) -> Result<TaskLabels, DataError> {
    let labels = if task.kind == TaskKind::Regression {
        let numbers = column.numbers()?;
        Labels::Values(numbers.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect())
    } else {
        Labels::Classes(classes(task, column, key)?)
    };
    checked(task, labels, key)
}

fn classes(task: &TaskConfig, column: Column, key: &str) -> Result<Vec<Option<u16>>, DataError> {
    column
        .cells()
        .map(|(line, cell)| {
            let Some(text) = cell else { return Ok(None) };
            match task.classes.iter().position(|class| is_label_of(class, text)) {
                Some(class) => Ok(Some(class as u16)),
                None => Err(DataError::UnknownLabel {
                    path: column.table().path.clone(),
                    line,
                    column: column.name().to_owned(),
                    text: text.into(),
                    key: format!("{key}.classes"),
                    known: task.classes.join(", ").into(),
                }),
            }
        })
        .collect()
}

/// A regression's labels from a statistic over each whole cycle; a cycle with a missing sample has no label.
pub(super) fn from_cycles(
    task: &TaskConfig,
    cycles: &CycleFile,
    statistic: Statistic,
    factor: f64,
    key: &str,
) -> Result<TaskLabels, DataError> {
    let values = (0..cycles.rows).map(|row| {
        let value = (summarize(cycles.cycle(row), statistic) * factor) as f32;
        value.is_finite().then_some(value)
    });
    checked(task, Labels::Values(values.collect()), key)
}

/// NaN where a sample is missing.
fn summarize(samples: &[f64], statistic: Statistic) -> f64 {
    if samples.iter().any(|sample| sample.is_nan()) {
        return f64::NAN;
    }
    match statistic {
        Statistic::Mean => samples.iter().sum::<f64>() / samples.len() as f64,
        Statistic::Min => samples.iter().copied().fold(f64::INFINITY, f64::min),
        Statistic::Max => samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Statistic::Sum => samples.iter().sum(),
        Statistic::Last => samples.last().copied().unwrap_or(f64::NAN),
    }
}

/// Labels that something can be learnt from: not all missing, a row of every class, more than one value.
pub(super) fn checked(task: &TaskConfig, labels: Labels, key: &str) -> Result<TaskLabels, DataError> {
    match &labels {
        Labels::Classes(rows) => {
            if rows.iter().all(Option::is_none) {
                return Err(DataError::NoLabels { task: task.name.clone(), key: format!("{key}.target") });
            }
            let absent = (0..task.classes.len()).find(|class| !rows.contains(&Some(*class as u16)));
            if let Some(class) = absent {
                return Err(DataError::EmptyClass {
                    task: task.name.clone(),
                    class: task.classes[class].clone(),
                    key: format!("{key}.classes[{class}]"),
                });
            }
        }
        Labels::Values(rows) => {
            let mut values = rows.iter().flatten();
            let Some(first) = values.next() else {
                return Err(DataError::NoLabels { task: task.name.clone(), key: format!("{key}.target") });
            };
            if values.all(|value| value == first) {
                return Err(DataError::ConstantTarget {
                    task: task.name.clone(),
                    value: *first,
                    key: format!("{key}.target"),
                });
            }
        }
    }
    let class_names = if task.class_names.is_empty() { &task.classes } else { &task.class_names };
    Ok(TaskLabels {
        name: task.name.clone(),
        role: task.role,
        kind: task.kind,
        unit: task.unit.clone(),
        class_names: class_names.clone(),
        labels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_over_the_whole_cycle_and_missing_with_any_sample() {
        let samples = [4.0, -2.0, 1.0];
        let expected = [
            (Statistic::Mean, 1.0),
            (Statistic::Min, -2.0),
            (Statistic::Max, 4.0),
            (Statistic::Sum, 3.0),
            (Statistic::Last, 1.0),
        ];
        for (statistic, value) in expected {
            assert_eq!(summarize(&samples, statistic), value);
            assert!(summarize(&[1.0, f64::NAN], statistic).is_nan());
        }
    }
}
