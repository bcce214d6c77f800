//! What a teacher said of the training rows, and the loss of a student that says otherwise.

use trunkline_shared::model::TaskKind;

use crate::model::log_probabilities;
use crate::train::loss::Loss;

/// A teacher's answers for one task and how much they count.
///
/// Classes: cross-entropy of the softened probabilities, times the temperature's square so that its gradient keeps its size (Hinton,
/// Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015). Values: the task's own loss at the teacher's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SoftTargets {
    kind: TaskKind,
    /// Share of the soft loss in the task's, 0..=1; the rest is the labels'.
    pub(crate) weight: f32,
    temperature: f32,
    /// Numbers a row: one, or one a class.
    width: usize,
    /// Softened probabilities (of the positive class; of each class) or standardised values (n x width), NaN for a row without.
    targets: Vec<f32>,
}

impl SoftTargets {
    /// From a teacher's outputs in the network's form: a standardised value, a logit, or log-probabilities of `width` classes;
    /// `None` for a row without an answer.
    pub(crate) fn new(
        kind: TaskKind,
        width: usize,
        answers: &[Option<Vec<f32>>],
        weight: f32,
        temperature: f32,
    ) -> Self {
        let soften = |outputs: &Option<Vec<f32>>| match outputs {
            None => vec![f32::NAN; width],
            Some(outputs) if kind == TaskKind::Regression => outputs.clone(),
            Some(outputs) => probabilities(kind, &log_probabilities_at(kind, outputs, temperature)),
        };
        let targets = answers.iter().flat_map(soften).collect();
        Self { kind, weight, temperature, width, targets }
    }

    /// Whether the teacher has answered to row `row`.
    pub(crate) fn has(&self, row: usize) -> bool {
        !self.targets[row * self.width].is_nan()
    }

    /// Loss of the outputs `outputs` for row `row`; writes its derivative by each output to `gradient`. `own` is the task's loss.
    pub(crate) fn loss(&self, row: usize, outputs: &[f32], own: &dyn Loss, gradient: &mut [f32]) -> f32 {
        let target = &self.targets[row * self.width..][..self.width];
        if self.kind == TaskKind::Regression {
            return own.row(outputs, target[0], gradient);
        }
        let temperature = self.temperature;
        let logs = log_probabilities_at(self.kind, outputs, temperature);
        let student = probabilities(self.kind, &logs);
        for ((slot, student), target) in gradient.iter_mut().zip(&student).zip(target) {
            *slot = temperature * (student - target);
        }
        let share = |target: &f32| f64::from(*target);
        let cross_entropy: f64 = match self.kind {
            TaskKind::Binary => -(share(&target[0]) * logs[1] + (1.0 - share(&target[0])) * logs[0]),
            _ => -target.iter().zip(&logs).map(|(target, log)| share(target) * log).sum::<f64>(),
        };
        temperature * temperature * cross_entropy as f32
    }
}

/// Probability of the positive class, or of each class, from the logarithms of all of them, a binary task's negative one first.
fn probabilities(kind: TaskKind, logs: &[f64]) -> Vec<f32> {
    let first = usize::from(kind == TaskKind::Binary);
    logs[first..].iter().map(|log| log.exp() as f32).collect()
}

/// Log-probability of each class at `temperature`, a binary task's negative one first.
fn log_probabilities_at(kind: TaskKind, outputs: &[f32], temperature: f32) -> Vec<f64> {
    log_probabilities(kind, &outputs.iter().map(|output| output / temperature).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::loss::{Huber, MeanSquaredError, loss_for};

    fn targets(kind: TaskKind, answer: &[f32], temperature: f32) -> SoftTargets {
        SoftTargets::new(kind, answer.len(), &[Some(answer.to_vec()), None], 0.5, temperature)
    }

    #[test]
    fn a_teacher_that_is_sure_and_right_gives_the_loss_of_the_label() {
        let mut gradients = [[0.0; 3], [0.0; 3]];
        let sure = targets(TaskKind::MultiClass, &[-200.0, 0.0, -200.0], 1.0);
        let own = loss_for(TaskKind::MultiClass, None, 3, &[]).unwrap();
        let outputs = [0.3, -1.0, 2.0];
        let soft = sure.loss(0, &outputs, own.as_ref(), &mut gradients[0]);
        let hard = own.row(&outputs, 1.0, &mut gradients[1]);
        assert!((soft - hard).abs() < 1e-6, "{soft} {hard}");
        assert!(gradients[0].iter().zip(gradients[1]).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn the_gradient_is_zero_where_the_student_says_what_the_teacher_says() {
        for temperature in [1.0, 2.0, 5.0] {
            let mut gradient = [9.0; 3];
            let soft = targets(TaskKind::MultiClass, &[0.5, -1.0, 2.0], temperature);
            // Logits count up to a constant.
            soft.loss(0, &[1.5, 0.0, 3.0], &MeanSquaredError, &mut gradient);
            assert!(gradient.iter().all(|slope| slope.abs() < 1e-6), "{gradient:?}");
            soft_binary(temperature);
        }
    }

    fn soft_binary(temperature: f32) {
        let mut gradient = [9.0];
        let soft = targets(TaskKind::Binary, &[1.7], temperature);
        soft.loss(0, &[1.7], &MeanSquaredError, &mut gradient);
        assert!(gradient[0].abs() < 1e-6);
    }

    #[test]
    fn a_binary_loss_by_hand() {
        // Teacher 3/4, student 1/2: the cross-entropy is ln 2, the slope 1/2 - 3/4.
        let mut gradient = [0.0];
        let loss = targets(TaskKind::Binary, &[3f32.ln()], 1.0).loss(0, &[0.0], &MeanSquaredError, &mut gradient);
        assert!((loss - 2f32.ln()).abs() < 1e-6 && (gradient[0] + 0.25).abs() < 1e-6);
        // At temperature 2 the teacher's logit ln 9 is ln 3; the loss grows fourfold, the slope twofold.
        let loss = targets(TaskKind::Binary, &[9f32.ln()], 2.0).loss(0, &[0.0], &MeanSquaredError, &mut gradient);
        assert!((loss - 4.0 * 2f32.ln()).abs() < 1e-5 && (gradient[0] + 0.5).abs() < 1e-6);
    }

    #[test]
    fn gradients_are_the_losses_slopes() {
        let outputs = [0.4f32, -0.7, 1.1];
        for (kind, width) in [(TaskKind::MultiClass, 3), (TaskKind::Binary, 1), (TaskKind::Regression, 1)] {
            let soft = targets(kind, &[0.9, 0.2, -1.5][..width], 2.0);
            let own = Huber { delta: 0.5 };
            let at = |step: f32, output: usize| {
                let mut moved = outputs[..width].to_vec();
                moved[output] += step;
                soft.loss(0, &moved, &own, &mut vec![0.0; width])
            };
            let mut gradient = vec![0.0; width];
            soft.loss(0, &outputs[..width], &own, &mut gradient);
            for output in 0..width {
                let numeric = (at(1e-2, output) - at(-1e-2, output)) / 2e-2;
                assert!((numeric - gradient[output]).abs() < 5e-3, "{kind:?}: {numeric} {gradient:?}");
            }
        }
    }

    #[test]
    fn extreme_outputs_are_finite_and_rows_without_an_answer_have_none() {
        let soft = targets(TaskKind::MultiClass, &[-90.0, 110.0, 12858.0], 1.0);
        let mut gradient = [f32::NAN; 3];
        let loss = soft.loss(0, &[17.0, -1e4, 1e4], &MeanSquaredError, &mut gradient);
        assert!(loss.is_finite() && gradient.iter().all(|slope| slope.is_finite()));
        assert!(soft.has(0) && !soft.has(1));
    }
}
