//! The best partition of tasks into groups, by the affinities between them.
//!
//! A partition is written as the group of each task, groups numbered in the order of their first tasks (a restricted growth string):
//! every partition has exactly one such form.

use nalgebra::DMatrix;

/// Most tasks of which every partition is looked at: 115 975 of ten.
const EXACT_TASKS: usize = 10;
/// Scores that differ by less are equal.
const TIE: f64 = 1e-12;

/// The mean over all tasks of a task's mean affinity from the other members of its group; 0 from a group of its own.
///
/// `affinity` (T x T) holds what task i does to task j in row i, column j; `groups` (T) is the group of each task.
pub fn score(affinity: &DMatrix<f64>, groups: &[usize]) -> f64 {
    let of_task = |task: usize| {
        let others = (0..groups.len()).filter(|other| *other != task && groups[*other] == groups[task]);
        let (sum, count) = others.fold((0.0, 0usize), |(sum, count), other| (sum + affinity[(other, task)], count + 1));
        if count == 0 { 0.0 } else { sum / count as f64 }
    };
    (0..groups.len()).map(of_task).sum::<f64>() / groups.len().max(1) as f64
}

/// The partition of highest [`score`] with at most `most` groups (at least 1): of all of them with up to ten tasks, beyond that the one
/// that merging and moving tasks leads to. Of equally good ones that with the fewest groups is taken; where every partition is looked at,
/// of these the first in lexical order.
pub fn best_partition(affinity: &DMatrix<f64>, most: usize) -> Vec<usize> {
    if affinity.nrows() <= EXACT_TASKS { exact(affinity, most.max(1)) } else { greedy(affinity, most.max(1)) }
}

/// Number of groups.
pub fn group_count(groups: &[usize]) -> usize {
    groups.iter().max().map_or(0, |last| last + 1)
}

/// A partition and its score.
struct Best {
    groups: Vec<usize>,
    score: f64,
}

impl Best {
    /// Of all tasks in one group.
    fn one_group(affinity: &DMatrix<f64>) -> Self {
        let groups = vec![0; affinity.nrows()];
        Self { score: score(affinity, &groups), groups }
    }

    /// Takes `groups` if they are better.
    fn offer(&mut self, affinity: &DMatrix<f64>, groups: &[usize]) {
        let found = score(affinity, groups);
        let fewer = group_count(groups) < group_count(&self.groups);
        if found > self.score + TIE || (found > self.score - TIE && fewer) {
            *self = Self { groups: groups.to_vec(), score: found };
        }
    }
}

/// Looks at every restricted growth string in lexical order.
fn exact(affinity: &DMatrix<f64>, most: usize) -> Vec<usize> {
    let mut best = Best::one_group(affinity);
    let mut groups = vec![0; affinity.nrows()];
    // From the right the first task that may move to the next group does, and all after it start again in the first one.
    while let Some(task) =
        (1..groups.len()).rev().find(|task| groups[*task] < group_count(&groups[..*task]).min(most - 1))
    {
        groups[task] += 1;
        groups[task + 1..].fill(0);
        best.offer(affinity, &groups);
    }
    best.groups
}

/// Merges groups, single tasks at first, by twos as they are best, down to one; from the best partition on that way of at most `most`
/// groups single tasks are moved to other groups as long as that helps.
fn greedy(affinity: &DMatrix<f64>, most: usize) -> Vec<usize> {
    let mut best = Best::one_group(affinity);
    let mut groups: Vec<usize> = (0..affinity.nrows()).collect();
    while group_count(&groups) > 1 {
        let count = group_count(&groups);
        let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
        let merged = pairs.map(|(first, second)| {
            let member = |group: &usize| if *group == second { first } else { *group };
            numbered(&groups.iter().map(member).collect::<Vec<_>>())
        });
        let scored = merged.map(|groups| (score(affinity, &groups), groups));
        let highest = scored.reduce(|best, next| if next.0 > best.0 + TIE { next } else { best });
        let Some((_, merged)) = highest else { break };
        groups = merged;
        if group_count(&groups) <= most {
            best.offer(affinity, &groups);
        }
    }
    loop {
        let before = best.score;
        let start = best.groups.clone();
        for task in 0..start.len() {
            for group in 0..=group_count(&start) {
                let mut moved = start.clone();
                moved[task] = group;
                let moved = numbered(&moved);
                if group_count(&moved) <= most {
                    best.offer(affinity, &moved);
                }
            }
        }
        if best.score <= before + TIE {
            return best.groups;
        }
    }
}

/// The same partition with groups numbered in the order of their first tasks.
fn numbered(groups: &[usize]) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    let number = |group: &usize| {
        seen.iter().position(|known| known == group).unwrap_or_else(|| {
            seen.push(*group);
            seen.len() - 1
        })
    };
    groups.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in -1..1 without any order.
    fn scrambled(tasks: usize, seed: usize) -> DMatrix<f64> {
        DMatrix::from_fn(tasks, tasks, |i, j| ((i * 37 + j * 61 + seed * 101 + i * j * 13) % 97) as f64 / 48.0 - 1.0)
    }

    /// The best score by trying every way to give each task one of `most` groups.
    fn brute_force(affinity: &DMatrix<f64>, most: usize) -> f64 {
        let tasks = affinity.nrows() as u32;
        let groups = |code: usize| (0..tasks).map(|task| code / most.pow(task) % most).collect::<Vec<_>>();
        (0..most.pow(tasks)).map(|code| score(affinity, &groups(code))).fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn a_task_scores_what_the_others_of_its_group_do_to_it() {
        let affinity = DMatrix::from_row_slice(3, 3, &[9.0, 0.2, -0.4, 0.6, 9.0, 0.1, -0.8, 0.3, 9.0]);
        assert_eq!(score(&affinity, &[0, 1, 2]), 0.0);
        // On task 0 acts 0.6, on task 1 0.2.
        assert!((score(&affinity, &[0, 0, 1]) - 0.8 / 3.0).abs() < 1e-15);
        // Means of columns without their diagonal: -0.1, 0.25, -0.15.
        assert!(score(&affinity, &[0, 0, 0]).abs() < 1e-15);
        assert_eq!(best_partition(&affinity, 3), [0, 0, 1]);
    }

    #[test]
    fn two_conflicting_pairs_part() {
        let pair = |i: usize, j: usize| if i / 2 == j / 2 { 0.3 } else { -0.2 };
        let affinity = DMatrix::from_fn(4, 4, pair);
        assert_eq!(best_partition(&affinity, 4), [0, 0, 1, 1]);
        assert_eq!(best_partition(&affinity, 1), [0, 0, 0, 0]);
    }

    #[test]
    fn every_partition_is_looked_at() {
        for (tasks, most) in [(1, 2), (2, 2), (3, 2), (4, 3), (5, 5), (6, 2), (7, 3), (7, 4)] {
            for seed in 0..6 {
                let affinity = scrambled(tasks, seed);
                let found = best_partition(&affinity, most);
                assert!(group_count(&found) <= most);
                assert_eq!(found, numbered(&found));
                let best = brute_force(&affinity, most);
                assert!((score(&affinity, &found) - best).abs() < 1e-12, "{tasks} {most} {seed} {found:?}");
            }
        }
    }

    #[test]
    fn equally_good_partitions_give_the_one_with_the_fewest_groups() {
        assert_eq!(best_partition(&DMatrix::zeros(5, 5), 3), [0; 5]);
        assert_eq!(best_partition(&DMatrix::zeros(12, 12), 3), [0; 12]);
        assert_eq!(best_partition(&DMatrix::from_element(4, 4, 0.5), 4), [0; 4]);
        assert_eq!(best_partition(&DMatrix::from_element(3, 3, -0.5), 3), [0, 1, 2]);
    }

    #[test]
    fn with_many_tasks_planted_groups_are_found_and_no_single_move_helps() {
        let planted = |task: usize| (task * 7 % 12) / 4;
        let affinity = DMatrix::from_fn(
            12,
            12,
            |i, j| if planted(i) == planted(j) { 0.2 } else { -0.1 } + 0.05 * scrambled(12, 3)[(i, j)],
        );
        let expected = numbered(&(0..12).map(planted).collect::<Vec<_>>());
        assert_eq!(best_partition(&affinity, 3), expected);
        // More groups may do better still.
        let found = best_partition(&affinity, 6);
        let best = score(&affinity, &found);
        assert!(best >= score(&affinity, &expected) - TIE);
        for (task, group) in (0..12).flat_map(|task| (0..6).map(move |group| (task, group))) {
            let mut moved = found.clone();
            moved[task] = group;
            assert!(score(&affinity, &moved) <= best + TIE, "task {task} to group {group}");
        }
    }

    #[test]
    fn the_greedy_way_comes_close_to_the_best_partition() {
        for seed in 0..10 {
            let affinity = scrambled(7, seed);
            let (found, best) = (score(&affinity, &greedy(&affinity, 3)), brute_force(&affinity, 3));
            let one = score(&affinity, &[0; 7]);
            assert!(found <= best + 1e-12 && found >= one - 1e-12, "{seed}: {found} {best}");
            assert!(found - one >= 0.7 * (best - one), "{seed}: {found} of {best}, one group {one}");
        }
    }
}
