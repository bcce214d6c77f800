//! Which tasks are to share a trunk: measured while the joint network trains, then searched over partitions.
//!
//! ```text
//!  training rows ─► trainings with one trunk, several seeds ─► affinity T x T ─► best partition ─► a trunk a group
//!                   every few steps: a step ahead for each task                  (or one trunk for all)
//! ```
//!
//! Sources: Fifty et al., "Efficiently Identifying Task Groupings for Multi-Task Learning", NeurIPS 2021 (affinity); Standley et al.,
//! "Which Tasks Should Be Learned Together in Multi-task Learning?", ICML 2020 (networks of a given total size).
//!
//! Everything is measured on the rows of the training set alone; test rows have no part in it.

mod affinity;
mod partition;
mod words;

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

pub use affinity::Affinity;
pub use partition::{best_partition, group_count, score};
pub use words::words;

use crate::config::{GroupConfig, GroupingBy, GroupingConfig, Project, TaskConfig};
use crate::train::{Architecture, TrainError, TrainingSet, widest};
use affinity::{mean_and_error, measure};

/// By how many standard errors a partition must be better than one group.
const STANDARD_ERRORS: f64 = 2.0;

/// How tasks were grouped, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// What the groups were chosen by.
    pub by: GroupingBy,
    /// Trainings that were measured.
    pub seeds: usize,
    /// The tasks with a head on a trunk, in the order of the matrices.
    pub tasks: Vec<String>,
    /// Row i, column j: the share of task j's loss that a step for task i takes away; below 0 it adds to it.
    pub transference: Affinity,
    /// Cosines of the tasks' gradients on the trunk.
    pub gradient: Affinity,
    /// The groups chosen, by the names of their tasks; a single one where all share one trunk.
    pub groups: Vec<Vec<String>>,
    /// Widths of each trunk's ReLU layers.
    pub trunk: Vec<usize>,
    /// Mean over the tasks of their mean affinity from the others in their group, of the best partition.
    pub score: f64,
    /// The same with one group.
    pub score_of_one_group: f64,
    /// Standard error, over the trainings, of the difference; `None` with a single one.
    pub gain_standard_error: Option<f64>,
}

/// A project with the groups found in place of the wish to find some.
pub(crate) struct Found {
    /// The project, with `model.groups` instead of `model.grouping`; with neither where one trunk is best.
    pub(crate) project: Project,
    /// Widths of each trunk.
    pub(crate) trunk: Vec<usize>,
    /// How they were found.
    pub(crate) grouping: Grouping,
}

/// Finds the groups of the tasks of `set` on its rows, as `[model.grouping]` of `project` says; `trunk` are the widths of the single trunk.
/// `None` without the section, and where fewer than two tasks have a head on a trunk.
///
/// # Errors
/// Those of the trainings that are measured.
pub(crate) fn find_groups(
    project: &Project,
    set: &TrainingSet<'_>,
    trunk: &[usize],
    seed: u64,
) -> Result<Option<Found>, TrainError> {
    let Some(config) = &project.model.grouping else { return Ok(None) };
    let tasks: Vec<usize> = (0..set.tasks.len()).filter(|task| set.tasks[*task].config.trunk_head).collect();
    if tasks.len() < 2 || trunk.is_empty() {
        return Ok(None);
    }
    let measured = measure(project, config, set, trunk, &tasks, seed)?;
    let names: Vec<String> = tasks.iter().map(|task| set.tasks[*task].config.name.clone()).collect();
    let trainings = match config.by {
        GroupingBy::Transference => &measured.transference,
        GroupingBy::Gradient => &measured.gradient,
    };
    let choice = Choice::of(trainings, config.max_groups);

    let mut found = project.clone();
    found.model.grouping = None;
    if group_count(&choice.groups) > 1 {
        found.model.groups =
            members(&choice.groups, &names).into_iter().map(|tasks| GroupConfig { tasks, trunk: None }).collect();
    }
    let trunk = trunk_of_each(&found, config, set, trunk);
    let grouping = Grouping {
        by: config.by,
        seeds: config.seeds,
        groups: members(&choice.groups, &names),
        tasks: names,
        transference: Affinity::over(&measured.transference),
        gradient: Affinity::over(&measured.gradient),
        trunk: trunk.clone(),
        score: choice.score,
        score_of_one_group: choice.score_of_one_group,
        gain_standard_error: choice.gain_standard_error,
    };
    Ok(Some(Found { project: found, trunk, grouping }))
}

/// A partition and what speaks for it.
struct Choice {
    /// Group of each task (T); all in one where no partition is better than that by more than noise.
    groups: Vec<usize>,
    /// Of the best partition, even where it is not taken.
    score: f64,
    score_of_one_group: f64,
    gain_standard_error: Option<f64>,
}

impl Choice {
    /// By the affinities of several trainings (each T x T).
    fn of(trainings: &[DMatrix<f64>], max_groups: usize) -> Self {
        let mean = Affinity::over(trainings).matrix();
        let one = vec![0; mean.nrows()];
        let best = best_partition(&mean, max_groups);
        let gains = trainings.iter().map(|training| score(training, &best) - score(training, &one));
        let (gain, gain_standard_error) = mean_and_error(gains);
        let taken = gain > STANDARD_ERRORS * gain_standard_error.unwrap_or(0.0);
        Self {
            score: score(&mean, &best),
            score_of_one_group: score(&mean, &one),
            gain_standard_error,
            groups: if taken { best } else { one },
        }
    }
}

/// The names of each group's tasks.
fn members(groups: &[usize], names: &[String]) -> Vec<Vec<String>> {
    let of = |group: usize| groups.iter().zip(names).filter(move |(of, _)| **of == group).map(|(_, name)| name.clone());
    (0..group_count(groups)).map(|group| of(group).collect()).collect()
}

/// Widths of the trunk of each group of `found`: those of the single trunk `trunk`, or so much less that the network has no more weights
/// and biases than with that one.
fn trunk_of_each(found: &Project, config: &GroupingConfig, set: &TrainingSet<'_>, trunk: &[usize]) -> Vec<usize> {
    if !config.share_size || found.model.groups.is_empty() {
        return trunk.to_vec();
    }
    let mut one_trunk = found.model.clone();
    one_trunk.groups.clear();
    let configs: Vec<&TaskConfig> = set.tasks.iter().map(|task| task.config).collect();
    let outputs: Vec<usize> = set.tasks.iter().map(|task| task.labels.outputs()).collect();
    let size = |model, trunk: &[usize]| {
        Architecture::new(model, &set.features.blocks, &configs, trunk).parameter_count(set.features.columns, &outputs)
    };
    let most = size(&one_trunk, trunk);
    widest(trunk, |trunk| size(&found.model, trunk) <= most)
}

#[cfg(test)]
mod tests;
