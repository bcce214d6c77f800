//! Every contender on every fold of every seed: fitted on the training rows, asked about the test rows.
//!
//! Whatever is fitted (channel codes, standardisation, linear paths, networks, calibration of the quantizer) is fitted on a fold's
//! training rows alone. The fits are independent jobs that run side by side; each depends on its own seed and rows only, and the
//! answers are put in their places by row, so that nothing depends on the number of threads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::course::{FitEnd, TrainingCourse};
use super::explanation::FoldEvidence;
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
    /// For each contender that is networks how their trainings ended, one entry a task.
    pub courses: BTreeMap<Contender, Vec<Option<TrainingCourse>>>,
    /// What the joint network of each fold shows beyond its answers (seeds x folds).
    pub evidence: Vec<Vec<Option<FoldEvidence>>>,
}

impl CrossValidation {
    /// Whether every seed tests the same rows in the same fold.
    pub(super) fn same_folds(&self) -> bool {
        self.fold_of_row.windows(2).all(|seeds| seeds[0] == seeds[1])
    }
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
    let dealt = Dealt::new(project, dataset, limits)?;
    let mut folds = dealt.folds(project, dataset, source)?;
    folds.iter_mut().for_each(|fold| fold.evidence = Some(OnceLock::new()));
    let works = |fold| Work::all(dataset.tasks.len()).map(move |work| ((), fold, work));
    let jobs: Vec<Job<'_, ()>> = folds.iter().flat_map(works).collect();
    let answered = answer(&jobs, dataset, dealt.seeds.len(), observer)?;
    let (mut predictions, mut without) = (BTreeMap::new(), BTreeMap::new());
    for (((), contender, missing), answers) in answered.predictions {
        match missing {
            None => drop(predictions.insert(contender, answers)),
            Some(channel) => drop(without.insert(channel, answers)),
        }
    }
    let courses = answered.courses.into_iter().map(|(((), contender), courses)| (contender, courses)).collect();
    drop(jobs);
    let mut evidence = vec![vec![None; dealt.folds_evaluated]; dealt.seeds.len()];
    for fold in folds {
        evidence[fold.seed_index][fold.fold] = fold.evidence.and_then(OnceLock::into_inner);
    }
    let Dealt { seeds, folds_in_split, folds_evaluated, fold_of_row, .. } = dealt;
    Ok(CrossValidation {
        seeds,
        folds: folds_evaluated,
        folds_in_split,
        fold_of_row,
        predictions,
        without,
        courses,
        evidence,
    })
}

/// How the rows are dealt to folds, the same for every contender.
#[derive(Debug)]
pub(crate) struct Dealt {
    pub(crate) seeds: Vec<u64>,
    pub(crate) folds_in_split: usize,
    /// Folds evaluated a seed.
    pub(crate) folds_evaluated: usize,
    /// For each seed the folds evaluated.
    splits: Vec<Vec<split::Fold>>,
    /// Which rows stay together when something is chosen inside training rows (N).
    pub(crate) units: Option<Vec<u32>>,
    /// Which test rows are one piece of evidence (N).
    pub(crate) evidence_units: Option<Vec<u32>>,
    /// For each seed the test fold of each row (N); `None` where the row was in no fold evaluated.
    pub(crate) fold_of_row: Vec<Vec<Option<usize>>>,
}

impl Dealt {
    /// Deals the rows of `dataset` by the split of `project`, for each of its seeds, as far as `limits` allow.
    ///
    /// # Errors
    /// [`EvaluateError::Nothing`] without seed or fold; fewer rows or groups than folds.
    pub(crate) fn new(project: &Project, dataset: &Dataset, limits: Limits) -> Result<Self, EvaluateError> {
        let seeds: Vec<u64> = project.training.seeds.iter().copied().take(limits.seeds.unwrap_or(usize::MAX)).collect();
        if seeds.is_empty() || limits.folds == Some(0) {
            let remedy = "name at least one in training.seeds, and allow at least one seed and one fold";
            return Err(EvaluateError::Nothing { what: "seed or fold", remedy });
        }
        let mut folds_in_split = 0;
        let mut splits = Vec::with_capacity(seeds.len());
        let mut fold_of_row = vec![vec![None; dataset.rows]; seeds.len()];
        for (seed, fold_of_row) in seeds.iter().zip(&mut fold_of_row) {
            let mut split = split::folds(project, dataset, *seed)?;
            folds_in_split = split.len();
            split.truncate(limits.folds.unwrap_or(usize::MAX));
            for (fold, rows) in split.iter().enumerate() {
                rows.test.iter().for_each(|row| fold_of_row[*row] = Some(fold));
            }
            splits.push(split);
        }
        let folds_evaluated = limits.folds.map_or(folds_in_split, |folds| folds.min(folds_in_split));
        let units = split::units(project, dataset).map(Cow::into_owned);
        let evidence_units = split::evidence_units(project, dataset).map(Cow::into_owned);
        Ok(Self { seeds, folds_in_split, folds_evaluated, splits, units, evidence_units, fold_of_row })
    }

    /// The folds of all seeds with all that their models read.
    ///
    /// # Errors
    /// See [`FeatureSource::prepare`].
    pub(crate) fn folds<'a>(
        &'a self,
        project: &'a Project,
        dataset: &'a Dataset,
        source: &'a FeatureSource<'_>,
    ) -> Result<Vec<Fold<'a>>, EvaluateError> {
        let mut folds = Vec::new();
        for (seed_index, (seed, split)) in self.seeds.iter().zip(&self.splits).enumerate() {
            for (fold, rows) in split.iter().enumerate() {
                folds.push(Fold {
                    project,
                    method: None,
                    dataset,
                    plan: &source.plan,
                    units: self.units.as_deref(),
                    seed_index,
                    seed: *seed,
                    fold,
                    train: rows.train.clone(),
                    test: rows.test.clone(),
                    prepared: source.prepare(&rows.train)?,
                    evidence: None,
                });
            }
        }
        Ok(folds)
    }
}

/// One piece of work on a fold, for the column `K` of a comparison.
pub(crate) type Job<'f, K> = (K, &'f Fold<'f>, Work);

/// Whose answers: the column, the contender, and the channel that was missing in every window, if one was.
pub(crate) type Whose<K> = (K, Contender, Option<String>);

/// How the training of a network of some tasks ended.
type EndOfTasks = (Vec<usize>, FitEnd);

/// What all jobs give.
pub(crate) struct Answered<K> {
    /// One entry a seed.
    pub(crate) predictions: BTreeMap<Whose<K>, Vec<Predictions>>,
    /// How the trainings of networks ended, one entry a task.
    pub(crate) courses: BTreeMap<(K, Contender), Vec<Option<TrainingCourse>>>,
}

/// Does all `jobs` side by side, the first ones first, and puts the answers in their places by seed and row.
///
/// # Errors
/// The first job's that failed.
pub(crate) fn answer<K: Ord + Copy + Sync>(
    jobs: &[Job<'_, K>],
    dataset: &Dataset,
    seeds: usize,
    observer: &dyn Observer,
) -> Result<Answered<K>, EvaluateError> {
    observer.jobs(jobs.len());
    let all_done = side_by_side(jobs, |(_, fold, work)| {
        let done = fold.run(*work);
        observer.job_done();
        done
    })?;
    let mut predictions: BTreeMap<Whose<K>, Vec<Predictions>> = BTreeMap::new();
    let mut ends: BTreeMap<(K, Contender), Vec<EndOfTasks>> = BTreeMap::new();
    for ((column, fold, _), done) in jobs.iter().zip(all_done) {
        if let Some((contender, tasks, end)) = done.end {
            ends.entry((*column, contender)).or_default().push((tasks, end));
        }
        for answers in done.answers {
            let nothing = || vec![Predictions::none(dataset.tasks.len(), dataset.rows); seeds];
            let whose = (*column, answers.contender, answers.without.clone());
            let seeds = predictions.entry(whose).or_insert_with(nothing);
            merge(&mut seeds[fold.seed_index], answers, &fold.test);
        }
    }
    let course = |ends: &[EndOfTasks], task: usize| {
        let place = |tasks: &[usize]| tasks.iter().position(|it| *it == task);
        TrainingCourse::over(ends.iter().filter_map(|(tasks, end)| Some((end, place(tasks)?))))
    };
    let courses = |ends: Vec<_>| (0..dataset.tasks.len()).map(|task| course(&ends, task)).collect();
    Ok(Answered { predictions, courses: ends.into_iter().map(|(whose, ends)| (whose, courses(ends))).collect() })
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
        predictions.set(0, [vec![1.0].into()]);
        predictions.set(1, [vec![4.0].into()]);
        merge(&mut all, Answers { contender: Contender::Single, without: None, tasks: vec![1], predictions }, &[1, 4]);
        assert_eq!(all.tasks[0], vec![None; 5]);
        assert_eq!(all.tasks[1], [None, Some(vec![1.0].into()), None, None, Some(vec![4.0].into())]);
    }
}
