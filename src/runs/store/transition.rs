//! The end of a run, from whatever state: its status, the last entry of its journal, and its callback.

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row};

use super::{blob_row, delivery_row, queue, run_row::insert_entry, text::storable};
use crate::{
    database::query,
    runs::model::{End, EntryKind, RunError, RunId, Status},
};

/// Working time of the present claim, in milliseconds. `$2` is the present.
pub(super) const WORKED: &str =
    "worked_before + CASE WHEN $2 > claimed_at THEN $2 - claimed_at ELSE 0 END";

/// The state in which a run is, as it was read or is believed to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Queued,
    /// With this claim.
    Running(i64),
}

/// What becomes of a run that ends.
pub(super) struct Ended {
    status: Status,
    entry: EntryKind,
    response: Option<String>,
    stop_reason: Option<String>,
    error: Option<RunError>,
}

impl Ended {
    pub(super) fn cancelled() -> Self {
        End::Cancelled { response: None }.into()
    }

    pub(super) fn expired() -> Self {
        Self {
            status: Status::Expired,
            entry: EntryKind::Expired {},
            response: None,
            stop_reason: None,
            error: None,
        }
    }

    pub(super) fn attempts_exhausted() -> Self {
        let error = RunError {
            code: "attempts_exhausted".to_owned(),
            message: "The run was interrupted too often.".to_owned(),
        };
        End::Failed {
            error,
            response: None,
            stop_reason: None,
        }
        .into()
    }
}

impl From<End> for Ended {
    fn from(end: End) -> Self {
        match end {
            End::Completed {
                response,
                stop_reason,
            } => Self {
                status: Status::Completed,
                entry: EntryKind::Completed {
                    stop_reason: stop_reason.clone(),
                },
                response: Some(response),
                stop_reason,
                error: None,
            },
            End::Failed {
                error,
                response,
                stop_reason,
            } => Self {
                status: Status::Failed,
                entry: EntryKind::Failed {
                    error: error.clone(),
                },
                response,
                stop_reason,
                error: Some(error),
            },
            End::Cancelled { response } => Self {
                status: Status::Cancelled,
                entry: EntryKind::Cancelled {},
                response,
                stop_reason: None,
                error: None,
            },
        }
    }
}

/// Ends the owner's run if it is in this state; false otherwise.
pub(super) async fn end(
    db: &mut AnyConnection,
    owner: &str,
    id: RunId,
    before: Before,
    ended: &Ended,
    now: Timestamp,
) -> Result<bool, Error> {
    let (state, claim) = match before {
        Before::Queued => (Status::Queued, None),
        Before::Running(claim) => (Status::Running, Some(claim)),
    };
    let sql = format!(
        "UPDATE run_dispatch SET state = $3, ended_at = $2, last_seq = last_seq + 1, worked = {WORKED},
             cancel_requested = CASE WHEN $3 = 'cancelled' THEN 1 ELSE cancel_requested END
         WHERE run_id = $1 AND owner = $4 AND state = $5 AND claim = COALESCE($6, claim) RETURNING last_seq"
    );
    let moved = query!(sqlx::AssertSqlSafe(sql); id.to_string(), now.as_millisecond(), ended.status.as_str(), owner,
        state.as_str(), claim)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = moved else { return Ok(false) };
    insert_entry(db, owner, id, row.try_get(0)?, &ended.entry, now).await?;
    write_result(db, owner, id, ended).await?;
    delivery_row::insert(db, owner, id, ended.status, now).await?;
    queue::leave(db, owner, claim.is_some()).await?;
    Ok(true)
}

async fn write_result(
    db: &mut AnyConnection,
    owner: &str,
    id: RunId,
    ended: &Ended,
) -> Result<(), Error> {
    let text = |text: &str| storable(text).into_owned();
    let code = ended.error.as_ref().map(|error| text(&error.code));
    let message = ended.error.as_ref().map(|error| text(&error.message));
    let sql = "UPDATE run SET response = COALESCE($3, response), stop_reason = $4, error_code = $5, error_message = $6
               WHERE run_id = $1 AND user_id = $2";
    query!(sql; id.to_string(), owner, ended.response.as_deref().map(text), ended.stop_reason.as_deref().map(text),
        code, message)
    .execute(&mut *db)
    .await?;
    // Their headers are secrets that nothing needs any more.
    let sql = "UPDATE run_input SET inline_connections = '' WHERE run_id = $1 AND user_id = $2 AND inline_connections <> ''";
    query!(sql; id.to_string(), owner).execute(&mut *db).await?;
    blob_row::forget(db, owner, id, None).await
}

/// Puts a running run back into the queue, at its old place, without its attempt; false if it does not run with this claim.
pub(super) async fn hand_back(
    db: &mut AnyConnection,
    owner: &str,
    id: RunId,
    claim: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = format!(
        "UPDATE run_dispatch SET state = 'queued', worked = {WORKED}, worked_before = {WORKED}, claimed_at = NULL,
             retry_reason = 'handed_back', attempt = attempt - 1
         WHERE run_id = $1 AND owner = $3 AND state = 'running' AND claim = $4"
    );
    let moved =
        query!(sqlx::AssertSqlSafe(sql); id.to_string(), now.as_millisecond(), owner, claim)
            .execute(&mut *db)
            .await?;
    requeued(db, owner, moved.rows_affected(), now).await
}

/// The same for a run whose worker is gone; the attempt is spent. Of its time, only what was written is known.
pub(super) async fn interrupt(
    db: &mut AnyConnection,
    owner: &str,
    id: RunId,
    claim: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE run_dispatch SET state = 'queued', worked_before = worked, claimed_at = NULL,
             retry_reason = 'interrupted'
         WHERE run_id = $1 AND owner = $2 AND state = 'running' AND claim = $3";
    let moved = query!(sql; id.to_string(), owner, claim)
        .execute(&mut *db)
        .await?;
    requeued(db, owner, moved.rows_affected(), now).await
}

async fn requeued(
    db: &mut AnyConnection,
    owner: &str,
    runs: u64,
    now: Timestamp,
) -> Result<bool, Error> {
    if runs > 0 {
        queue::requeue(db, owner, now).await?;
    }
    Ok(runs > 0)
}
