//! The shape of the network: widths, groups of tasks, and what a device can run of it.

use trunkline_shared::model::{MAX_LAYERS, MAX_TENSORS};

use super::{Check, convolutions, distinct, fail, name};
use crate::config::architecture::{BranchConfig, ReadOf};
use crate::config::channel::ChannelConfig;
use crate::config::project::Project;
use crate::config::suggest::suggest;
use crate::config::task::{LinearMode, TaskConfig};
use crate::model::read_order;

/// Widest layer.
pub(super) const WIDEST_LAYER: usize = 1024;
/// Most layers of a trunk or of a head.
pub(super) const MOST_LAYERS: usize = 8;

pub(super) fn check(project: &Project) -> Check {
    let model = &project.model;
    widths("model.trunk", &model.trunk)?;
    widths("model.head", &model.head)?;
    for (index, task) in project.tasks.iter().enumerate() {
        hidden(task, &format!("tasks[{index}].hidden"))?;
    }
    if !model.groups.is_empty() {
        groups(project)?;
    }
    if !model.branches.is_empty() {
        branches(project)?;
    }
    reads(project)?;
    device(project)
}

fn widths(key: &str, widths: &[usize]) -> Check {
    if widths.len() > MOST_LAYERS {
        return fail(key, format!("{} layers", widths.len()), format!("at most {MOST_LAYERS}"));
    }
    match widths.iter().position(|width| !(1..=WIDEST_LAYER).contains(width)) {
        Some(index) => fail(
            format!("{key}[{index}]"),
            format!("a layer of {} units", widths[index]),
            format!("1 to {WIDEST_LAYER}"),
        ),
        None => Ok(()),
    }
}

fn hidden(task: &TaskConfig, key: &str) -> Check {
    let Some(hidden) = &task.hidden else { return Ok(()) };
    if !task.trunk_head {
        return fail(
            key,
            "hidden layers of a head, but the task has none on the trunk",
            "remove the key, or set trunk_head = true",
        );
    }
    widths(key, hidden)
}

fn groups(project: &Project) -> Check {
    let groups = &project.model.groups;
    if groups.len() < 2 {
        return fail(
            "model.groups",
            "a single group",
            "name two or more, or leave the key out: model.trunk is for all tasks",
        );
    }
    let mut seen: Vec<&str> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let key = format!("model.groups[{index}]");
        if group.tasks.is_empty() {
            return fail(
                format!("{key}.tasks"),
                "a group without tasks",
                "name at least one task, or remove the group",
            );
        }
        for (position, name) in group.tasks.iter().enumerate() {
            let key = format!("{key}.tasks[{position}]");
            let Some(task) = project.tasks.iter().find(|task| task.name == *name) else {
                let names: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
                return fail(key, format!("no task is named \"{name}\""), suggest(name, &names));
            };
            if !task.trunk_head {
                return fail(
                    key,
                    format!("task \"{name}\" has no head on a trunk"),
                    "remove it from the groups, or set its trunk_head = true",
                );
            }
            if seen.contains(&name.as_str()) {
                return fail(
                    key,
                    format!("task \"{name}\" stands in two places"),
                    "name each task in exactly one group",
                );
            }
            seen.push(name);
        }
        if let Some(trunk) = &group.trunk {
            let key = format!("{key}.trunk");
            if trunk.is_empty() {
                return fail(key, "the group's trunk has no layer", "give it at least one width, or leave the key out");
            }
            widths(&key, trunk)?;
        }
    }
    match project.tasks.iter().find(|task| task.trunk_head && !seen.contains(&task.name.as_str())) {
        Some(task) => fail(
            "model.groups",
            format!("task \"{}\" is in no group", task.name),
            "add it to a group, or set its trunk_head = false",
        ),
        None => Ok(()),
    }
}

fn branches(project: &Project) -> Check {
    let branches = &project.model.branches;
    if let [branch] = branches.as_slice()
        && !branch.reads_raw()
    {
        return fail(
            "model.branches",
            "a single branch",
            "name two or more, or leave the key out and put its widths in front of model.trunk",
        );
    }
    if project.model.trunk.is_empty() {
        return fail(
            "model.trunk",
            "no layer that could read the branches",
            "give at least one width: the trunk's first layer joins the branches",
        );
    }
    for (index, branch) in branches.iter().enumerate() {
        name(&format!("model.branches[{index}].name"), &branch.name)?;
    }
    let names = branches.iter().enumerate();
    distinct(names.map(|(i, branch)| (format!("model.branches[{i}].name"), branch.name.as_str())), "branch")?;
    let inputs: Vec<&str> =
        project.channels.iter().filter(|channel| channel.input).map(|channel| channel.name.as_str()).collect();
    let mut seen: Vec<(&str, bool)> = Vec::new();
    for (index, branch) in branches.iter().enumerate() {
        let key = format!("model.branches[{index}]");
        if branch.channels.is_empty() {
            return fail(format!("{key}.channels"), "a branch that reads nothing", "name at least one channel");
        }
        for (position, channel) in branch.channels.iter().enumerate() {
            let key = format!("{key}.channels[{position}]");
            if !inputs.contains(&channel.as_str()) {
                return fail(key, format!("no input channel is named \"{channel}\""), suggest(channel, &inputs));
            }
            if seen.contains(&(channel, branch.reads_raw())) {
                return fail(
                    key,
                    format!("channel \"{channel}\" stands in two places"),
                    if branch.reads_raw() {
                        "name each channel in at most one branch with convolutions"
                    } else {
                        "name each input channel in exactly one branch"
                    },
                );
            }
            seen.push((channel, branch.reads_raw()));
        }
        let of_features =
            |channel: &&ChannelConfig| branch.channels.contains(&channel.name) && project.gives_features(channel);
        if !branch.reads_raw() && project.channels.iter().find(of_features).is_none() {
            return fail(
                format!("{key}.channels"),
                "no feature is computed of these channels",
                "list features of one, or give the branch convolutions",
            );
        }
        let key = format!("{key}.widths");
        if branch.widths.is_empty() && !branch.reads_raw() {
            return fail(key, "a branch without layers", "give it at least one width");
        }
        widths(&key, &branch.widths)?;
    }
    convolutions::check(project)?;
    let of_features: Vec<&BranchConfig> = branches.iter().filter(|branch| !branch.reads_raw()).collect();
    if of_features.is_empty() {
        return Ok(());
    }
    let untold = |channel: &&ChannelConfig| {
        channel.input && project.gives_features(channel) && !seen.contains(&(channel.name.as_str(), false))
    };
    if let Some(channel) = project.channels.iter().find(untold) {
        return fail("model.branches", format!("channel \"{}\" is in no branch", channel.name), "add it to one");
    }
    let torn = |branch: &BranchConfig| {
        project.magnitudes.iter().find(|magnitude| {
            let inside = magnitude.channels.iter().filter(|channel| branch.channels.contains(channel)).count();
            (1..magnitude.channels.len()).contains(&inside)
        })
    };
    let torn = |(index, branch): (usize, &BranchConfig)| Some((index, torn(branch).filter(|_| !branch.reads_raw())?));
    match branches.iter().enumerate().find_map(torn) {
        Some((index, magnitude)) => fail(
            format!("model.branches[{index}].channels"),
            format!("some channels of magnitude \"{}\", but not all", magnitude.name),
            "a magnitude goes with its channels: put all three into one branch",
        ),
        None => Ok(()),
    }
}

fn reads(project: &Project) -> Check {
    let names: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
    let mut read = Vec::with_capacity(names.len());
    for (index, task) in project.tasks.iter().enumerate() {
        let mut sources = Vec::with_capacity(task.reads.len());
        for (position, entry) in task.reads.iter().enumerate() {
            let key = format!("tasks[{index}].reads[{position}]");
            let name = &entry.task;
            let Some(source) = project.tasks.iter().position(|task| task.name == *name) else {
                let key = format!("{key}.task");
                return fail(key, format!("no task is named \"{name}\""), suggest(name, &names));
            };
            if source == index {
                return fail(
                    format!("{key}.task"),
                    "a task cannot read itself",
                    "name another task, or remove the entry",
                );
            }
            if task.reads[..position].contains(entry) {
                return fail(key, format!("task \"{name}\" is read twice"), "remove one of the two entries");
            }
            let source_task = &project.tasks[source];
            let hidden = source_task.trunk_head && !hidden_widths(project, source_task).is_empty();
            if entry.of == ReadOf::Embedding && !hidden {
                return fail(
                    format!("{key}.of"),
                    format!("the head of task \"{name}\" has no hidden layer whose activations could be read"),
                    "give that task hidden = [16], or write of = \"output\"",
                );
            }
            if !task.period().is_multiple_of(source_task.period()) {
                return fail(
                    format!("tasks[{index}].period"),
                    format!("task \"{name}\", which it reads, is not always due when it is"),
                    format!("use a multiple of that task's period, {}", source_task.period()),
                );
            }
            sources.push(source);
        }
        read.push(sources);
    }
    read_order(&read).map(|_| ()).or_else(|circle| {
        let first = circle.first().copied().unwrap_or(0);
        let circle: Vec<&str> = circle.iter().chain([&first]).map(|task| names[*task]).collect();
        fail(
            format!("tasks[{first}].reads"),
            format!("the tasks read each other in a circle: {}", circle.join(" reads ")),
            "remove one of these entries",
        )
    })
}

/// Widths of the hidden layers of a task's head.
fn hidden_widths<'p>(project: &'p Project, task: &'p TaskConfig) -> &'p [usize] {
    task.hidden.as_ref().unwrap_or(&project.model.head)
}

/// The network within the tables of an artifact, however its features come out.
fn device(project: &Project) -> Check {
    let model = &project.model;
    let heads = || project.tasks.iter().filter(|task| task.trunk_head);
    let found = model.grouping.as_ref().map_or(1, |grouping| grouping.max_groups.min(heads().count()).max(1));
    let trunks: Vec<usize> = if model.groups.is_empty() {
        vec![model.trunk.len(); found]
    } else {
        model.groups.iter().map(|group| group.trunk.as_ref().unwrap_or(&model.trunk).len()).collect()
    };
    let hidden: usize = heads().map(|task| hidden_widths(project, task).len()).sum();
    let linear = project.tasks.iter().filter(|task| task.linear.mode != LinearMode::Off).count();
    // A view of the features for each trunk and for each kind of linear path.
    let tensors = trunks.len() + linear.min(2) + trunks.iter().sum::<usize>() + hidden + project.tasks.len();
    let reads: usize = project.tasks.iter().map(|task| task.reads.len()).sum();
    let layers = trunks.iter().sum::<usize>() + hidden + heads().count() + linear + reads;
    // Under each trunk a view and the layers of each branch, and a layer of the trunk for each branch but the first, which takes
    // the place of the one on the features, where these are not read beside the branches. A convolution is three layers: depthwise,
    // pointwise and pool.
    let branches = &model.branches;
    let features = branches.iter().all(BranchConfig::reads_raw);
    let more = branches.len().saturating_sub(usize::from(!features));
    let layers_of = |branch: &BranchConfig| branch.widths.len() + 3 * branch.convolutions.len();
    let branch_layers = branches.iter().map(layers_of).sum::<usize>();
    let tensors = tensors + trunks.len() * (more + branch_layers);
    let layers = layers + trunks.len() * (more + branch_layers);
    for (found, what, limit) in [(tensors, "tensors", MAX_TENSORS), (layers, "layers", usize::from(MAX_LAYERS))] {
        if found > limit {
            return fail(
                "model",
                format!("the network has up to {found} {what}, a device runs {limit}"),
                "use fewer hidden layers in the heads (model.head, tasks.hidden), fewer groups or branches, or shallower ones",
            );
        }
    }
    Ok(())
}
