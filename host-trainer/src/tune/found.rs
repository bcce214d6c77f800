//! What a search has found.

use serde::{Deserialize, Serialize};

use super::TuneError;
use super::step::Course;
use super::study::State;
use crate::config::{ConfigError, Project, TuneConfig};
use crate::evaluate::Footprint;

/// A finished search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Which rows it searched on.
    pub search: String,
    /// Number of the best trial: the least score on the last rung.
    pub best: usize,
    /// The trials that no other beats in both score and weights' bytes, smallest first. Trials that left early count with the score
    /// of their last rung, as far as it is no better than the best trial's.
    pub pareto: Vec<usize>,
    /// All of them, by number; 0 is the project as it stands.
    pub trials: Vec<TrialRecord>,
    /// Rungs of the search.
    pub rungs: usize,
    /// Fits.
    pub evaluations: usize,
    /// Those that were begun anew because whoever had begun them gave no sign of life.
    pub taken_over: usize,
    /// Why fewer trials were drawn than asked for.
    pub closed: Option<String>,
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// Its number.
    pub number: usize,
    /// What it lays over the project, TOML; empty for the project as it stands.
    pub overlay: String,
    /// The highest rung that it was evaluated on, from 1; 0 for none.
    pub rung: usize,
    /// Epochs there, as a share of the project's.
    pub epochs_share: f64,
    /// Mean over the tasks of the error as a share of a constant answer's, on that rung: 0 is perfect, 1 no better than a constant.
    pub score: Option<f64>,
    /// Why it has no score.
    pub failure: Option<String>,
    /// What its model costs on the device.
    pub footprint: Footprint,
}

impl Found {
    pub(super) fn of(name: &str, project: &Project, course: Course, state: &State) -> Result<Self, TuneError> {
        let epochs = project.training.epochs;
        let record = |trial: &super::study::TrialRow| {
            let rungs = (0..course.rungs).rev();
            let rung = rungs.into_iter().find(|rung| state.evaluations.contains_key(&(*rung, trial.number)));
            let failure = rung.and_then(|rung| state.failure(rung, trial.number)).map(str::to_owned);
            let share = |rung| course.epochs(rung, epochs) as f64 / epochs as f64;
            TrialRecord {
                number: trial.number,
                overlay: trial.overlay.clone(),
                rung: rung.map_or(0, |rung| rung + 1),
                epochs_share: rung.map_or(0.0, share),
                score: rung.and_then(|rung| state.score(rung, trial.number)),
                failure: failure.or_else(|| trial.refusal.clone()),
                footprint: trial.footprint,
            }
        };
        let trials: Vec<TrialRecord> = state.trials.iter().map(record).collect();
        let scored = |trial: &&TrialRecord| trial.rung == course.rungs && trial.score.is_some();
        let score = |trial: &TrialRecord| trial.score.unwrap_or(f64::INFINITY);
        let Some(best) = trials.iter().filter(scored).min_by(|one, two| score(one).total_cmp(&score(two))) else {
            let failures = trials.iter().find_map(|trial| trial.failure.clone());
            let reason =
                failures.or_else(|| state.closed.clone()).unwrap_or_else(|| "no task has labels to judge by".into());
            return Err(TuneError::NoScore { trials: trials.len(), reason });
        };
        Ok(Self {
            search: name.to_owned(),
            best: best.number,
            pareto: front(&trials, course.rungs, score(best)),
            rungs: course.rungs,
            evaluations: state.evaluations.values().map(Vec::len).sum(),
            taken_over: state.taken_over,
            closed: state.closed.clone(),
            trials,
        })
    }

    /// The best trial.
    pub fn best(&self) -> Option<&TrialRecord> {
        self.trials.get(self.best)
    }

    /// `project` with the best trial's settings; its `[tune]` stays, and names the data (by SHA-256) on which they were chosen.
    ///
    /// # Errors
    /// Settings that do not fit `project`: it is not the one searched.
    pub fn best_project(&self, project: &Project, data_sha256: &str) -> Result<Project, ConfigError> {
        let overlay = self.best().map_or("", |trial| trial.overlay.as_str());
        let best = project.without_search().overlaid(overlay, "the best trial")?;
        let tune = TuneConfig { chosen_on: Some(data_sha256.to_owned()), ..project.tune.clone().unwrap_or_default() };
        Ok(Project { tune: Some(tune), ..best })
    }
}

/// Numbers of the trials that no other beats in both score and bytes, smallest first.
fn front(trials: &[TrialRecord], rungs: usize, best: f64) -> Vec<usize> {
    let mut candidates: Vec<(u64, f64, usize)> = trials
        .iter()
        .filter_map(|trial| Some((trial.footprint.weights_bytes, trial.score?, trial)))
        .filter(|(_, score, trial)| trial.rung == rungs || *score > best)
        .map(|(bytes, score, trial)| (bytes, score, trial.number))
        .collect();
    candidates.sort_by(|one, two| one.0.cmp(&two.0).then(one.1.total_cmp(&two.1)).then(one.2.cmp(&two.2)));
    let mut least = f64::INFINITY;
    candidates.retain(|(_, score, _)| {
        let better = *score < least;
        least = least.min(*score);
        better
    });
    candidates.into_iter().map(|(_, _, number)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_what_nothing_beats_in_score_and_bytes() {
        let trial = |number: usize, rung: usize, bytes: u64, score: f64| TrialRecord {
            number,
            overlay: String::new(),
            rung,
            epochs_share: 1.0,
            score: score.is_finite().then_some(score),
            failure: None,
            footprint: Footprint { weights_bytes: bytes, ..Footprint::default() },
        };
        let trials = [
            trial(0, 2, 900, 0.30),
            trial(1, 2, 900, 0.20),
            trial(2, 1, 400, 0.25),
            trial(3, 1, 400, 0.24),
            trial(4, 1, 100, 0.60),
            trial(5, 1, 300, 0.70),
            // Lucky on few epochs, not confirmed by the last rung.
            trial(6, 1, 200, 0.10),
            trial(7, 1, 50, f64::INFINITY),
        ];
        assert_eq!(front(&trials, 2, 0.20), [4, 3, 1]);
    }
}
