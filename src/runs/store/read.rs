//! Queries for an owner's runs: one, a list, the journal, what was asked.

use sqlx::{AssertSqlSafe, Row};

use super::{
    Store, StoreError,
    run_row::{self, COLUMNS, add_files, load, status},
    text::{from_json, to_i64, to_u32, to_u64},
};
use crate::{
    database::{query, row::is_storable},
    runs::model::{Entry, Reply, Run, RunFile, RunId, RunInput, SkillId, Status, UserId},
};

/// Which runs are listed: newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunQuery {
    pub status: Option<Status>,
    pub skill: Option<SkillId>,
    /// Runs that are older than this one.
    pub before: Option<RunId>,
    pub limit: u32,
}

impl Default for RunQuery {
    fn default() -> Self {
        Self {
            status: None,
            skill: None,
            before: None,
            limit: 20,
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub status: Status,
    /// The number of entries in the journal.
    pub last_seq: u64,
}

impl Store {
    /// The owner's run.
    pub async fn run(&self, owner: &UserId, id: RunId) -> Result<Option<Run>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        Ok(load(db, user, id).await?)
    }

    /// The owner's run of this `requestId`.
    pub async fn run_by_request(
        &self,
        owner: &UserId,
        request_id: &str,
    ) -> Result<Option<Run>, StoreError> {
        if !is_storable(request_id) {
            return Ok(None);
        }
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        match find(db, user, request_id).await? {
            Some(id) => Ok(load(db, user, id).await?),
            None => Ok(None),
        }
    }

    /// The owner's runs, newest first.
    pub async fn runs(&self, owner: &UserId, query: &RunQuery) -> Result<Vec<Run>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = format!(
            "SELECT {COLUMNS} FROM run_dispatch d JOIN run r ON r.run_id = d.run_id
             WHERE d.owner = $1 AND r.user_id = $1 AND ($2 = '' OR d.state = $2) AND ($3 = '' OR d.skill_id = $3)
                 AND ($4 = '' OR d.run_id < $4)
             ORDER BY d.run_id DESC LIMIT $5"
        );
        let status = query.status.map_or("", Status::as_str);
        let skill = query.skill.map(|skill| skill.to_string());
        let before = query.before.map(|run| run.to_string());
        let asked = query!(AssertSqlSafe(sql); user, status, skill.unwrap_or_default(), before.unwrap_or_default(),
            i64::from(query.limit));
        let rows = asked.fetch_all(&mut *db).await?;
        let runs: Result<Vec<Run>, _> = rows.iter().map(run_row::run).collect();
        let mut runs = runs?;
        add_files(db, user, &mut runs).await?;
        Ok(runs)
    }

    /// What the owner's run is asked to do.
    pub async fn input(&self, owner: &UserId, id: RunId) -> Result<Option<RunInput>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        Ok(input(db, user, id).await?)
    }

    /// The entries after `after` of the owner's run, in order.
    pub async fn journal(
        &self,
        owner: &UserId,
        id: RunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT seq, at, body FROM run_entry WHERE run_id = $1 AND user_id = $2 AND seq > $3 ORDER BY seq LIMIT $4";
        let asked = query!(sql; id.to_string(), user, to_i64(after), i64::from(limit));
        let rows = asked.fetch_all(db).await?;
        let entries: Result<_, sqlx::Error> = rows.iter().map(run_row::entry).collect();
        Ok(entries?)
    }

    /// Claude's replies in the owner's run, in order.
    pub async fn replies(&self, owner: &UserId, id: RunId) -> Result<Vec<Reply>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT number, step, seq, message FROM run_reply WHERE run_id = $1 AND user_id = $2 ORDER BY number";
        let rows = query!(sql; id.to_string(), user).fetch_all(db).await?;
        let replies = rows.iter().map(|row| {
            Ok(Reply {
                number: to_u32(row.try_get("number")?),
                step: to_u32(row.try_get("step")?),
                seq: to_u64(row.try_get("seq")?),
                message: row.try_get("message")?,
            })
        });
        let replies: Result<_, sqlx::Error> = replies.collect();
        Ok(replies?)
    }

    /// A file of the owner's run.
    pub async fn file(
        &self,
        owner: &UserId,
        id: RunId,
        name: &str,
    ) -> Result<Option<RunFile>, StoreError> {
        if !is_storable(name) {
            return Ok(None);
        }
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT name, size, content_type, sha256, error, file_key FROM run_file
                   WHERE run_id = $1 AND user_id = $2 AND name = $3";
        let row = query!(sql; id.to_string(), user, name)
            .fetch_optional(db)
            .await?;
        Ok(row.as_ref().map(run_row::file).transpose()?)
    }

    /// How far the owner's run is. Cheap: one row without contents.
    pub async fn progress(
        &self,
        owner: &UserId,
        id: RunId,
    ) -> Result<Option<Progress>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT state, last_seq FROM run_dispatch WHERE run_id = $1 AND owner = $2";
        let row = query!(sql; id.to_string(), user).fetch_optional(db).await?;
        let progress = row.map(|row| {
            Ok::<_, sqlx::Error>(Progress {
                status: status(&row, "state")?,
                last_seq: to_u64(row.try_get("last_seq")?),
            })
        });
        Ok(progress.transpose()?)
    }
}

/// The id of the user's run of this `requestId`.
pub(super) async fn find(
    db: &mut sqlx::AnyConnection,
    user: &str,
    request_id: &str,
) -> Result<Option<RunId>, sqlx::Error> {
    let sql = "SELECT run_id FROM run WHERE user_id = $1 AND request_id = $2";
    let row = query!(sql; user, request_id).fetch_optional(db).await?;
    row.map(|row| run_row::run_id(row.try_get(0)?)).transpose()
}

pub(super) async fn input(
    db: &mut sqlx::AnyConnection,
    user: &str,
    id: RunId,
) -> Result<Option<RunInput>, sqlx::Error> {
    let sql = "SELECT input, inline_connections FROM run_input WHERE run_id = $1 AND user_id = $2";
    let found = query!(sql; id.to_string(), user).fetch_optional(db).await?;
    let Some(row) = found else { return Ok(None) };
    let mut input: RunInput = from_json(row.try_get("input")?)?;
    let inline: String = row.try_get("inline_connections")?;
    if !inline.is_empty() {
        input.inline_connections = from_json(&inline)?;
    }
    Ok(Some(input))
}
