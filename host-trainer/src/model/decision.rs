//! From a task's outputs to probabilities and a class.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::softmax::log_softmax;

/// How a task's outputs are read, as calibration has found it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Logits are divided by it (Guo et al., ICML 2017), above 0; 1 for a regression.
    pub temperature: f32,
    /// Binary tasks: the logit, so divided, above which the answer is the second class.
    pub threshold: f32,
}

impl Default for Decision {
    fn default() -> Self {
        Self { temperature: 1.0, threshold: 0.0 }
    }
}

/// Natural logarithms of the classes' probabilities by `logits`: one a class, or a single one of the second class of two.
pub fn log_probabilities(kind: TaskKind, logits: &[f32]) -> Vec<f64> {
    let mut logs: Vec<f64> = if kind == TaskKind::Binary { vec![0.0] } else { Vec::with_capacity(logits.len()) };
    logs.extend(logits.iter().map(|logit| f64::from(*logit)));
    log_softmax(&mut logs);
    logs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_are_finite_at_extreme_logits() {
        for (kind, logits) in [
            (TaskKind::Binary, vec![3f32.ln()]),
            (TaskKind::Binary, vec![-3e4]),
            (TaskKind::MultiClass, vec![1.0, 2.0, -0.5]),
            (TaskKind::MultiClass, vec![3e4, -3e4, 0.0]),
        ] {
            let logs = log_probabilities(kind, &logits);
            assert!(logs.iter().all(|log| log.is_finite() && *log <= 0.0), "{logs:?}");
            assert!((logs.iter().map(|log| log.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
        }
        assert!((log_probabilities(TaskKind::Binary, &[3f32.ln()])[1].exp() - 0.75).abs() < 1e-6);
    }
}
