//! Cancelling of runs: before they exist, while they wait, while they run.

use jiff::Timestamp;
use sqlx::{AnyConnection, Error};

use super::{
    Store, StoreError,
    queue::insert_owner,
    read::find,
    run_row::{load, status},
    transition::{self, Before, Ended},
};
use crate::{
    database::query,
    runs::model::{Run, RunId, Status, UserId},
};

impl Store {
    /// Cancels the owner's run: at once if it is queued, else by a flag that its worker reads. A run that has ended stays as
    /// it is.
    pub async fn cancel(
        &self,
        owner: &UserId,
        id: RunId,
        now: Timestamp,
    ) -> Result<Option<Run>, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        if !cancel(db, user, id, now).await? {
            return Ok(None);
        }
        let run = load(db, user, id).await?;
        tx.commit().await?;
        Ok(run)
    }

    /// Cancels the owner's run of this `requestId`. If there is none, the `requestId` is remembered: a run that is created with
    /// it is cancelled at once.
    pub async fn cancel_by_request(
        &self,
        owner: &UserId,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Option<Run>, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let run = if let Some(id) = find(db, user, request_id).await? {
            cancel(db, user, id, now).await?;
            load(db, user, id).await?
        } else {
            remember(db, user, request_id, now).await?;
            None
        };
        tx.commit().await?;
        Ok(run)
    }

    /// Which of these runs are running and are to be cancelled.
    pub async fn cancelled_among(&self, runs: &[RunId]) -> Result<Vec<RunId>, StoreError> {
        self.among("state = 'running' AND cancel_requested = 1", runs)
            .await
    }
}

/// Cancels the user's run in a transaction of the user's; false if there is no such run.
pub(super) async fn cancel(
    db: &mut AnyConnection,
    user: &str,
    id: RunId,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "SELECT state FROM run_dispatch WHERE run_id = $1 AND owner = $2";
    let found = query!(sql; id.to_string(), user)
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = found else { return Ok(false) };
    match status(&row, "state")? {
        Status::Queued => {
            transition::end(db, user, id, Before::Queued, &Ended::cancelled(), now).await?;
        }
        Status::Running => {
            let sql = "UPDATE run_dispatch SET cancel_requested = 1 WHERE run_id = $1 AND state = 'running'";
            query!(sql; id.to_string()).execute(db).await?;
        }
        _ => {}
    }
    Ok(true)
}

async fn remember(
    db: &mut AnyConnection,
    user: &str,
    request_id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    // So that retention finds it.
    insert_owner(db, user).await?;
    let sql = "INSERT INTO cancelled_request (user_id, request_id, cancelled_at) VALUES ($1, $2, $3)
               ON CONFLICT (user_id, request_id) DO UPDATE SET cancelled_at = excluded.cancelled_at";
    query!(sql; user, request_id, now.as_millisecond())
        .execute(db)
        .await?;
    Ok(())
}
