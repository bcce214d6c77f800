//! From labels to columns of numbers and from the columns' answers to outputs of the network's form.

use trunkline_shared::model::TaskKind;

use super::TeacherError;
use crate::linear::labelled_rows;
use crate::model::Standardized;

/// Shares of a class are kept this far from 0 and 1, so that their logarithms stay finite.
const SHARE_FLOOR: f64 = 1e-6;

/// What a column of numbers holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Standardised values of a regression.
    Value,
    /// 1 for rows of a class, else 0.
    Share,
}

/// A fitted column.
pub trait Column: Send + Sync {
    /// The value, or the class's share in 0..=1, for each row of `z` (n).
    ///
    /// # Errors
    /// [`TeacherError`], where the rows do not fit those of the training.
    fn answer(&self, z: &Standardized) -> Result<Vec<f64>, TeacherError>;
}

/// A column of equal numbers: that number.
struct Constant(f64);

impl Column for Constant {
    fn answer(&self, z: &Standardized) -> Result<Vec<f64>, TeacherError> {
        Ok(vec![self.0; z.rows])
    }
}

/// A teacher of one task.
pub struct Fitted {
    kind: TaskKind,
    columns: Vec<Box<dyn Column>>,
}

impl Fitted {
    /// Outputs for each row of `z` (n x K), in the network's form: a standardised value, a logit, or log-probabilities.
    ///
    /// # Errors
    /// [`TeacherError`], where the rows do not fit those of the training.
    pub fn outputs(&self, z: &Standardized) -> Result<Vec<f32>, TeacherError> {
        let answers = self.columns.iter().map(|column| column.answer(z)).collect::<Result<Vec<_>, _>>()?;
        let row = |row: usize| outputs_of(self.kind, &answers.iter().map(|column| column[row]).collect::<Vec<f64>>());
        Ok((0..z.rows).flat_map(row).collect())
    }
}

/// Fits those of the rows `z` (n x F) that have a label and count, column by column.
pub(super) fn fit(
    z: &Standardized,
    labels: &[f32],
    weights: Option<&[f32]>,
    kind: TaskKind,
    outputs: usize,
    fit_column: impl Fn(&Standardized, &[f64], Option<&[f64]>, ColumnKind) -> Result<Box<dyn Column>, TeacherError>,
) -> Result<Fitted, TeacherError> {
    let known = labelled_rows(labels, weights);
    if known.is_empty() {
        return Err(TeacherError::NoLabels { rows: z.rows });
    }
    let labelled = z.take(&known);
    let weights: Option<Vec<f64>> = weights.map(|weights| known.iter().map(|row| f64::from(weights[*row])).collect());
    let column = |output: usize| {
        let number = |row: &usize| match kind {
            TaskKind::Regression | TaskKind::Binary => f64::from(labels[*row]),
            TaskKind::MultiClass => f64::from(u8::from(labels[*row] as usize == output)),
        };
        let y: Vec<f64> = known.iter().map(number).collect();
        if y.iter().all(|value| *value == y[0]) {
            return Ok(Box::new(Constant(y[0])) as Box<dyn Column>);
        }
        let column = if kind == TaskKind::Regression { ColumnKind::Value } else { ColumnKind::Share };
        fit_column(&labelled, &y, weights.as_deref(), column)
    };
    Ok(Fitted { kind, columns: (0..outputs).map(column).collect::<Result<_, _>>()? })
}

/// Outputs (K) of one row from its columns' answers (K).
fn outputs_of(kind: TaskKind, answers: &[f64]) -> Vec<f32> {
    let share = |answer: &f64| answer.clamp(SHARE_FLOOR, 1.0 - SHARE_FLOOR);
    match kind {
        TaskKind::Regression => answers.iter().map(|value| *value as f32).collect(),
        TaskKind::Binary => answers.iter().map(share).map(|p| (p / (1.0 - p)).ln() as f32).collect(),
        TaskKind::MultiClass => {
            let sum: f64 = answers.iter().map(share).sum();
            answers.iter().map(share).map(|p| (p / sum).ln() as f32).collect()
        }
    }
}
