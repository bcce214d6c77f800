//! The work of one process on a search: claim, fit, hand in, until nothing is left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use super::evaluation::evaluate;
use super::propose::Proposer;
use super::step::{Course, Step};
use super::study::{Identity, Lease, SearchId, State};
use super::{Found, Observer, Progress, Study, TuneError};
use crate::artifact::sha256_hex;
use crate::config::{Project, TuneConfig};
use crate::data::{DataError, Dataset, split};
use crate::evaluate::EvaluateError;
use crate::features::FeatureSource;

/// Name of the search on all rows of a data set.
pub const ALL_ROWS: &str = "all rows";
/// How often a worker without work looks whether others have finished theirs.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Searches for the settings of `project` that do best on inner folds of `rows`, as its `[tune]` says (the default where it has none).
///
/// Works on as many threads as the current rayon pool has, together with whichever processes have the same `study` open, and goes on
/// where an earlier run ended. The result does not depend on any of that. `name` tells searches of one study apart.
///
/// # Errors
/// [`TuneError`]: a study of something else, data that cannot be trained on, no trial with a score.
pub fn search(
    project: &Project,
    dataset: &Dataset,
    source: &FeatureSource<'_>,
    rows: &[usize],
    name: &str,
    study: &Study,
    observer: &dyn Observer,
) -> Result<Found, TuneError> {
    let config = project.tune.clone().unwrap_or_default();
    let bare = project.without_search();
    let units = split::units(&bare, dataset);
    let folds = split::inner_folds(rows, units.as_deref(), config.inner_folds, config.seed);
    if folds.len() < config.inner_folds {
        let what = if units.is_some() { "groups or blocks among the training rows" } else { "training rows" };
        let remedy = "lower tune.inner_folds, or choose a finer split.group";
        let (found, folds) = (folds.len(), config.inner_folds);
        return Err(EvaluateError::Data(DataError::Folds { found, what, folds, remedy }).into());
    }
    let id = study.begin(name, &identity(&bare, &config, dataset)?)?;
    let course = Course { trials: config.trials, rungs: config.rungs, eta: config.eta };
    let search =
        Search { name, study, id, course, project: &bare, config: &config, dataset, source, rows, folds, observer };
    search.work()?;
    Found::of(name, &bare, course, &study.state(id)?)
}

fn identity(bare: &Project, config: &TuneConfig, dataset: &Dataset) -> Result<Identity, EvaluateError> {
    let hash = |text: String| sha256_hex(text.as_bytes());
    let settings = Project { tune: Some(config.clone()), ..bare.clone() }.to_toml()?;
    Ok(Identity { project: hash(bare.to_toml()?), settings: hash(settings), data: dataset.sha256.clone() })
}

struct Search<'a> {
    name: &'a str,
    study: &'a Study,
    id: SearchId,
    course: Course,
    /// Without its `[tune]`.
    project: &'a Project,
    config: &'a TuneConfig,
    dataset: &'a Dataset,
    source: &'a FeatureSource<'a>,
    rows: &'a [usize],
    folds: Vec<split::Fold>,
    observer: &'a dyn Observer,
}

impl Search<'_> {
    /// Works on all threads until the search is finished. A thread's error ends the others after the fit that they are at.
    fn work(&self) -> Result<(), TuneError> {
        let (failed, deciding) = (AtomicBool::new(false), Mutex::new(()));
        let error = Mutex::new(None);
        let (alive, ended) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                while ended.recv_timeout(self.study.heartbeat()) == Err(mpsc::RecvTimeoutError::Timeout) {
                    // Where it fails the leases may expire: then the work is done twice and counted once.
                    let _ = self.study.renew();
                }
            });
            let workers: Vec<_> = (0..rayon::current_num_threads().max(1))
                .map(|_| {
                    scope.spawn(|| {
                        if let Err(why) = self.work_on_one_thread(&failed, &deciding) {
                            failed.store(true, Ordering::Relaxed);
                            error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
                        }
                    })
                })
                .collect();
            for worker in workers {
                if let Err(panic) = worker.join() {
                    std::panic::resume_unwind(panic);
                }
            }
            drop(alive);
        });
        error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn work_on_one_thread(&self, failed: &AtomicBool, deciding: &Mutex<()>) -> Result<(), TuneError> {
        while !failed.load(Ordering::Relaxed) {
            if let Some(lease) = self.study.claim(self.id)? {
                self.evaluate(&lease)?;
                continue;
            }
            // One thread decides, the others then find work.
            let _deciding = deciding.lock().unwrap_or_else(PoisonError::into_inner);
            let state = self.study.state(self.id)?;
            match self.course.next(&state) {
                Step::Finish => return Ok(()),
                // A lease may have expired, or work been added, since the claim.
                Step::Wait => thread::sleep(LOOK_EVERY),
                Step::Climb { rung, trials } => self.study.add_rung(self.id, rung, &trials, self.folds.len())?,
                Step::Propose { first, count } => {
                    let Self { project, config, course, dataset, source, rows, .. } = self;
                    let proposer = Proposer { project, config, course: *course, dataset, source, rows };
                    let proposed = proposer.propose(&state, first, count)?;
                    self.study.add_trials(self.id, &proposed.trials, self.folds.len(), proposed.closed.as_deref())?;
                }
            }
        }
        Ok(())
    }

    fn evaluate(&self, lease: &Lease) -> Result<(), TuneError> {
        let state = self.study.state(self.id)?;
        let overlay = state.trials.get(lease.trial).map_or("", |trial| trial.overlay.as_str());
        let mut project = self.project.overlaid(overlay, &format!("trial {} of the study", lease.trial))?;
        let training = &mut project.training;
        let epochs = self.course.epochs(lease.rung, training.epochs);
        training.warmup_epochs = self.course.epochs(lease.rung, training.warmup_epochs).min(training.warmup_epochs);
        training.epochs = epochs;
        let rows = &self.folds[lease.fold];
        let verdict = evaluate(&project, self.config, self.dataset, self.source, rows)?;
        if self.study.finish(lease, &verdict)? {
            self.tell(&self.study.state(self.id)?);
        }
        Ok(())
    }

    fn tell(&self, state: &State) {
        let known = state.evaluations.values().map(Vec::len).sum();
        let top = state.top_rung().unwrap_or(0);
        self.observer.progress(&Progress {
            search: self.name,
            trials: state.trials.len(),
            trials_in_all: if state.closed.is_some() { state.trials.len() } else { self.course.trials },
            rung: top + 1,
            rungs: self.course.rungs,
            done: known - state.open(),
            known,
            best: (0..=top).rev().find_map(|rung| state.scores(rung).first().copied()),
        });
    }
}
