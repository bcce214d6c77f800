//! `[[tasks]]`.

use trunkline_shared::model::{MAX_CLASSES, TaskKind};

use super::{Check, MOST_TASKS, calibration, distinct, fail, loss, name, within};
use crate::config::channel::ChannelConfig;
use crate::config::data::Loader;
use crate::config::model::ModelKind;
use crate::config::project::Project;
use crate::config::suggest::suggest;
use crate::config::task::{LinearMode, TargetConfig, TaskConfig, is_label_of, kind_name};

/// Most classes of a task.
const MOST_CLASSES: usize = MAX_CLASSES as usize;

pub(super) fn check(project: &Project) -> Check {
    let tasks = &project.tasks;
    if tasks.is_empty() {
        return fail("tasks", "no task to learn", "add [[tasks]] entries");
    }
    if tasks.len() > MOST_TASKS {
        return fail("tasks", format!("{} tasks", tasks.len()), format!("at most {MOST_TASKS}"));
    }
    for (index, task) in tasks.iter().enumerate() {
        let key = format!("tasks[{index}]");
        name(&format!("{key}.name"), &task.name)?;
        target(project, task, &format!("{key}.target"))?;
        classes(task, &key)?;
        loss::check(task, &format!("{key}.loss"))?;
        calibration::threshold(project, task, &format!("{key}.threshold"))?;
        paths(project, task, &key)?;
        if task.period() == 0 {
            return fail(format!("{key}.period"), "a period of 0 windows", "use 1 for an answer to every window");
        }
    }
    distinct(tasks.iter().enumerate().map(|(i, task)| (format!("tasks[{i}].name"), task.name.as_str())), "task")
}

fn target(project: &Project, task: &TaskConfig, key: &str) -> Check {
    match &task.target {
        TargetConfig::Column { column } if column.trim().is_empty() => {
            fail(format!("{key}.column"), "no column is named", "write the name as it stands in the header")
        }
        TargetConfig::Column { column } => {
            let reads =
                |channel: &&ChannelConfig| channel.column.as_ref().unwrap_or(&channel.name).trim() == column.trim();
            let inputs = project.channels.iter().filter(|channel| channel.input);
            match inputs.filter(|_| project.data.loader == Loader::Table).find(reads) {
                Some(channel) => fail(
                    format!("{key}.column"),
                    format!(
                        "\"{column}\" is also the input channel \"{}\": the answer would be given away",
                        channel.name
                    ),
                    "remove the channel, or set input = false",
                ),
                None => Ok(()),
            }
        }
        TargetConfig::Statistic { channel, factor, .. } => {
            if project.data.loader != Loader::Cycles {
                return fail(
                    format!("{key}.channel"),
                    "only loader = \"cycles\" has whole cycles to take a statistic of",
                    "write target = { column = \"NAME\" }",
                );
            }
            if task.kind != TaskKind::Regression {
                return fail(
                    format!("{key}.statistic"),
                    format!("a statistic is a value, the task is {}", kind_name(task.kind)),
                    "set kind = \"regression\", or take the class from a column",
                );
            }
            if !project.channels.iter().any(|known| known.name == *channel) {
                let names: Vec<&str> = project.channels.iter().map(|known| known.name.as_str()).collect();
                return fail(
                    format!("{key}.channel"),
                    format!("no channel is named \"{channel}\""),
                    format!("{}; a channel that only gives a target has input = false", suggest(channel, &names)),
                );
            }
            if !factor.is_finite() || *factor == 0.0 {
                return fail(format!("{key}.factor"), format!("a factor of {factor}"), "any finite number but 0");
            }
            Ok(())
        }
    }
}

fn classes(task: &TaskConfig, key: &str) -> Check {
    let count = task.classes.len();
    let classes_key = format!("{key}.classes");
    match task.kind {
        TaskKind::Regression if count > 0 => {
            return fail(classes_key, "a regression has no classes", "remove them, or set kind = \"multi-class\"");
        }
        TaskKind::Binary if count != 2 => {
            return fail(
                classes_key,
                format!("a binary task has two classes, here are {count}"),
                "write [NEGATIVE, POSITIVE]",
            );
        }
        TaskKind::MultiClass if count < 3 => {
            return fail(
                classes_key,
                format!("a multi-class task has at least three classes, here are {count}"),
                "list every value of the column in class order, or set kind = \"binary\" for two",
            );
        }
        _ if count > MOST_CLASSES => {
            return fail(classes_key, format!("{count} classes"), format!("at most {MOST_CLASSES}"));
        }
        _ => {}
    }
    for (index, class) in task.classes.iter().enumerate() {
        let key = format!("{classes_key}[{index}]");
        name(&key, class)?;
        let (earlier, values) = (&task.classes[..index], class.split('|'));
        if let Some(twice) = values.into_iter().find(|value| earlier.iter().any(|class| is_label_of(class, value))) {
            return fail(
                key,
                format!("label \"{twice}\" stands twice"),
                "labels must differ; numbers compare as numbers",
            );
        }
    }
    if !task.class_names.is_empty() && task.class_names.len() != count {
        return fail(
            format!("{key}.class_names"),
            format!("{} names for {count} classes", task.class_names.len()),
            "one a class in the same order, or leave them out",
        );
    }
    for (index, class_name) in task.class_names.iter().enumerate() {
        name(&format!("{key}.class_names[{index}]"), class_name)?;
    }
    let named = task.class_names.iter().enumerate();
    distinct(named.map(|(i, class)| (format!("{key}.class_names[{i}]"), class.as_str())), "class")?;
    if task.kind != TaskKind::Regression && !task.unit.is_empty() {
        return fail(format!("{key}.unit"), "classes have no unit", "remove the key");
    }
    Ok(())
}

fn paths(project: &Project, task: &TaskConfig, key: &str) -> Check {
    if !(task.weight > 0.0 && task.weight <= 1e6) {
        return fail(format!("{key}.weight"), format!("a weight of {}", task.weight), "above 0, at most 1e6");
    }
    within(format!("{key}.linear.scale"), task.linear.scale, 0.0, 1e3)?;
    within(format!("{key}.linear.l2"), task.linear.l2, 0.0, 1e6)?;
    if let Some(bits) = task.linear.bits.filter(|bits| !matches!(bits, 8 | 16)) {
        return fail(format!("{key}.linear.bits"), format!("{bits} bits"), "8 or 16");
    }
    if task.linear.mode == LinearMode::Off && !task.trunk_head {
        return fail(
            format!("{key}.trunk_head"),
            "without a head on the trunk and without a linear path the task has no output",
            "set trunk_head = true, or another linear.mode than \"off\"",
        );
    }
    if project.model.kind == ModelKind::Network && task.trunk_head && project.model.trunk.is_empty() {
        return fail(
            "model.trunk",
            format!("the trunk has no layer, but task \"{}\" has a head on it", task.name),
            "give the trunk at least one width, or set trunk_head = false in every task",
        );
    }
    Ok(())
}
