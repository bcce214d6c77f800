//! A new task on a trunk that is tuned for it, slowly, with the old tasks held to what they answered before.

use super::head::{Candidate, Reading, choose, labelled};
use super::inputs::Inputs;
use crate::config::Project;
use crate::data::TaskLabels;
use crate::evaluate::EvaluateError;
use crate::model::{Dense, FloatModel, TaskHead};
use crate::train::{
    FineTuning, Progress, Silent, Task, TaskCalibration, TrainError, Trained, TrainingLog, TrainingSet, calibrate,
    fine_tune,
};

/// Factor on the learning rate of what the old model had, where none is given.
pub const FACTOR: f64 = 0.1;

/// A model tuned for one more task, and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct TunedModel {
    /// The tuned model with the new head as its last one. The old tasks keep their temperatures and thresholds.
    pub model: FloatModel,
    /// What the closed form reads that the new head starts from, in words.
    pub inputs: String,
    /// What it might have read, with the errors by which it was chosen.
    pub candidates: Vec<Candidate>,
    /// How the new task's logits were calibrated, where the project asks for that.
    pub calibration: Vec<TaskCalibration>,
    /// Epochs and relation.
    pub log: TrainingLog,
}

/// Trains `old` on for the last task of `set`, whose other tasks are those of `old` in their order; only the last one's labels are read.
///
/// The start is `old` with the head that [`super::fit_head`] finds; one that reads no trunk gets weights of 0 on the first. From there the
/// project's training goes on, with the learning rate of everything that `old` had times `factor` (above 0, at most 1), and with the old
/// model's own answers as targets of its tasks. The number of epochs is chosen on held-out rows, where the project has some held out:
/// there the head is fitted without them, and 0 epochs leave the start as it is.
///
/// # Errors
/// [`EvaluateError::NoTrunk`], [`EvaluateError::Mismatch`] where `set` has other tasks than `old`, [`EvaluateError::Train`] where the
/// task cannot be learnt from these rows.
pub fn tune_trunk(
    project: &Project,
    old: &FloatModel,
    set: &TrainingSet<'_>,
    factor: f64,
    seed: u64,
    progress: &dyn Progress,
) -> Result<TunedModel, EvaluateError> {
    let failed = |source| EvaluateError::Train { seed, what: "the tuned trunk".into(), source };
    let known = old.heads.iter().map(|head| head.task.as_str());
    let Some((task, others)) = set.tasks.split_last().filter(|(_, others)| known.eq(names(others))) else {
        let what = "the tasks to tune for are not the model's and a new one behind them".to_owned();
        return Err(EvaluateError::Mismatch { what });
    };
    let trunk = Inputs::of(old).iter().find_map(|inputs| inputs.trunk).ok_or(EvaluateError::NoTrunk)?;
    let alone = TrainingSet { tasks: vec![*task], ..set.clone() };
    alone.check(true).map_err(failed)?;
    let rows = labelled(&alone, task, set.rows);
    let start = |rows: &[usize]| {
        let (reading, candidates) = choose(old, &alone, task, rows, seed);
        let mut model = old.clone();
        model.heads.push(on_trunk(old, reading.fit(old, &alone, task, rows), trunk));
        (model, reading, candidates)
    };
    let (_, reading, candidates): (_, Reading, _) = start(&rows);

    let unlabelled: Vec<TaskLabels> = others.iter().map(|task| task.labels.unlabelled()).collect();
    let held = others.iter().zip(&unlabelled).map(|(task, labels)| Task { config: task.config, labels });
    let tasks: Vec<Task<'_>> = held.chain([*task]).collect();
    let fit = |rows: &[usize], progress: &dyn Progress| -> Result<Trained, TrainError> {
        let start = |rows: &[usize]| start(rows).0;
        let tuning = FineTuning { start: &start, task: others.len(), factor };
        fine_tune(project, &TrainingSet { tasks: tasks.clone(), rows, ..set.clone() }, &tuning, seed, progress)
    };
    let Trained { mut model, log, .. } = fit(&rows, progress).map_err(failed)?;
    model.heads.iter_mut().zip(&old.heads).for_each(|(head, old)| head.decision = old.decision);
    let last = |model: &FloatModel| FloatModel { heads: model.heads[others.len()..].to_vec(), ..model.clone() };
    let mut one = last(&model);
    let calibration = calibrate(project, &TrainingSet { rows: &rows, ..alone.clone() }, seed, &mut one, |other| {
        Ok(last(&fit(&labelled(&alone, task, other.rows), &Silent)?.model))
    });
    let calibration = calibration.map_err(failed)?;
    model.heads.truncate(others.len());
    model.heads.append(&mut one.heads);
    Ok(TunedModel { model, inputs: reading.name(), candidates, calibration, log })
}

fn names<'t>(tasks: &'t [Task<'_>]) -> impl Iterator<Item = &'t str> {
    tasks.iter().map(|task| task.labels.name.as_str())
}

/// `head` with a layer on trunk `trunk` of `old`, of zeros, if it has none on any: it answers the same, and can learn to read it.
fn on_trunk(old: &FloatModel, head: TaskHead, trunk: usize) -> TaskHead {
    let width = old.trunks[trunk].layers.last().map_or(0, |layer| layer.outputs);
    match head.head {
        Some(_) => head,
        None => TaskHead { trunk, head: Some(Dense::zeros(head.outputs(), width)), ..head },
    }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::super::inputs::tests::{features, model};
    use super::*;
    use crate::config::{self, TaskConfig};
    use crate::data::Labels;

    /// The tasks of the test model and a new value; `wear` trains its linear path on, the others are frozen.
    fn project() -> Project {
        let task = |name: &str, kind: &str, more: &str| {
            format!(
                "[[tasks]]\nname = \"{name}\"\nrole = \"other\"\nkind = \"{kind}\"\ntarget = {{ column = \"y\" }}\n{more}"
            )
        };
        let frozen = "linear = { mode = \"frozen\" }\n";
        let classes = format!("classes = [\"a\", \"b\", \"c\"]\n{frozen}");
        let text = "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"random\"\nfolds = 2\n\
            [model]\ntrunk = [4]\n[training]\nepochs = 30\nlearning_rate = 0.01\nbatch = 16\n[[channels]]\nname = \"a\"\n"
            .to_owned()
            + &task("both", "multi-class", &classes)
            + &["deep", "other", "plain"].map(|name| task(name, "regression", frozen)).concat()
            + &task("wear", "regression", "");
        config::parse(&text, "t.toml").unwrap()
    }

    /// Labels of the tasks of `project`: `wear` is `value`, and what is said of the old tasks must not matter.
    fn labels(project: &Project, rows: usize, value: impl Fn(usize) -> f32) -> Vec<TaskLabels> {
        let of_task = |task: &TaskConfig| {
            let labels = match (task.kind, task.name.as_str()) {
                (TaskKind::MultiClass, _) => Labels::Classes((0..rows).map(|row| Some(row as u16 % 3)).collect()),
                (_, "wear") => Labels::Values((0..rows).map(|row| Some(value(row))).collect()),
                _ => Labels::Values(vec![Some(1e6); rows]),
            };
            TaskLabels::sample(&task.name, task.kind, task.classes.len(), labels)
        };
        project.tasks.iter().map(of_task).collect()
    }

    /// Tunes the test model for a value that bends where no old layer does.
    fn tune(factor: f64, change: impl Fn(&mut Project)) -> (FloatModel, TunedModel) {
        let (old, features, mut project) = (model(), features(200), project());
        change(&mut project);
        let value = |row: usize| 3.0 + 2.0 * (features.row(row)[0] - features.row(row)[2]).abs();
        let labels = labels(&project, 200, value);
        let tasks = project.tasks.iter().zip(&labels).map(|(config, labels)| Task { config, labels }).collect();
        let rows: Vec<usize> = (0..150).collect();
        let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
        let tuned = tune_trunk(&project, &old, &set, factor, 1, &Silent).unwrap();
        (old, tuned)
    }

    /// Largest difference between the weights of two lists of layers.
    fn movement<'a>(one: impl IntoIterator<Item = &'a Dense>, other: impl IntoIterator<Item = &'a Dense>) -> f32 {
        let pairs = one.into_iter().zip(other).flat_map(|(one, other)| one.weight.iter().zip(&other.weight));
        pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
    }

    fn trunks(model: &FloatModel) -> impl Iterator<Item = &Dense> {
        model.trunks.iter().flat_map(|trunk| &trunk.layers)
    }

    /// All epochs, so that factors can be compared.
    fn to_the_end(project: &mut Project) {
        project.training.early_stopping.validation = 0.0;
    }

    #[test]
    fn a_small_factor_leaves_the_trunk_nearly_still_and_a_large_one_does_not() {
        let moved = |factor| {
            let (old, tuned) = tune(factor, to_the_end);
            assert_eq!(tuned.log.chosen_epochs, 30);
            (movement(trunks(&old), trunks(&tuned.model)), tuned)
        };
        let ((still, slow), (far, _)) = (moved(1e-4), moved(1.0));
        assert!(still > 0.0 && still < 1e-3 && far > 0.03, "{still} {far}");
        // The new head learns at the full rate all the same, though it starts near its best.
        let (_, none) = tune(0.1, |project| project.training.epochs = 0);
        let own = |tuned: &TunedModel| tuned.model.heads[4].head.clone();
        let learnt = movement(&own(&slow), &own(&none));
        assert!(learnt > 3.0 * still, "{learnt} {still}");
    }

    #[test]
    fn frozen_paths_scales_and_decisions_stay_and_what_no_label_reaches_stays_near() {
        let (old, tuned) = tune(0.1, to_the_end);
        assert_eq!(tuned.model.normalization, old.normalization);
        for (old, new) in old.heads.iter().zip(&tuned.model.heads) {
            assert_eq!(
                (&old.linear, old.target, old.decision),
                (&new.linear, new.target, new.decision),
                "{}",
                old.task
            );
        }
        assert_eq!(tuned.model.heads.len(), 5);
        let features = features(200);
        for row in 150..200 {
            let (before, after) = (old.forward(features.row(row)), tuned.model.forward(features.row(row)));
            let pairs = before.iter().flatten().zip(after.iter().flatten());
            pairs.for_each(|(before, after)| assert!((before - after).abs() < 0.5, "{before} {after}"));
        }
    }

    #[test]
    fn without_an_epoch_the_tuned_model_is_the_frozen_one_with_its_head() {
        let (old, tuned) = tune(0.1, |project| project.training.epochs = 0);
        let mut model = tuned.model.clone();
        let head = model.heads.pop().unwrap();
        assert_eq!((model, head.task.as_str(), tuned.log.chosen_epochs), (old, "wear", 0));
        assert_eq!(tune(0.1, |_| ()).1, tune(0.1, |_| ()).1, "and the same again");
    }

    #[test]
    fn other_tasks_and_a_model_without_a_trunk_are_errors() {
        let (features, project) = (features(20), project());
        let labels = labels(&project, 20, |row| row as f32);
        let all: Vec<Task<'_>> =
            project.tasks.iter().zip(&labels).map(|(config, labels)| Task { config, labels }).collect();
        let rows: Vec<usize> = (0..20).collect();
        let tune = |old: &FloatModel, tasks: &[Task<'_>]| {
            let set =
                TrainingSet { features: &features, tasks: tasks.to_vec(), rows: &rows, units: None, weights: None };
            tune_trunk(&project, old, &set, 0.1, 1, &Silent).map(|_| ())
        };
        assert!(tune(&model(), &all).is_ok());
        assert!(matches!(tune(&model(), &all[1..]), Err(EvaluateError::Mismatch { .. })));
        let linear = FloatModel { heads: model().heads[3..].to_vec(), ..model() };
        assert!(matches!(tune(&linear, &all[3..]), Err(EvaluateError::NoTrunk)));
    }
}
