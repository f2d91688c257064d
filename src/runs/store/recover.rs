//! Runs that no worker will end: interrupted ones, and those that have waited too long.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row};

use super::{
    Store, StoreError,
    run_row::{reload, run_id},
    text::{subject, to_u32},
    transition::{self, Before, Ended},
};
use crate::{
    database::query,
    runs::model::{Run, RunId, UserId},
};

/// A running run whose worker is gone.
pub(super) struct Interrupted {
    pub(super) run: RunId,
    pub(super) owner: UserId,
    pub(super) claim: i64,
    pub(super) attempt: u32,
    pub(super) cancel_requested: bool,
}

impl Store {
    /// Ends the claims of all running runs: called when the right to work on the database was acquired, so that their workers
    /// are gone. They are queued again, or, if a cancel was asked for or they have had `max_attempts`, they end. Returns
    /// those that have ended.
    pub async fn recover(&self, max_attempts: u32, now: Timestamp) -> Result<Vec<Run>, StoreError> {
        self.recover_others(&[], max_attempts, now).await
    }

    /// The same without the runs that are worked on here: the answer to a claim may have been lost.
    pub async fn recover_others(
        &self,
        here: &[RunId],
        max_attempts: u32,
        now: Timestamp,
    ) -> Result<Vec<Run>, StoreError> {
        let mut ended = Vec::new();
        let mut tx = self.db.system_read().await?;
        let running = running(tx.connection()).await?;
        drop(tx);
        let others = running.into_iter().filter(|it| !here.contains(&it.run));
        for found in others {
            let mut tx = self.db.write(&found.owner).await?;
            let (db, user) = tx.parts();
            ended.extend(recover_one(db, user, &found, max_attempts, now).await?);
            tx.commit().await?;
        }
        Ok(ended)
    }

    /// Expires at most `limit` runs that were created `ttl` ago or earlier and have not begun. Returns them.
    pub async fn expire(
        &self,
        ttl: Duration,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Run>, StoreError> {
        let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let latest = now.as_millisecond().saturating_sub(ttl);
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT run_id, owner FROM run_dispatch
                   WHERE state = 'queued' AND created_at <= $1 AND started_at IS NULL ORDER BY created_at LIMIT $2";
        let rows = query!(sql; latest, i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
        drop(tx);
        let mut expired = Vec::new();
        for row in rows {
            let id = run_id(row.try_get("run_id")?)?;
            let owner = subject(row.try_get("owner")?)?;
            let mut tx = self.db.write(&owner).await?;
            let (db, user) = tx.parts();
            if transition::end(db, user, id, Before::Queued, &Ended::expired(), now).await? {
                expired.push(reload(db, user, id).await?);
            }
            tx.commit().await?;
        }
        Ok(expired)
    }
}

async fn running(db: &mut AnyConnection) -> Result<Vec<Interrupted>, Error> {
    let sql = "SELECT run_id, owner, claim, attempt, cancel_requested FROM run_dispatch WHERE state = 'running'";
    let rows = sqlx::query(sql).fetch_all(db).await?;
    let found = rows.iter().map(|row| {
        Ok(Interrupted {
            run: run_id(row.try_get("run_id")?)?,
            owner: subject(row.try_get("owner")?)?,
            claim: row.try_get("claim")?,
            attempt: to_u32(row.try_get("attempt")?),
            cancel_requested: row.try_get::<i64, _>("cancel_requested")? == 1,
        })
    });
    found.collect()
}

/// Returns the run if it has ended.
pub(super) async fn recover_one(
    db: &mut AnyConnection,
    user: &str,
    found: &Interrupted,
    max_attempts: u32,
    now: Timestamp,
) -> Result<Option<Run>, Error> {
    let ended = if found.cancel_requested {
        Ended::cancelled()
    } else if found.attempt >= max_attempts {
        Ended::attempts_exhausted()
    } else {
        transition::interrupt(db, user, found.run, found.claim, now).await?;
        return Ok(None);
    };
    let before = Before::Running(found.claim);
    if transition::end(db, user, found.run, before, &ended, now).await? {
        return reload(db, user, found.run).await.map(Some);
    }
    Ok(None)
}
