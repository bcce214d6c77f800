//! What a contender answered, row by row.

use trunkline_shared::model::TaskKind;

/// Answers of one contender, one place a row asked about: all rows of a data set, or the test rows of a fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// For each task the outputs at each place: logits, or the value in the task's unit; `None` where there is no answer (a row in no
    /// test fold).
    pub tasks: Vec<Vec<Option<Vec<f32>>>>,
}

impl Predictions {
    /// No answer yet, for `tasks` tasks and `rows` places.
    pub fn none(tasks: usize, rows: usize) -> Self {
        Self { tasks: vec![vec![None; rows]; tasks] }
    }

    /// Takes the outputs of all tasks at `place`.
    pub fn set(&mut self, place: usize, outputs: impl IntoIterator<Item = Vec<f32>>) {
        for (answers, output) in self.tasks.iter_mut().zip(outputs) {
            answers[place] = Some(output);
        }
    }
}

/// The class that `outputs` stand for: the first of the largest logits, or, of a single logit, 1 above 0.
pub fn predicted_class(kind: TaskKind, outputs: &[f32]) -> u16 {
    if kind == TaskKind::Binary {
        return u16::from(outputs.first().is_some_and(|logit| *logit > 0.0));
    }
    let mut best = 0;
    for (class, logit) in outputs.iter().enumerate() {
        if *logit > outputs[best] {
            best = class;
        }
    }
    best as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest_logits_wins() {
        assert_eq!(predicted_class(TaskKind::MultiClass, &[1.0, 3.0, 3.0]), 1);
        assert_eq!(predicted_class(TaskKind::MultiClass, &[-1.0, -1.0]), 0);
    }

    #[test]
    fn a_binary_logit_of_zero_is_the_first_class() {
        assert_eq!(predicted_class(TaskKind::Binary, &[0.0]), 0);
        assert_eq!(predicted_class(TaskKind::Binary, &[1e-6]), 1);
    }
}
