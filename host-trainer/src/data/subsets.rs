//! Named parts of the rows, by the values of a column.

use super::csv_table::CsvTable;
use super::dataset::Subset;
use super::error::DataError;
use crate::config::{Project, is_label_of};

/// The subsets that the project file names; a row whose cell is missing belongs to none.
pub(super) fn of(project: &Project, table: &CsvTable) -> Result<Vec<Subset>, DataError> {
    let configs = project.evaluate.as_ref().map_or(&[][..], |evaluate| &evaluate.subsets);
    let subset = |(index, config): (usize, &crate::config::SubsetConfig)| {
        let cells = table.column(&config.column, &format!("evaluate.subsets[{index}].column"))?.cells();
        let is_meant = |cell: &str| config.values.iter().any(|value| is_label_of(value, cell));
        Ok(Subset { name: config.name.clone(), rows: cells.map(|(_, cell)| cell.is_some_and(is_meant)).collect() })
    };
    configs.iter().enumerate().map(subset).collect()
}
