use std::cell::Cell;

use super::*;
use crate::config::{TaskConfig, TrainingConfig, kind_name};
use crate::data::{Labels, TaskLabels};
use crate::features::FeatureMatrix;
use crate::model::{Normalization, TargetScale, TaskHead};
use crate::train::Task;
use crate::train::loss::MeanSquaredError;

const ROWS: usize = 240;

fn project(teacher: TeacherConfig, tasks: &[&str]) -> Project {
    let text = "name = 'test'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n";
    let mut project: Project = toml::from_str(text).unwrap();
    let distillation = DistillationConfig {
        teacher,
        trees: 30,
        members: 2,
        temperature: 1.0,
        tasks: tasks.iter().map(|task| (*task).to_owned()).collect(),
        ..DistillationConfig::default()
    };
    project.training = TrainingConfig { distillation: Some(distillation), ..TrainingConfig::default() };
    project
}

/// A flag that follows the first feature, one that follows nothing, and a value; every fifth row has no label. Units of 8 rows.
struct World {
    features: FeatureMatrix,
    units: Vec<u32>,
    configs: Vec<TaskConfig>,
    labels: Vec<TaskLabels>,
    rows: Vec<usize>,
}

impl World {
    fn new() -> Self {
        let number = |i: usize| ((i * 7919 + i * i * 104_729) % 1009) as f32 / 504.5 - 1.0;
        let (told, chance) = (|row: usize| number(2 * row) > 0.1, |row: usize| (row * row * 31 / 7).is_multiple_of(2));
        let known = |row: usize| !row.is_multiple_of(5);
        let flag = |of: &dyn Fn(usize) -> bool| {
            Labels::Classes((0..ROWS).map(|row| known(row).then(|| u16::from(of(row)))).collect())
        };
        let value = Labels::Values((0..ROWS).map(|row| known(row).then(|| 40.0 + 5.0 * number(2 * row + 1))).collect());
        let labels = vec![
            TaskLabels::sample("told", TaskKind::Binary, 2, flag(&told)),
            TaskLabels::sample("chance", TaskKind::Binary, 2, flag(&chance)),
            TaskLabels::sample("value", TaskKind::Regression, 0, value),
        ];
        let config = |labels: &TaskLabels| {
            let (name, kind) = (&labels.name, kind_name(labels.kind));
            let linear = "linear = { mode = 'zero' }";
            let text =
                format!("name = '{name}'\nrole = 'other'\nkind = '{kind}'\ntarget = {{ column = '{name}' }}\n{linear}");
            toml::from_str(&text).unwrap()
        };
        Self {
            features: FeatureMatrix {
                rows: ROWS,
                columns: 2,
                names: vec!["a".into(), "b".into()],
                blocks: Vec::new(),
                data: (0..2 * ROWS).map(number).collect(),
            },
            units: (0..ROWS as u32).map(|row| row / 8).collect(),
            configs: labels.iter().map(config).collect(),
            labels,
            rows: (0..ROWS).filter(|row| row % 7 != 0).collect(),
        }
    }

    fn set(&self) -> TrainingSet<'_> {
        let tasks = self.configs.iter().zip(&self.labels).map(|(config, labels)| Task { config, labels }).collect();
        TrainingSet { features: &self.features, tasks, rows: &self.rows, units: Some(&self.units), weights: None }
    }

    fn targets(&self, project: &Project) -> Vec<Option<SoftTargets>> {
        let set = self.set();
        let problem = Problem::fit(project, &set, &self.rows, 3);
        soft_targets(project, &set, &self.rows, &problem, 3, |_, _, _| panic!("trees need no network")).unwrap()
    }

    fn label(&self, task: usize, row: usize) -> Option<f32> {
        match &self.labels[task].labels {
            Labels::Classes(classes) => classes[row].map(f32::from),
            Labels::Values(values) => values[row],
        }
    }
}

/// The slope at the output 0: 1/2 less the teacher's probability, or -2 times its value.
fn target(soft: &SoftTargets, place: usize) -> f32 {
    let mut slope = [0.0];
    soft.loss(place, &[0.0], &MeanSquaredError, &mut slope);
    slope[0]
}

#[test]
fn a_forest_knows_what_can_be_told_and_not_the_labels_of_the_rows_that_it_answers() {
    let world = World::new();
    let targets = world.targets(&project(TeacherConfig::ExtraTrees, &[]));
    let agreement = |task: usize| {
        let soft = targets[task].as_ref().unwrap();
        let known = world.rows.iter().enumerate().filter_map(|(place, row)| Some((place, world.label(task, *row)?)));
        let agree: Vec<bool> = known.map(|(place, label)| (0.5 - target(soft, place) > 0.5) == (label > 0.5)).collect();
        agree.iter().filter(|agree| **agree).count() as f64 / agree.len() as f64
    };
    assert!(agreement(0) > 0.9, "{}", agreement(0));
    // Fitted on the rows themselves a forest of pure leaves agrees with every label.
    assert!(agreement(1) < 0.7, "{}", agreement(1));
    let error: f64 = world
        .rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| Some((-target(targets[2].as_ref().unwrap(), place) / 2.0, world.label(2, *row)?)))
        .map(|(answer, label)| f64::from(answer - (label - 40.0) / 5.0 / 0.577).powi(2))
        .sum();
    assert!(error / (world.rows.len() as f64) < 0.1, "{error}");
}

#[test]
fn rows_without_a_label_have_a_soft_target_too_and_tasks_left_out_have_none() {
    let world = World::new();
    let targets = world.targets(&project(TeacherConfig::ExtraTrees, &["value"]));
    assert!(targets[0].is_none() && targets[1].is_none());
    let soft = targets[2].as_ref().unwrap();
    assert!((0..world.rows.len()).all(|place| soft.has(place) && target(soft, place).is_finite()));
    assert_eq!(targets, world.targets(&project(TeacherConfig::ExtraTrees, &["value"])));
}

#[test]
fn teachers_are_fitted_by_the_weights_of_the_rows() {
    let world = World::new();
    let project = project(TeacherConfig::Boosting, &["value"]);
    let targets = |weight: &dyn Fn(usize) -> f32| {
        let weights: Vec<f32> = (0..ROWS).map(weight).collect();
        let set = TrainingSet { weights: Some(&weights), ..world.set() };
        let problem = Problem::fit(&project, &set, &world.rows, 3);
        soft_targets(&project, &set, &world.rows, &problem, 3, |_, _, _| panic!("trees need no network")).unwrap()
    };
    assert_eq!(targets(&|_| 1.0), world.targets(&project));
    assert_ne!(targets(&|row| 1.0 + (row % 3) as f32), world.targets(&project));
}

#[test]
fn without_the_section_nobody_is_asked() {
    let world = World::new();
    let mut silent = project(TeacherConfig::Ensemble, &[]);
    silent.training.distillation = None;
    assert_eq!(world.targets(&silent), vec![None, None, None]);
}

#[test]
fn the_members_of_an_ensemble_are_trained_without_the_rows_they_answer_and_their_mean_is_the_target() {
    let world = World::new();
    let (set, project) = (world.set(), project(TeacherConfig::Ensemble, &["value", "told"]));
    let problem = Problem::fit(&project, &set, &world.rows, 3);
    let fits = Cell::new(0u32);
    let seen = std::cell::RefCell::new(Vec::new());
    let targets = soft_targets(&project, &set, &world.rows, &problem, 3, |alone, part, seed| {
        assert!(alone.training.distillation.is_none() && part.tasks.len() == 3);
        fits.set(fits.get() + 1);
        seen.borrow_mut().push((part.rows.to_vec(), seed));
        // Members answer 1, 2, 3, 4, ... standard deviations above the mean, and logits of 0.
        let scale = problem.wiring[2].target;
        let head = |task: usize| TaskHead {
            task: world.labels[task].name.clone(),
            kind: world.labels[task].kind,
            trunk: 0,
            decision: Default::default(),
            hidden: Vec::new(),
            head: None,
            reads: Vec::new(),
            linear: Some(crate::model::Dense {
                outputs: 1,
                inputs: 2,
                weight: vec![0.0, 0.0],
                bias: vec![if task == 2 { fits.get() as f32 } else { 0.0 }],
            }),
            target: if task == 2 { scale } else { TargetScale { mean: 0.0, sd: 1.0 } },
        };
        let normalization = Normalization { mean: vec![0.0; 2], gain: vec![1.0; 2], clip_sd: 8.0, raw: vec![] };
        Ok(FloatModel { normalization, trunks: Vec::new(), heads: (0..3).map(head).collect(), narrow: vec![] })
    })
    .unwrap();
    // Three folds of two members each.
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 6);
    let mut seeds: Vec<u64> = seen.iter().map(|(_, seed)| *seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 6);
    for (place, row) in world.rows.iter().enumerate() {
        let fold = seen.iter().position(|(rows, _)| !rows.contains(row)).unwrap();
        assert!(seen[fold + 1].0.iter().all(|fitted| world.units[*fitted] != world.units[*row]));
        let mean = (2 * fold + 3) as f32 / 2.0;
        let value = -target(targets[2].as_ref().unwrap(), place) / 2.0;
        assert!((value - mean).abs() < 1e-4, "{value} {mean}");
        assert!(target(targets[0].as_ref().unwrap(), place).abs() < 1e-6);
    }
    assert!(targets[1].is_none());
}
