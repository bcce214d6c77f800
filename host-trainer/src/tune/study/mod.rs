//! A study: everything that a search knows, in one SQLite file that several processes on one machine may work on.
//!
//! | table | a row |
//! |---|---|
//! | `searches` | a search by name (all rows, or the training rows of one outer fold), and what it is a search of |
//! | `trials` | settings, their place in the space and what they cost on the device |
//! | `evaluations` | one fit: its state (queued, leased, done, failed), who has it and until when, what it gave |
//!
//! Every change is one transaction that holds the write lock from its start. A process that is killed, at whatever moment, leaves at
//! most leases, which expire.

mod lease;
mod open;
mod state;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use thiserror::Error;

pub(super) use lease::Lease;
pub(super) use open::Identity;
#[cfg(test)]
pub(super) use state::Status;
pub(super) use state::{State, TrialRow};

/// How long a lease lasts without a sign of life.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(15);

/// An open study.
pub struct Study {
    /// As errors call it.
    origin: String,
    connection: Mutex<Connection>,
    /// This process among others.
    owner: String,
    lease: Duration,
    /// Milliseconds since 1970.
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
}

/// A search in a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SearchId(i64);

impl Study {
    /// Opens the study at `path`, or begins one; leases last for `lease` without a sign of life.
    ///
    /// # Errors
    /// A file that cannot be opened or is no study of this version.
    pub fn open(path: &Path, lease: Duration) -> Result<Self, StudyError> {
        let origin = path.display().to_string();
        let connection = Connection::open(path).map_err(|source| StudyError::sql(&origin, source))?;
        Self::with(connection, origin, lease)
    }

    /// A study of this process alone, which is gone with it.
    ///
    /// # Errors
    /// No memory.
    pub fn in_memory() -> Result<Self, StudyError> {
        let origin = "the study in memory".to_owned();
        let connection = Connection::open_in_memory().map_err(|source| StudyError::sql(&origin, source))?;
        Self::with(connection, origin, DEFAULT_LEASE)
    }

    /// A worker hears of its lease this often.
    pub(super) fn heartbeat(&self) -> Duration {
        (self.lease / 4).max(Duration::from_millis(20))
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    fn lease_end_ms(&self) -> i64 {
        self.now_ms() + i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX / 2)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in a transaction that holds the write lock from its start.
    fn transaction<R>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<R>) -> Result<R, StudyError> {
        let mut connection = self.connection();
        let run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|source| StudyError::sql(&self.origin, source))
    }
}

impl std::fmt::Debug for Study {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Study").field("origin", &self.origin).field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// Milliseconds since 1970 by the machine's clock: leases are compared between processes.
fn wall_clock_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX / 2)
}

/// A study that cannot be used.
#[derive(Debug, Error)]
pub enum StudyError {
    /// The file is a database of another program, or none.
    #[error("{study} is no study of trunkline; give --study the path of a study or of a file that does not exist yet")]
    Foreign {
        /// The study.
        study: String,
    },
    /// Of another version of the tables.
    #[error(
        "{study} was begun by another version of trunkline (tables of version {found}, not {expected}); finish it with that version, \
         or give --study another file"
    )]
    Version {
        /// The study.
        study: String,
        /// Its version.
        found: i64,
        /// Ours.
        expected: i64,
    },
    /// Of another search.
    #[error(
        "{study} belongs to {what}; its scores cannot be compared with new ones: give --study another file for a new search, or \
         go back to what the study was begun with"
    )]
    Another {
        /// The study.
        study: String,
        /// What differs.
        what: &'static str,
    },
    /// A value that this program did not write.
    #[error("{study} is damaged ({what}); give --study another file")]
    Damaged {
        /// The study.
        study: String,
        /// What cannot be read.
        what: String,
    },
    /// The database refused.
    #[error(
        "{study} cannot be used: {source}; check that it lies in a folder on this machine that can be written to and has room"
    )]
    Sql {
        /// The study.
        study: String,
        /// Why.
        source: rusqlite::Error,
    },
}

impl StudyError {
    fn sql(study: &str, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => StudyError::Foreign { study: study.to_owned() },
            _ => StudyError::Sql { study: study.to_owned(), source },
        }
    }
}

#[cfg(test)]
mod tests;
