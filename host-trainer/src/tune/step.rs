//! What a search does next, from what is known: synchronous successive halving (Jamieson & Talwalkar, AISTATS 2016).
//!
//! A step is decided only when nothing is open, from complete results alone. Whoever decides it, whenever, decides the same.

use super::study::State;

/// The shape of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    /// Trials, the project itself among them.
    pub(super) trials: usize,
    /// Rungs.
    pub(super) rungs: usize,
    /// One of so many climbs.
    pub(super) eta: usize,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Evaluations are queued, or others work on them.
    Wait,
    /// Draw trials `first` to `first + count - 1`.
    Propose { first: usize, count: usize },
    /// Evaluate these trials on this rung.
    Climb { rung: usize, trials: Vec<usize> },
    /// Nothing more.
    Finish,
}

/// The trial that is the project as it stands; it climbs every rung, so that the winner can be compared with it.
pub(super) const PROJECT_ITSELF: usize = 0;

impl Course {
    /// Trials before the first that learns from others.
    pub(super) fn first_batch(&self) -> usize {
        (self.trials / 4).max(8).min(self.trials)
    }

    /// The step after `state`.
    pub(super) fn next(&self, state: &State) -> Step {
        if state.open() > 0 {
            return Step::Wait;
        }
        let known = state.trials.len();
        if state.closed.is_none() && known < self.trials {
            let batch = if known == 0 { self.first_batch() } else { self.first_batch().div_ceil(2) };
            return Step::Propose { first: known, count: batch.min(self.trials - known) };
        }
        let Some(rung) = state.top_rung().filter(|rung| rung + 1 < self.rungs) else { return Step::Finish };
        match promoted(&state.scores(rung), self.eta) {
            trials if trials.is_empty() => Step::Finish,
            trials => Step::Climb { rung: rung + 1, trials },
        }
    }

    /// Epochs on `rung` of a trial that trains for `epochs` on the last.
    pub(super) fn epochs(&self, rung: usize, epochs: usize) -> usize {
        let rungs_above = self.rungs.saturating_sub(rung + 1) as u32;
        epochs.div_ceil(self.eta.saturating_pow(rungs_above)).max(1)
    }
}

/// The best 1/`eta` of (trial, score), rounded up, which come best first; and the project itself, where it has a score.
fn promoted(scores: &[(usize, f64)], eta: usize) -> Vec<usize> {
    let mut trials: Vec<usize> = scores.iter().map(|(trial, _)| *trial).collect();
    let itself = trials.contains(&PROJECT_ITSELF);
    trials.truncate(trials.len().div_ceil(eta));
    if itself && !trials.contains(&PROJECT_ITSELF) {
        trials.push(PROJECT_ITSELF);
    }
    trials.sort_unstable();
    trials
}

#[cfg(test)]
mod tests {
    use super::super::evaluation::{Evaluated, Verdict};
    use super::super::score::{Tally, TaskTally};
    use super::super::study::{Status, TrialRow};
    use super::*;
    use crate::evaluate::Footprint;

    const COURSE: Course = Course { trials: 9, rungs: 3, eta: 3 };

    fn trial(number: usize) -> TrialRow {
        let footprint = Footprint::default();
        TrialRow { number, point: None, overlay: String::new(), footprint, refusal: None }
    }

    /// A status whose score is `score`; an infinite one has failed.
    fn scored(score: f64) -> Status {
        let tally = |error: f64| Tally::Values { squares: error * error, rows: 1 };
        let tallies = vec![TaskTally { model: tally(score), constant: tally(1.0) }];
        Status::Known(if score.is_finite() {
            Verdict::Done(Evaluated { tallies, footprint: Footprint::default() })
        } else {
            Verdict::Failed("diverged".to_owned())
        })
    }

    fn state(scores: &[f64]) -> State {
        let mut state = State { trials: (0..scores.len()).map(trial).collect(), ..State::default() };
        for (trial, score) in scores.iter().enumerate() {
            state.evaluations.insert((0, trial), vec![scored(*score), scored(*score)]);
        }
        state
    }

    #[test]
    fn trials_come_in_batches_and_each_batch_waits_for_the_one_before() {
        assert_eq!(COURSE.next(&State::default()), Step::Propose { first: 0, count: 8 });
        let mut eight = state(&[0.5; 8]);
        assert_eq!(COURSE.next(&eight), Step::Propose { first: 8, count: 1 });
        eight.evaluations.insert((0, 7), vec![scored(0.5), Status::Open]);
        assert_eq!(COURSE.next(&eight), Step::Wait);
    }

    #[test]
    fn the_best_third_climbs_ties_by_number_and_the_project_itself_always() {
        let mut nine = state(&[0.9, 0.5, f64::INFINITY, 0.1, 0.3, 0.7, 0.3, 0.3, 0.8]);
        assert_eq!(COURSE.next(&nine), Step::Climb { rung: 1, trials: vec![0, 3, 4, 6] });
        for (trial, score) in [(0, 0.4), (3, 0.3), (4, f64::INFINITY), (6, 0.2)] {
            nine.evaluations.insert((1, trial), vec![scored(score)]);
        }
        assert_eq!(COURSE.next(&nine), Step::Climb { rung: 2, trials: vec![0, 6] });
        nine.evaluations.insert((2, 0), vec![scored(0.1)]);
        nine.evaluations.insert((2, 6), vec![scored(0.2)]);
        assert_eq!(COURSE.next(&nine), Step::Finish);
    }

    #[test]
    fn a_space_that_is_used_up_ends_the_first_rung_and_failures_end_the_search() {
        let mut three = state(&[0.9, 0.5, 0.4]);
        three.closed = Some("used up".to_owned());
        assert_eq!(COURSE.next(&three), Step::Climb { rung: 1, trials: vec![0, 2] });
        let mut failed = state(&[f64::INFINITY; 9]);
        failed.closed = None;
        assert_eq!(COURSE.next(&failed), Step::Finish);
    }

    #[test]
    fn epochs_grow_by_eta_from_rung_to_rung() {
        assert_eq!([0, 1, 2].map(|rung| COURSE.epochs(rung, 60)), [7, 20, 60]);
        assert_eq!([0, 1, 2].map(|rung| COURSE.epochs(rung, 2)), [1, 1, 2]);
        assert_eq!(Course { rungs: 1, ..COURSE }.epochs(0, 60), 60);
    }
}
