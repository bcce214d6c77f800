//! Who works on what. A lease is taken, renewed while its holder lives, and given back with a result; one that is not renewed goes to
//! whoever asks next, and a late result of its former holder is not taken.

use rusqlite::{OptionalExtension, params};

use super::super::evaluation::Verdict;
use super::{SearchId, Study, StudyError};

/// The right to do one evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tune) struct Lease {
    search: SearchId,
    /// Rung of the evaluation.
    pub(in crate::tune) rung: usize,
    /// Trial of the evaluation.
    pub(in crate::tune) trial: usize,
    /// Inner fold that is asked about.
    pub(in crate::tune) fold: usize,
    /// Which lease of this evaluation it is, from 1.
    attempt: i64,
}

impl Study {
    /// The first evaluation of `search` that nobody works on, if there is one.
    pub(in crate::tune) fn claim(&self, search: SearchId) -> Result<Option<Lease>, StudyError> {
        let claim = "
            UPDATE evaluations SET state = 'leased', owner = ?2, lease_ends_ms = ?3, attempts = attempts + 1
            WHERE rowid = (
                SELECT rowid FROM evaluations
                WHERE search = ?1 AND (state = 'queued' OR (state = 'leased' AND lease_ends_ms <= ?4))
                ORDER BY rung, trial, fold LIMIT 1
            )
            RETURNING rung, trial, fold, attempts";
        let (owner, ends, now) = (&self.owner, self.lease_end_ms(), self.now_ms());
        self.transaction(|transaction| {
            let lease = |row: &rusqlite::Row<'_>| {
                Ok(Lease { search, rung: row.get(0)?, trial: row.get(1)?, fold: row.get(2)?, attempt: row.get(3)? })
            };
            transaction.query_row(claim, params![search.0, owner, ends, now], lease).optional()
        })
    }

    /// Prolongs all leases of this process.
    pub(in crate::tune) fn renew(&self) -> Result<(), StudyError> {
        let renew = "UPDATE evaluations SET lease_ends_ms = ?2 WHERE owner = ?1 AND state = 'leased'";
        let ends = self.lease_end_ms();
        self.transaction(|transaction| transaction.execute(renew, params![self.owner, ends])).map(drop)
    }

    /// Hands in a result; `false` where the lease had gone to another meanwhile, whose result counts.
    pub(in crate::tune) fn finish(&self, lease: &Lease, verdict: &Verdict) -> Result<bool, StudyError> {
        let (state, result) = match verdict {
            Verdict::Done(evaluated) => ("done", self.json(evaluated)?),
            Verdict::Failed(why) => ("failed", why.clone()),
        };
        let finish = "
            UPDATE evaluations SET state = ?1, result = ?2, lease_ends_ms = NULL
            WHERE search = ?3 AND rung = ?4 AND trial = ?5 AND fold = ?6
              AND state = 'leased' AND owner = ?7 AND attempts = ?8";
        let Lease { search, rung, trial, fold, attempt } = lease;
        let values = params![state, result, search.0, rung, trial, fold, self.owner, attempt];
        Ok(self.transaction(|transaction| transaction.execute(finish, values))? == 1)
    }
}
