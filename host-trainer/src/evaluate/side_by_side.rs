//! Independent jobs on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The results of `run` on every job, in the order of `jobs`, on as many threads as the current rayon pool has.
///
/// The threads are not rayon's: a rayon worker that waits for a parallel matrix product inside a job would take up another whole job
/// meanwhile, and so on, each on top of the last one's stack.
///
/// # Errors
/// The error of the earliest job that failed; after a failure no further job is started.
pub(crate) fn side_by_side<T: Sync, R: Send, E: Send>(
    jobs: &[T],
    run: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<R, E>>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        while let Some((job, place)) = jobs.iter().zip(&results).nth(next.fetch_add(1, Ordering::Relaxed)) {
            let result = run(job);
            if result.is_err() {
                next.store(jobs.len(), Ordering::Relaxed);
            }
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    };
    thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(jobs.len()) {
            scope.spawn(work);
        }
    });
    results.into_iter().filter_map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..100).collect();
        let doubled = side_by_side(&jobs, |job| {
            thread::sleep(std::time::Duration::from_micros(job * 7919 % 50));
            Ok::<_, ()>(2 * job)
        });
        assert_eq!(doubled, Ok((0..100).map(|job| 2 * job).collect()));
    }

    #[test]
    fn after_a_failure_no_further_job_is_started() {
        let jobs: Vec<usize> = (0..1000).collect();
        let started = AtomicUsize::new(0);
        let result = side_by_side(&jobs, |job| {
            started.fetch_add(1, Ordering::Relaxed);
            if *job == 3 { Err("three") } else { Ok(()) }
        });
        assert_eq!(result, Err("three"));
        assert!(started.load(Ordering::Relaxed) < 1000);
    }

    #[test]
    fn no_job_gives_no_result() {
        assert_eq!(side_by_side(&[], |_: &u8| Ok::<u8, ()>(0)), Ok(vec![]));
    }
}
