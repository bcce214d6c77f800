//! What is asked for: the new task, the rows, and whether project, data and model belong together.

use trunkline_shared::model::Model;
use trunkline_shared::model::build::ImageBuilder;
use trunkline_trainer::adapt::split_tasks;
use trunkline_trainer::config::Project;
use trunkline_trainer::data::{Dataset, fraction};
use trunkline_trainer::evaluate::check_channels;
use trunkline_trainer::features::{CodeBook, PlanSpec, Prepared, encode_windows, extract};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::translate::evaluation_failure;

/// Fewest labelled rows of which a head is made: two in each of two inner folds, and one to spare.
const FEWEST_ROWS: usize = 5;

/// Puts the model's tasks first in `project`, behind them the new one and no other; gives its name.
pub(super) fn new_task(project: &mut Project, model: &Model<'_>, asked: &[String]) -> Result<String, Failure> {
    let usage = |what: String, remedy: String| Failure::new(Exit::Usage, what).remedy(remedy);
    let old: Vec<&str> = model.tasks().map(|(task, _)| task.name).collect();
    for name in asked {
        if old.contains(&name.as_str()) {
            return Err(usage(
                format!("--task {name}: the model has this task already"),
                "name a task that only the project file has, or train the model anew to change one".to_owned(),
            ));
        }
        known_task(project, name)?;
    }
    let new = split_tasks(project, model).map_err(evaluation_failure)?;
    let name = match (asked, &new[..]) {
        ([name], _) => name.clone(),
        ([], [name]) => name.clone(),
        (_, []) => {
            return Err(Failure::new(
                Exit::Project,
                "the project file has no task that the model does not have already",
            )
            .remedy("add a [[tasks]] for the new one; the model's own stay as they are"));
        }
        _ => {
            return Err(usage(
                format!("the project file has {} new tasks: {}", new.len(), new.join(", ")),
                "say with --task which one to add; the result can be adapted again for the next".to_owned(),
            ));
        }
    };
    project.tasks.retain(|task| task.name == name || old.contains(&task.name.as_str()));
    Ok(name)
}

/// What `model` reads, and windows and features of all rows as it takes them.
pub(super) fn read_rows(
    project: &Project,
    dataset: &Dataset,
    model: &Model<'_>,
) -> Result<(PlanSpec, Prepared), Failure> {
    let codes = CodeBook::of(model);
    check_channels(&codes, dataset).map_err(evaluation_failure)?;
    for (index, (task, _)) in model.tasks().enumerate() {
        let labels = &dataset.tasks[index];
        if task.kind != labels.kind || !task.classes.iter().eq(labels.class_names.iter()) {
            return Err(Failure::new(Exit::Project, format!("task `{}` is another one in the model", task.name))
                .remedy("leave the model's tasks as they stand in the project.toml beside it"));
        }
    }
    let plan = PlanSpec::new(project, dataset).map_err(|error| evaluation_failure(error.into()))?;
    if ImageBuilder::from_model(model).plan != plan.groups {
        return Err(Failure::new(Exit::Project, "the project file computes other features than the model reads")
            .remedy("leave channels, magnitudes and branches as they stand in the project.toml beside the model"));
    }
    let windows = encode_windows(dataset, &codes);
    let features = extract(&plan, &codes, &windows);
    Ok((plan, Prepared { codes, windows, features }))
}

/// The rows with a label of the last task, or as many of them as were asked for.
pub(super) fn chosen_rows(dataset: &Dataset, asked: &[usize], seed: u64) -> Result<Vec<usize>, Failure> {
    let Some(task) = dataset.tasks.last() else { return Ok(Vec::new()) };
    let known: Vec<usize> = (0..dataset.rows).filter(|row| task.labels.is_known(*row)).collect();
    let wanted = match asked {
        [] => known.len(),
        [wanted] => *wanted,
        _ => {
            return Err(Failure::new(Exit::Usage, "--rows takes one number here").remedy("several are for --curve"));
        }
    };
    if wanted > known.len() {
        return Err(Failure::new(
            Exit::Data,
            format!("task `{}` has {} labelled rows, {wanted} are asked for", task.name, known.len()),
        )
        .remedy("lower --rows, or label more rows"));
    }
    if wanted < FEWEST_ROWS {
        return Err(Failure::new(
            Exit::Data,
            format!("{wanted} labelled rows of task `{}` are too few: a head takes at least {FEWEST_ROWS}", task.name),
        )
        .remedy("label more rows; trunkline adapt --curve shows how many it takes"));
    }
    let share = wanted as f64 / known.len() as f64;
    Ok(fraction(&known, None, std::slice::from_ref(task), share, seed))
}

/// Refuses a task that the project file does not have.
pub(super) fn known_task(project: &Project, name: &str) -> Result<(), Failure> {
    if project.tasks.iter().any(|task| task.name == name) {
        return Ok(());
    }
    let tasks: Vec<&str> = project.tasks.iter().map(|task| task.name.as_str()).collect();
    Err(Failure::new(Exit::Usage, format!("--task {name}: the project file has no such task"))
        .remedy(format!("it has {}", tasks.join(", "))))
}
