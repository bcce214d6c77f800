//! Every contender on every fold of every seed: fitted on the training rows, asked about the test rows.
//!
//! Whatever is fitted (channel codes, standardisation, linear paths, networks, calibration of the quantizer) is fitted on a fold's
//! training rows alone. The fits are independent jobs that run side by side; each depends on its own seed and rows only, and the
//! answers are put in their places by row, so that nothing depends on the number of threads.

use std::collections::BTreeMap;

use super::fold::{Answers, Fold, Work};
use super::side_by_side::side_by_side;
use super::{Contender, EvaluateError, Observer, Predictions};
use crate::config::Project;
use crate::data::{Dataset, split};
use crate::features::FeatureSource;

/// Cuts an evaluation short; the default does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Only this many of the project's seeds, from the first.
    pub seeds: Option<usize>,
    /// Only this many folds a seed, from the first.
    pub folds: Option<usize>,
}

/// Answers of every contender to the test rows of every seed.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Folds evaluated a seed.
    pub folds: usize,
    /// Folds of the split.
    pub folds_in_split: usize,
    /// For each seed the test fold of each row (N); `None` where the row was in no fold evaluated.
    pub fold_of_row: Vec<Vec<Option<usize>>>,
    /// For each contender its answers, one entry a seed.
    pub predictions: BTreeMap<Contender, Vec<Predictions>>,
    /// For each optional channel the joint integer model's answers where it is missing in every window, one entry a seed.
    pub without: BTreeMap<String, Vec<Predictions>>,
}

/// Runs all contenders on `dataset`, whose features `source` gives.
///
/// # Errors
/// [`EvaluateError`]: the first thing that went wrong, with the seed and the model it went wrong with.
pub fn cross_validate(
    project: &Project,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    limits: Limits,
    observer: &dyn Observer,
) -> Result<CrossValidation, EvaluateError> {
    let seeds: Vec<u64> = project.training.seeds.iter().copied().take(limits.seeds.unwrap_or(usize::MAX)).collect();
    if seeds.is_empty() || limits.folds == Some(0) {
        let remedy = "name at least one in training.seeds, and allow at least one seed and one fold";
        return Err(EvaluateError::Nothing { what: "seed or fold", remedy });
    }
    let units = split::units(project, dataset);
    let units = units.as_deref();
    let mut folds_in_split = 0;
    let mut folds = Vec::new();
    for (seed_index, seed) in seeds.iter().copied().enumerate() {
        let split = split::folds(project, dataset, seed)?;
        folds_in_split = split.len();
        for (fold, rows) in split.into_iter().take(limits.folds.unwrap_or(usize::MAX)).enumerate() {
            let prepared = source.prepare(&rows.train)?;
            let (train, test) = (rows.train, rows.test);
            folds.push(Fold {
                project,
                dataset,
                plan: &source.plan,
                units,
                seed_index,
                seed,
                fold,
                train,
                test,
                prepared,
            });
        }
    }

    let works = |fold| Work::all(dataset.tasks.len()).map(move |work| (fold, work));
    let jobs: Vec<(&Fold<'_>, Work)> = folds.iter().flat_map(works).collect();
    observer.jobs(jobs.len());
    let answers = side_by_side(&jobs, |(fold, work)| {
        let answers = fold.run(*work);
        observer.job_done();
        answers
    })?;

    let nothing = vec![Predictions::none(dataset.tasks.len(), dataset.rows); seeds.len()];
    let mut predictions: BTreeMap<_, _> = Contender::ALL.map(|contender| (contender, nothing.clone())).into();
    let mut without = BTreeMap::new();
    for ((fold, _), answers) in jobs.iter().zip(answers) {
        for answers in answers {
            let seeds = match &answers.without {
                None => predictions.entry(answers.contender).or_insert_with(|| nothing.clone()),
                Some(channel) => without.entry(channel.clone()).or_insert_with(|| nothing.clone()),
            };
            merge(&mut seeds[fold.seed_index], answers, &fold.test);
        }
    }
    let mut fold_of_row = vec![vec![None; dataset.rows]; seeds.len()];
    for fold in &folds {
        for row in &fold.test {
            fold_of_row[fold.seed_index][*row] = Some(fold.fold);
        }
    }
    let evaluated = limits.folds.map_or(folds_in_split, |folds| folds.min(folds_in_split));
    Ok(CrossValidation { seeds, folds: evaluated, folds_in_split, fold_of_row, predictions, without })
}

/// Moves the answers to the rows `test` into their places.
fn merge(into: &mut Predictions, answers: Answers, test: &[usize]) {
    for (task, outputs) in answers.tasks.into_iter().zip(answers.predictions.tasks) {
        for (row, output) in test.iter().zip(outputs) {
            into.tasks[task][*row] = output;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_a_fold_go_to_its_rows_and_tasks() {
        let mut all = Predictions::none(2, 5);
        let mut predictions = Predictions::none(1, 2);
        predictions.set(0, [vec![1.0]]);
        predictions.set(1, [vec![4.0]]);
        merge(&mut all, Answers { contender: Contender::Single, without: None, tasks: vec![1], predictions }, &[1, 4]);
        assert_eq!(all.tasks[0], vec![None; 5]);
        assert_eq!(all.tasks[1], [None, Some(vec![1.0]), None, None, Some(vec![4.0])]);
    }
}
