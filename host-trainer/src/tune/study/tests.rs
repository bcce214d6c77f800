//! Leases, takeovers and identities, with a clock that the tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::super::evaluation::Verdict;
use super::*;
use crate::evaluate::Footprint;

const SECOND_MS: i64 = 1000;

fn identity() -> Identity {
    Identity { project: "p".into(), settings: "s".into(), data: "d".into() }
}

/// A process's view of the study at `path`, whose leases last 10 s by `clock`.
fn process(path: &Path, clock: &Arc<AtomicI64>) -> Study {
    let mut study = Study::open(path, Duration::from_secs(10)).unwrap();
    let clock = Arc::clone(clock);
    study.clock = Box::new(move || clock.load(Ordering::Relaxed));
    study
}

fn trial(number: usize) -> TrialRow {
    let point = (number > 0).then(|| vec![0.1 + number as f64 / 7.0]);
    TrialRow { number, point, overlay: format!("# {number}"), footprint: Footprint::default(), refusal: None }
}

fn failed(why: &str) -> Verdict {
    Verdict::Failed(why.to_owned())
}

#[test]
fn a_lease_keeps_others_away_until_it_expires_and_a_late_result_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("study.sqlite"), Arc::new(AtomicI64::new(0)));
    let (one, two) = (process(&path, &clock), process(&path, &clock));
    let search = one.begin("all", &identity()).unwrap();
    assert_eq!(two.begin("all", &identity()).unwrap(), search);
    one.add_trials(search, &[trial(0)], 1, None).unwrap();

    let lost = one.claim(search).unwrap().unwrap();
    assert_eq!((lost.rung, lost.trial, lost.fold), (0, 0, 0));
    assert_eq!(two.claim(search).unwrap(), None);
    clock.store(9 * SECOND_MS, Ordering::Relaxed);
    one.renew().unwrap();
    clock.store(18 * SECOND_MS, Ordering::Relaxed);
    assert_eq!(two.claim(search).unwrap(), None, "a sign of life prolongs the lease");

    clock.store(19 * SECOND_MS, Ordering::Relaxed);
    let taken = two.claim(search).unwrap().unwrap();
    assert!(!one.finish(&lost, &failed("late")).unwrap());
    assert!(two.finish(&taken, &failed("in time")).unwrap());
    assert!(!two.finish(&taken, &failed("twice")).unwrap());
    let state = one.state(search).unwrap();
    assert_eq!((state.open(), state.taken_over, state.failure(0, 0)), (0, 1, Some("in time")));
    assert_eq!(one.claim(search).unwrap(), None);
}

#[test]
fn the_same_step_of_two_processes_is_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("study.sqlite"), Arc::new(AtomicI64::new(0)));
    let (one, two) = (process(&path, &clock), process(&path, &clock));
    let search = one.begin("all", &identity()).unwrap();
    for study in [&one, &two] {
        study.add_trials(search, &[trial(0), trial(1)], 3, Some("used up")).unwrap();
        study.add_rung(search, 1, &[1], 3).unwrap();
    }
    let state = two.state(search).unwrap();
    assert_eq!(state.trials, [trial(0), trial(1)], "what is written is read, to the bit");
    assert_eq!(state.closed.as_deref(), Some("used up"));
    assert_eq!((state.open(), state.top_rung()), (9, Some(1)));
    // Lower rungs first, then trials, then folds.
    let mut claimed = Vec::new();
    while let Some(lease) = [&one, &two][claimed.len() % 2].claim(search).unwrap() {
        claimed.push((lease.rung, lease.trial, lease.fold));
    }
    let mut sorted = claimed.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((claimed.len(), &claimed), (9, &sorted));
}

#[test]
fn searches_of_one_study_do_not_mix_and_a_refused_trial_is_not_queued() {
    let study = Study::in_memory().unwrap();
    let [a, b] = ["fold 1", "fold 2"].map(|name| study.begin(name, &identity()).unwrap());
    let refused = TrialRow { refusal: Some("too large".to_owned()), ..trial(0) };
    study.add_trials(a, &[refused.clone(), trial(1)], 2, None).unwrap();
    assert_eq!(study.state(b).unwrap(), State::default());
    assert_eq!(study.claim(b).unwrap(), None);
    let state = study.state(a).unwrap();
    assert_eq!((state.open(), &state.trials[0]), (2, &refused));
}

#[test]
fn a_study_of_something_else_is_refused_with_what_differs() {
    let study = Study::in_memory().unwrap();
    study.begin("all", &identity()).unwrap();
    for (other, what) in [
        (Identity { project: "x".into(), ..identity() }, "another project file"),
        (Identity { settings: "x".into(), ..identity() }, "--trials"),
        (Identity { data: "x".into(), ..identity() }, "other data"),
    ] {
        let error = study.begin("all", &other).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("give --study another file"), "{error}");
    }
}

#[test]
fn what_is_no_study_of_this_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let refused = |path: &Path| Study::open(path, DEFAULT_LEASE).unwrap_err().to_string();

    std::fs::write(&path, "a text that is long enough to be taken for a page of a database".repeat(30)).unwrap();
    assert!(refused(&path).contains("is no study"), "{}", refused(&path));

    let foreign = folder.path().join("foreign.sqlite");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE letters (text TEXT)").unwrap();
    let before = std::fs::read(&foreign).unwrap();
    assert!(refused(&foreign).contains("is no study"));
    assert_eq!(std::fs::read(&foreign).unwrap(), before);

    let later = folder.path().join("later.sqlite");
    drop(Study::open(&later, DEFAULT_LEASE).unwrap());
    Connection::open(&later).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refused(&later).contains("version 99"), "{}", refused(&later));

    assert!(refused(folder.path()).contains("cannot be used"));
    assert!(refused(&folder.path().join("no/such/folder/study")).contains("cannot be used"));
}

#[test]
fn many_processes_may_make_one_new_study_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let (path, start) = (folder.path().join("study.sqlite"), std::sync::Barrier::new(6));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    start.wait();
                    Study::open(&path, Duration::from_secs(10)).unwrap().begin("all", &identity()).unwrap()
                });
            }
        });
    }
}
