//! What a whole fit promises.

mod convolutions;
mod methods;
mod quantized;

use trunkline_shared::model::{TaskKind, TaskRole};

use super::*;
use crate::config::{
    CalibrationConfig, ClassWeighting, ClassWeights, EarlyStoppingConfig, LinearConfig, LinearMode, LossConfig,
    Project, ReadConfig, ReadOf, RelationConfig, TargetConfig, TaskConfig, ThresholdConfig, TrainingConfig,
};
use crate::data::{Labels, TaskLabels};
use crate::features::FeatureMatrix;
use crate::model::{Decision, TaskHead};
use crate::train::{Silent, Task};

const FEATURES: usize = 6;
const ROWS: usize = 240;

fn project() -> Project {
    let text = "name = 'test'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n";
    let mut project: Project = toml::from_str(text).unwrap();
    project.training = TrainingConfig {
        epochs: 12,
        batch: 16,
        learning_rate: 5e-3,
        input_noise: 0.1,
        early_stopping: EarlyStoppingConfig { validation: 0.0, patience: 5, tolerance: 0.0, refit: true },
        ..TrainingConfig::default()
    };
    project
}

fn config(name: &str, kind: TaskKind, mode: LinearMode) -> TaskConfig {
    TaskConfig {
        name: name.into(),
        role: TaskRole::Other,
        kind,
        target: TargetConfig::Column { column: name.into() },
        unit: String::new(),
        classes: Vec::new(),
        class_names: Vec::new(),
        loss: (kind == TaskKind::Regression).then_some(LossConfig::Huber { delta: 0.5 }),
        threshold: None,
        weight: 1.0,
        linear: LinearConfig { mode, scale: 0.5, l2: 1e-3, bits: None },
        trunk_head: true,
        hidden: None,
        period: None,
        reads: Vec::new(),
    }
}

/// Rows in groups of 8, three tasks of them: three classes, a flag and a value that no linear model can tell.
struct World {
    features: FeatureMatrix,
    groups: Vec<u32>,
    configs: Vec<TaskConfig>,
    labels: Vec<TaskLabels>,
    rows: Vec<usize>,
}

impl World {
    fn new() -> Self {
        let x =
            |row: usize, column: usize| ((row * 31 + column * 17 + row * row * (column + 3)) % 101) as f32 / 50.0 - 1.0;
        let data = (0..ROWS * FEATURES).map(|i| x(i / FEATURES, i % FEATURES)).collect();
        let class = |row: usize| Some(if x(row, 0) > 0.3 { 2 } else { u16::from(x(row, 1) > 0.0) });
        let flag = |row: usize| (!row.is_multiple_of(3)).then_some(u16::from(x(row, 2) > 0.2));
        let value = |row: usize| {
            (!row.is_multiple_of(5)).then_some(50.0 + 10.0 * (x(row, 0) * x(row, 1) + 0.5 * x(row, 3)).abs())
        };
        Self {
            features: FeatureMatrix {
                rows: ROWS,
                columns: FEATURES,
                names: (0..FEATURES).map(|column| format!("f{column}")).collect(),
                blocks: Vec::new(),
                data,
            },
            groups: (0..ROWS as u32).map(|row| row / 8).collect(),
            configs: vec![
                config("class", TaskKind::MultiClass, LinearMode::Trained),
                config("flag", TaskKind::Binary, LinearMode::Frozen),
                config("value", TaskKind::Regression, LinearMode::Zero),
            ],
            labels: vec![
                TaskLabels::sample("class", TaskKind::MultiClass, 3, Labels::Classes((0..ROWS).map(class).collect())),
                TaskLabels::sample("flag", TaskKind::Binary, 2, Labels::Classes((0..ROWS).map(flag).collect())),
                TaskLabels::sample("value", TaskKind::Regression, 0, Labels::Values((0..ROWS).map(value).collect())),
            ],
            rows: (0..ROWS).filter(|row| row % 4 != 3).collect(),
        }
    }

    fn set(&self) -> TrainingSet<'_> {
        let tasks = self.configs.iter().zip(&self.labels).map(|(config, labels)| Task { config, labels }).collect();
        TrainingSet { features: &self.features, tasks, rows: &self.rows, units: Some(&self.groups), weights: None }
    }

    /// Mean squared error of the value on rows not trained on.
    fn value_error(&self, model: &FloatModel) -> f64 {
        let Labels::Values(values) = &self.labels[2].labels else { unreachable!() };
        let errors: Vec<f64> = (0..ROWS)
            .filter(|row| row % 4 == 3)
            .filter_map(|row| {
                let x = self.features.row(row);
                values[row].map(|value| f64::from(model.forward(x)[2][0] - value).powi(2))
            })
            .collect();
        errors.iter().sum::<f64>() / errors.len() as f64
    }
}

fn in_pool(threads: usize, work: impl FnOnce() -> Trained + Send) -> Trained {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let mut world = World::new();
    // Wide enough for a product that would use threads if it could; one task reads another's frozen path.
    world.configs[2].reads = vec![ReadConfig { task: "flag".into(), of: ReadOf::Output }];
    let (mut project, trunk) = (project(), [700, 400]);
    project.training.epochs = 2;
    project.training.batch = 64;
    let run = |seed| fit(&project, &world.set(), &trunk, seed, &Silent).unwrap();
    let one = in_pool(1, || run(7));
    let two = in_pool(2, || run(7));
    let four = in_pool(4, || run(7));
    assert_eq!(one, two);
    assert_eq!(one, four);
    assert_ne!(one.model, in_pool(2, || run(8)).model);
}

#[test]
fn dropout_changes_the_course_but_neither_its_repetition_nor_its_aim() {
    let world = World::new();
    let with = |dropout| {
        let mut project = project();
        project.training.dropout = dropout;
        fit(&project, &world.set(), &[16, 8], 3, &Silent).unwrap()
    };
    let dropped = with(0.2);
    assert_eq!(dropped, with(0.2));
    assert_ne!(dropped.model, with(0.0).model);
    let losses = |epoch: usize| dropped.log.epochs[epoch].losses.iter().sum::<f32>();
    assert!(losses(dropped.log.epochs.len() - 1) < losses(0));
}

#[test]
fn fits_side_by_side_do_not_disturb_each_other() {
    use rayon::prelude::*;
    let (world, project) = (World::new(), project());
    let alone: Vec<Trained> =
        (0..4).map(|seed| fit(&project, &world.set(), &[12, 8], seed, &Silent).unwrap()).collect();
    let together: Vec<Trained> =
        (0..4u64).into_par_iter().map(|seed| fit(&project, &world.set(), &[12, 8], seed, &Silent).unwrap()).collect();
    assert_eq!(alone, together);
}

#[test]
fn training_lowers_every_loss_and_beats_the_linear_baseline() {
    let (world, mut project) = (World::new(), project());
    project.training.epochs = 60;
    let trained = fit(&project, &world.set(), &[24, 12], 1, &Silent).unwrap();
    let (first, last) = (&trained.log.epochs[0].losses, &trained.log.epochs[59].losses);
    assert!(first.iter().zip(last).all(|(first, last)| last < first), "{first:?} {last:?}");
    let baseline = fit_linear_baseline(&project, &world.set(), 1).unwrap();
    assert!(world.value_error(&trained.model) < 0.6 * world.value_error(&baseline));
    assert!(
        baseline.trunks.iter().all(|trunk| trunk.layers.is_empty())
            && baseline.heads.iter().all(|head| head.head.is_none())
    );
}

#[test]
fn early_stopping_keeps_whole_groups_apart_and_refits_for_the_epochs_it_chose() {
    let (world, mut project) = (World::new(), project());
    project.training.early_stopping =
        EarlyStoppingConfig { validation: 0.25, patience: 3, tolerance: 0.0, refit: true };
    let refitted = fit(&project, &world.set(), &[12, 8], 3, &Silent).unwrap();
    assert!(!refitted.log.validation_epochs.is_empty());
    assert_eq!(refitted.log.epochs.len(), refitted.log.chosen_epochs);
    project.training.early_stopping.refit = false;
    let kept = fit(&project, &world.set(), &[12, 8], 3, &Silent).unwrap();
    assert_eq!(kept.log.chosen_epochs, refitted.log.chosen_epochs);
    let scores = kept.log.validation_epochs.iter().filter_map(|record| record.validation);
    let best = scores.fold(f64::INFINITY, f64::min);
    let chosen = &kept.log.validation_epochs[kept.log.chosen_epochs - 1];
    assert_eq!(chosen.validation, Some(best));
    assert_ne!(kept.model, refitted.model);
}

#[test]
fn alternations_are_logged_and_survive_serialisation() {
    let (world, mut project) = (World::new(), project());
    project.training.relation = RelationConfig { strength: 1e-2, warmup_epochs: 2, ..RelationConfig::default() };
    let log = fit(&project, &world.set(), &[12, 8], 1, &Silent).unwrap().log;
    assert_eq!(log.alternations[0].epoch, 2);
    assert!(log.alternations.iter().all(|record| record.movement.is_finite() && record.penalty > 0.0));
    let relation = log.relation.clone().unwrap();
    assert_eq!(relation.tasks, ["class", "flag", "value"]);
    assert!(relation.matrix.iter().enumerate().all(|(task, row)| (row[task] - 1.0).abs() < 1e-9));
    let bytes = postcard::to_stdvec(&log).unwrap();
    assert_eq!(postcard::from_bytes::<TrainingLog>(&bytes).unwrap(), log);
}

#[test]
fn a_single_task_without_head_is_its_closed_form() {
    let (mut world, project) = (World::new(), project());
    world.configs[1].trunk_head = false;
    world.configs[1].linear.scale = 1.0;
    let mut set = world.set();
    set.tasks = vec![set.tasks[1]];
    let trained = fit(&project, &set, &[12, 8], 1, &Silent).unwrap();
    assert_eq!(trained.model, fit_linear_baseline(&project, &set, 1).unwrap());
    assert!(trained.log.epochs.is_empty() && trained.log.relation.is_none());
}

#[test]
fn a_class_absent_from_the_training_rows_leaves_everything_finite() {
    let (mut world, project) = (World::new(), project());
    let Labels::Classes(classes) = &mut world.labels[0].labels else { unreachable!() };
    classes.iter_mut().for_each(|class| *class = class.filter(|class| *class != 1));
    let model = fit(&project, &world.set(), &[12, 8], 1, &Silent).unwrap().model;
    let outputs = model.forward(&[8.0; FEATURES]);
    assert!(outputs.iter().flatten().all(|value| value.is_finite()), "{outputs:?}");
}

#[test]
fn a_task_without_any_label_is_refused_by_name() {
    let (mut world, project) = (World::new(), project());
    world.labels[1].labels = Labels::Classes(vec![None; ROWS]);
    let error = fit(&project, &world.set(), &[12, 8], 1, &Silent).unwrap_err();
    assert!(matches!(&error, TrainError::NoLabels { task, rows: 180 } if task == "flag"), "{error}");
}

#[test]
fn labels_losses_and_paths_that_make_no_sense_are_refused() {
    let refusal = |spoil: &dyn Fn(&mut World)| {
        let mut world = World::new();
        spoil(&mut world);
        fit(&project(), &world.set(), &[12, 8], 1, &Silent).unwrap_err()
    };
    let error = refusal(&|world| {
        let Labels::Classes(classes) = &mut world.labels[0].labels else { unreachable!() };
        classes[4] = Some(3);
    });
    assert!(matches!(error, TrainError::Label { row: 4, classes: 3, .. }), "{error}");
    let error = refusal(&|world| world.configs[0].loss = Some(LossConfig::Mse));
    assert!(matches!(error, TrainError::LossKind { .. }), "{error}");
    let error = refusal(&|world| {
        world.configs[2].trunk_head = false;
        world.configs[2].linear.mode = LinearMode::Off;
    });
    assert!(matches!(error, TrainError::NoPath { .. }), "{error}");
    let error = refusal(&|world| world.rows.clear());
    assert!(matches!(error, TrainError::Empty { .. }), "{error}");
}

#[test]
fn a_diverging_training_says_which_task_and_epoch() {
    let (world, mut project) = (World::new(), project());
    project.training.learning_rate = 1e30;
    let error = fit(&project, &world.set(), &[12, 8], 1, &Silent).unwrap_err();
    assert!(matches!(error, TrainError::NonFinite { epoch: 1, .. }), "{error}");
}

#[test]
fn calibration_is_fitted_to_rows_not_trained_on_and_leaves_the_network_as_it_is() {
    let mut world = World::new();
    let mut project = project();
    let plain = fit(&project, &world.set(), &[8], 3, &Silent).unwrap();
    assert!(plain.log.calibration.is_empty());
    project.training.calibration = Some(CalibrationConfig { folds: 3 });
    world.configs[1].threshold = Some(ThresholdConfig::Cost { false_alarm_cost: 1.0, miss_cost: 5.0 });
    let calibrated = fit(&project, &world.set(), &[8], 3, &Silent).unwrap();
    assert_eq!(calibrated, in_pool(2, || fit(&project, &world.set(), &[8], 3, &Silent).unwrap()));

    let [class, flag] = calibrated.log.calibration.as_slice() else { panic!("{:?}", calibrated.log.calibration) };
    let labelled = world.rows.iter().filter(|row| !row.is_multiple_of(3)).count();
    assert_eq!((class.rows, flag.rows), (world.rows.len(), labelled));
    assert!(class.temperature > 0.0 && class.temperature != 1.0 && class.threshold.is_none());
    assert!(flag.nll_after.unwrap() < flag.nll_before.unwrap());
    let heads = &calibrated.model.heads;
    assert_eq!(heads[1].decision.threshold, flag.threshold.unwrap().logit);
    assert_eq!(heads[2].decision, Decision::default());
    for row in 0..8 {
        let (before, after) =
            (plain.model.forward(world.features.row(row)), calibrated.model.forward(world.features.row(row)));
        let scaled = |outputs: &[f32], head: &TaskHead| -> Vec<f32> {
            outputs.iter().map(|output| output / head.decision.temperature).collect()
        };
        assert_eq!(after, before.iter().zip(heads).map(|(outputs, head)| scaled(outputs, head)).collect::<Vec<_>>());
    }
}

/// The flag of one group only.
fn flagged_in_one_group() -> World {
    let mut world = World::new();
    let Labels::Classes(flags) = &mut world.labels[1].labels else { unreachable!() };
    flags.iter_mut().enumerate().filter(|(row, _)| world.groups[*row] != 9).for_each(|(_, flag)| *flag = None);
    world
}

#[test]
fn a_task_labelled_in_one_inner_fold_only_is_left_as_it_is_by_calibration() {
    let (world, mut project) = (flagged_in_one_group(), project());
    project.training.calibration = Some(CalibrationConfig { folds: 3 });
    let calibrated = fit(&project, &world.set(), &[8], 3, &Silent).unwrap();
    let [class, flag] = calibrated.log.calibration.as_slice() else { panic!("{:?}", calibrated.log.calibration) };
    assert_eq!((class.rows, flag.rows, flag.temperature, flag.nll_before), (world.rows.len(), 0, 1.0, None));
    assert!(class.temperature != 1.0);
}

#[test]
fn rows_of_weight_zero_are_not_calibrated_on() {
    let (mut world, mut project) = (World::new(), project());
    project.training.calibration = Some(CalibrationConfig { folds: 3 });
    world.configs[1].threshold = Some(ThresholdConfig::Cost { false_alarm_cost: 1.0, miss_cost: 5.0 });
    let weights: Vec<f32> = (0..ROWS).map(|row| if row % 5 == 0 { 0.0 } else { 1.0 }).collect();
    let set = TrainingSet { weights: Some(&weights), ..world.set() };
    let calibrated = fit(&project, &set, &[8], 3, &Silent).unwrap();
    let counted = world.rows.iter().filter(|row| !row.is_multiple_of(5));
    let flags = counted.clone().filter(|row| !row.is_multiple_of(3)).count();
    let rows: Vec<usize> = calibrated.log.calibration.iter().map(|task| task.rows).collect();
    assert_eq!(rows, [counted.count(), flags]);
}

#[test]
fn a_model_that_is_kept_without_a_second_training_has_learnt_every_task() {
    let (world, mut project) = (flagged_in_one_group(), project());
    project.training.early_stopping = EarlyStoppingConfig { validation: 0.5, refit: false, ..Default::default() };
    let validated = (0..8).map(|seed| {
        let trained = fit(&project, &world.set(), &[8], seed, &Silent).unwrap();
        let linear = trained.model.heads[1].linear.as_ref().unwrap();
        assert!(linear.bias.iter().chain(&linear.weight).any(|weight| *weight != 0.0), "seed {seed}");
        usize::from(!trained.log.validation_epochs.is_empty())
    });
    // The group is among the rows held out for some seeds and among the others for some.
    assert!((1..8).contains(&validated.sum::<usize>()));
}

#[test]
fn weights_that_the_last_step_breaks_are_refused() {
    let (world, mut project) = (World::new(), project());
    (project.training.learning_rate, project.training.epochs, project.training.batch) = (1e300, 1, ROWS);
    project.training.warmup_epochs = 0;
    let error = fit(&project, &world.set(), &[12, 8], 1, &Silent).unwrap_err();
    assert!(matches!(error, TrainError::NonFinite { epoch: 1, .. }), "{error}");
}

#[test]
fn a_calibration_that_would_have_to_part_the_only_group_is_refused() {
    let world = World::new();
    let mut project = project();
    project.training.calibration = Some(CalibrationConfig { folds: 3 });
    let one = vec![0; ROWS];
    let set = TrainingSet { units: Some(&one), ..world.set() };
    assert!(matches!(fit(&project, &set, &[8], 3, &Silent), Err(TrainError::OneUnit { .. })));
}

#[test]
fn every_loss_trains_to_a_finite_model_of_the_tasks_outputs() {
    let mut world = World::new();
    let project = project();
    let value_losses = [LossConfig::Mse, LossConfig::GaussianNll];
    let balanced = || Some(ClassWeights::Rule(ClassWeighting::Balanced));
    for value in value_losses {
        world.configs[0].loss = Some(LossConfig::Focal { gamma: 2.0, class_weights: balanced() });
        world.configs[1].loss = Some(LossConfig::BinaryCrossEntropy { smoothing: 0.1, class_weights: balanced() });
        world.configs[2].loss = Some(value.clone());
        for mode in [LinearMode::Off, LinearMode::Frozen, LinearMode::Trained, LinearMode::Zero] {
            world.configs[2].linear.mode = mode;
            let trained = fit(&project, &world.set(), &[8], 3, &Silent).unwrap();
            let outputs = trained.model.forward(world.features.row(0));
            assert_eq!(outputs.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 1]);
            assert!(outputs.iter().flatten().all(|output| output.is_finite()));
            assert_eq!(trained.all_outputs.is_some(), value == LossConfig::GaussianNll);
            if let Some(all) = &trained.all_outputs {
                let all = all.forward(world.features.row(0));
                assert_eq!((all[2].len(), all[2][0], &all[..2]), (2, outputs[2][0], &outputs[..2]));
            }
            assert!(
                world.value_error(&trained.model) < 40.0,
                "{value:?} {mode:?} {}",
                world.value_error(&trained.model)
            );
            assert!(trained.log.epochs.last().unwrap().losses[2] < trained.log.epochs[0].losses[2]);
        }
    }
}
