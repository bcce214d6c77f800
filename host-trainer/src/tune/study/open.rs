//! Opening a study, and whether it is a study of what is asked.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::{SearchId, Study, StudyError, wall_clock_ms};

/// In the file's header: "TLst".
const APPLICATION_ID: i64 = 0x544C_7374;
/// Of the tables.
const SCHEMA_VERSION: i64 = 1;
/// How long to wait for another process's transaction.
const PATIENCE: Duration = Duration::from_secs(60);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS searches (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    program TEXT NOT NULL,   -- version of trunkline
    project TEXT NOT NULL,   -- SHA-256 of the project without [tune]
    settings TEXT NOT NULL,  -- SHA-256 of [tune]
    data TEXT NOT NULL,      -- SHA-256 of everything read
    closed TEXT              -- why no further trial is drawn
) STRICT;
CREATE TABLE IF NOT EXISTS trials (
    search INTEGER NOT NULL REFERENCES searches (id),
    number INTEGER NOT NULL,
    point TEXT,              -- place in the space, one number a parameter; null for the project as it stands
    overlay TEXT NOT NULL,   -- TOML to lay over the project
    footprint TEXT NOT NULL, -- JSON
    refusal TEXT,            -- why it is not evaluated
    PRIMARY KEY (search, number)
) STRICT;
CREATE TABLE IF NOT EXISTS evaluations (
    search INTEGER NOT NULL,
    rung INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    fold INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'failed')),
    owner TEXT,              -- who has or had it
    attempts INTEGER NOT NULL DEFAULT 0,
    lease_ends_ms INTEGER,
    result TEXT,             -- JSON of what it gave, or why it failed
    PRIMARY KEY (search, rung, trial, fold),
    FOREIGN KEY (search, trial) REFERENCES trials (search, number)
) STRICT;";

/// What a search is a search of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tune) struct Identity {
    /// SHA-256 of the project without its `[tune]`.
    pub(in crate::tune) project: String,
    /// SHA-256 of `[tune]`.
    pub(in crate::tune) settings: String,
    /// SHA-256 of the data.
    pub(in crate::tune) data: String,
}

impl Study {
    pub(super) fn with(connection: Connection, origin: String, lease: Duration) -> Result<Self, StudyError> {
        let sql = |source| StudyError::sql(&origin, source);
        connection.busy_timeout(PATIENCE).map_err(sql)?;
        let (tables, application, version) = contents(&connection).map_err(sql)?;
        if application != APPLICATION_ID && (tables > 0 || application != 0 || version != 0) {
            return Err(StudyError::Foreign { study: origin });
        }
        if application == APPLICATION_ID && version != SCHEMA_VERSION {
            return Err(StudyError::Version { study: origin, found: version, expected: SCHEMA_VERSION });
        }
        write_ahead(&connection).map_err(sql)?;
        // A process may have the number of one that died.
        let random = "SELECT lower(hex(randomblob(8)))";
        let random: String = connection.query_row(random, [], |row| row.get(0)).map_err(sql)?;
        let owner = format!("{}-{random}", std::process::id());
        let study = Self { origin, connection: Mutex::new(connection), owner, lease, clock: Box::new(wall_clock_ms) };
        study.transaction(|transaction| {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
        })?;
        Ok(study)
    }

    /// The search `name`, begun if it is not there.
    ///
    /// # Errors
    /// [`StudyError::Another`] where one of that name is a search of something else.
    pub(in crate::tune) fn begin(&self, name: &str, identity: &Identity) -> Result<SearchId, StudyError> {
        let Identity { project, settings, data } = identity;
        let program = env!("CARGO_PKG_VERSION");
        let insert = "INSERT OR IGNORE INTO searches (name, program, project, settings, data) VALUES (?, ?, ?, ?, ?)";
        let select = "SELECT id, program, project, settings, data FROM searches WHERE name = ?";
        let (id, found): (i64, [String; 4]) = self.transaction(|transaction| {
            transaction.execute(insert, params![name, program, project, settings, data])?;
            transaction.query_row(select, [name], |row| {
                Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]))
            })
        })?;
        let wanted = [program, project, settings, data];
        let what = [
            "another version of trunkline",
            "another project file",
            "other settings of the search ([tune] or --trials)",
            "other data",
        ];
        match found.iter().zip(wanted).position(|(found, wanted)| found != wanted) {
            Some(at) => Err(StudyError::Another { study: self.origin.clone(), what: what[at] }),
            None => Ok(SearchId(id)),
        }
    }
}

/// Tables, application id and schema version, all of one moment: another process may be making the tables.
fn contents(connection: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let transaction = connection.unchecked_transaction()?;
    let tables = transaction.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    let number = |pragma: &str| transaction.pragma_query_value(None, pragma, |row| row.get(0));
    Ok((tables, number("application_id")?, number("user_version")?))
}

/// Readers and a writer do not wait for each other. Two processes that open a new file at once may each find it locked.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        let set = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).optional();
        match set {
            Err(error)
                if start.elapsed() < PATIENCE
                    && matches!(
                        error.sqlite_error_code(),
                        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                    ) =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
            Ok(_) => return Ok(()),
        }
    }
}
