//! What a study knows of a search, and what a step adds to it.

use std::collections::BTreeMap;

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::evaluation::{Evaluated, Verdict};
use super::super::score::{TaskTally, score};
use super::{SearchId, Study, StudyError};
use crate::evaluate::Footprint;

/// A search as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::tune) struct State {
    /// Why no further trial is drawn, where the space is used up.
    pub(in crate::tune) closed: Option<String>,
    /// By number.
    pub(in crate::tune) trials: Vec<TrialRow>,
    /// By (rung, trial), each with one entry a fold.
    pub(in crate::tune) evaluations: BTreeMap<(usize, usize), Vec<Status>>,
    /// Evaluations that were leased more than once.
    pub(in crate::tune) taken_over: usize,
}

/// A trial.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tune) struct TrialRow {
    /// Its number; 0 is the project as it stands.
    pub(in crate::tune) number: usize,
    /// Place in the unit cube of the space.
    pub(in crate::tune) point: Option<Vec<f64>>,
    /// What it lays over the project.
    pub(in crate::tune) overlay: String,
    /// What its model costs, before training.
    pub(in crate::tune) footprint: Footprint,
    /// Why it is not evaluated.
    pub(in crate::tune) refusal: Option<String>,
}

/// Where an evaluation stands.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tune) enum Status {
    /// Queued or being worked on.
    Open,
    /// Ended.
    Known(Verdict),
}

impl State {
    /// Evaluations without a verdict.
    pub(in crate::tune) fn open(&self) -> usize {
        self.evaluations.values().flatten().filter(|status| **status == Status::Open).count()
    }

    /// The highest rung that anything stands on.
    pub(in crate::tune) fn top_rung(&self) -> Option<usize> {
        self.evaluations.keys().next_back().map(|(rung, _)| *rung)
    }

    /// The score of a trial on a rung; `None` where it is not known yet, or where it failed.
    pub(in crate::tune) fn score(&self, rung: usize, trial: usize) -> Option<f64> {
        let folds: Option<Vec<Vec<TaskTally>>> = (self.evaluations.get(&(rung, trial))?.iter())
            .map(|status| match status {
                Status::Known(Verdict::Done(evaluated)) => Some(evaluated.tallies.clone()),
                Status::Open | Status::Known(Verdict::Failed(_)) => None,
            })
            .collect();
        score(&folds?).filter(|score| score.is_finite())
    }

    /// (trial, score) of all trials that have a score on `rung`: best first, ties by number.
    pub(in crate::tune) fn scores(&self, rung: usize) -> Vec<(usize, f64)> {
        let trials = self.trials.iter().map(|trial| trial.number);
        let mut scores: Vec<(usize, f64)> =
            trials.filter_map(|trial| Some((trial, self.score(rung, trial)?))).collect();
        scores.sort_by(|one, two| one.1.total_cmp(&two.1).then(one.0.cmp(&two.0)));
        scores
    }

    /// Why a trial has no score on `rung`.
    pub(in crate::tune) fn failure(&self, rung: usize, trial: usize) -> Option<&str> {
        self.evaluations.get(&(rung, trial))?.iter().find_map(|status| match status {
            Status::Known(Verdict::Failed(why)) => Some(why.as_str()),
            Status::Open | Status::Known(Verdict::Done(_)) => None,
        })
    }
}

impl Study {
    /// Everything known of `search`.
    pub(in crate::tune) fn state(&self, search: SearchId) -> Result<State, StudyError> {
        type Trial = (usize, Option<String>, String, String, Option<String>);
        type Evaluation = (usize, usize, String, Option<String>, i64);
        let (closed, trials, evaluations) = self.transaction(|transaction| {
            let closed = "SELECT closed FROM searches WHERE id = ?";
            let closed: Option<String> = transaction.query_row(closed, [search.0], |row| row.get(0))?;
            let trials = "SELECT number, point, overlay, footprint, refusal FROM trials WHERE search = ? ORDER BY number";
            let trials: Vec<Trial> = transaction
                .prepare(trials)?
                .query_map([search.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let evaluations =
                "SELECT rung, trial, state, result, attempts FROM evaluations WHERE search = ? ORDER BY rung, trial, fold";
            let evaluations: Vec<Evaluation> = transaction
                .prepare(evaluations)?
                .query_map([search.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
                .collect::<rusqlite::Result<_>>()?;
            Ok((closed, trials, evaluations))
        })?;
        let mut state = State { closed, ..State::default() };
        for (number, point, overlay, footprint, refusal) in trials {
            let point = point.map(|text| self.read_point(&text)).transpose()?;
            let footprint = self.read(&footprint)?;
            state.trials.push(TrialRow { number, point, overlay, footprint, refusal });
        }
        for (rung, trial, kind, result, attempts) in evaluations {
            let result = result.unwrap_or_default();
            let status = match kind.as_str() {
                "done" => Status::Known(Verdict::Done(self.read::<Evaluated>(&result)?)),
                "failed" => Status::Known(Verdict::Failed(result)),
                _ => Status::Open,
            };
            state.evaluations.entry((rung, trial)).or_default().push(status);
            state.taken_over += usize::from(attempts > 1);
        }
        Ok(state)
    }

    /// Adds trials with their evaluations on the first rung, one a fold, unless another process has done so; with `closed` no further
    /// trial is drawn.
    pub(in crate::tune) fn add_trials(
        &self,
        search: SearchId,
        trials: &[TrialRow],
        folds: usize,
        closed: Option<&str>,
    ) -> Result<(), StudyError> {
        let texts = |trial: &TrialRow| Ok((trial.point.as_deref().map(point_text), self.json(&trial.footprint)?));
        let texts: Vec<(Option<String>, String)> = trials.iter().map(texts).collect::<Result<_, StudyError>>()?;
        self.transaction(|transaction| {
            let insert = "INSERT OR IGNORE INTO trials (search, number, point, overlay, footprint, refusal) VALUES (?, ?, ?, ?, ?, ?)";
            for (TrialRow { number, overlay, refusal, .. }, (point, footprint)) in trials.iter().zip(texts) {
                transaction.execute(insert, params![search.0, number, point, overlay, footprint, refusal])?;
                if refusal.is_none() {
                    queue(transaction, search, 0, *number, folds)?;
                }
            }
            if let Some(why) = closed {
                transaction.execute("UPDATE searches SET closed = ? WHERE id = ?", params![why, search.0])?;
            }
            Ok(())
        })
    }

    /// Adds evaluations of `trials` on `rung`, one a fold, unless another process has done so.
    pub(in crate::tune) fn add_rung(
        &self,
        search: SearchId,
        rung: usize,
        trials: &[usize],
        folds: usize,
    ) -> Result<(), StudyError> {
        self.transaction(|transaction| {
            trials.iter().try_for_each(|trial| queue(transaction, search, rung, *trial, folds))
        })
    }

    pub(super) fn json<T: Serialize>(&self, value: &T) -> Result<String, StudyError> {
        let damaged =
            |error: serde_json::Error| StudyError::Damaged { study: self.origin.clone(), what: error.to_string() };
        serde_json::to_string(value).map_err(damaged)
    }

    fn read_point(&self, text: &str) -> Result<Vec<f64>, StudyError> {
        let number = |word: &str| word.parse::<f64>().map_err(|error| error.to_string());
        let numbers: Result<Vec<f64>, String> = text.split_whitespace().map(number).collect();
        numbers.map_err(|what| StudyError::Damaged { study: self.origin.clone(), what })
    }

    fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, StudyError> {
        let damaged =
            |error: serde_json::Error| StudyError::Damaged { study: self.origin.clone(), what: error.to_string() };
        serde_json::from_str(text).map_err(damaged)
    }
}

/// Each number in the fewest digits that give it back to the bit.
fn point_text(point: &[f64]) -> String {
    point.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
}

fn queue(
    transaction: &rusqlite::Transaction<'_>,
    search: SearchId,
    rung: usize,
    trial: usize,
    folds: usize,
) -> rusqlite::Result<()> {
    let insert = "INSERT OR IGNORE INTO evaluations (search, rung, trial, fold) VALUES (?, ?, ?, ?)";
    (0..folds).try_for_each(|fold| transaction.execute(insert, params![search.0, rung, trial, fold]).map(drop))
}
