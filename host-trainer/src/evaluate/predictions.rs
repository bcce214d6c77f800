//! What a contender answered, row by row.

use trunkline_shared::model::TaskKind;

/// Answers of one contender, one place a row asked about: all rows of a data set, or the test rows of a fold.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// For each task the answer at each place; `None` where there is none (a row in no test fold).
    pub tasks: Vec<Vec<Option<Answer>>>,
}

impl Predictions {
    /// No answer yet, for `tasks` tasks and `rows` places.
    pub fn none(tasks: usize, rows: usize) -> Self {
        Self { tasks: vec![vec![None; rows]; tasks] }
    }

    /// Takes the answers to all tasks at `place`.
    pub fn set(&mut self, place: usize, tasks: impl IntoIterator<Item = Answer>) {
        for (answers, answer) in self.tasks.iter_mut().zip(tasks) {
            answers[place] = Some(answer);
        }
    }
}

/// What a model says of one task and row.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Calibrated logits, or the value in the task's unit.
    pub outputs: Vec<f32>,
    /// Binary tasks: the logit above which this model's answer is the second class.
    pub threshold: f32,
}

impl From<Vec<f32>> for Answer {
    /// With a threshold of 0.
    fn from(outputs: Vec<f32>) -> Self {
        Self { outputs, threshold: 0.0 }
    }
}

#[cfg(test)]
impl Answer {
    /// Answers for tests, one output each.
    pub(crate) fn singles(values: &[f32]) -> Vec<Option<Self>> {
        values.iter().map(|value| Some(vec![*value].into())).collect()
    }
}

/// The class that `answer` stands for: the first of the largest logits, or, of a single logit, 1 above the threshold.
pub fn predicted_class(kind: TaskKind, answer: &Answer) -> u16 {
    let outputs = &answer.outputs;
    if kind == TaskKind::Binary {
        return u16::from(outputs.first().is_some_and(|logit| *logit > answer.threshold));
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
        assert_eq!(predicted_class(TaskKind::MultiClass, &vec![1.0, 3.0, 3.0].into()), 1);
        assert_eq!(predicted_class(TaskKind::MultiClass, &vec![-1.0, -1.0].into()), 0);
    }

    #[test]
    fn a_binary_logit_at_the_threshold_is_the_first_class() {
        let at = |logit| Answer { outputs: vec![logit], threshold: -1.5 };
        assert_eq!([-1.5, -1.4].map(|logit| predicted_class(TaskKind::Binary, &at(logit))), [0, 1]);
        assert_eq!(predicted_class(TaskKind::Binary, &vec![0.0].into()), 0);
        assert_eq!(predicted_class(TaskKind::Binary, &vec![1e-6].into()), 1);
    }
}
