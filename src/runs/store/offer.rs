//! Dispatch by an engine of several machines: which queued runs to offer to them, and the claim of an offered run.

use jiff::Timestamp;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row, any::AnyRow};

use super::{
    Store, StoreError,
    recover::{self, Interrupted},
    run_row::{run_id, status},
    text::{subject, to_u32},
};
use crate::{
    database::query,
    runs::model::{Claimed, Run, RunId, Status, UserId},
};

/// What the claim of an offered run comes to.
#[derive(Debug)]
pub enum Taken {
    Claimed(Box<Claimed>),
    /// It stays queued: its owner has as many running ones as allowed.
    Waits,
    /// It was to be cancelled, or has had all its attempts, and has ended now.
    Ended(Box<Run>),
    /// It had ended before, or does not exist.
    Gone,
}

/// A run that has not ended.
struct Unfinished {
    owner: UserId,
    status: Status,
    claim: i64,
    attempt: u32,
    cancel_requested: bool,
}

impl Store {
    /// The queued run that is next, as [`Store::claim_next_below`] chooses, if those in `offered` that are queued ran already.
    pub async fn next_offer(
        &self,
        attempts: u32,
        per_user: u32,
        offered: &[RunId],
    ) -> Result<Option<RunId>, StoreError> {
        let among = among(3, offered);
        let sql = format!(
            "SELECT run_id FROM (
                SELECT o.owner, o.served_at, o.waiting_since, o.running + (
                    SELECT COUNT(*) FROM run_dispatch f
                    WHERE f.owner = o.owner AND f.state = 'queued' AND f.run_id IN {among}) AS busy, (
                    SELECT d.run_id FROM run_dispatch d
                    WHERE d.owner = o.owner AND d.state = 'queued' AND d.attempt < $2 AND d.run_id NOT IN {among}
                        AND NOT EXISTS (SELECT 1 FROM run_dispatch a
                            WHERE a.run_id = d.after_run AND a.state IN ('queued', 'running'))
                    ORDER BY d.created_at, d.run_id LIMIT 1) AS run_id
                FROM run_owner o WHERE o.queued > 0 AND o.running < $1) waiting
            WHERE run_id IS NOT NULL AND busy < $1
            ORDER BY busy, served_at, waiting_since, owner LIMIT 1"
        );
        let mut asked = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(per_user))
            .bind(i64::from(attempts));
        for run in offered {
            asked = asked.bind(run.to_string());
        }
        let mut tx = self.db.system_read().await?;
        let row = asked.fetch_optional(tx.connection()).await?;
        let id: Option<RunId> = row.map(|row| run_id(row.try_get(0)?)).transpose()?;
        Ok(id)
    }

    /// Which of these runs are queued.
    pub async fn queued_among(&self, runs: &[RunId]) -> Result<Vec<RunId>, StoreError> {
        self.among("state = 'queued'", runs).await
    }

    /// Which of these runs have not ended.
    pub async fn unfinished_among(&self, runs: &[RunId]) -> Result<Vec<RunId>, StoreError> {
        self.among("state IN ('queued', 'running')", runs).await
    }

    async fn among(&self, state: &str, runs: &[RunId]) -> Result<Vec<RunId>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let among = among(1, runs);
        let sql = format!("SELECT run_id FROM run_dispatch WHERE {state} AND run_id IN {among}");
        let mut asked = sqlx::query(AssertSqlSafe(sql));
        for run in runs {
            asked = asked.bind(run.to_string());
        }
        let mut tx = self.db.system_read().await?;
        Ok(ids(&asked.fetch_all(tx.connection()).await?)?)
    }

    /// All runs that are worked on, or whose worker is gone.
    pub async fn running(&self) -> Result<Vec<RunId>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT run_id FROM run_dispatch WHERE state = 'running'";
        Ok(ids(&sqlx::query(sql).fetch_all(tx.connection()).await?)?)
    }

    /// The attempts that a run has had. `None`: it has ended.
    pub async fn attempts(&self, id: RunId) -> Result<Option<u32>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let found = unfinished(tx.connection(), id).await?;
        Ok(found.map(|found| found.attempt))
    }

    /// Claims this run, unless `per_user` runs of its owner run already. If it is running, its worker is taken to be gone:
    /// then it is claimed, or ended if a cancel was asked for or it has had `max_attempts`.
    pub async fn take(
        &self,
        id: RunId,
        per_user: u32,
        max_attempts: u32,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mut tx = self.db.system_read().await?;
        let found = unfinished(tx.connection(), id).await?;
        drop(tx);
        let Some(found) = found else {
            return Ok(Taken::Gone);
        };
        let was_running = found.status == Status::Running;
        if was_running && (found.cancel_requested || found.attempt >= max_attempts) {
            return self.end_interrupted(id, found, max_attempts, now).await;
        }
        let limit = (!was_running).then_some(per_user);
        let claimed = self.claim_of(&found.owner, id, limit, now).await?;
        Ok(match claimed {
            Some(claimed) => Taken::Claimed(Box::new(claimed)),
            // Ended meanwhile, or claimed by another.
            None if was_running => Taken::Gone,
            None => Taken::Waits,
        })
    }

    async fn end_interrupted(
        &self,
        run: RunId,
        found: Unfinished,
        max_attempts: u32,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mut tx = self.db.write(&found.owner).await?;
        let (db, user) = tx.parts();
        let interrupted = Interrupted {
            run,
            claim: found.claim,
            attempt: found.attempt,
            cancel_requested: found.cancel_requested,
            owner: found.owner.clone(),
        };
        let ended = recover::recover_one(db, user, &interrupted, max_attempts, now).await?;
        tx.commit().await?;
        Ok(ended.map_or(Taken::Gone, |run| Taken::Ended(Box::new(run))))
    }
}

/// A list for `IN`, with placeholders from this number on.
fn among(first: usize, runs: &[RunId]) -> String {
    let placeholders: Vec<_> = (first..first + runs.len())
        .map(|n| format!("${n}"))
        .collect();
    match &*placeholders {
        [] => "('')".to_owned(),
        placeholders => format!("({})", placeholders.join(", ")),
    }
}

async fn unfinished(db: &mut AnyConnection, id: RunId) -> Result<Option<Unfinished>, Error> {
    let sql = "SELECT owner, state, claim, attempt, cancel_requested FROM run_dispatch
               WHERE run_id = $1 AND state IN ('queued', 'running')";
    let row = query!(sql; id.to_string()).fetch_optional(db).await?;
    row.map(|row| {
        Ok(Unfinished {
            owner: subject(row.try_get("owner")?)?,
            status: status(&row, "state")?,
            claim: row.try_get("claim")?,
            attempt: to_u32(row.try_get("attempt")?),
            cancel_requested: row.try_get::<i64, _>("cancel_requested")? == 1,
        })
    })
    .transpose()
}

fn ids(rows: &[AnyRow]) -> Result<Vec<RunId>, Error> {
    rows.iter().map(|row| run_id(row.try_get(0)?)).collect()
}
