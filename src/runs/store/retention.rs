//! Removal of what has been kept long enough.

use std::pin::pin;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::Row;

use super::{Store, StoreError, run_row::run_id, text::subject};
use crate::{
    database::query,
    runs::model::{RunId, UserId},
};

/// How many owners' remembered cancellations are looked through at a time.
const OWNERS: u32 = 500;

/// A run that ended long ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldRun {
    pub run: RunId,
    pub owner: UserId,
    /// Of its files in the file store.
    pub file_keys: Vec<String>,
}

impl Store {
    /// At most `limit` runs that ended before that time, the oldest first, after the `skipped` oldest. Their files are
    /// deleted first, then they are [removed](Self::remove).
    pub async fn ended_before(
        &self,
        before: Timestamp,
        limit: u32,
        skipped: u32,
    ) -> Result<Vec<OldRun>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT run_id, owner FROM run_dispatch WHERE ended_at < $1 ORDER BY ended_at, run_id LIMIT $2 OFFSET $3";
        let rows = query!(sql; before.as_millisecond(), i64::from(limit), i64::from(skipped))
            .fetch_all(tx.connection())
            .await?;
        drop(tx);
        let mut old = Vec::with_capacity(rows.len());
        for row in rows {
            let run = run_id(row.try_get("run_id")?)?;
            let owner = subject(row.try_get("owner")?)?;
            let file_keys = self.file_keys(&owner, run).await?;
            old.push(OldRun {
                run,
                owner,
                file_keys,
            });
        }
        Ok(old)
    }

    async fn file_keys(&self, owner: &UserId, run: RunId) -> Result<Vec<String>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT file_key FROM run_file WHERE run_id = $1 AND user_id = $2 AND file_key IS NOT NULL ORDER BY number";
        let rows = query!(sql; run.to_string(), user).fetch_all(db).await?;
        let keys: Result<_, sqlx::Error> = rows.iter().map(|row| row.try_get(0)).collect();
        Ok(keys?)
    }

    /// Removes an ended run with everything that belongs to it.
    pub async fn remove(&self, old: &OldRun) -> Result<(), StoreError> {
        let mut tx = self.db.write(&old.owner).await?;
        let (db, user) = tx.parts();
        let run = old.run.to_string();
        for sql in [
            "DELETE FROM delivery_dispatch WHERE owner = $2
                 AND delivery_id IN (SELECT delivery_id FROM delivery WHERE run_id = $1 AND user_id = $2)",
            // Its journal, replies, files and deliveries with it.
            "DELETE FROM run WHERE run_id = $1 AND user_id = $2",
            "DELETE FROM run_dispatch WHERE run_id = $1 AND owner = $2",
        ] {
            query!(sql; &run, user).execute(&mut *db).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets cancellations of runs that never came to exist, and fired planned times, from before that time. Returns how
    /// many.
    pub async fn forget(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.as_millisecond();
        let mut tx = self.db.system_write().await?;
        let sql = "DELETE FROM skill_fired WHERE planned_at < $1";
        let fired = query!(sql; before).execute(tx.connection()).await?;
        tx.commit().await?;
        let mut forgotten = fired.rows_affected();
        let mut owners = pin!(self.owners(OWNERS));
        while let Some(owner) = owners.try_next().await? {
            forgotten += self.forget_cancellations(&owner, before).await?;
        }
        Ok(forgotten)
    }

    async fn forget_cancellations(&self, owner: &UserId, before: i64) -> Result<u64, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT request_id FROM cancelled_request WHERE user_id = $1 AND cancelled_at < $2 LIMIT 1";
        let found = query!(sql; user, before).fetch_optional(db).await?;
        drop(tx);
        if found.is_none() {
            return Ok(0);
        }
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let sql = "DELETE FROM cancelled_request WHERE user_id = $1 AND cancelled_at < $2";
        let deleted = query!(sql; user, before).execute(db).await?;
        tx.commit().await?;
        Ok(deleted.rows_affected())
    }
}
