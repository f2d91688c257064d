//! Creation of runs: once for each `requestId` of an owner.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{AnyConnection, Error, Row};

use super::{
    Store, StoreError, queue,
    run_row::{reload, run_id},
    skill_row,
    text::{storable, to_json, value_digest},
    transition::{self, Before, Ended},
};
use crate::{
    database::{query, row::from_ms},
    runs::model::{NewRun, Run, RunId, RunInput, Status, Usage, UserId},
};

/// What came of a request for a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// The run is stored. It is already cancelled if its `requestId` was.
    New(Box<Run>),
    /// There is a run of this `requestId` and body.
    Replayed(Box<Run>),
    /// There is a run of this `requestId` with another body.
    OtherBody,
    QueueFull,
    /// The skill does not exist.
    NoSkill,
}

/// A run that is being created.
pub(super) struct Creation {
    pub(super) owner: UserId,
    run: NewRun,
    /// Of the run's body.
    digest: String,
    /// Begins when that run has ended.
    pub(super) after: Option<RunId>,
    max_queued: u64,
    now: Timestamp,
}

impl Creation {
    /// To be called before the transaction, in which others may wait.
    pub(super) fn new(owner: &UserId, run: NewRun, max_queued: u64, now: Timestamp) -> Self {
        Self {
            owner: owner.clone(),
            digest: value_digest(&run.body),
            run,
            after: None,
            max_queued,
            now,
        }
    }
}

impl Store {
    /// Creates a run, durably. A run of a skill is counted as its last one in the same transaction. While there are
    /// `max_queued` queued runs, none is created.
    pub async fn create(
        &self,
        owner: &UserId,
        run: NewRun,
        max_queued: u64,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let creation = Creation::new(owner, run, max_queued, now);
        if let Some(batches) = &self.batches {
            return batches.create(creation).await;
        }
        let mut tx = self.db.write(owner).await?;
        let created = create(tx.parts().0, &creation).await?;
        tx.commit().await?;
        Ok(created)
    }

    /// The owner's run that was created with this `requestId` and body.
    pub async fn replayed(
        &self,
        owner: &UserId,
        request_id: &str,
        body: &Value,
    ) -> Result<Option<Run>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        match find(db, user, request_id, &value_digest(body)).await? {
            Some((id, true)) => Ok(Some(reload(db, user, id).await?)),
            _ => Ok(None),
        }
    }
}

/// Creates the run in a transaction of its owner.
pub(super) async fn create(db: &mut AnyConnection, creation: &Creation) -> Result<Created, Error> {
    let (owner, run) = (creation.owner.as_str(), &creation.run);
    let request_id = run.request_id.clone().unwrap_or_else(|| run.id.to_string());
    if let Some((id, same)) = find(db, owner, &request_id, &creation.digest).await? {
        return Ok(if same {
            Created::Replayed(Box::new(reload(db, owner, id).await?))
        } else {
            Created::OtherBody
        });
    }
    let cancelled = is_cancelled(db, owner, &request_id).await?;
    if !cancelled && queue::queued(db).await? >= creation.max_queued {
        return Ok(Created::QueueFull);
    }
    if let Some(skill) = run.skill_id
        && !skill_row::count_run(db, owner, skill, creation.now).await?
    {
        return Ok(Created::NoSkill);
    }
    insert(db, creation, &request_id).await?;
    if !cancelled {
        return Ok(Created::New(Box::new(queued(creation, request_id))));
    }
    let ended = Ended::cancelled();
    transition::end(db, owner, run.id, Before::Queued, &ended, creation.now).await?;
    Ok(Created::New(Box::new(reload(db, owner, run.id).await?)))
}

/// The run as it has been inserted.
fn queued(creation: &Creation, request_id: String) -> Run {
    let run = &creation.run;
    Run {
        id: run.id,
        owner: creation.owner.clone(),
        request_id,
        status: Status::Queued,
        trigger: run.trigger,
        skill_id: run.skill_id,
        attempt: 0,
        metadata: run.metadata.clone(),
        callback_url: run.callback_url.clone(),
        response: None,
        stop_reason: None,
        error: None,
        usage: Usage::default(),
        rounds: 0,
        files: Vec::new(),
        cancel_requested: false,
        last_seq: 0,
        // Of the precision that is stored.
        created_at: from_ms(creation.now.as_millisecond()),
        started_at: None,
        completed_at: None,
    }
}

/// The run of this `requestId`, and whether its body is the same.
async fn find(
    db: &mut AnyConnection,
    owner: &str,
    request_id: &str,
    digest: &str,
) -> Result<Option<(RunId, bool)>, Error> {
    let sql = "SELECT run_id, body_digest FROM run WHERE user_id = $1 AND request_id = $2";
    let row = query!(sql; owner, request_id).fetch_optional(db).await?;
    row.map(|row| {
        let known: String = row.try_get("body_digest")?;
        Ok((run_id(row.try_get("run_id")?)?, known == digest))
    })
    .transpose()
}

/// True if runs of this `requestId` were cancelled before there was one.
async fn is_cancelled(
    db: &mut AnyConnection,
    owner: &str,
    request_id: &str,
) -> Result<bool, Error> {
    let sql = "SELECT request_id FROM cancelled_request WHERE user_id = $1 AND request_id = $2";
    let found = query!(sql; owner, request_id).fetch_optional(db).await?;
    Ok(found.is_some())
}

async fn insert(
    db: &mut AnyConnection,
    creation: &Creation,
    request_id: &str,
) -> Result<(), Error> {
    let (owner, run) = (creation.owner.as_str(), &creation.run);
    let (id, now) = (run.id.to_string(), creation.now.as_millisecond());
    let skill = run.skill_id.map(|skill| skill.to_string());
    let sql = "INSERT INTO run_dispatch (run_id, owner, state, skill_id, after_run, created_at, claim, attempt,
                   worked_before, worked, cancel_requested, last_seq)
               VALUES ($1, $2, 'queued', $3, $4, $5, 0, 0, 0, 0, 0, 0)";
    query!(sql; &id, owner, &skill, creation.after.map(|after| after.to_string()), now)
        .execute(&mut *db)
        .await?;
    let sql = "INSERT INTO run (run_id, user_id, request_id, body_digest, trigger_kind, skill_id, metadata, callback_url, usage)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let metadata = run.metadata.as_ref().map(to_json).transpose()?;
    let callback = run
        .callback_url
        .as_deref()
        .map(|url| storable(url).into_owned());
    query!(sql; &id, owner, request_id, &creation.digest, run.trigger.as_str(), skill, metadata, callback, to_json(&Usage::default())?)
        .execute(&mut *db)
        .await?;
    insert_input(db, owner, &id, &run.input).await?;
    queue::enter(db, owner, creation.now).await
}

async fn insert_input(
    db: &mut AnyConnection,
    owner: &str,
    id: &str,
    input: &RunInput,
) -> Result<(), Error> {
    let inline = if input.inline_connections.is_empty() {
        String::new()
    } else {
        to_json(&input.inline_connections)?
    };
    let sql = "INSERT INTO run_input (run_id, user_id, input, inline_connections) VALUES ($1, $2, $3, $4)";
    query!(sql; id, owner, to_json(input)?, inline)
        .execute(db)
        .await?;
    Ok(())
}
