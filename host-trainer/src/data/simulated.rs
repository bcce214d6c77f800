//! The simulated plant as a data set: the channels and tasks that the project file names, in its order.

use super::dataset::{Dataset, DatasetChannel, Labels, TaskLabels};
use super::error::DataError;
use super::labels::checked;
use crate::config::{Project, TargetConfig, TaskConfig, kind_name, same_label, suggest};
use crate::plant;

/// Simulates the fleet of a checked project.
pub(super) fn load(project: &Project) -> Result<Dataset, DataError> {
    let fleet = plant::simulate(&project.data.plant.clone().unwrap_or_default());
    let channels = (project.channels.iter().enumerate())
        .filter(|(_, channel)| channel.input)
        .map(|(index, channel)| {
            let names: Vec<&str> = fleet.channels.iter().map(|channel| channel.name.as_str()).collect();
            let found = fleet.channels.iter().find(|candidate| candidate.name == channel.name);
            let found =
                found.ok_or_else(|| missing(format!("channels[{index}].name"), "channel", &channel.name, &names))?;
            let unit = if channel.unit.is_empty() { found.unit.clone() } else { channel.unit.clone() };
            Ok(DatasetChannel { unit, ..found.clone() })
        })
        .collect::<Result<_, DataError>>()?;
    let tasks = (project.tasks.iter().enumerate())
        .map(|(index, task)| labels(task, &fleet.tasks, &format!("tasks[{index}]")))
        .collect::<Result<_, DataError>>()?;
    Ok(Dataset { channels, tasks, ..fleet })
}

fn labels(task: &TaskConfig, known: &[TaskLabels], key: &str) -> Result<TaskLabels, DataError> {
    let names: Vec<&str> = known.iter().map(|task| task.name.as_str()).collect();
    let column = match &task.target {
        TargetConfig::Column { column } => column,
        TargetConfig::Statistic { channel, .. } => {
            let name = format!("statistic of {channel}");
            return Err(missing(format!("{key}.target"), "target", &name, &names));
        }
    };
    let found = known.iter().find(|candidate| candidate.name == *column);
    let found = found.ok_or_else(|| missing(format!("{key}.target.column"), "target", column, &names))?;
    if found.kind != task.kind {
        let kind = kind_name(found.kind);
        return Err(missing(format!("{key}.kind"), "target of that kind named", column, &[kind]));
    }
    let labels = match &found.labels {
        Labels::Values(values) => Labels::Values(values.clone()),
        Labels::Classes(classes) => {
            // The project's classes may stand in another order.
            let class_of = |index: u16| {
                let name = found.class_names.get(usize::from(index)).map_or("", String::as_str);
                let class = task.classes.iter().position(|class| same_label(class, name));
                class.map(|class| class as u16).ok_or_else(|| {
                    let listed: Vec<&str> = found.class_names.iter().map(String::as_str).collect();
                    DataError::NotInPlant {
                        key: format!("{key}.classes"),
                        what: "such target without the class",
                        name: name.to_owned(),
                        remedy: format!("list all of its classes: {}", listed.join(", ")),
                    }
                })
            };
            Labels::Classes(classes.iter().map(|label| label.map(class_of).transpose()).collect::<Result<_, _>>()?)
        }
    };
    checked(task, labels, key)
}

fn missing(key: String, what: &'static str, name: &str, known: &[&str]) -> DataError {
    DataError::NotInPlant { key, what, name: name.to_owned(), remedy: suggest(name, known) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn project(change: impl Fn(&str) -> String) -> Project {
        let text = plant::DEFAULT_PROJECT.replace("machines = 24", "machines = 6");
        config::parse(&change(&text), "plant.toml").unwrap()
    }

    #[test]
    fn channels_and_tasks_come_in_the_projects_order() {
        let project = project(str::to_owned);
        let dataset = load(&project).unwrap();
        let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(dataset.channels.iter().map(|channel| &channel.name).collect()),
            names(project.channels.iter().map(|channel| &channel.name).collect())
        );
        assert_eq!(
            names(dataset.tasks.iter().map(|task| &task.name).collect()),
            names(project.tasks.iter().map(|task| &task.name).collect())
        );
        assert!(dataset.groups.is_some_and(|groups| groups.len() == dataset.rows));
    }

    #[test]
    fn classes_follow_the_projects_order() {
        let usual = load(&project(str::to_owned)).unwrap();
        let swapped = load(&project(|text| text.replace(r#"["pass", "reject"]"#, r#"["reject", "pass"]"#))).unwrap();
        let classes = |dataset: &Dataset| match &dataset.tasks.iter().find(|task| task.name == "reject").unwrap().labels
        {
            Labels::Classes(classes) => classes.clone(),
            Labels::Values(_) => panic!("classes expected"),
        };
        let flipped: Vec<Option<u16>> = classes(&usual).iter().map(|class| class.map(|class| 1 - class)).collect();
        assert_eq!(classes(&swapped), flipped);
    }

    #[test]
    fn an_unknown_channel_is_named_with_its_key_and_a_suggestion() {
        let project = project(|text| text.replace("name = \"current\"", "name = \"curent\""));
        let error = load(&project).unwrap_err().to_string();
        assert!(
            error.contains("channels[3].name") && error.contains("\"curent\"") && error.contains("current"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_target_is_named_with_its_key() {
        let project = project(|text| text.replace("column = \"energy\"", "column = \"power\""));
        let error = load(&project).unwrap_err().to_string();
        assert!(error.contains("tasks[3].target.column") && error.contains("\"power\""), "{error}");
    }
}
