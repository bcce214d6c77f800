//! What the shared network answers to training rows that it has not seen.
//!
//! A personal head corrects what the shared network gets wrong about a group. On the rows that it was trained on it gets little wrong:
//! a correction learnt there, or judged there, would be too timid. So the rows are answered by networks of its kind, each trained
//! without the rows that it answers, but with others of their groups: as the network itself will meet the groups' next rows.

use crate::config::{ModelKind, Project};
use crate::train::{Silent, TrainError, TrainingSet, fit, out_of_fold};

/// Networks that answer, each a part of the rows.
const FOLDS: usize = 5;

/// Answers to training rows by networks that were trained without them.
#[derive(Debug, Clone, PartialEq)]
pub struct UnseenAnswers {
    /// Ascending; none for a linear model, whose personal heads stand on nothing.
    rows: Vec<usize>,
    /// One a row: each task's logits, or its value in the task's unit; `None` of a task that the row's network had no label of.
    answers: Vec<Vec<Option<Vec<f32>>>>,
}

impl UnseenAnswers {
    /// Trains the networks of `project` on parts of the rows of `set`; `seed` deals the rows and starts the networks.
    ///
    /// # Errors
    /// [`TrainError`]: as [`fit`], and [`TrainError::OneUnit`] for a single row.
    pub fn new(project: &Project, set: &TrainingSet<'_>, seed: u64) -> Result<Self, TrainError> {
        if project.model.kind == ModelKind::Linear {
            return Ok(Self { rows: Vec::new(), answers: Vec::new() });
        }
        let answers = out_of_fold(set.rows, None, FOLDS, seed, |fitted, held_out| {
            let (known, part) = set.labelled_part(fitted);
            let nothing: Vec<Option<Vec<f32>>> = vec![None; set.tasks.len()];
            if known.is_empty() {
                return Ok(vec![nothing; held_out.len()]);
            }
            let model = fit(project, &part, project.trunk(), seed, &Silent)?.model;
            let answer = |row: &usize| {
                let mut answers = nothing.clone();
                let outputs = known.iter().zip(model.forward(set.features.row(*row)));
                outputs.for_each(|(task, outputs)| answers[*task] = Some(outputs));
                answers
            };
            Ok(held_out.iter().map(answer).collect())
        })?;
        Ok(Self { rows: set.rows.to_vec(), answers })
    }

    /// Logits of task `task` for row `row`, or its value in the task's unit; `None` where there is no answer.
    pub(super) fn of(&self, row: usize, task: usize) -> Option<&[f32]> {
        let place = self.rows.binary_search(&row).ok()?;
        self.answers.get(place)?.get(task)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use trunkline_shared::model::{TaskKind, TaskRole};

    use super::*;
    use crate::config;
    use crate::data::{Labels, TaskLabels};
    use crate::features::FeatureMatrix;
    use crate::train::Task;

    /// Sixty rows of twenty features by chance.
    fn features(random: &mut ChaCha8Rng) -> FeatureMatrix {
        FeatureMatrix {
            rows: 60,
            columns: 20,
            names: vec!["a".into(); 20],
            data: (0..60 * 20).map(|_| random.random_range(-1.0..1.0)).collect(),
            blocks: Vec::new(),
        }
    }

    fn project(tasks: &[&str], epochs: usize) -> Project {
        let task = |name: &&str| {
            format!(
                "[[tasks]]\nname = \"{name}\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"y\" }}\n"
            )
        };
        let text = format!(
            "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"random\"\n[model]\ntrunk = [32]\n\
             [training]\nepochs = {epochs}\nearly_stopping.validation = 0.0\n[[channels]]\nname = \"a\"\n{}",
            tasks.iter().map(task).collect::<String>()
        );
        config::parse(&text, "t.toml").unwrap()
    }

    fn values(name: &str, values: Vec<Option<f32>>) -> TaskLabels {
        TaskLabels {
            name: name.into(),
            role: TaskRole::Other,
            kind: TaskKind::Regression,
            unit: String::new(),
            class_names: vec![],
            labels: Labels::Values(values),
        }
    }

    /// Labels without any rule: only who has seen a row can know its label.
    #[test]
    fn rows_are_answered_by_networks_that_cannot_know_them_by_heart() {
        let project = project(&["y"], 200);
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let features = features(&mut random);
        let known: Vec<f32> = (0..60).map(|_| 100.0 + random.random_range(-1.0..1.0)).collect();
        let labels = values("y", known.iter().copied().map(Some).collect());
        let rows: Vec<usize> = (0..60).filter(|row| row % 6 != 0).collect();
        let tasks = vec![Task { config: &project.tasks[0], labels: &labels }];
        let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
        let unseen = UnseenAnswers::new(&project, &set, 1).unwrap();
        let by_heart = fit(&project, &set, project.trunk(), 1, &Silent).unwrap().model;
        let correlation = |answer: &dyn Fn(usize) -> f32| {
            let pairs: Vec<(f64, f64)> =
                rows.iter().map(|row| (f64::from(answer(*row)), f64::from(known[*row]))).collect();
            let n = pairs.len() as f64;
            let (a, b) =
                (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n);
            let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
            let (aa, bb) = (sum(&|pair| (pair.0 - a).powi(2)), sum(&|pair| (pair.1 - b).powi(2)));
            sum(&|pair| (pair.0 - a) * (pair.1 - b)) / (aa * bb).sqrt()
        };
        let seen = correlation(&|row| by_heart.forward(features.row(row))[0][0]);
        let unknown = correlation(&|row| unseen.of(row, 0).unwrap()[0]);
        assert!(seen > 0.9 && unknown < 0.5, "{seen} {unknown}");
        let in_unit = |row: &usize| (unseen.of(*row, 0).unwrap()[0] - 100.0).abs() < 10.0;
        assert!(rows.iter().all(in_unit), "answers are in the task's unit");
        assert_eq!(unseen.of(0, 0), None, "row 0 is no training row");
    }

    #[test]
    fn a_network_without_a_label_of_a_task_has_no_answer_to_it() {
        let project = project(&["y", "rare"], 2);
        let features = features(&mut ChaCha8Rng::seed_from_u64(5));
        let labels = [
            values("y", (0..60).map(|row| Some(row as f32)).collect()),
            values("rare", (0..60).map(|row| (row == 7).then_some(1.0)).collect()),
        ];
        let rows: Vec<usize> = (0..60).collect();
        let tasks = project.tasks.iter().zip(&labels).map(|(config, labels)| Task { config, labels }).collect();
        let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
        let unseen = UnseenAnswers::new(&project, &set, 1).unwrap();
        assert!(rows.iter().all(|row| unseen.of(*row, 0).is_some()));
        assert_eq!(unseen.of(7, 1), None, "the only label was held out");
        assert!(rows.iter().any(|row| unseen.of(*row, 1).is_some()));
    }
}
