//! What a report is made from: the outcome of an evaluation, turned to what is drawn beside its figures.

use crate::config::Project;
use crate::data::{Dataset, Labels, TaskLabels};
use crate::evaluate::{Answer, Contender, Outcome, Record, predicted_class};

use super::plots::Curve;

/// Everything that the page shows.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The figures.
    pub record: &'a Record,
    /// Per task its name and the integer model's answers to test rows, first seed.
    pub answers: Vec<(String, Answers)>,
    /// Losses of the final training, one curve a task.
    pub curves: Vec<Curve>,
    /// Epochs behind the final weights.
    pub chosen_epochs: usize,
    /// Below this movement of the relation the alternation ends.
    pub tolerance: f64,
    /// Windows that the firmware on the PC answered as the runtime does, in every bit.
    pub replayed_windows: usize,
}

/// A model's answers to test rows of one task.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// Of a classification.
    Classes {
        /// Names of the classes (K).
        names: Vec<String>,
        /// K x K, row = true class, column = predicted class.
        counts: Vec<Vec<u64>>,
    },
    /// Of a regression.
    Values {
        /// Unit of both.
        unit: String,
        /// (true, predicted).
        points: Vec<(f64, f64)>,
    },
}

impl<'a> Evidence<'a> {
    /// The evidence that `outcome` holds about `project` and `dataset`, from which it came.
    pub fn new(project: &Project, dataset: &Dataset, outcome: &'a Outcome) -> Self {
        let log = &outcome.model.log;
        let answers = dataset.tasks.iter().enumerate().map(|(index, task)| {
            let first_seed =
                outcome.cross_validation.predictions.get(&Contender::JointInt8).and_then(|seeds| seeds.first());
            let outputs = first_seed.and_then(|answers| answers.tasks.get(index)).map_or(&[][..], Vec::as_slice);
            (task.name.clone(), Answers::new(task, outputs))
        });
        let curve = |(index, task): (usize, &TaskLabels)| Curve {
            label: task.name.clone(),
            values: log
                .epochs
                .iter()
                .map(|epoch| epoch.losses.get(index).map_or(f64::NAN, |&loss| loss.into()))
                .collect(),
        };
        Self {
            record: &outcome.record,
            answers: answers.collect(),
            curves: dataset.tasks.iter().enumerate().map(curve).collect(),
            chosen_epochs: log.chosen_epochs,
            tolerance: project.training.relation.tolerance,
            replayed_windows: 0,
        }
    }
}

impl Answers {
    /// Pairs the labels of `task` with the outputs at each row of the data set; rows that lack either are left out.
    fn new(task: &TaskLabels, outputs: &[Option<Answer>]) -> Self {
        match &task.labels {
            Labels::Classes(labels) => {
                let classes = task.class_names.len();
                let mut counts = vec![vec![0; classes]; classes];
                for (label, output) in labels.iter().zip(outputs) {
                    if let (Some(label), Some(output)) = (label, output) {
                        let predicted = predicted_class(task.kind, output);
                        if let Some(count) =
                            counts.get_mut(usize::from(*label)).and_then(|row| row.get_mut(usize::from(predicted)))
                        {
                            *count += 1;
                        }
                    }
                }
                Answers::Classes { names: task.class_names.clone(), counts }
            }
            Labels::Values(labels) => {
                let pair = |(label, answer): (&Option<f32>, &Option<Answer>)| {
                    Some((f64::from((*label)?), f64::from(*answer.as_ref()?.outputs.first()?)))
                };
                Answers::Values {
                    unit: task.unit.clone(),
                    points: labels.iter().zip(outputs).filter_map(pair).collect(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;

    #[test]
    fn rows_without_label_or_answer_take_no_part() {
        let task = TaskLabels::sample("t", TaskKind::Binary, 2, Labels::Classes(vec![Some(0), None, Some(1), Some(1)]));
        let outputs = [Some(vec![-1.0].into()), Some(vec![1.0].into()), None, Some(vec![2.0].into())];
        let expected = Answers::Classes { names: vec!["0".into(), "1".into()], counts: vec![vec![1, 0], vec![0, 1]] };
        assert_eq!(Answers::new(&task, &outputs), expected);
    }

    #[test]
    fn values_are_paired_with_their_predictions() {
        let task = TaskLabels::sample("t", TaskKind::Regression, 0, Labels::Values(vec![Some(1.0), None]));
        let task = TaskLabels { unit: "Wh".into(), ..task };
        let expected = Answers::Values { unit: "Wh".into(), points: vec![(1.0, 1.5)] };
        assert_eq!(Answers::new(&task, &[Some(vec![1.5].into()), Some(vec![9.0].into())]), expected);
    }
}
