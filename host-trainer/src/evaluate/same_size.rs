//! Single-task networks that cost together what the joint one costs.

use crate::config::{LinearMode, TaskConfig};
use crate::data::TaskLabels;

/// A task as far as sizes go.
#[derive(Debug, Clone, Copy)]
struct TaskSize {
    outputs: usize,
    head: bool,
    linear: bool,
}

/// Widths for the trunks of single-task networks: `trunk` scaled down, layer by layer in proportion, to the largest widths at which
/// the networks of all tasks together have at most as many weights and biases as the joint one. At least 1 each, even if that is more.
pub fn same_size_trunk(tasks: &[(&TaskConfig, &TaskLabels)], features: usize, trunk: &[usize]) -> Vec<usize> {
    let sizes: Vec<TaskSize> = tasks
        .iter()
        .map(|(config, labels)| TaskSize {
            outputs: labels.outputs(),
            head: config.trunk_head,
            linear: config.linear.mode != LinearMode::Off,
        })
        .collect();
    widths(&sizes, features, trunk)
}

fn widths(tasks: &[TaskSize], features: usize, trunk: &[usize]) -> Vec<usize> {
    let joint = parameters(tasks, features, trunk);
    let widest = trunk.first().copied().unwrap_or(0);
    let scaled = |width: usize| -> Vec<usize> {
        trunk.iter().map(|layer| ((layer * width + widest / 2) / widest.max(1)).max(1)).collect()
    };
    let fits = |trunk: &[usize]| tasks.iter().map(|task| parameters(&[*task], features, trunk)).sum::<usize>() <= joint;
    (1..=widest).rev().map(scaled).find(|trunk| fits(trunk)).unwrap_or_else(|| scaled(1))
}

/// Weights and biases of one network for `tasks`; a trunk that no task reads does not count.
fn parameters(tasks: &[TaskSize], features: usize, trunk: &[usize]) -> usize {
    let layer = |inputs: usize, outputs: usize| (inputs + 1) * outputs;
    let mut width = features;
    let mut count = 0;
    for outputs in trunk {
        count += layer(width, *outputs);
        width = *outputs;
    }
    if tasks.iter().all(|task| !task.head) {
        count = 0;
    }
    let paths = |task: &TaskSize| {
        usize::from(task.head) * layer(width, task.outputs) + usize::from(task.linear) * layer(features, task.outputs)
    };
    count + tasks.iter().map(paths).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: [TaskSize; 3] = [
        TaskSize { outputs: 3, head: false, linear: true },
        TaskSize { outputs: 4, head: true, linear: true },
        TaskSize { outputs: 1, head: true, linear: false },
    ];

    #[test]
    fn parameters_count_trunk_heads_and_linear_paths() {
        // Trunk 10-5-2: 55 + 12; heads 4 x 3 + 1 x 3; linear 3 x 11 + 4 x 11.
        assert_eq!(parameters(&TASKS, 10, &[5, 2]), 67 + 15 + 77);
        assert_eq!(parameters(&TASKS[..1], 10, &[5, 2]), 33);
    }

    #[test]
    fn together_the_single_networks_are_as_large_as_possible_and_no_larger() {
        let total = |trunk: &[usize]| TASKS.iter().map(|task| parameters(&[*task], 183, trunk)).sum::<usize>();
        let joint = parameters(&TASKS, 183, &[56, 32]);
        let found = widths(&TASKS, 183, &[56, 32]);
        assert!(total(&found) <= joint);
        assert!(total(&[found[0] + 1, (32 * (found[0] + 1) + 28) / 56]) > joint, "{found:?}");
    }

    #[test]
    fn a_single_task_keeps_the_whole_trunk_and_no_trunk_stays_none() {
        assert_eq!(widths(&TASKS[1..2], 10, &[6, 3]), [6, 3]);
        assert_eq!(widths(&TASKS, 10, &[]), Vec::<usize>::new());
    }
}
