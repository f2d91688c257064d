//! The queue of each owner: how many runs wait and run, and the choice of the next one.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row};

use super::{
    Store, StoreError,
    run_row::run_id,
    text::{subject, to_u64},
};
use crate::{
    database::query,
    runs::model::{RunId, UserId},
};

/// How many runs there are that have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub queued: u64,
    pub running: u64,
}

/// Which queued runs may be taken.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// An owner has at most this many running ones.
    pub per_user: u32,
    /// Those that have had fewer attempts.
    pub attempts_below: u32,
    /// A run that has waited this long without having begun is not taken.
    pub queue_ttl: Duration,
}

impl Turn {
    /// See [`created_by`].
    pub(super) fn expired(&self, now: Timestamp) -> i64 {
        created_by(now, self.queue_ttl)
    }
}

/// In Unix milliseconds: runs that were created then or earlier have waited for `ttl`.
pub(super) fn created_by(now: Timestamp, ttl: Duration) -> i64 {
    let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_sub(ttl)
}

impl Store {
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let mut tx = self.db.system_read().await?;
        Ok(counts(tx.connection()).await?)
    }
}

pub(super) async fn counts(db: &mut AnyConnection) -> Result<Counts, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(queued), 0) AS BIGINT) AS queued,
                      CAST(COALESCE(SUM(running), 0) AS BIGINT) AS running
               FROM run_owner WHERE queued > 0 OR running > 0";
    let row = sqlx::query(sql).fetch_one(db).await?;
    Ok(Counts {
        queued: to_u64(row.try_get("queued")?),
        running: to_u64(row.try_get("running")?),
    })
}

/// The number of queued runs of all owners.
pub(super) async fn queued(db: &mut AnyConnection) -> Result<u64, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(queued), 0) AS BIGINT) FROM run_owner WHERE queued > 0";
    let row = sqlx::query(sql).fetch_one(db).await?;
    Ok(to_u64(row.try_get(0)?))
}

/// Makes the owner known, without runs.
pub(super) async fn insert_owner(db: &mut AnyConnection, owner: &str) -> Result<(), Error> {
    let sql =
        "INSERT INTO run_owner (owner, queued, running, served_at, waiting_since) VALUES ($1, 0, 0, 0, 0)
         ON CONFLICT (owner) DO NOTHING";
    query!(sql; owner).execute(db).await?;
    Ok(())
}

/// Counts one more queued run.
pub(super) async fn enter(
    db: &mut AnyConnection,
    owner: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO run_owner (owner, queued, running, served_at, waiting_since) VALUES ($1, 1, 0, 0, $2)
         ON CONFLICT (owner) DO UPDATE SET queued = run_owner.queued + 1,
             waiting_since = CASE WHEN run_owner.queued = 0 THEN excluded.waiting_since ELSE run_owner.waiting_since END";
    query!(sql; owner, now.as_millisecond()).execute(db).await?;
    Ok(())
}

/// Counts a queued run as running.
pub(super) async fn serve(
    db: &mut AnyConnection,
    owner: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE run_owner SET queued = queued - 1, running = running + 1, served_at = $2 WHERE owner = $1";
    query!(sql; owner, now.as_millisecond()).execute(db).await?;
    Ok(())
}

/// Counts a running run as queued.
pub(super) async fn requeue(
    db: &mut AnyConnection,
    owner: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE run_owner SET running = running - 1, queued = queued + 1,
                   waiting_since = CASE WHEN queued = 0 THEN $2 ELSE waiting_since END WHERE owner = $1";
    query!(sql; owner, now.as_millisecond()).execute(db).await?;
    Ok(())
}

/// Counts a run less.
pub(super) async fn leave(
    db: &mut AnyConnection,
    owner: &str,
    was_running: bool,
) -> Result<(), Error> {
    let sql = if was_running {
        "UPDATE run_owner SET running = running - 1 WHERE owner = $1"
    } else {
        "UPDATE run_owner SET queued = queued - 1 WHERE owner = $1"
    };
    query!(sql; owner).execute(db).await?;
    Ok(())
}

/// The owner's running runs.
pub(super) async fn running(db: &mut AnyConnection, owner: &str) -> Result<i64, Error> {
    let sql = "SELECT running FROM run_owner WHERE owner = $1";
    let row = query!(sql; owner).fetch_optional(db).await?;
    row.map_or(Ok(0), |row| row.try_get(0))
}

/// The runs `d` that `turn` lets through: bind the attempts as `$2` and [`Turn::expired`] as `$3`. A planned run waits for those
/// of its skill that were there when it was made.
pub(super) const MAY_BEGIN: &str = "d.state = 'queued' AND d.attempt < $2
    AND (d.started_at IS NOT NULL OR d.created_at > $3)
    AND (d.after_run IS NULL OR NOT EXISTS (
        SELECT 1 FROM run_dispatch a WHERE a.run_id = d.after_run AND a.state IN ('queued', 'running'))
        AND NOT EXISTS (
        SELECT 1 FROM run_dispatch a WHERE a.skill_id = d.skill_id AND a.state IN ('queued', 'running')
            AND a.created_at <= d.created_at AND a.run_id <> d.run_id))";

/// The run that is next: of the owner with the fewest running ones, then of the one that was served longest ago, then of the
/// one that has waited longest. Of an owner's runs that may begin, the oldest.
pub(super) async fn next(
    db: &mut AnyConnection,
    turn: &Turn,
    now: Timestamp,
) -> Result<Option<(RunId, UserId)>, Error> {
    let sql = format!(
        "SELECT owner, run_id FROM (
            SELECT o.owner, o.running, o.served_at, o.waiting_since, (
                SELECT d.run_id FROM run_dispatch d WHERE d.owner = o.owner AND {MAY_BEGIN}
                ORDER BY d.created_at, d.run_id LIMIT 1) AS run_id
            FROM run_owner o WHERE o.queued > 0 AND o.running < $1) waiting
        WHERE run_id IS NOT NULL
        ORDER BY running, served_at, waiting_since, owner LIMIT 1"
    );
    let (attempts, expired) = (i64::from(turn.attempts_below), turn.expired(now));
    let row = query!(AssertSqlSafe(sql); i64::from(turn.per_user), attempts, expired)
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        let id = run_id(row.try_get("run_id")?)?;
        Ok((id, subject(row.try_get("owner")?)?))
    })
    .transpose()
}
