//! `[evaluate]`.

use super::{Check, distinct, fail, name};
use crate::config::data::Loader;
use crate::config::project::Project;

pub(super) fn check(project: &Project) -> Check {
    let subsets = project.evaluate.as_ref().map_or(&[][..], |evaluate| &evaluate.subsets);
    for (index, subset) in subsets.iter().enumerate() {
        let key = format!("evaluate.subsets[{index}]");
        if project.data.loader == Loader::Plant {
            return fail(
                key,
                "the simulated plant has no columns to take a subset from",
                "remove [[evaluate.subsets]]",
            );
        }
        name(&format!("{key}.name"), &subset.name)?;
        if subset.values.is_empty() {
            return fail(
                format!("{key}.values"),
                "no value: the subset would be empty",
                "list the values of the column whose rows are meant, such as [\"0\"]",
            );
        }
    }
    let names = subsets.iter().enumerate();
    distinct(names.map(|(index, subset)| (format!("evaluate.subsets[{index}].name"), subset.name.as_str())), "subset")
}
