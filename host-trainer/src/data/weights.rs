//! How many times each row counts in training.

use std::ops::RangeInclusive;

use super::csv_table::CsvTable;
use super::error::DataError;
use crate::config::Project;

/// Means of the weights that are taken: what is estimated from the number of rows, such as a penalty, is then within reason.
const MEAN: RangeInclusive<f64> = 0.1..=10.0;

/// The weights that `data.row_weight` names; `None` where it names none.
pub(super) fn of(project: &Project, table: &CsvTable) -> Result<Option<Vec<f32>>, DataError> {
    let Some(name) = &project.data.row_weight else { return Ok(None) };
    let column = table.column(name, "data.row_weight")?;
    let numbers = column.numbers()?;
    if let Some(((line, cell), _)) = column.cells().zip(&numbers).find(|(_, weight)| weight.is_nan() || **weight < 0.0)
    {
        return Err(DataError::RowWeight {
            path: table.path.clone(),
            line,
            column: name.clone(),
            text: cell.unwrap_or_default().into(),
        });
    }
    let mean = numbers.iter().map(|weight| f64::from(*weight)).sum::<f64>() / numbers.len().max(1) as f64;
    if !MEAN.contains(&mean) {
        return Err(DataError::RowWeights { path: table.path.clone(), column: name.clone(), mean });
    }
    Ok(Some(numbers))
}
