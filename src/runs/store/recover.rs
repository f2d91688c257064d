//! Runs that no worker will end: interrupted ones, and those that have waited too long.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row, any::AnyRow};

use super::{
    Store, StoreError,
    queue::created_by,
    run_row::{reload, run_id},
    text::{subject, to_u32},
    transition::{self, Before, Ended},
};
use crate::{
    database::query,
    runs::model::{Run, RunId, UserId},
};

const RUNNING: &str = "SELECT run_id, owner, claim, attempt, cancel_requested FROM run_dispatch WHERE state = 'running'";

/// A running run, with the claim that it had when it was found.
pub struct Running {
    pub run: RunId,
    /// The number of the claim.
    pub claim: i64,
    owner: UserId,
    attempt: u32,
    cancel_requested: bool,
}

impl Store {
    /// Ends the claims of all running runs: called when the right to work on the database was acquired, so that their workers
    /// are gone. They are queued again, or, if a cancel was asked for or they have had `max_attempts`, they end. Returns
    /// those that have ended.
    pub async fn recover(&self, max_attempts: u32, now: Timestamp) -> Result<Vec<Run>, StoreError> {
        let found = self.running_besides(&[]).await?;
        self.interrupt(&found, max_attempts, now).await
    }

    /// The running runs without these, which are worked on here: the answer to a claim may have been lost.
    pub async fn running_besides(&self, here: &[RunId]) -> Result<Vec<Running>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let rows = sqlx::query(RUNNING).fetch_all(tx.connection()).await?;
        let running: Result<Vec<_>, _> = rows.iter().map(found).collect();
        let mut running = running?;
        running.retain(|it| !here.contains(&it.run));
        Ok(running)
    }

    /// This run, if it is running.
    pub(super) async fn running(&self, id: RunId) -> Result<Option<Running>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = format!("{RUNNING} AND run_id = $1");
        let row = query!(AssertSqlSafe(sql); id.to_string())
            .fetch_optional(tx.connection())
            .await?;
        Ok(row.as_ref().map(found).transpose()?)
    }

    /// Does for these what [`recover`](Self::recover) does for all, if they have no later claim.
    pub async fn interrupt(
        &self,
        found: &[Running],
        max_attempts: u32,
        now: Timestamp,
    ) -> Result<Vec<Run>, StoreError> {
        let mut ended = Vec::new();
        for found in found {
            let mut tx = self.db.write(&found.owner).await?;
            let (db, user) = tx.parts();
            ended.extend(recover_one(db, user, found, max_attempts, now).await?);
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
        let latest = created_by(now, ttl);
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

fn found(row: &AnyRow) -> Result<Running, Error> {
    Ok(Running {
        run: run_id(row.try_get("run_id")?)?,
        owner: subject(row.try_get("owner")?)?,
        claim: row.try_get("claim")?,
        attempt: to_u32(row.try_get("attempt")?),
        cancel_requested: row.try_get::<i64, _>("cancel_requested")? == 1,
    })
}

/// Returns the run if it has ended.
async fn recover_one(
    db: &mut AnyConnection,
    user: &str,
    found: &Running,
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
