//! Delta_m: what joining the tasks changes, over all tasks (Maninis et al., CVPR 2019; Vandenhende et al., PAMI 2021).
//!
//! The ratio has no meaning where the baseline is without error, and next to none where it is nearly so, yet a task that it solves is
//! where there is most to lose. The baseline's error is therefore taken to be no less than a hundredth, and every task takes part whose
//! errors are defined.

use crate::data::{Labels, TaskLabels};

/// The error that a baseline has at least.
const LEAST_ERROR: f64 = 0.01;

/// The least error that a task's baseline is taken to have: a hundredth where the error is 1 - AUC or 1 - macro-F1, and a hundredth of
/// the standard deviation of the test rows' labels where it is RMSE, or what one of these N rows is worth (1/N) where that is more.
/// Mean over the seeds, each with its test fold of each row; 0 without such rows.
pub fn error_floor(labels: &TaskLabels, fold_of_row: &[Vec<Option<usize>>]) -> f64 {
    let of_seed = |folds: &Vec<Option<usize>>| match &labels.labels {
        Labels::Classes(classes) => {
            let rows = classes.iter().zip(folds).filter(|(class, fold)| class.is_some() && fold.is_some()).count();
            if rows == 0 { 0.0 } else { LEAST_ERROR.max(1.0 / rows as f64) }
        }
        Labels::Values(values) => {
            let tested = values.iter().zip(folds).filter(|(_, fold)| fold.is_some());
            let known: Vec<f64> = tested.filter_map(|(value, _)| value.map(f64::from)).collect();
            let rows = known.len().max(1) as f64;
            let mean = known.iter().sum::<f64>() / rows;
            (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows).sqrt() * LEAST_ERROR.max(1.0 / rows)
        }
    };
    fold_of_row.iter().map(of_seed).sum::<f64>() / fold_of_row.len().max(1) as f64
}

/// One task's term of Delta_m: `100 (baseline - joint) / baseline` in percent, positive where the joint model is better, the divisor
/// at least `floor` ([`error_floor`]). `None` where an error is not defined, or where both baseline and floor are 0.
pub fn relative_gain_percent(joint: Option<f64>, baseline: Option<f64>, floor: f64) -> Option<f64> {
    let (joint, baseline) = (joint?, baseline?);
    let divisor = baseline.max(floor);
    (divisor > 0.0).then(|| 100.0 * (baseline - joint) / divisor)
}

/// Delta_m of two contenders, over the tasks that both have an error of on the rows as they are: the same tasks on every draw of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct DeltaM {
    /// Floor of each task (T).
    floors: Vec<f64>,
    tasks: Vec<usize>,
}

impl DeltaM {
    /// By the (joint, baseline) errors of all tasks (T), each lower-is-better, and their `floors` (T).
    pub fn new(errors: &[(Option<f64>, Option<f64>)], floors: &[f64]) -> Self {
        let gain = |task: usize| relative_gain_percent(errors[task].0, errors[task].1, floors[task]);
        let tasks = (0..errors.len().min(floors.len())).filter(|task| gain(*task).is_some()).collect();
        Self { floors: floors.to_vec(), tasks }
    }

    /// Tasks that take part.
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// The mean of the tasks' terms in percent for other (joint, baseline) errors of the same tasks (T); `None` without a task, or where
    /// one that takes part is not defined here.
    pub fn percent(&self, errors: &[(Option<f64>, Option<f64>)]) -> Option<f64> {
        let gain = |task: &usize| {
            let (joint, baseline) = *errors.get(*task)?;
            relative_gain_percent(joint, baseline, self.floors[*task])
        };
        let sum = self.tasks.iter().map(gain).sum::<Option<f64>>()?;
        (!self.tasks.is_empty()).then(|| sum / self.tasks.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::{TaskKind, TaskRole};

    use super::*;

    fn delta_m(errors: &[(Option<f64>, Option<f64>)], floor: f64) -> (Option<f64>, usize) {
        let delta_m = DeltaM::new(errors, &vec![floor; errors.len()]);
        (delta_m.percent(errors), delta_m.tasks())
    }

    #[test]
    fn delta_m_is_the_mean_relative_gain_positive_where_joint_is_better() {
        let errors = [(Some(0.8), Some(1.0)), (Some(0.55), Some(0.5))];
        assert!((delta_m(&errors, 0.001).0.unwrap() - 5.0).abs() < 1e-12);
    }

    #[test]
    fn breaking_a_solved_task_costs_and_solving_it_too_costs_nothing() {
        let (broken, solved) = ((Some(0.02), Some(0.0)), (Some(0.0), Some(0.0)));
        assert_eq!(relative_gain_percent(broken.0, broken.1, 0.01), Some(-200.0));
        assert_eq!(relative_gain_percent(solved.0, solved.1, 0.01), Some(0.0));
        let errors = [broken, (Some(0.9), Some(1.0))];
        assert_eq!(delta_m(&errors, 0.01), (Some(-95.0), 2));
    }

    #[test]
    fn the_tasks_are_those_of_the_rows_as_they_are_on_every_draw() {
        let errors = [(Some(0.8), Some(1.0)), (None, Some(1.0)), (Some(0.2), Some(0.4))];
        let delta_m = DeltaM::new(&errors, &[0.01; 3]);
        assert_eq!((delta_m.tasks(), delta_m.percent(&errors).map(f64::round)), (2, Some(35.0)));
        let other = [(Some(0.8), Some(1.0)), (Some(0.0), Some(1.0)), (Some(0.2), Some(0.0))];
        assert_eq!(delta_m.percent(&other), Some((20.0 - 2000.0) / 2.0), "not dropped where a draw has no error");
        assert_eq!(delta_m.percent(&[(Some(0.8), Some(1.0)), (None, None), (None, Some(0.4))]), None);
        assert_eq!(DeltaM::new(&[(None, Some(1.0))], &[0.1]).percent(&[(Some(1.0), Some(1.0))]), None);
    }

    #[test]
    fn the_floor_is_a_hundredth_or_what_a_row_is_worth() {
        let task = |kind, labels| TaskLabels {
            name: "t".into(),
            role: TaskRole::Other,
            kind,
            unit: String::new(),
            class_names: vec!["a".into(), "b".into()],
            labels,
        };
        let folds = [vec![Some(0), Some(1), Some(0), None], vec![Some(1), Some(0), Some(0), None]];
        let classes = task(TaskKind::Binary, Labels::Classes(vec![Some(0), None, Some(1), Some(1)]));
        assert_eq!(error_floor(&classes, &folds), 0.5);
        let values = task(TaskKind::Regression, Labels::Values(vec![Some(1.0), None, Some(5.0), Some(100.0)]));
        assert_eq!(error_floor(&values, &folds), 1.0);
        assert_eq!(error_floor(&values, &[vec![None; 4]]), 0.0);
        let many = task(TaskKind::Binary, Labels::Classes(vec![Some(1); 1000]));
        assert_eq!(error_floor(&many, &[vec![Some(0); 1000]]), 0.01);
    }
}
