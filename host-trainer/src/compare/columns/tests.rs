//! Verdicts on answers that know nothing, and on answers that differ in a known way.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::TaskKind;

use super::super::judge::Jury;
use super::*;
use crate::config::{Project, parse};
use crate::data::{Dataset, Labels, TaskLabels};
use crate::evaluate::{Answer, Dealt, Limits, Predictions};

const GROUPS: usize = 24;
const ROWS: usize = GROUPS * 4;

fn project(split: &str) -> Project {
    let text = format!(
        "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\ngroup = \"g\"\n{split}\n[[channels]]\nname = \"a\"\n\
         [[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"y\" }}\n[training]\nseeds = [1, 2]\n"
    );
    parse(&text, "t.toml").unwrap()
}

fn dataset(tasks: Vec<TaskLabels>) -> Dataset {
    Dataset {
        rows: ROWS,
        window_ms: 0,
        channels: Vec::new(),
        tasks,
        groups: Some((0..ROWS).map(|row| (row * GROUPS / ROWS) as u32).collect()),
        group_names: Vec::new(),
        folds: None,
        subsets: Vec::new(),
        weights: None,
        hours: None,
        sha256: String::new(),
    }
}

/// Values and classes that nothing tells of, three tasks of each.
fn noise(random: &mut ChaCha8Rng) -> Vec<TaskLabels> {
    let mut values = || Labels::Values((0..ROWS).map(|_| Some(random.random_range(-1.0..1.0))).collect());
    let mut tasks: Vec<TaskLabels> =
        (0..3).map(|_| TaskLabels::sample("t", TaskKind::Regression, 0, values())).collect();
    let mut classes = || Labels::Classes((0..ROWS).map(|_| Some(random.random_range(0..2u16))).collect());
    tasks.extend((0..3).map(|_| TaskLabels::sample("t", TaskKind::Binary, 2, classes())));
    tasks
}

/// The answers `answer(task, row)`, the same with each of two seeds.
fn answers(tasks: usize, mut answer: impl FnMut(usize, usize) -> f32) -> Vec<Predictions> {
    let mut predictions = Predictions::none(tasks, ROWS);
    for row in 0..ROWS {
        let outputs: Vec<Answer> = (0..tasks).map(|task| vec![answer(task, row)].into()).collect();
        predictions.set(row, outputs);
    }
    vec![predictions; 2]
}

fn told(against: &[Option<Interval>]) -> usize {
    against.iter().flatten().filter(|interval| interval.is_above_zero() || interval.is_below_zero()).count()
}

#[test]
fn labels_that_are_noise_are_called_so_however_many_methods_look_at_them() {
    let project = project("method = \"grouped\"\nfolds = 3");
    let methods: Vec<&'static Method> = METHODS.iter().skip(1).take(25).collect();
    let (mut singly, mut families, mut learnt) = (0, 0, 0);
    for seed in 0..12 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let dataset = dataset(noise(&mut random));
        let dealt = Dealt::new(&project, &dataset, Limits::default()).unwrap();
        let jury = Jury::new(&dataset, &dealt, 300);
        let mut guess =
            |width: f32| answers(6, |_, _| if width > 0.0 { random.random_range(-width..width) } else { 0.0 });
        let mut bench: Bench = [(Contender::Constant, 0.0), (Contender::Linear, 0.3), (JOINT, 0.3)]
            .map(|(contender, width)| (((0, 0), contender), jury.judge(contender, &guess(width))))
            .into();
        for place in 1..=methods.len() {
            bench.insert(((0, place), JOINT), jury.judge(JOINT, &guess(0.3)));
        }
        let columns = main_columns(&bench, &methods, &Courses::new());
        let against = || columns.iter().filter_map(|column| column.against.get(AS_CONFIGURED));
        assert_eq!(against().count(), methods.len());
        singly += against().map(|against| told(&against.tasks)).sum::<usize>();
        families += usize::from(against().any(|against| told(&against.simultaneous) > 0));
        let skills = columns.iter().flat_map(|column| &column.skill_simultaneous).flatten();
        learnt += usize::from(skills.into_iter().any(Interval::is_above_zero));
    }
    assert!(singly > 20, "of 1800 differences {singly} exclude 0 singly");
    assert!(
        families <= 2 && learnt <= 2,
        "of 12 sets of labels {families} tell methods apart, {learnt} are called learnt"
    );
}

#[test]
fn a_difference_that_is_there_is_told_and_a_broken_task_costs() {
    let project = project("method = \"grouped\"\nfolds = 3");
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let tasks = noise(&mut random);
    let truth: Vec<Vec<f32>> = (tasks.iter())
        .map(|task| match &task.labels {
            Labels::Values(values) => values.iter().map(|value| value.unwrap_or(0.0)).collect(),
            Labels::Classes(classes) => classes.iter().map(|class| f32::from(class.unwrap_or(0)) * 2.0 - 1.0).collect(),
        })
        .collect();
    let dataset = dataset(tasks);
    let dealt = Dealt::new(&project, &dataset, Limits::default()).unwrap();
    let jury = Jury::new(&dataset, &dealt, 300);
    let mut noisy = |width: f32| answers(6, |task, row| truth[task][row] + random.random_range(-1.0..1.0) * width);
    // The single networks solve the classes; the joint one does not.
    let single = answers(6, |task, row| if task < 3 { truth[task][row] + 0.2 } else { truth[task][row] });
    let bench: Bench = BTreeMap::from([
        (((0, 0), Contender::Constant), jury.judge(Contender::Constant, &answers(6, |_, _| 0.0))),
        (((0, 0), Contender::Linear), jury.judge(Contender::Linear, &noisy(0.4))),
        (((0, 0), Contender::Single), jury.judge(Contender::Single, &single)),
        (((0, 0), JOINT), jury.judge(JOINT, &noisy(1.8))),
    ]);
    let columns = main_columns(&bench, &[], &Courses::new());
    let joint = columns.last().unwrap();
    assert_eq!(joint.name, AS_CONFIGURED);
    let against = &joint.against["single"];
    assert!(against.simultaneous.iter().take(3).flatten().all(Interval::is_below_zero), "{against:?}");
    assert_eq!((against.delta_m_tasks, against.simultaneous.len()), (6, 6));
    let delta_m = against.delta_m.unwrap();
    assert!(delta_m.value < -500.0 && delta_m.low.unwrap() <= delta_m.value, "AUC of 1.000 lost counts: {delta_m:?}");
    assert!(against.delta_m_of_folds.iter().flatten().all(|fold| fold.is_some_and(|fold| fold < 0.0)));
    let linear = columns.iter().find(|column| column.name == "linear").unwrap();
    assert!(linear.skill_simultaneous.iter().flatten().all(Interval::is_above_zero), "{:?}", linear.skill_simultaneous);
}

#[test]
fn rows_of_a_group_are_one_piece_of_evidence_where_the_split_parts_groups_too() {
    let project = project("method = \"within\"\nrows = 1");
    let dataset = dataset(noise(&mut ChaCha8Rng::seed_from_u64(1)));
    let dealt = Dealt::new(&project, &dataset, Limits::default()).unwrap();
    let jury = Jury::new(&dataset, &dealt, 100);
    assert_eq!((jury.units, jury.draws()), (GROUPS, 100));
}
