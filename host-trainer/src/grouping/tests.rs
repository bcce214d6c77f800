//! The choice between one trunk and several. What a whole fit makes of it: `tests/negative_transfer.rs`.

use super::*;

fn pairs(within: f64, across: f64) -> DMatrix<f64> {
    DMatrix::from_fn(4, 4, |i, j| if i / 2 == j / 2 { within } else { across })
}

#[test]
fn groups_are_taken_where_every_training_shows_them() {
    let choice = Choice::of(&[pairs(0.2, -0.1), pairs(0.3, -0.1), pairs(0.25, -0.2)], 2);
    assert_eq!(choice.groups, [0, 0, 1, 1]);
    assert!((choice.score - 0.25).abs() < 1e-12);
    // From each task's partner 0.25, from the two others minus 0.4 / 3 each.
    assert!((choice.score_of_one_group - (0.25 - 0.8 / 3.0) / 3.0).abs() < 1e-12);
}

#[test]
fn what_trainings_disagree_about_leaves_one_trunk() {
    let other = DMatrix::from_fn(4, 4, |i, j| if i % 2 == j % 2 { 0.2 } else { -0.1 });
    let choice = Choice::of(&[pairs(0.3, -0.1), other, pairs(0.1, 0.1)], 2);
    assert_eq!(choice.groups, [0, 0, 0, 0]);
    assert!(choice.score > choice.score_of_one_group, "the best partition is told even so");
}

#[test]
fn where_every_task_helps_every_other_alike_they_stay_together() {
    assert_eq!(Choice::of(&[pairs(0.1, 0.1)], 2).groups, [0, 0, 0, 0]);
    let alone = Choice::of(&[pairs(-0.1, -0.1)], 4);
    assert_eq!((alone.groups, alone.gain_standard_error), (vec![0, 1, 2, 3], None));
}

#[test]
fn groups_are_told_by_the_names_of_their_tasks() {
    let names = ["a", "b", "c"].map(str::to_owned);
    assert_eq!(members(&[0, 1, 0], &names), [vec!["a".to_owned(), "c".to_owned()], vec!["b".to_owned()]]);
}
