//! What one task is learnt from: each group's rows, with values or with classes.

use nalgebra::{DMatrix, DVector};

/// The rows of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Inputs (n x d).
    pub inputs: DMatrix<f64>,
    /// What is to be told from them.
    pub target: Target,
}

/// The targets of a group's rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One value a row (n); the intercept is free.
    Values(DVector<f64>),
    /// A class a row (n) and the logits that are there already (n x K; K = 1: one logit for the second of two classes). There is no
    /// free intercept, which a group of a single class would drive to infinity: give an input that is 1.
    Classes {
        /// 0-based.
        labels: Vec<u16>,
        /// Logits of the model that is being corrected.
        offset: DMatrix<f64>,
    },
}

impl Sample {
    /// The rows `rows` of it.
    pub fn select(&self, rows: &[usize]) -> Self {
        let target = match &self.target {
            Target::Values(values) => Target::Values(values.select_rows(rows)),
            Target::Classes { labels, offset } => Target::Classes {
                labels: rows.iter().map(|row| labels[*row]).collect(),
                offset: offset.select_rows(rows),
            },
        };
        Self { inputs: self.inputs.select_rows(rows), target }
    }

    /// Rows n.
    pub fn rows(&self) -> usize {
        self.inputs.nrows()
    }

    /// Outputs K.
    pub fn outputs(&self) -> usize {
        match &self.target {
            Target::Values(_) => 1,
            Target::Classes { offset, .. } => offset.ncols(),
        }
    }

    /// Sum over the rows of the squared errors, or of the log losses, of `outputs` (n x K, offsets not contained).
    pub fn loss(&self, outputs: &DMatrix<f64>) -> f64 {
        match &self.target {
            Target::Values(values) => (outputs.column(0) - values).norm_squared(),
            Target::Classes { labels, offset } => {
                let logits = offset + outputs;
                let rows = logits.row_iter().zip(labels);
                rows.map(|(logits, label)| {
                    let logits: Vec<f64> = logits.iter().copied().collect();
                    -probability(&logits, usize::from(*label)).max(f64::MIN_POSITIVE).ln()
                })
                .sum()
            }
        }
    }
}

/// Probability of class `class` by softmax of `logits`, or by the logistic function of a single one (of class 1).
pub(super) fn probability(logits: &[f64], class: usize) -> f64 {
    if let [logit] = logits {
        let signed = if class == 0 { -logit } else { *logit };
        return 1.0 / (1.0 + (-signed).exp());
    }
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
    logits.get(class).map_or(0.0, |logit| (logit - most).exp() / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_softmax_and_of_the_logistic_function() {
        assert!((probability(&[2.0, 0.0], 0) - probability(&[2.0], 1)).abs() < 1e-12);
        assert!((probability(&[-3.0], 0) + probability(&[-3.0], 1) - 1.0).abs() < 1e-12);
        assert!((probability(&[900.0, 900.0, -900.0], 1) - 0.5).abs() < 1e-12);
        assert!(probability(&[-900.0], 1) < 1e-300);
    }

    #[test]
    fn losses_are_summed_over_the_rows_that_were_selected() {
        let inputs = DMatrix::zeros(3, 1);
        let values = Sample { inputs: inputs.clone(), target: Target::Values(DVector::from_vec(vec![1.0, 2.0, 5.0])) };
        assert_eq!(values.select(&[0, 2]).loss(&DMatrix::zeros(2, 1)), 26.0);
        let target = Target::Classes { labels: vec![0, 1, 1], offset: DMatrix::zeros(3, 1) };
        let classes = Sample { inputs, target };
        assert!((classes.loss(&DMatrix::zeros(3, 1)) - 3.0 * 2f64.ln()).abs() < 1e-12);
    }
}
