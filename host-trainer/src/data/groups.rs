//! Groups and folds from columns.

use super::csv_table::{Column, CsvTable, number};
use super::error::DataError;
use crate::config::{Project, SplitMethod};

/// Group and fold of each row, where the project file names their columns.
pub(super) struct Assignment {
    pub(super) groups: Option<Vec<u32>>,
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
        SplitMethod::Random | SplitMethod::Grouped | SplitMethod::Blocked => None,
    };
    Ok(Assignment { groups, folds })
}

/// Each row's index among the column's distinct values in ascending order: as numbers if all are numbers, else as text.
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
    Ok(match numbers {
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
