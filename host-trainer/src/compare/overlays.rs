//! Overlays that are made for a project, from the names and kinds of its tasks and channels.

use trunkline_shared::model::{TaskKind, TaskRole};

use crate::config::{LinearMode, Project, TaskConfig};

/// An overlay with the keys that `keys` gives for each task (by its place in the project), under the task's name.
pub(super) fn each_task(project: &Project, keys: impl Fn(usize) -> Option<String>) -> String {
    let entry = |(index, task): (usize, &TaskConfig)| {
        Some(format!("[[tasks]]\nname = {}\n{}\n", quoted(&task.name), keys(index)?))
    };
    project.tasks.iter().enumerate().filter_map(entry).collect()
}

/// Distillation with `keys` for the tasks whose closed form is not frozen: that one is the better student. `None` without such a task.
pub(super) fn taught(project: &Project, keys: &str) -> Option<String> {
    let learns = |task: &&TaskConfig| task.trunk_head && task.linear.mode != LinearMode::Frozen;
    let tasks: Vec<String> = project.tasks.iter().filter(learns).map(|task| quoted(&task.name)).collect();
    (!tasks.is_empty()).then(|| format!("training.distillation = {{ {keys}, tasks = [{}] }}", tasks.join(", ")))
}

/// The losses that `loss` gives for a kind of task, for the tasks that are trained. `None` where it gives none.
pub(super) fn losses(project: &Project, loss: impl Fn(TaskKind) -> Option<String>) -> Option<String> {
    let trained =
        |task: &TaskConfig| task.trunk_head || !matches!(task.linear.mode, LinearMode::Frozen | LinearMode::Off);
    let overlay = each_task(project, |index| {
        let task = &project.tasks[index];
        Some(format!("loss = {{ {} }}", loss(task.kind).filter(|_| trained(task))?))
    });
    (!overlay.is_empty()).then_some(overlay)
}

/// The loss `keys` for values.
pub(super) fn value_loss(kind: TaskKind, keys: &str) -> Option<String> {
    (kind == TaskKind::Regression).then(|| keys.to_owned())
}

/// Cross-entropy with `keys` for classes.
pub(super) fn cross_entropy(kind: TaskKind, keys: &str) -> Option<String> {
    match kind {
        TaskKind::Regression => None,
        TaskKind::Binary => Some(format!("name = \"binary-cross-entropy\", {keys}")),
        TaskKind::MultiClass => Some(format!("name = \"cross-entropy\", {keys}")),
    }
}

/// Two groups of half the trunk's widths; `None` where the heads on the trunk are all of faults or all of other tasks.
pub(super) fn trunk_for_faults(project: &Project) -> Option<String> {
    let on_trunk = project.tasks.iter().filter(|task| task.trunk_head);
    let (faults, others): (Vec<&TaskConfig>, Vec<&TaskConfig>) =
        on_trunk.partition(|task| task.role == TaskRole::Fault);
    if faults.is_empty() || others.is_empty() || project.model.trunk.is_empty() {
        return None;
    }
    let widths: Vec<String> = project.model.trunk.iter().map(|width| width.div_ceil(2).to_string()).collect();
    let group = |tasks: &[&TaskConfig]| {
        let names: Vec<String> = tasks.iter().map(|task| quoted(&task.name)).collect();
        format!("[[model.groups]]\ntasks = [{}]\ntrunk = [{}]\n", names.join(", "), widths.join(", "))
    };
    Some(group(&faults) + &group(&others))
}

/// Reads of every fault for the tasks of other roles; `None` where either is missing.
pub(super) fn read_faults(project: &Project) -> Option<String> {
    let (faults, others): (Vec<_>, Vec<_>) =
        (0..project.tasks.len()).partition(|task| project.tasks[*task].role == TaskRole::Fault);
    let entry = |task: &usize| format!("{{ task = {} }}", quoted(&project.tasks[*task].name));
    let entries: Vec<String> = faults.iter().map(entry).collect();
    let reads = format!("reads = [{}]", entries.join(", "));
    let wanted = !faults.is_empty() && !others.is_empty();
    wanted.then(|| each_task(project, |task| others.contains(&task).then(|| reads.clone())))
}

/// A branch for the features of each unit's channels, all of them together about as wide as the trunk's first layer; `None` where all channels
/// have one unit or there is no trunk to join them.
pub(super) fn branch_each_unit(project: &Project) -> Option<String> {
    let mut units: Vec<(&str, Vec<String>)> = Vec::new();
    for channel in project.channels.iter().filter(|channel| channel.input && project.gives_features(channel)) {
        match units.iter_mut().find(|(unit, _)| *unit == channel.unit) {
            Some((_, channels)) => channels.push(quoted(&channel.name)),
            None => units.push((&channel.unit, vec![quoted(&channel.name)])),
        }
    }
    let width = project.model.trunk.first().filter(|_| units.len() > 1)?.div_ceil(units.len());
    let branch = |(unit, channels): &(&str, Vec<String>)| {
        let name = quoted(if unit.is_empty() { "without unit" } else { unit });
        format!("[[model.branches]]\nname = {name}\nchannels = [{}]\nwidths = [{width}]\n", channels.join(", "))
    };
    Some(units.iter().map(branch).collect())
}

/// `text` as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
