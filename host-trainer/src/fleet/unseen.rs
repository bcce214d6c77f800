//! What the shared network answers to training rows that it has not seen.
//!
//! A personal head corrects what the shared network gets wrong about a group. On the rows that it was trained on it gets little wrong:
//! a correction learnt there, or judged there, would be too timid. So the rows are answered by networks of its kind, each trained
//! without the rows that it answers, but with others of their groups: as the network itself will meet the groups' next rows.

use crate::config::{ModelKind, Project};
use crate::train::{Silent, TrainError, TrainingSet, fit, out_of_fold};

/// Networks that answer, each a part of the rows.
const FOLDS: usize = 5;

/// Outputs for training rows by networks that were trained without them.
#[derive(Debug, Clone, PartialEq)]
pub struct UnseenAnswers {
    /// Ascending; none for a linear model, whose personal heads stand on nothing.
    rows: Vec<usize>,
    /// One a row: each task's outputs, on the scale of training, logits not calibrated.
    outputs: Vec<Vec<Vec<f32>>>,
}

impl UnseenAnswers {
    /// Trains the networks of `project` on parts of the rows of `set`; `seed` deals the rows and starts the networks.
    ///
    /// # Errors
    /// [`TrainError`]: as [`fit`], and [`TrainError::OneUnit`] for a single row.
    pub fn new(project: &Project, set: &TrainingSet<'_>, seed: u64) -> Result<Self, TrainError> {
        if project.model.kind == ModelKind::Linear {
            return Ok(Self { rows: Vec::new(), outputs: Vec::new() });
        }
        let outputs = out_of_fold(set.rows, None, FOLDS, seed, |fitted, held_out| {
            let model =
                fit(project, &TrainingSet { rows: fitted, ..set.clone() }, project.trunk(), seed, &Silent)?.model;
            let answer = |row: &usize| model.activations(&model.normalization.apply(set.features.row(*row))).outputs;
            Ok(held_out.iter().map(answer).collect())
        })?;
        Ok(Self { rows: set.rows.to_vec(), outputs })
    }

    /// The outputs of task `task` for row `row`; none where the row was not answered.
    pub(super) fn of(&self, row: usize, task: usize) -> &[f32] {
        let place = self.rows.binary_search(&row).ok();
        place.and_then(|place| self.outputs.get(place)?.get(task)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use trunkline_shared::model::TaskRole;

    use super::*;
    use crate::config;
    use crate::data::{Labels, TaskLabels};
    use crate::features::FeatureMatrix;
    use crate::train::Task;

    /// Labels without any rule: only who has seen a row can know its label.
    #[test]
    fn rows_are_answered_by_networks_that_cannot_know_them_by_heart() {
        let text = "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"random\"\n[model]\ntrunk = [32]\n\
                    [training]\nepochs = 200\nearly_stopping.validation = 0.0\n[[channels]]\nname = \"a\"\n\
                    [[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\ntarget = { column = \"y\" }\n";
        let project = config::parse(text, "t.toml").unwrap();
        let (count, columns) = (60, 20);
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut draw = |length: usize| -> Vec<f32> { (0..length).map(|_| random.random_range(-1.0..1.0)).collect() };
        let features = FeatureMatrix {
            rows: count,
            columns,
            names: vec!["a".into(); columns],
            data: draw(count * columns),
            blocks: Vec::new(),
        };
        let values = draw(count);
        let labels = TaskLabels {
            name: "y".into(),
            role: TaskRole::Other,
            kind: trunkline_shared::model::TaskKind::Regression,
            unit: String::new(),
            class_names: vec![],
            labels: Labels::Values(values.iter().copied().map(Some).collect()),
        };
        let rows: Vec<usize> = (0..count).filter(|row| row % 6 != 0).collect();
        let tasks = vec![Task { config: &project.tasks[0], labels: &labels }];
        let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
        let unseen = UnseenAnswers::new(&project, &set, 1).unwrap();
        let by_heart = fit(&project, &set, project.trunk(), 1, &Silent).unwrap().model;
        let correlation = |answer: &dyn Fn(usize) -> f32| {
            let pairs: Vec<(f64, f64)> =
                rows.iter().map(|row| (f64::from(answer(*row)), f64::from(values[*row]))).collect();
            let n = pairs.len() as f64;
            let (a, b) =
                (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n);
            let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
            let (aa, bb) = (sum(&|pair| (pair.0 - a).powi(2)), sum(&|pair| (pair.1 - b).powi(2)));
            sum(&|pair| (pair.0 - a) * (pair.1 - b)) / (aa * bb).sqrt()
        };
        let known = correlation(&|row| by_heart.forward(features.row(row))[0][0]);
        let unknown = correlation(&|row| unseen.of(row, 0)[0]);
        assert!(known > 0.9 && unknown < 0.5, "{known} {unknown}");
        assert!(unseen.of(0, 0).is_empty(), "row 0 is no training row");
    }
}
