//! Groups and folds from columns.

use std::collections::BTreeMap;

use super::csv_table::{Column, CsvTable, number};
use super::error::DataError;
use crate::config::{Project, SplitMethod, are_exact};

/// Group and fold of each row, where the project file names their columns.
pub(super) struct Assignment {
    pub(super) groups: Option<Vec<u32>>,
    /// Name of each group; empty without groups.
    pub(super) group_names: Vec<String>,
    pub(super) folds: Option<Vec<u32>>,
}

pub(super) fn assign(project: &Project, table: &CsvTable) -> Result<Assignment, DataError> {
    let numbered = |name: &Option<String>, key: &str| match name {
        Some(name) => number_values(table.column(name, key)?, key).map(Some),
        None => Ok(None),
    };
    let groups = numbered(&project.split.group, "split.group")?;
    let folds = match project.split.method {
        SplitMethod::Folds => numbered(&project.split.column, "split.column")?,
        SplitMethod::Random | SplitMethod::Grouped | SplitMethod::Blocked | SplitMethod::Within => None,
    };
    if let (Some(groups), Some(folds)) = (&groups, &folds) {
        check_whole(project, table, groups, folds)?;
    }
    let group_names = match (&project.split.group, &groups) {
        (Some(name), Some(groups)) => names(table.column(name, "split.group")?, groups),
        _ => Vec::new(),
    };
    Ok(Assignment { groups, group_names, folds })
}

/// What stands in the column for each group: its first cell.
fn names(column: Column, groups: &[u32]) -> Vec<String> {
    let mut names = vec![String::new(); groups.iter().max().map_or(0, |last| *last as usize + 1)];
    for ((_, cell), group) in column.cells().zip(groups) {
        if let (Some(name), Some(cell)) = (names.get_mut(*group as usize).filter(|name| name.is_empty()), cell) {
            cell.trim().clone_into(name);
        }
    }
    names
}

/// Refuses folds that part a group.
fn check_whole(project: &Project, table: &CsvTable, groups: &[u32], folds: &[u32]) -> Result<(), DataError> {
    // First row of each group.
    let mut first = BTreeMap::new();
    for (row, group) in groups.iter().enumerate() {
        let earlier = *first.entry(*group).or_insert(row);
        if folds[row] == folds[earlier] {
            continue;
        }
        let [group, column] =
            [&project.split.group, &project.split.column].map(|name| name.as_deref().unwrap_or_default());
        let cell = |name: &str, key: &str, row: usize| -> Result<(usize, Box<str>), DataError> {
            let (line, text) = table.column(name, key)?.cells().nth(row).unwrap_or_default();
            Ok((line, text.unwrap_or_default().into()))
        };
        let (line, fold) = cell(column, "split.column", row)?;
        return Err(DataError::PartedGroup {
            path: table.path.clone(),
            line,
            group: cell(group, "split.group", row)?.1,
            group_column: group.into(),
            fold,
            earlier_fold: cell(column, "split.column", earlier)?.1,
            fold_column: column.into(),
        });
    }
    Ok(())
}

/// Each row's index among the column's distinct values in ascending order: as numbers if all are numbers that `f64` holds exactly, else
/// as text.
fn number_values(column: Column, key: &str) -> Result<Vec<u32>, DataError> {
    let cells: Vec<&str> = column
        .cells()
        .map(|(line, cell)| {
            cell.ok_or_else(|| DataError::NoGroup {
                path: column.table().path.clone(),
                line,
                column: column.name().to_owned(),
                key: key.to_owned(),
            })
        })
        .collect::<Result<_, _>>()?;
    let numbers: Option<Vec<f64>> = cells.iter().map(|cell| number(cell)).collect();
    Ok(match numbers.filter(|numbers| are_exact(numbers)) {
        Some(numbers) => ranks(&numbers, f64::total_cmp),
        None => ranks(&cells, Ord::cmp),
    })
}

fn ranks<T: Copy>(values: &[T], order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<u32> {
    let mut distinct = values.to_vec();
    distinct.sort_by(&order);
    distinct.dedup_by(|a, b| order(a, b).is_eq());
    values
        .iter()
        .map(|value| distinct.binary_search_by(|known| order(known, value)).map_or(0, |rank| rank as u32))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_in_ascending_order() {
        assert_eq!(ranks(&[10.0, 2.0, 10.0, -1.0], f64::total_cmp), [2, 1, 2, 0]);
        assert_eq!(ranks(&["10", "2", "b"], Ord::cmp), [0, 1, 2]);
    }
}
