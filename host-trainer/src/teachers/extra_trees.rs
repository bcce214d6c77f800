//! Extremely randomised trees: Geurts, Ernst, Wehenkel, "Extremely randomized trees", Machine Learning 63, 2006.

use rand::{Rng, RngExt};
use smartcore::ensemble::extra_trees_regressor::{ExtraTreesRegressor, ExtraTreesRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{Column, ColumnKind, Teacher, TeacherError};
use crate::model::Standardized;
use crate::model::init::{Stream, generator};

/// Extra trees over whole training sets, grown to pure leaves. A class's share is the mean over the trees of a regression on 0 and 1,
/// whose squared error is Gini's impurity. At a split a class column looks at sqrt(F) features, a value column at all of them.
///
/// The crate's trees know no weights of rows. Where there are some, each tree is grown on rows drawn anew, every row as often as its weight
/// says on average and never off that by a whole copy; by whole weights each row is there exactly as often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraTrees {
    /// Trees a column.
    pub trees: usize,
}

type Forest = ExtraTreesRegressor<f32, f64, DenseMatrix<f32>, Vec<f64>>;

struct Trees {
    /// All trees, or forests of one tree each.
    forests: Vec<Forest>,
    kind: ColumnKind,
    /// Trees in all.
    trees: usize,
}

impl Teacher for ExtraTrees {
    fn fit_column(
        &self,
        z: &Standardized,
        y: &[f64],
        weights: Option<&[f64]>,
        kind: ColumnKind,
        seed: u64,
    ) -> Result<Box<dyn Column>, TeacherError> {
        let looked_at = match kind {
            ColumnKind::Value => z.columns,
            ColumnKind::Share => (z.columns as f64).sqrt().round() as usize,
        };
        let grow = |z: &Standardized, y: Vec<f64>, trees: usize, seed: u64| {
            let parameters = ExtraTreesRegressorParameters::default();
            let parameters = parameters.with_n_trees(trees).with_m(looked_at.max(1)).with_seed(seed);
            Ok::<_, TeacherError>(Forest::fit(&dense(z)?, &y, parameters)?)
        };
        let forests = match weights {
            None => vec![grow(z, y.to_vec(), self.trees, seed)?],
            Some(weights) => {
                let mut random = generator(seed, Stream::DrawnRows);
                let mut tree = || {
                    let rows = copies(weights, random.random());
                    grow(&z.take(&rows), rows.iter().map(|row| y[*row]).collect(), 1, random.next_u64())
                };
                (0..self.trees).map(|_| tree()).collect::<Result<_, _>>()?
            }
        };
        Ok(Box::new(Trees { forests, kind, trees: self.trees }))
    }
}

/// Each row as often as its weight (n, above 0) says: the weights laid end to end, marks at `offset` (0..1) and every 1 from there on;
/// a row is taken once for each mark on it (systematic resampling: Kitagawa, "Monte Carlo Filter and Smoother for Non-Gaussian Nonlinear
/// State Space Models", Journal of Computational and Graphical Statistics 5, 1996). Weights that average less than 1 are first scaled to
/// that: trees follow their ratios alone, and so there are as many rows as were given.
fn copies(weights: &[f64], offset: f64) -> Vec<usize> {
    let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
    let scale = if mean < 1.0 { 1.0 / mean } else { 1.0 };
    let (mut rows, mut end, mut mark) = (Vec::new(), 0.0, offset);
    for (row, weight) in weights.iter().enumerate() {
        end += weight * scale;
        while mark < end {
            rows.push(row);
            mark += 1.0;
        }
    }
    rows
}

impl Column for Trees {
    fn answer(&self, z: &Standardized) -> Result<Vec<f64>, TeacherError> {
        let rows = dense(z)?;
        let mut answers = vec![0.0; z.rows];
        for forest in &self.forests {
            answers.iter_mut().zip(forest.predict(&rows)?).for_each(|(sum, answer)| *sum += answer);
        }
        answers.iter_mut().for_each(|sum| *sum /= self.forests.len() as f64);
        if self.kind == ColumnKind::Share {
            // One more tree that cannot decide: no share is quite 0 or 1.
            let trees = self.trees as f64;
            answers.iter_mut().for_each(|share| *share = (*share * trees + 0.5) / (trees + 1.0));
        }
        Ok(answers)
    }
}

fn dense(z: &Standardized) -> Result<DenseMatrix<f32>, TeacherError> {
    let column = |column: usize| (0..z.rows).map(move |row| z.data[row * z.columns + column]);
    let values: Vec<f32> = (0..z.columns).flat_map(column).collect();
    Ok(DenseMatrix::new(z.rows, z.columns, values, true)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_weights_give_as_many_copies_whatever_the_offset() {
        for offset in [0.0, 0.3, 0.999] {
            assert_eq!(copies(&[1.0, 3.0, 2.0], offset), [0, 1, 1, 1, 2, 2]);
        }
    }

    #[test]
    fn rows_come_as_often_as_their_weights_on_average_and_never_off_by_a_whole_copy() {
        let weights = [0.25, 1.5, 0.75, 2.5];
        let mut counts = [0.0; 4];
        for offset in 0..1000 {
            let rows = copies(&weights, (f64::from(offset) + 0.5) / 1000.0);
            for (row, weight) in weights.iter().enumerate() {
                let count = rows.iter().filter(|other| **other == row).count() as f64;
                assert!((count - weight).abs() < 1.0, "{count} copies for {weight}");
                counts[row] += count / 1000.0;
            }
        }
        assert!(counts.iter().zip(weights).all(|(count, weight)| (count - weight).abs() < 2e-3), "{counts:?}");
    }

    #[test]
    fn light_rows_are_drawn_by_their_ratios_as_many_as_there_are() {
        let counts = |offset| [0, 1].map(|row| copies(&[0.01, 0.03], offset).iter().filter(|r| **r == row).count());
        assert_eq!([counts(0.25), counts(0.75)], [[1, 1], [0, 2]]);
    }
}
