//! How many threads work: the result is the same for any number.

use super::failure::Failure;

/// Sets the number of worker threads of the process; all cores where none is given.
pub(super) fn use_threads(threads: Option<usize>) -> Result<(), Failure> {
    let Some(threads) = threads else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| Failure::inside("start the worker threads", error))
}
