use super::*;
use crate::linear::matrix;

/// 200 rows of three features in [-1, 1].
fn rows(seed: usize) -> Standardized {
    let number = |i: usize| (((i + seed) * 7919 + (i + seed) * (i + seed) * 104_729) % 1009) as f32 / 504.5 - 1.0;
    matrix(3, &(0..600).map(number).collect::<Vec<f32>>())
}

fn value(row: &[f32]) -> f32 {
    let step = if row[0] > 0.2 { 1.0 } else { -0.5 };
    step + 0.5 * row[1]
}

/// Three classes by steps in two features.
fn class(row: &[f32]) -> f32 {
    if row[0] > 0.3 { 2.0 } else { f32::from(u8::from(row[1] > 0.0)) }
}

fn labels(z: &Standardized, of: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    (0..z.rows).map(|row| of(z.row(row))).collect()
}

fn teachers() -> Vec<Box<dyn Teacher>> {
    vec![Box::new(ExtraTrees { trees: 60 }), Box::new(Boosting::new(60))]
}

fn outputs(teacher: &dyn Teacher, labels: &[f32], kind: TaskKind, width: usize, seed: u64) -> Vec<f32> {
    teacher.fit(&rows(0), labels, None, kind, width, seed).unwrap().outputs(&rows(5)).unwrap()
}

#[test]
fn values_are_learnt_and_answered_on_their_scale() {
    let truth = labels(&rows(5), value);
    for teacher in teachers() {
        let answers = outputs(teacher.as_ref(), &labels(&rows(0), value), TaskKind::Regression, 1, 1);
        let error: f32 =
            answers.iter().zip(&truth).map(|(answer, truth)| (answer - truth).powi(2)).sum::<f32>() / 200.0;
        assert!(error < 0.06, "{error} of 0.65");
    }
}

#[test]
fn classes_are_learnt_as_log_probabilities_and_flags_as_logits() {
    let truth = labels(&rows(5), class);
    for teacher in teachers() {
        let answers = outputs(teacher.as_ref(), &labels(&rows(0), class), TaskKind::MultiClass, 3, 1);
        let right =
            answers.chunks(3).zip(&truth).filter(|(row, truth)| row.iter().all(|log| *log <= row[**truth as usize]));
        assert!(right.count() > 160);
        assert!(answers.chunks(3).all(|row| (row.iter().map(|log| log.exp()).sum::<f32>() - 1.0).abs() < 1e-5));
        let flags: Vec<f32> = labels(&rows(0), class).iter().map(|class| f32::from(u8::from(*class > 0.0))).collect();
        let answers = outputs(teacher.as_ref(), &flags, TaskKind::Binary, 1, 1);
        let right = answers.iter().zip(&truth).filter(|(logit, truth)| (**logit > 0.0) == (**truth > 0.0));
        assert!(right.count() > 170);
        assert!(answers.iter().all(|logit| logit.is_finite()));
    }
}

#[test]
fn equal_seeds_give_equal_bits_and_rows_without_a_label_take_no_part() {
    for teacher in teachers() {
        let mut labels = labels(&rows(0), class);
        let of = |labels: &[f32], seed| outputs(teacher.as_ref(), labels, TaskKind::MultiClass, 3, seed);
        assert_eq!(of(&labels, 1), of(&labels, 1));
        assert_ne!(of(&labels, 1), of(&labels, 2));
        labels.iter_mut().skip(100).for_each(|label| *label = f32::NAN);
        let (half, z) = (labels[..100].to_vec(), rows(0).take(&(0..100).collect::<Vec<_>>()));
        let alone = teacher.fit(&z, &half, None, TaskKind::MultiClass, 3, 1).unwrap().outputs(&rows(5)).unwrap();
        assert_eq!(of(&labels, 1), alone);
    }
}

#[test]
fn a_class_that_never_comes_and_a_value_that_never_changes_are_answered_without_a_fit() {
    for teacher in teachers() {
        let answers = outputs(teacher.as_ref(), &[1.0; 200], TaskKind::Binary, 1, 1);
        assert!(answers.iter().all(|logit| *logit > 10.0 && logit.is_finite()));
        let answers = outputs(teacher.as_ref(), &[0.25; 200], TaskKind::Regression, 1, 1);
        assert!(answers.iter().all(|value| *value == 0.25));
        let none = teacher.fit(&rows(0), &[f32::NAN; 200], None, TaskKind::Binary, 1, 1);
        assert!(matches!(none, Err(TeacherError::NoLabels { rows: 200 })));
    }
}

/// Answers of a fit to `z` with `weights`.
fn weighted(teacher: &dyn Teacher, z: &Standardized, labels: &[f32], weights: Option<&[f32]>) -> Vec<f32> {
    teacher.fit(z, labels, weights, TaskKind::Regression, 1, 1).unwrap().outputs(&rows(5)).unwrap()
}

#[test]
fn rows_of_weight_zero_are_not_there() {
    for teacher in teachers() {
        let labels = labels(&rows(0), value);
        let mut weights = vec![1.0; 200];
        weights[100..].fill(0.0);
        let half = rows(0).take(&(0..100).collect::<Vec<_>>());
        let alone = weighted(teacher.as_ref(), &half, &labels[..100], Some(&weights[..100]));
        assert_eq!(weighted(teacher.as_ref(), &rows(0), &labels, Some(&weights)), alone);
        let none = teacher.fit(&rows(0), &labels, Some(&[0.0; 200]), TaskKind::Regression, 1, 1);
        assert!(matches!(none, Err(TeacherError::NoLabels { rows: 200 })));
    }
}

/// Two answers to the same features: what is learnt is the mean by weight.
#[test]
fn contradicting_rows_are_answered_by_their_weights() {
    let z = rows(0).take(&(0..200).map(|row| row / 2).collect::<Vec<_>>());
    let labels: Vec<f32> = (0..200).map(|row| f32::from(u8::from(row % 2 == 0))).collect();
    for (share, weights) in [(0.9, [1.8, 0.2]), (0.25, [1.0, 3.0]), (0.75, [0.03, 0.01])] {
        let weights: Vec<f32> = (0..200).map(|row| weights[row % 2]).collect();
        let mean = |answers: Vec<f32>| answers.iter().map(|value| f64::from(*value)).sum::<f64>() / 200.0;
        for teacher in teachers() {
            let (found, alike) = (
                mean(weighted(teacher.as_ref(), &z, &labels, Some(&weights))),
                mean(weighted(teacher.as_ref(), &z, &labels, None)),
            );
            assert!((found - share).abs() < 0.05 && (alike - 0.5).abs() < 0.02, "{found} for {share}; alike {alike}");
        }
    }
}
