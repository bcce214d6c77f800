//! Permutation importance: Breiman, "Random Forests", Machine Learning 45, 2001; by groups of features: Gregorutti, Michel &
//! Saint-Pierre, "Grouped variable importance with random forests", Computational Statistics & Data Analysis 90, 2015.
//!
//! On rows that the model has not seen the features and raw samples of one source are dealt anew among the rows; the error rises by what the task
//! draws from them. Labels and all other sources stay.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::features::FeatureMatrix;
use crate::model::FloatModel;
use crate::model::init::{Stream, generator};

/// Errors of one model on the test rows of its fold.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldImportance {
    /// Error of each task (T) as the rows are; `None` where it is not defined.
    pub error: Vec<Option<f64>>,
    /// Error of each task with the features of a source permuted, mean over the repeats (sources x T).
    pub permuted: Vec<Vec<Option<f64>>>,
}

/// What one task draws from each source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The error that rises: `rmse` (in the task's unit), `1-auc` or `1-macro_f1`.
    pub measure: String,
    /// The sources in the order of the feature vector.
    pub sources: Vec<SourceImportance>,
}

/// What one task draws from one source: the rise of its error when the source's features are permuted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceImportance {
    /// Name of the channel or magnitude.
    pub source: String,
    /// Mean rise over the folds, each averaged over the seeds.
    pub mean: f64,
    /// Lower end of the 95 % interval; `None` with fewer than two folds.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval; `None` with fewer than two folds.
    pub high: Option<f64>,
}

/// Asks `model` about `rows` as they are and with each source permuted among them, `repeats` times, by a stream of `seed`.
///
/// `errors` gives each task's error (T) from the outputs of all tasks at each of the rows (rows x T x K).
pub fn fold_importance(
    model: &FloatModel,
    features: &FeatureMatrix,
    rows: &[usize],
    (repeats, seed): (usize, u64),
    errors: impl Fn(&[Vec<Vec<f32>>]) -> Vec<Option<f64>>,
) -> FoldImportance {
    let answers: Vec<_> = rows.iter().map(|row| model.forward(features.row(*row))).collect();
    let error = errors(&answers);
    let mut random = generator(seed, Stream::Permutations);
    let permuted = features.blocks.iter().map(|source| {
        let mut sums = vec![Some(0.0); error.len()];
        for _ in 0..repeats {
            let mut donors = rows.to_vec();
            donors.shuffle(&mut random);
            let answer = |(row, donor): (&usize, &usize)| {
                let mut mixed = features.row(*row).to_vec();
                source.all_columns().for_each(|column| mixed[column] = features.row(*donor)[column]);
                model.forward(&mixed)
            };
            let answers: Vec<_> = rows.iter().zip(&donors).map(answer).collect();
            for (sum, error) in sums.iter_mut().zip(errors(&answers)) {
                *sum = sum.zip(error).map(|(sum, error)| sum + error / repeats as f64);
            }
        }
        sums
    });
    FoldImportance { permuted: permuted.collect(), error }
}

#[cfg(test)]
mod tests {
    use trunkline_shared::model::TaskKind;

    use super::*;
    use crate::features::FeatureBlock;
    use crate::model::{Decision, Dense, Normalization, TargetScale, TaskHead};

    /// One value that is feature 0 minus feature 1, whatever feature 2 is.
    fn model() -> FloatModel {
        let head = TaskHead {
            task: "t".into(),
            kind: TaskKind::Regression,
            trunk: 0,
            hidden: Vec::new(),
            head: None,
            linear: Some(Dense { outputs: 1, inputs: 3, weight: vec![1.0, -1.0, 0.0], bias: vec![0.0] }),
            reads: Vec::new(),
            target: TargetScale { mean: 0.0, sd: 1.0 },
            decision: Decision::default(),
        };
        let normalization = Normalization { mean: vec![0.0; 3], gain: vec![1.0; 3], clip_sd: 64.0, raw: vec![] };
        FloatModel { normalization, trunks: Vec::new(), heads: vec![head], narrow: vec![] }
    }

    fn features(columns: std::ops::Range<usize>) -> FeatureMatrix {
        let row = |row: usize| [row as f32, row as f32, (row * 7 % 5) as f32];
        let names = ["a.mean", "a.sd", "b"].map(str::to_owned).to_vec();
        let blocks =
            vec![FeatureBlock { source: "s".into(), channels: vec!["s".into()], columns, raw: None, indicator: None }];
        FeatureMatrix { rows: 20, columns: 3, names, blocks, data: (0..20).flat_map(row).collect() }
    }

    fn importance(columns: std::ops::Range<usize>) -> FoldImportance {
        let rows: Vec<usize> = (0..20).collect();
        let mean_square = |answers: &[Vec<Vec<f32>>]| {
            let squares: f64 = answers.iter().map(|tasks| f64::from(tasks[0][0]).powi(2)).sum();
            vec![Some(squares / answers.len() as f64)]
        };
        fold_importance(&model(), &features(columns), &rows, (3, 1), mean_square)
    }

    #[test]
    fn a_source_that_the_model_does_not_read_has_no_importance() {
        let importance = importance(2..3);
        assert_eq!((importance.error[0], importance.permuted[0][0]), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn features_of_a_source_move_together() {
        // The two features cancel; permuted together they still do, one of them alone does not.
        assert_eq!(importance(0..2).permuted[0][0], Some(0.0));
        assert!(importance(0..1).permuted[0][0] > Some(10.0));
    }

    #[test]
    fn an_error_that_is_not_defined_stays_so() {
        let importance = fold_importance(&model(), &features(0..1), &[1, 2], (2, 1), |_| vec![None]);
        assert_eq!((importance.error, importance.permuted), (vec![None], vec![vec![None]]));
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(importance(0..1), importance(0..1));
    }
}
