//! Dispatch by an engine of several machines: which queued runs to offer to them, and the claim of an offered run.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row};

use super::{
    Store, StoreError,
    queue::{MAY_BEGIN, Turn},
    run_row::run_id,
    text::subject,
};
use crate::{
    database::query,
    runs::model::{Claimed, Run, RunId},
};

/// What the claim of an offered run comes to.
#[derive(Debug)]
pub enum Taken {
    Claimed(Box<Claimed>),
    /// It was to be cancelled, or has had all its attempts, and has ended now.
    Ended(Box<Run>),
    /// It waits for its turn, or had ended before.
    Not,
}

impl Store {
    /// The queued run that [`Store::claim_in_turn`] would take if those in `offered` that are queued ran already.
    pub async fn next_offer(
        &self,
        turn: &Turn,
        offered: &[RunId],
        now: Timestamp,
    ) -> Result<Option<RunId>, StoreError> {
        let among = among(4, offered);
        let sql = format!(
            "SELECT run_id FROM (
                SELECT o.owner, o.served_at, o.waiting_since, o.running + (
                    SELECT COUNT(*) FROM run_dispatch f
                    WHERE f.owner = o.owner AND f.state = 'queued' AND f.run_id IN {among}) AS busy, (
                    SELECT d.run_id FROM run_dispatch d
                    WHERE d.owner = o.owner AND d.run_id NOT IN {among} AND {MAY_BEGIN}
                    ORDER BY d.created_at, d.run_id LIMIT 1) AS run_id
                FROM run_owner o WHERE o.queued > 0 AND o.running < $1) waiting
            WHERE run_id IS NOT NULL AND busy < $1
            ORDER BY busy, served_at, waiting_since, owner LIMIT 1"
        );
        let mut asked = sqlx::query(AssertSqlSafe(sql))
            .bind(i64::from(turn.per_user))
            .bind(i64::from(turn.attempts_below))
            .bind(turn.expired(now));
        for run in offered {
            asked = asked.bind(run.to_string());
        }
        let mut tx = self.db.system_read().await?;
        let row = asked.fetch_optional(tx.connection()).await?;
        Ok(row.map(|row| run_id(row.try_get(0)?)).transpose()?)
    }

    /// Which of these runs are queued.
    pub async fn queued_among(&self, runs: &[RunId]) -> Result<Vec<RunId>, StoreError> {
        self.among("state = 'queued'", runs).await
    }

    /// Which of these runs meet the condition.
    pub(super) async fn among(
        &self,
        condition: &'static str,
        runs: &[RunId],
    ) -> Result<Vec<RunId>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        let among = among(1, runs);
        let sql =
            format!("SELECT run_id FROM run_dispatch WHERE {condition} AND run_id IN {among}");
        let mut asked = sqlx::query(AssertSqlSafe(sql));
        for run in runs {
            asked = asked.bind(run.to_string());
        }
        let mut tx = self.db.system_read().await?;
        let rows = asked.fetch_all(tx.connection()).await?;
        let ids: Result<_, sqlx::Error> = rows.iter().map(|row| run_id(row.try_get(0)?)).collect();
        Ok(ids?)
    }

    /// Claims this run, if `turn` lets it through. If it is running, its worker is taken to be gone: it is queued again, or, if a
    /// cancel was asked for or it has had `max_attempts`, ends.
    pub async fn take(
        &self,
        id: RunId,
        turn: &Turn,
        max_attempts: u32,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        if let Some(found) = self.running(id).await? {
            let mut ended = self.interrupt(&[found], max_attempts, now).await?;
            if let Some(run) = ended.pop() {
                return Ok(Taken::Ended(Box::new(run)));
            }
        }
        let sql = format!("SELECT owner FROM run_dispatch d WHERE d.run_id = $1 AND {MAY_BEGIN}");
        let mut tx = self.db.system_read().await?;
        let (attempts, expired) = (i64::from(turn.attempts_below), turn.expired(now));
        let row = query!(AssertSqlSafe(sql); id.to_string(), attempts, expired)
            .fetch_optional(tx.connection())
            .await?;
        drop(tx);
        let Some(row) = row else {
            return Ok(Taken::Not);
        };
        let owner = subject(row.try_get(0)?)?;
        let claimed = self.claim_of(&owner, id, Some(turn.per_user), now).await?;
        Ok(claimed.map_or(Taken::Not, |claimed| Taken::Claimed(Box::new(claimed))))
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
