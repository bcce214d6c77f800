//! Negative transfer on a set made for it: grouping finds the groups and beats the single trunk; gradient methods win back most of what
//! the single trunk loses.
//!
//! Four values of eight normal inputs, in two groups. The tasks of a group are mixtures of the same three ridge functions `|1.5 u x|`,
//! each task with proportions of its own; the groups' directions u are drawn apart from each other. So the tasks of a group need the same
//! hidden units, and those of one group are of no use to the other: they compete for a trunk that has about as many units as both need.
//! The tasks `a` count ten times as much as the tasks `b`, as the losses of tasks in different units do: on one trunk theirs is the
//! say. A network of its own would not even notice its weight (AdamW's steps do not depend on the scale of a loss), so all that `b`
//! loses on the single trunk is negative transfer.
//!
//! Two remedies: trunks apart, of no more weights in all, end the competition for units as well as the say of the heavy tasks; methods
//! that bring the tasks' gradients into balance end the latter alone. So with equal weights, where nothing is left but the competition,
//! grouping still wins and gradient methods have nothing to win back; that is tested too. Errors are measured against noiseless truth on
//! 2000 rows that no model has seen, means of five sets drawn anew, each with a seed of its own.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use trunkline_shared::model::{TaskKind, TaskRole};
use trunkline_trainer::config::{GradientConfig, GroupingBy, GroupingConfig, Project, TaskConfig};
use trunkline_trainer::data::{Labels, TaskLabels};
use trunkline_trainer::features::FeatureMatrix;
use trunkline_trainer::grouping::Grouping;
use trunkline_trainer::train::{Silent, Task, Trained, TrainingSet, fit};

const FEATURES: usize = 8;
const TRAINING_ROWS: usize = 400;
const TEST_ROWS: usize = 2000;
const NAMES: [&str; 4] = ["a1", "b1", "a2", "b2"];
const TRUNK: [usize; 2] = [12, 12];
const SETS: [u64; 5] = [1, 2, 3, 4, 5];
/// How much more the tasks `a` count.
const HEAVY: f64 = 10.0;

/// The set: training rows first.
struct World {
    features: FeatureMatrix,
    project: Project,
    labels: Vec<TaskLabels>,
    /// Standardised values without noise (T x n).
    truth: Vec<Vec<f64>>,
    rows: Vec<usize>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        let n = TRAINING_ROWS + TEST_ROWS;
        let data: Vec<f32> = (0..n * FEATURES).map(|_| normal() as f32).collect();
        let directions: Vec<Vec<f64>> = (0..6).map(|_| unit((0..FEATURES).map(|_| normal()).collect())).collect();
        let mut world = Self {
            features: FeatureMatrix { rows: n, columns: FEATURES, names: vec![], blocks: vec![], data },
            project: project(HEAVY),
            labels: Vec::new(),
            truth: Vec::new(),
            rows: (0..TRAINING_ROWS).collect(),
        };
        for (task, name) in NAMES.into_iter().enumerate() {
            let ridges = &directions[3 * (task % 2)..][..3];
            let shares: Vec<f64> = ridges.iter().map(|_| 1.0 + 0.3 * normal().clamp(-2.0, 2.0)).collect();
            let ridge = |x: &[f32], u: &[f64]| x.iter().zip(u).map(|(x, u)| 1.5 * f64::from(*x) * u).sum::<f64>().abs();
            let value = |row| {
                let x = world.features.row(row);
                ridges.iter().zip(&shares).map(|(u, share)| share * ridge(x, u)).sum::<f64>()
            };
            let truth = standardised((0..n).map(value).collect());
            world.labels.push(TaskLabels {
                name: name.to_owned(),
                role: TaskRole::Other,
                kind: TaskKind::Regression,
                unit: String::new(),
                class_names: vec![],
                labels: Labels::Values(truth.iter().map(|value| Some((value + 0.02 * normal()) as f32)).collect()),
            });
            world.truth.push(truth);
        }
        world
    }

    /// A network for `tasks` (indices).
    fn fit(&self, project: &Project, tasks: &[usize], seed: u64) -> Trained {
        let task = |task: &usize| Task { config: &project.tasks[*task], labels: &self.labels[*task] };
        let tasks = tasks.iter().map(task).collect();
        let set = TrainingSet { features: &self.features, tasks, rows: &self.rows, units: None, weights: None };
        fit(project, &set, &project.model.trunk, seed, &Silent).unwrap()
    }

    /// Mean squared error of each of `tasks`, as a share of its variance, on the rows not trained on.
    fn errors(&self, trained: &Trained, tasks: &[usize]) -> Vec<f64> {
        let mut sums = vec![0.0; tasks.len()];
        for row in TRAINING_ROWS..self.features.rows {
            for ((sum, task), outputs) in sums.iter_mut().zip(tasks).zip(trained.model.forward(self.features.row(row)))
            {
                *sum += (f64::from(outputs[0]) - self.truth[*task][row]).powi(2);
            }
        }
        sums.into_iter().map(|sum| sum / TEST_ROWS as f64).collect()
    }
}

fn unit(vector: Vec<f64>) -> Vec<f64> {
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    vector.into_iter().map(|value| value / length).collect()
}

fn standardised(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let sd = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    values.into_iter().map(|value| (value - mean) / sd).collect()
}

/// Tasks `a` of this weight, tasks `b` of weight 1, on one trunk.
fn project(weight: f64) -> Project {
    let task = |name: &str| -> TaskConfig {
        let weight = if name.starts_with('a') { weight } else { 1.0 };
        let keys = format!(
            "name = '{name}'\nrole = 'other'\nkind = 'regression'\ntarget = {{ column = '{name}' }}\nweight = {weight:.1}\n\
             loss = {{ name = 'mse' }}\nlinear = {{ mode = 'off' }}"
        );
        toml::from_str(&keys).unwrap()
    };
    let text = "name = 'conflict'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[training]\nepochs = 100\n\
                learning_rate = 5e-3\nearly_stopping = { validation = 0.0 }\nrelation = { strength = 0.0 }";
    let mut project: Project = toml::from_str(text).unwrap();
    project.tasks = NAMES.map(task).to_vec();
    project.model.trunk = TRUNK.to_vec();
    project
}

fn grouped(by: GroupingBy, weight: f64) -> Project {
    let mut project = project(weight);
    project.model.grouping = Some(GroupingConfig { by, ..GroupingConfig::default() });
    project
}

fn with(gradient: GradientConfig, weight: f64) -> Project {
    let mut project = project(weight);
    project.training.gradient = gradient;
    project
}

const ALL: [usize; 4] = [0, 1, 2, 3];
const METHODS: [GradientConfig; 5] = [
    GradientConfig::Cagrad,
    GradientConfig::AlignedMtl,
    GradientConfig::Upgrad,
    GradientConfig::Pcgrad,
    GradientConfig::Mgda,
];

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean error over sets and tasks of the network that `project` makes.
fn joint_error(project: &Project) -> f64 {
    mean(SETS.map(|seed| {
        let world = World::new(seed);
        mean(world.errors(&world.fit(project, &ALL, seed), &ALL))
    }))
}

/// The same of separate networks, each as large as the joint one.
fn separate_error() -> f64 {
    mean(SETS.map(|seed| {
        let world = World::new(seed);
        mean(ALL.map(|task| world.errors(&world.fit(&world.project, &[task], seed), &[task])[0]))
    }))
}

fn groups(grouping: &Grouping) -> Vec<Vec<&str>> {
    grouping.groups.iter().map(|group| group.iter().map(String::as_str).collect()).collect()
}

#[test]
fn both_affinities_find_the_groups_on_every_set() {
    for seed in SETS {
        let world = World::new(seed);
        for (by, weight) in
            [(GroupingBy::Transference, HEAVY), (GroupingBy::Gradient, HEAVY), (GroupingBy::Transference, 1.0)]
        {
            let trained = world.fit(&grouped(by, weight), &ALL, seed);
            let found = trained.log.grouping.clone().expect("groups were looked for");
            assert_eq!(groups(&found), [["a1", "a2"], ["b1", "b2"]], "set {seed} {by:?} {found:?}");
            assert_eq!(trained.model.trunks.len(), 2);
            let (within, across) = (found.transference.mean[0][2], found.transference.mean[0][1]);
            assert!(within > 0.0 && within > across, "set {seed}: {within} {across}");
        }
    }
}

#[test]
fn grouping_beats_the_single_trunk_with_no_more_weights() {
    let world = World::new(1);
    let project_of_groups = grouped(GroupingBy::Transference, HEAVY);
    let [one, several] = [&world.project, &project_of_groups].map(|project| world.fit(project, &ALL, 1));
    assert!(several.model.parameter_count() <= one.model.parameter_count());
    assert_eq!(several, world.fit(&project_of_groups, &ALL, 1), "equal to the bit");

    for (weight, most) in [(HEAVY, 0.4), (1.0, 0.85)] {
        let one = joint_error(&project(weight));
        let several = joint_error(&grouped(GroupingBy::Transference, weight));
        eprintln!("weight {weight}: single trunk {one:.4}, grouped {several:.4}");
        assert!(several < most * one, "weight {weight}: single trunk {one:.4}, grouped {several:.4}");
    }
}

#[test]
fn gradient_methods_win_back_more_than_half_of_what_the_heavy_tasks_cost() {
    let separate = separate_error();
    let recovered = |weight| {
        let one = joint_error(&project(weight));
        eprintln!("weight {weight}: separate {separate:.4}, single trunk {one:.4}");
        let share = |gradient| {
            let share = (one - joint_error(&with(gradient, weight))) / (one - separate);
            eprintln!("  {gradient:?} wins back {share:.2}");
            share
        };
        (one, METHODS.map(share))
    };
    let (one, [cagrad, aligned, upgrad, pcgrad, mgda]) = recovered(HEAVY);
    assert!(one > 3.0 * separate, "the single trunk loses: {one:.4} against {separate:.4}");
    assert!(cagrad > 0.5 && aligned > 0.5, "{cagrad:.2} {aligned:.2}");
    // Where only gradients that conflict are projected, their lengths still rule.
    assert!((0.0..0.5).contains(&upgrad) && (0.0..0.5).contains(&pcgrad), "{upgrad:.2} {pcgrad:.2}");
    // The shortest convex combination is all but the short gradients of `b`: now `a` learns next to nothing.
    assert!(mgda < 0.0, "{mgda:.2}");
    let (_, equal) = recovered(1.0);
    assert!(equal.iter().all(|share| *share < 0.3), "there is nothing to win back from competition alone: {equal:?}");
}

#[test]
fn without_conflict_one_trunk_is_kept() {
    // The two tasks of one group alone.
    let world = World::new(1);
    let mut project = grouped(GroupingBy::Transference, HEAVY);
    project.tasks.truncate(3);
    project.tasks.remove(1);
    let set = TrainingSet {
        features: &world.features,
        tasks: project
            .tasks
            .iter()
            .zip([0, 2])
            .map(|(config, at)| Task { config, labels: &world.labels[at] })
            .collect(),
        rows: &world.rows,
        units: None,
        weights: None,
    };
    let trained = fit(&project, &set, &TRUNK, 1, &Silent).unwrap();
    let found = trained.log.grouping.clone().unwrap();
    assert_eq!((groups(&found), &found.trunk[..]), (vec![vec!["a1", "a2"]], &TRUNK[..]));
    let mut plain = project.clone();
    plain.model.grouping = None;
    assert_eq!(
        trained.model,
        fit(&plain, &set, &TRUNK, 1, &Silent).unwrap().model,
        "the network is that without the section"
    );
}
