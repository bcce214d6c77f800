//! Extremely randomised trees: Geurts, Ernst, Wehenkel, "Extremely randomized trees", Machine Learning 63, 2006.

use smartcore::ensemble::extra_trees_regressor::{ExtraTreesRegressor, ExtraTreesRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{Column, ColumnKind, Teacher, TeacherError};
use crate::model::Standardized;

/// Extra trees over whole training sets, grown to pure leaves. A class's share is the mean over the trees of a regression on 0 and 1,
/// whose squared error is Gini's impurity. At a split a class column looks at sqrt(F) features, a value column at all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraTrees {
    /// Trees a column.
    pub trees: usize,
}

type Forest = ExtraTreesRegressor<f32, f64, DenseMatrix<f32>, Vec<f64>>;

struct Trees {
    forest: Forest,
    kind: ColumnKind,
    trees: usize,
}

impl Teacher for ExtraTrees {
    fn fit_column(
        &self,
        z: &Standardized,
        y: &[f64],
        kind: ColumnKind,
        seed: u64,
    ) -> Result<Box<dyn Column>, TeacherError> {
        let looked_at = match kind {
            ColumnKind::Value => z.columns,
            ColumnKind::Share => (z.columns as f64).sqrt().round() as usize,
        };
        let parameters =
            ExtraTreesRegressorParameters::default().with_n_trees(self.trees).with_m(looked_at.max(1)).with_seed(seed);
        let forest = Forest::fit(&dense(z)?, &y.to_vec(), parameters)?;
        Ok(Box::new(Trees { forest, kind, trees: self.trees }))
    }
}

impl Column for Trees {
    fn answer(&self, z: &Standardized) -> Result<Vec<f64>, TeacherError> {
        let mut answers = self.forest.predict(&dense(z)?)?;
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
