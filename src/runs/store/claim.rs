//! Claims: taking a run for an attempt, and handing it back.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row};

use super::{
    Store, StoreError, WriteError, is_damage,
    queue::{self, Turn},
    read,
    run_row::{Unknown, insert_entry, reload, status},
    text::{subject, to_u32, to_u64},
    transition::{self, Before, Ended},
};
use crate::{
    database::{query, row::decode},
    runs::model::{Claim, Claimed, EntryKind, RetryReason, Run, RunId, RunInput, Status, UserId},
};

/// A process that loses the run it has chosen to another one chooses again.
const TRIES: usize = 5;

impl Store {
    /// Takes the next run, so that an owner has at most `per_user` running ones. The attempt is counted, and `started` or
    /// `retried` is in the journal, when this returns.
    pub async fn claim_next(
        &self,
        per_user: u32,
        now: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        let turn = Turn {
            per_user,
            attempts_below: u32::MAX,
            queue_ttl: Duration::MAX,
        };
        self.claim_in_turn(&turn, now).await
    }

    /// The same, of the runs that `turn` lets through.
    pub async fn claim_in_turn(
        &self,
        turn: &Turn,
        now: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        for _ in 0..TRIES {
            let mut tx = self.db.system_read().await?;
            let next = queue::next(tx.connection(), turn, now).await?;
            drop(tx);
            let Some((id, owner)) = next else { break };
            let claimed = self.claim_of(&owner, id, Some(turn.per_user), now).await?;
            if claimed.is_some() {
                return Ok(claimed);
            }
        }
        Ok(None)
    }

    /// Takes this run, whoever may be working on it. None if it has ended.
    pub async fn claim(&self, id: RunId, now: Timestamp) -> Result<Option<Claimed>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT owner FROM run_dispatch WHERE run_id = $1";
        let found = query!(sql; id.to_string())
            .fetch_optional(tx.connection())
            .await?;
        drop(tx);
        let Some(row) = found else { return Ok(None) };
        let owner = subject(row.try_get(0)?)?;
        self.claim_of(&owner, id, None, now).await
    }

    /// With `per_user`, takes a queued run alone.
    pub(super) async fn claim_of(
        &self,
        owner: &UserId,
        id: RunId,
        per_user: Option<u32>,
        now: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        if let Some(most) = per_user
            && queue::running(db, user).await? >= i64::from(most)
        {
            return Ok(None);
        }
        let Some(before) = status_of(db, user, id).await? else {
            return Ok(None);
        };
        if before != Status::Queued && (before.is_final() || per_user.is_some()) {
            return Ok(None);
        }
        let claimed = take(db, owner, id, before, now).await?;
        tx.commit().await?;
        Ok(Some(claimed))
    }

    /// Puts the run back into the queue at its old place, and takes back its attempt. A run that was to be cancelled is, and
    /// is returned.
    pub async fn hand_back(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Option<Run>, WriteError> {
        let mut tx = self.db.write(&claim.owner).await?;
        let (db, user) = tx.parts();
        let is_end = cancel_requested(db, user, claim.run).await?;
        let done = if is_end {
            let before = Before::Running(claim.number);
            transition::end(db, user, claim.run, before, &Ended::cancelled(), now).await?
        } else {
            transition::hand_back(db, user, claim.run, claim.number, now).await?
        };
        if !done {
            return Err(WriteError::Lost);
        }
        let ended = if is_end {
            Some(reload(db, user, claim.run).await?)
        } else {
            None
        };
        tx.commit().await?;
        Ok(ended)
    }
}

async fn status_of(db: &mut AnyConnection, user: &str, id: RunId) -> Result<Option<Status>, Error> {
    let sql = "SELECT state FROM run_dispatch WHERE run_id = $1 AND owner = $2";
    let row = query!(sql; id.to_string(), user).fetch_optional(db).await?;
    row.map(|row| status(&row, "state")).transpose()
}

async fn cancel_requested(db: &mut AnyConnection, user: &str, id: RunId) -> Result<bool, Error> {
    let sql =
        "SELECT run_id FROM run_dispatch WHERE run_id = $1 AND owner = $2 AND cancel_requested = 1";
    let found = query!(sql; id.to_string(), user).fetch_optional(db).await?;
    Ok(found.is_some())
}

/// Takes the run, which is queued or running, and journals that.
async fn take(
    db: &mut AnyConnection,
    owner: &UserId,
    id: RunId,
    before: Status,
    now: Timestamp,
) -> Result<Claimed, Error> {
    let user = owner.as_str();
    let was_running = before == Status::Running;
    let sql = "UPDATE run_dispatch SET state = 'running', claim = claim + 1, claimed_at = $2, attempt = attempt + 1,
                   started_at = COALESCE(started_at, $2), worked_before = worked, last_seq = last_seq + 1,
                   retry_reason = CASE WHEN state = 'running' THEN 'interrupted' ELSE retry_reason END
               WHERE run_id = $1 RETURNING claim, attempt, last_seq, worked, retry_reason";
    let row = query!(sql; id.to_string(), now.as_millisecond())
        .fetch_one(&mut *db)
        .await?;
    let attempt = to_u32(row.try_get("attempt")?);
    let retried = retry_reason(row.try_get::<Option<String>, _>("retry_reason")?.as_deref())?;
    let entry = match retried {
        None => EntryKind::Started { attempt },
        Some(reason) => EntryKind::Retried { attempt, reason },
    };
    insert_entry(db, user, id, row.try_get("last_seq")?, &entry, now).await?;
    if !was_running {
        queue::serve(db, user, now).await?;
    }
    let input = match read::input(db, user, id).await {
        // Its worker ends it. An error would stop the queue.
        Err(error) if is_damage(&error) => {
            tracing::error!(executionId = %id, %error, "the input of a run cannot be read");
            RunInput::default()
        }
        input => input?.ok_or(Error::RowNotFound)?,
    };
    Ok(Claimed {
        claim: Claim {
            run: id,
            owner: owner.clone(),
            number: row.try_get("claim")?,
        },
        run: reload(db, user, id).await?,
        input,
        worked: Duration::from_millis(to_u64(row.try_get("worked")?)),
        retried,
    })
}

fn retry_reason(text: Option<&str>) -> Result<Option<RetryReason>, Error> {
    match text {
        None => Ok(None),
        Some("interrupted") => Ok(Some(RetryReason::Interrupted)),
        Some("handed_back") => Ok(Some(RetryReason::HandedBack)),
        Some(_) => Err(decode(Unknown("reason of a retry"))),
    }
}
