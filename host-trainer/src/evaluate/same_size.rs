//! Single-task networks that cost together what the joint one costs.

use crate::config::{ModelConfig, TaskConfig};
use crate::data::TaskLabels;
use crate::features::FeatureMatrix;
use crate::train::{Architecture, widest};

/// Widths for the trunks of single-task networks: `model.trunk` scaled down, layer by layer in proportion, to the largest widths at
/// which the networks of all tasks together have at most as many weights and biases as the joint one. At least 1 each, even if that
/// is more.
pub fn same_size_trunk(
    tasks: &[(&TaskConfig, &TaskLabels)],
    features: &FeatureMatrix,
    model: &ModelConfig,
) -> Vec<usize> {
    let trunk = &model.trunk;
    let size = |tasks: &[(&TaskConfig, &TaskLabels)], trunk: &[usize]| {
        let configs: Vec<&TaskConfig> = tasks.iter().map(|(config, _)| *config).collect();
        let outputs: Vec<usize> = tasks.iter().map(|(_, labels)| labels.outputs()).collect();
        Architecture::new(model, &features.blocks, &configs, trunk).parameter_count(features.columns, &outputs)
    };
    let joint = size(tasks, trunk);
    widest(trunk, |trunk| tasks.chunks(1).map(|task| size(task, trunk)).sum::<usize>() <= joint)
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::config::Project;
    use crate::data::Labels;

    /// Three classes without a head, four classes with head and linear path, a flag with a head alone.
    fn world(model: &str) -> (Project, Vec<TaskLabels>) {
        let task = |name: &str, kind: &str, more: &str| {
            format!(
                "[[tasks]]\nname = '{name}'\nrole = 'other'\nkind = '{kind}'\ntarget = {{ column = 'x' }}\n{more}\n"
            )
        };
        let text = "name = 't'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[model]\n".to_owned()
            + model
            + "\n"
            + &task("a", "multi-class", "trunk_head = false")
            + &task("b", "multi-class", "")
            + &task("c", "binary", "linear = { mode = 'off' }");
        let project: Project = toml::from_str(&text).unwrap();
        let labels = |(task, classes): (&TaskConfig, usize)| TaskLabels {
            name: task.name.clone(),
            role: task.role,
            kind: task.kind,
            unit: String::new(),
            class_names: if task.kind == TaskKind::Binary { vec![] } else { vec![String::new(); classes] },
            labels: Labels::Classes(vec![]),
        };
        let labels = project.tasks.iter().zip([3, 4, 2]).map(labels).collect();
        (project, labels)
    }

    fn widths(model: &str, features: usize, tasks: std::ops::Range<usize>) -> Vec<usize> {
        let (project, labels) = world(model);
        let tasks: Vec<_> = project.tasks.iter().zip(&labels).skip(tasks.start).take(tasks.len()).collect();
        let features = FeatureMatrix { rows: 0, columns: features, names: vec![], blocks: vec![], data: vec![] };
        same_size_trunk(&tasks, &features, &project.model)
    }

    #[test]
    fn together_the_single_networks_are_as_large_as_possible_and_no_larger() {
        // Linear paths 3 x 184 + 4 x 184; heads 4 and 1 outputs.
        let total = |trunk: [usize; 2]| {
            let layers = 184 * trunk[0] + (trunk[0] + 1) * trunk[1];
            2 * layers + 5 * (trunk[1] + 1) + 7 * 184
        };
        let joint = 184 * 56 + 57 * 32 + 5 * 33 + 7 * 184;
        let found = widths("trunk = [56, 32]", 183, 0..3);
        let scaled = |width: usize| [width, (32 * width + 28) / 56];
        assert_eq!(found, scaled(found[0]));
        assert!(total(scaled(found[0])) <= joint && total(scaled(found[0] + 1)) > joint, "{found:?}");
    }

    #[test]
    fn two_trunks_of_the_full_widths_leave_each_task_the_full_widths() {
        let groups = "trunk = [56, 32]\ngroups = [{ tasks = ['b'] }, { tasks = ['c'] }]";
        assert_eq!(widths(groups, 183, 0..3), [56, 32]);
    }

    #[test]
    fn a_single_task_keeps_the_whole_trunk_and_no_trunk_stays_none() {
        assert_eq!(widths("trunk = [6, 3]", 10, 1..2), [6, 3]);
        assert_eq!(widths("trunk = []", 10, 0..3), Vec::<usize>::new());
    }
}
