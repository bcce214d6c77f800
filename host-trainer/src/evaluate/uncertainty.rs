//! Whether the standard deviations that a regression has learnt describe its errors on rows that it has not seen.
//!
//! With the likelihood of a Gaussian the network gives a standard deviation with every value (Nix & Weigend, ICNN 1994; see
//! [`crate::train::loss::GaussianNll`]). If it is honest, 68.3 % of the test rows lie within one of them of the value and 95 % within 1.96:
//! the calibration of regressions of Kuleshov, Fenner & Ermon, "Accurate Uncertainties for Deep Learning Using Calibrated Regression",
//! ICML 2018, at two levels.

use serde::{Deserialize, Serialize};
use trunkline_shared::model::TaskKind;

use super::{CrossValidation, Summary};
use crate::data::{Labels, TaskLabels};
use crate::features::FeatureMatrix;
use crate::model::FloatModel;
use crate::train::Trained;
use crate::train::loss::GaussianNll;

/// Standard deviations of a Gaussian that hold 95 % of it.
const WIDE: f64 = 1.96;

/// The standard deviations that one regression has learnt, on test rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uncertainty {
    /// Mean standard deviation over the rows, in the task's unit.
    pub sd: Summary,
    /// Share of the rows whose value lies within one standard deviation of its own; 0.683 of a Gaussian's do.
    pub within_1_sd: Summary,
    /// Share of the rows whose value lies within 1.96 of them; 0.95 of a Gaussian's do.
    pub within_1_96_sd: Summary,
}

/// One test row of one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surprise {
    /// What the model said less what was so, in the task's unit.
    pub error: f64,
    /// The standard deviation that it gave.
    pub sd: f64,
}

/// For each of `tasks` the labelled ones of `rows`, where `trained` gives standard deviations; else nothing.
pub(super) fn surprises(
    trained: &Trained,
    features: &FeatureMatrix,
    tasks: &[TaskLabels],
    rows: &[usize],
) -> Vec<Vec<Surprise>> {
    let mut of_tasks = vec![Vec::new(); tasks.len()];
    let Some(model) = &trained.all_outputs else { return of_tasks };
    for row in rows {
        let outputs = model.activations(&model.normalization.apply(features.row(*row))).outputs;
        for (task, (labels, outputs)) in tasks.iter().zip(&outputs).enumerate() {
            of_tasks[task].extend(surprise(model, task, outputs, labels, *row));
        }
    }
    of_tasks
}

fn surprise(model: &FloatModel, task: usize, outputs: &[f32], labels: &TaskLabels, row: usize) -> Option<Surprise> {
    let (TaskKind::Regression, Labels::Values(values), [value, spread]) = (labels.kind, &labels.labels, outputs) else {
        return None;
    };
    let target = model.heads[task].target;
    let answer = f64::from(value * target.sd + target.mean);
    Some(Surprise { error: answer - f64::from(values[row]?), sd: f64::from(GaussianNll::sd(*spread) * target.sd) })
}

/// Of task `index`, over the seeds; `None` where it learns no standard deviation or no test row has a label.
pub(super) fn uncertainty(validation: &CrossValidation, index: usize) -> Option<Uncertainty> {
    let seeds: Vec<Vec<Surprise>> = validation
        .evidence
        .iter()
        .map(|folds| folds.iter().flatten().flat_map(|fold| fold.surprises[index].iter().copied()).collect())
        .collect();
    of_seeds(&seeds)
}

fn of_seeds(seeds: &[Vec<Surprise>]) -> Option<Uncertainty> {
    let mean = |of: &dyn Fn(&Surprise) -> f64| {
        let of_seed =
            |rows: &Vec<Surprise>| (!rows.is_empty()).then(|| rows.iter().map(of).sum::<f64>() / rows.len() as f64);
        Summary::over_seeds(seeds.iter().map(of_seed).collect())
    };
    let within = |width: f64| mean(&move |row| f64::from(u8::from(row.error.abs() <= width * row.sd)));
    Some(Uncertainty { sd: mean(&|row| row.sd)?, within_1_sd: within(1.0)?, within_1_96_sd: within(WIDE)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_count_each_row_by_its_own_standard_deviation() {
        let row = |error, sd| Surprise { error, sd };
        let seeds = [vec![row(0.5, 1.0), row(-1.5, 1.0), row(-3.0, 4.0), row(9.0, 2.0)], vec![row(1.0, 1.0); 4]];
        let found = of_seeds(&seeds).unwrap();
        assert_eq!(found.sd.per_seed, [Some(2.0), Some(1.0)]);
        assert_eq!(found.within_1_sd.per_seed, [Some(0.5), Some(1.0)]);
        assert_eq!(found.within_1_96_sd.per_seed, [Some(0.75), Some(1.0)]);
        assert_eq!(of_seeds(&[Vec::new(), Vec::new()]), None);
    }
}
