use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::Predictions;
use super::*;

const ROWS: usize = 300;
const FOLDS: usize = 5;
const SEEDS: usize = 5;
const TASKS: usize = 200;

/// One task; each contender's answers a seed.
fn validation(
    fold_of_row: Vec<Vec<Option<usize>>>,
    answers: impl Fn(Contender, usize) -> Vec<Vec<f32>>,
) -> CrossValidation {
    let seeds = fold_of_row.len();
    let of_seed = |contender, seed| Predictions {
        tasks: vec![answers(contender, seed).into_iter().map(|outputs| Some(outputs.into())).collect()],
    };
    let of = |contender| (contender, (0..seeds).map(|seed| of_seed(contender, seed)).collect());
    let predictions: BTreeMap<_, _> = Contender::ALL.map(of).into();
    let without = BTreeMap::new();
    let evidence = Vec::new();
    CrossValidation {
        seeds: vec![0; seeds],
        folds: FOLDS,
        folds_in_split: FOLDS,
        fold_of_row,
        predictions,
        without,
        courses: BTreeMap::new(),
        evidence,
    }
}

/// Folds of each seed: the same for all, or dealt anew.
fn folds(random: &mut ChaCha8Rng, same: bool) -> Vec<Vec<Option<usize>>> {
    let fixed: Vec<Option<usize>> = (0..ROWS).map(|row| Some(row % FOLDS)).collect();
    let deal = |_| (0..ROWS).map(|_| Some(random.random_range(0..FOLDS))).collect();
    if same { vec![fixed; SEEDS] } else { (0..SEEDS).map(deal).collect() }
}

/// Share of tasks whose labels have nothing to do with the answers on which the joint model is called better than a constant answer,
/// and better or worse than another network. A row's answer is partly the same with every seed, as of networks that fit the same rows.
fn false_findings(kind: TaskKind, classes: u16, same_folds: bool) -> (f64, f64) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut skilled, mut apart) = (0, 0);
    for _ in 0..TASKS {
        // Unequal classes: the first is the most frequent.
        let mut class = || random.random_range(0..classes).min(random.random_range(0..classes));
        let truth: Vec<u16> = (0..ROWS).map(|_| class()).collect();
        let outputs = if kind == TaskKind::MultiClass { usize::from(classes) } else { 1 };
        let mut noise = || (0..ROWS * outputs).map(|_| random.random_range(-1.0..1.0)).collect::<Vec<f32>>();
        let common = [noise(), noise()];
        let own: Vec<[Vec<f32>; 2]> = (0..SEEDS).map(|_| [noise(), noise()]).collect();
        let fold_of_row = folds(&mut random, same_folds);
        let validation = validation(fold_of_row, |contender, seed| {
            let which = usize::from(contender == Contender::JointInt8);
            let noisy = common[which].iter().zip(&own[seed][which]).map(|(common, own)| common + 0.5 * own);
            let mut constant = vec![0.0; outputs];
            constant[0] = -0.5 + f32::from(u8::from(outputs > 1));
            match contender {
                Contender::Constant => vec![constant; ROWS],
                _ => noisy.collect::<Vec<f32>>().chunks(outputs).map(<[f32]>::to_vec).collect(),
            }
        });
        let labels = match kind {
            TaskKind::Regression => Labels::Values(truth.iter().map(|truth| Some(f32::from(*truth) - 0.5)).collect()),
            _ => Labels::Classes(truth.into_iter().map(Some).collect()),
        };
        let found = differences(&TaskLabels::sample("t", kind, classes.into(), labels), 0, &validation);
        let excludes_zero =
            |paired: &PairedDifference| paired.low > Some(0.0) || paired.high.is_some_and(|high| high < 0.0);
        skilled += usize::from(found.constant.is_some_and(|paired| paired.low > Some(0.0)));
        apart += usize::from(found.single.is_some_and(|paired| excludes_zero(&paired)));
    }
    (skilled as f64 / TASKS as f64, apart as f64 / TASKS as f64)
}

/// 2.5 % and 5 % are expected; of 200 tasks 6 % and 9 % are three standard deviations above.
fn assert_rare((skilled, apart): (f64, f64)) {
    assert!(skilled <= 0.06, "called skilled: {skilled}");
    assert!(apart <= 0.09, "called different: {apart}");
}

#[test]
fn noise_is_seldom_called_skill_in_binary_tasks() {
    assert_rare(false_findings(TaskKind::Binary, 2, true));
    assert_rare(false_findings(TaskKind::Binary, 2, false));
}

#[test]
fn noise_is_seldom_called_skill_in_tasks_of_several_classes() {
    assert_rare(false_findings(TaskKind::MultiClass, 4, true));
    assert_rare(false_findings(TaskKind::MultiClass, 4, false));
}

#[test]
fn noise_is_seldom_called_skill_in_values() {
    assert_rare(false_findings(TaskKind::Regression, 2, true));
}

#[test]
fn a_model_that_knows_the_label_is_called_better() {
    let truth: Vec<u16> = (0..ROWS as u16).map(|row| row % 7 % 2).collect();
    let fold_of_row = vec![(0..ROWS).map(|row| Some(row % FOLDS)).collect(); 2];
    let validation = validation(fold_of_row, |contender, _| {
        let knows = contender == Contender::JointInt8;
        truth.iter().map(|truth| vec![if knows { f32::from(*truth) - 0.5 } else { 0.0 }]).collect()
    });
    let labels = Labels::Classes(truth.iter().copied().map(Some).collect());
    let found = differences(&TaskLabels::sample("t", TaskKind::Binary, 2, labels), 0, &validation).constant.unwrap();
    assert_eq!((found.mean, found.low, found.folds, found.measure.as_str()), (0.5, Some(0.5), FOLDS, "1-auc"));
}

#[test]
fn a_fold_without_the_most_frequent_class_makes_no_guess_skilled() {
    // The constant answer names class 0, of which the fold has no row; half of the guesses are right.
    let labels =
        TaskLabels::sample("t", TaskKind::MultiClass, 3, Labels::Classes(vec![Some(1), Some(1), Some(2), Some(2)]));
    let folds = [Some(0); 4];
    let logits =
        |class: usize| Some((0..3).map(|other| f32::from(u8::from(other == class))).collect::<Vec<f32>>().into());
    let guess = [1, 2, 1, 2].map(logits);
    let constant = [0; 4].map(logits);
    assert_eq!(fold_errors(&labels, &guess, &folds, 2, Measure::MeanRecall, false), [Some(0.5), None]);
    assert_eq!(fold_errors(&labels, &constant, &folds, 2, Measure::MeanRecall, true), [Some(0.5), None]);
}
