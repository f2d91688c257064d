//! Planned times of skills: each makes at most one run, whichever process fires it.

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row};

use super::{
    Store, StoreError,
    cancel::cancel,
    create::{Created, Creation, create},
    run_row::{reload, run_id, skill_id, status},
    text::subject,
};
use crate::{
    database::{query, row::timestamp},
    runs::model::{DueSkill, NewRun, Overlap, Run, RunId, SkillId, Status},
};

/// What a planned time does.
#[derive(Clone, Debug)]
pub struct Fire {
    /// Its `skill_id` is the skill's.
    pub run: NewRun,
    pub overlap: Overlap,
    /// The next planned time.
    pub next_at: Option<Timestamp>,
}

/// The run of a planned time.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub run: Run,
    /// Queued runs of the skill that were cancelled for it.
    pub cancelled: Vec<Run>,
}

/// What a planned time has done.
#[derive(Clone, Debug, PartialEq)]
pub enum Fired {
    Run(Box<Planned>),
    /// Left out, since another run of the skill has not ended.
    Skipped,
    /// Fired by another process, or the skill was changed or deleted since.
    Already,
    /// Nothing was changed.
    QueueFull,
}

/// What is to be done about the runs of the skill that have not ended.
enum Beside {
    Skip,
    Run {
        after: Option<RunId>,
        cancelled: Vec<Run>,
    },
}

impl Store {
    /// Skills whose planned time has come, the earliest first.
    pub async fn due_skills(
        &self,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<DueSkill>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT skill_id, owner, next_at FROM skill_dispatch WHERE next_at <= $1 ORDER BY next_at, skill_id LIMIT $2";
        let rows = query!(sql; now.as_millisecond(), i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
        let due = rows.iter().map(|row| {
            Ok(DueSkill {
                id: skill_id(row.try_get("skill_id")?)?,
                owner: subject(row.try_get("owner")?)?,
                planned_at: timestamp(row, "next_at")?,
            })
        });
        let due: Result<_, Error> = due.collect();
        Ok(due?)
    }

    /// Makes the run of a planned time, and goes on to the next one, in one transaction.
    pub async fn fire(
        &self,
        due: &DueSkill,
        fire: Fire,
        max_queued: u64,
        now: Timestamp,
    ) -> Result<Fired, StoreError> {
        let mut creation = Creation::new(&due.owner, fire.run, max_queued, now);
        let mut tx = self.db.write(&due.owner).await?;
        let (db, user) = tx.parts();
        if !advance(db, due, fire.next_at).await? || !record(db, due).await? {
            // The next planned time holds, even if this one has been fired.
            tx.commit().await?;
            return Ok(Fired::Already);
        }
        let cancelled = match beside(db, user, due.id, fire.overlap, now).await? {
            Beside::Run { after, cancelled } => {
                creation.after = after;
                cancelled
            }
            Beside::Skip => {
                skip(db, user, due).await?;
                tx.commit().await?;
                return Ok(Fired::Skipped);
            }
        };
        match create(db, &creation).await? {
            Created::New(run) => {
                tx.commit().await?;
                let run = *run;
                Ok(Fired::Run(Box::new(Planned { run, cancelled })))
            }
            Created::QueueFull => Ok(Fired::QueueFull),
            Created::Replayed(_) | Created::OtherBody | Created::NoSkill => Ok(Fired::Already),
        }
    }

    /// Goes on to the next planned time without a run; false if another process has gone on.
    pub async fn pass_over(
        &self,
        due: &DueSkill,
        next_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(&due.owner).await?;
        let advanced = advance(tx.parts().0, due, next_at).await?;
        tx.commit().await?;
        Ok(advanced)
    }
}

async fn advance(
    db: &mut AnyConnection,
    due: &DueSkill,
    next_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let sql = "UPDATE skill_dispatch SET next_at = $3 WHERE skill_id = $1 AND next_at = $2";
    let next_at = next_at.map(Timestamp::as_millisecond);
    let advanced = query!(sql; due.id.to_string(), due.planned_at.as_millisecond(), next_at)
        .execute(db)
        .await?;
    Ok(advanced.rows_affected() > 0)
}

/// False if this planned time was recorded before: a changed schedule may name a time again.
async fn record(db: &mut AnyConnection, due: &DueSkill) -> Result<bool, Error> {
    let sql = "INSERT INTO skill_fired (skill_id, planned_at) VALUES ($1, $2) ON CONFLICT (skill_id, planned_at) DO NOTHING";
    let recorded = query!(sql; due.id.to_string(), due.planned_at.as_millisecond())
        .execute(db)
        .await?;
    Ok(recorded.rows_affected() > 0)
}

async fn skip(db: &mut AnyConnection, user: &str, due: &DueSkill) -> Result<(), Error> {
    let sql = "UPDATE skill SET last_skipped_at = $3 WHERE skill_id = $1 AND user_id = $2";
    query!(sql; due.id.to_string(), user, due.planned_at.as_millisecond())
        .execute(db)
        .await?;
    Ok(())
}

async fn beside(
    db: &mut AnyConnection,
    user: &str,
    skill: SkillId,
    overlap: Overlap,
    now: Timestamp,
) -> Result<Beside, Error> {
    let others = unfinished(db, skill).await?;
    let running = others
        .iter()
        .rev()
        .find(|(_, status)| *status == Status::Running);
    let after = running.map(|(id, _)| *id);
    let mut cancelled = Vec::new();
    match overlap {
        _ if others.is_empty() => {}
        Overlap::Skip => return Ok(Beside::Skip),
        Overlap::Queue if others.iter().any(|(_, status)| *status == Status::Queued) => {
            return Ok(Beside::Skip);
        }
        Overlap::Queue => {}
        Overlap::CancelOther => {
            for (id, before) in others {
                cancel(db, user, id, now).await?;
                if before == Status::Queued {
                    cancelled.push(reload(db, user, id).await?);
                }
            }
        }
    }
    Ok(Beside::Run { after, cancelled })
}

/// The skill's runs that have not ended, oldest first.
async fn unfinished(db: &mut AnyConnection, skill: SkillId) -> Result<Vec<(RunId, Status)>, Error> {
    let sql = "SELECT run_id, state FROM run_dispatch WHERE skill_id = $1 AND state IN ('queued', 'running')
               ORDER BY created_at, run_id";
    let rows = query!(sql; skill.to_string()).fetch_all(db).await?;
    let runs = rows
        .iter()
        .map(|row| Ok((run_id(row.try_get("run_id")?)?, status(row, "state")?)));
    runs.collect()
}
