//! Gradient-boosted trees: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29, 2001, with
//! second derivatives as in Chen & Guestrin, "XGBoost", KDD 2016.

use forust_ml::objective::ObjectiveType;
use forust_ml::sampler::SampleMethod;
use forust_ml::{GradientBooster, Matrix};

use super::{Column, ColumnKind, Teacher, TeacherError};
use crate::model::Standardized;

/// Histogram boosting on the squared error of values and on the logistic loss of classes, one against the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boosting {
    /// Trees a column.
    pub trees: usize,
    /// Factor on each tree's answer.
    pub learning_rate: f32,
    /// Deepest leaf.
    pub depth: usize,
}

impl Boosting {
    /// Share of the rows that each tree sees.
    const ROWS_SHARE: f32 = 0.8;
    /// Share of the features that each tree sees.
    const FEATURES_SHARE: f64 = 0.5;

    /// `trees` trees of depth 5 with a learning rate of 0.1.
    pub fn new(trees: usize) -> Self {
        Self { trees, learning_rate: 0.1, depth: 5 }
    }
}

struct Boosted {
    booster: GradientBooster,
    kind: ColumnKind,
}

impl Teacher for Boosting {
    fn fit_column(
        &self,
        z: &Standardized,
        y: &[f64],
        weights: Option<&[f64]>,
        kind: ColumnKind,
        seed: u64,
    ) -> Result<Box<dyn Column>, TeacherError> {
        let objective = match kind {
            ColumnKind::Value => ObjectiveType::SquaredLoss,
            ColumnKind::Share => ObjectiveType::LogLoss,
        };
        let mut booster = GradientBooster::default()
            .set_objective_type(objective)
            .set_iterations(self.trees)
            .set_learning_rate(self.learning_rate)
            .set_max_depth(self.depth)
            .set_sample_method(SampleMethod::Random)
            .set_subsample(Self::ROWS_SHARE)
            .set_colsample_bytree(Self::FEATURES_SHARE)
            .set_seed(seed)
            .set_parallel(false);
        let weights = weights.map_or_else(|| vec![1.0; z.rows], <[f64]>::to_vec);
        booster.fit(&Matrix::new(&columns(z), z.rows, z.columns), y, &weights, None)?;
        Ok(Box::new(Boosted { booster, kind }))
    }
}

impl Column for Boosted {
    fn answer(&self, z: &Standardized) -> Result<Vec<f64>, TeacherError> {
        let answers = self.booster.predict(&Matrix::new(&columns(z), z.rows, z.columns), false);
        let sigmoid = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        Ok(match self.kind {
            ColumnKind::Value => answers,
            ColumnKind::Share => answers.into_iter().map(sigmoid).collect(),
        })
    }
}

/// Column after column.
fn columns(z: &Standardized) -> Vec<f64> {
    (0..z.columns).flat_map(|column| (0..z.rows).map(move |row| f64::from(z.data[row * z.columns + column]))).collect()
}
