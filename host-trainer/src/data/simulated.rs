//! The simulated plant as a data set: the channels and tasks that the project file names, in its order.

use trunkline_shared::model::TaskRole;

use super::dataset::{Dataset, DatasetChannel, Labels, TaskLabels};
use super::error::DataError;
use super::labels::checked;
use crate::config::{Project, TargetConfig, TaskConfig, is_label_of, kind_name, suggest};
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
        return Err(DataError::Plant {
            key: format!("{key}.kind"),
            problem: format!("\"{column}\" of the simulated plant is not {}", kind_name(task.kind)),
            remedy: format!("write kind = \"{}\"", kind_name(found.kind)),
        });
    }
    // Early warning takes class 0 for the state without fault.
    let first = found.class_names.first().filter(|_| found.role == TaskRole::Fault);
    if let (Some(healthy), Some(listed)) = (first, task.classes.first())
        && !is_label_of(listed, healthy)
    {
        return Err(DataError::Plant {
            key: format!("{key}.classes[0]"),
            problem: format!("\"{listed}\" stands first"),
            remedy: format!("list \"{healthy}\" first: early warning counts from it"),
        });
    }
    let labels = match &found.labels {
        Labels::Values(values) => Labels::Values(values.clone()),
        Labels::Classes(classes) => {
            // The project's classes may stand in another order.
            let class_of = |index: u16| {
                let name = found.class_names.get(usize::from(index)).map_or("", String::as_str);
                let class = task.classes.iter().position(|class| is_label_of(class, name));
                class.map(|class| class as u16).ok_or_else(|| {
                    let listed: Vec<&str> = found.class_names.iter().map(String::as_str).collect();
                    DataError::Plant {
                        key: format!("{key}.classes"),
                        problem: format!("class \"{name}\" of the simulated plant is left out"),
                        remedy: format!("list all of its classes: {}", listed.join(", ")),
                    }
                })
            };
            Labels::Classes(classes.iter().map(|label| label.map(class_of).transpose()).collect::<Result<_, _>>()?)
        }
    };
    checked(task, labels, key)
}

fn missing(key: String, what: &str, name: &str, known: &[&str]) -> DataError {
    DataError::Plant {
        key,
        problem: format!("the simulated plant has no {what} \"{name}\""),
        remedy: suggest(name, known),
    }
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
        let text = plant::DEFAULT_PROJECT.replace("name = \"current\"", "name = \"curent\"");
        let error = config::parse(&text, "plant.toml").unwrap_err();
        assert_eq!(error.key, "channels[3].name");
        assert!(error.remedy.starts_with("did you mean \"current\"?"), "{error}");
    }

    #[test]
    fn a_target_in_another_form_is_refused_with_its_own() {
        let refused = |from: &str, to: &str| load(&project(|text| text.replace(from, to))).unwrap_err().to_string();
        let kind = refused(
            "kind = \"regression\"\ntarget = { column = \"energy\" }\nunit = \"Wh\"",
            "kind = \"binary\"\ntarget = { column = \"energy\" }\nclasses = [\"a\", \"b\"]",
        );
        assert!(kind.contains("tasks[3].kind") && kind.contains("write kind = \"regression\""), "{kind}");
        let classes = refused("\"pass\", \"reject\"", "\"pass\", \"scrap\"");
        assert!(
            classes.contains("tasks[2].classes") && classes.contains("list all of its classes: pass, reject"),
            "{classes}"
        );
    }

    #[test]
    fn the_fault_task_begins_with_the_healthy_class() {
        let swapped = project(|text| text.replace("[\"healthy\", \"unbalance\"", "[\"unbalance\", \"healthy\""));
        let error = load(&swapped).unwrap_err().to_string();
        assert!(error.contains("tasks[0].classes[0]") && error.contains("\"healthy\" first"), "{error}");
    }

    #[test]
    fn an_unknown_target_is_named_with_its_key() {
        let project = project(|text| text.replace("column = \"energy\"", "column = \"power\""));
        let error = load(&project).unwrap_err().to_string();
        assert!(error.contains("tasks[3].target.column") && error.contains("\"power\""), "{error}");
    }
}
