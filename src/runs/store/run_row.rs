//! Rows of runs, of their files and of their journals.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row, any::AnyRow};

use super::text::{from_json, subject, to_json, to_u32, to_u64};
use crate::{
    database::{
        query,
        row::{decode, optional_timestamp, placeholders, timestamp},
    },
    runs::model::{Entry, EntryKind, Run, RunError, RunFile, RunId, SkillId, Status, Trigger},
};

/// The columns of a run, from `run r JOIN run_dispatch d`.
pub(super) const COLUMNS: &str = "r.run_id, r.user_id, r.request_id, r.trigger_kind, r.skill_id, r.metadata, r.callback_url, \
     r.response, r.stop_reason, r.error_code, r.error_message, r.usage, d.state, d.attempt, d.cancel_requested, d.last_seq, \
     d.created_at, d.started_at, d.ended_at, \
     COALESCE((SELECT MAX(p.number) FROM run_reply p WHERE p.run_id = r.run_id), 0) AS rounds";

#[derive(Debug, thiserror::Error)]
#[error("the database has an unknown {0}")]
pub(super) struct Unknown(pub(super) &'static str);

pub(super) fn run_id(text: &str) -> Result<RunId, Error> {
    RunId::parse(text).ok_or_else(|| decode(Unknown("run id")))
}

pub(super) fn skill_id(text: &str) -> Result<SkillId, Error> {
    SkillId::parse(text).ok_or_else(|| decode(Unknown("skill id")))
}

pub(super) fn status(row: &AnyRow, column: &str) -> Result<Status, Error> {
    Status::parse(row.try_get(column)?).ok_or_else(|| decode(Unknown("status")))
}

/// The run of a row with [`COLUMNS`], without its files.
pub(super) fn run(row: &AnyRow) -> Result<Run, Error> {
    let number = |column: &str| row.try_get::<i64, _>(column);
    let code: Option<String> = row.try_get("error_code")?;
    let message: Option<String> = row.try_get("error_message")?;
    let error = code.map(|code| RunError {
        code,
        message: message.unwrap_or_default(),
    });
    let skill: Option<String> = row.try_get("skill_id")?;
    let metadata: Option<String> = row.try_get("metadata")?;
    let trigger = Trigger::parse(row.try_get("trigger_kind")?);
    Ok(Run {
        id: run_id(row.try_get("run_id")?)?,
        owner: subject(row.try_get("user_id")?)?,
        request_id: row.try_get("request_id")?,
        status: status(row, "state")?,
        trigger: trigger.ok_or_else(|| decode(Unknown("trigger")))?,
        skill_id: skill.as_deref().map(skill_id).transpose()?,
        attempt: to_u32(number("attempt")?),
        // The client's own: nothing depends on it.
        metadata: metadata.as_deref().and_then(|text| from_json(text).ok()),
        callback_url: row.try_get("callback_url")?,
        response: row.try_get("response")?,
        stop_reason: row.try_get("stop_reason")?,
        error,
        usage: from_json(row.try_get("usage")?)?,
        rounds: to_u32(number("rounds")?),
        files: Vec::new(),
        cancel_requested: number("cancel_requested")? == 1,
        last_seq: to_u64(number("last_seq")?),
        created_at: timestamp(row, "created_at")?,
        started_at: optional_timestamp(row, "started_at")?,
        completed_at: optional_timestamp(row, "ended_at")?,
    })
}

/// A run of the user's, with its files.
pub(super) async fn load(
    db: &mut AnyConnection,
    user: &str,
    id: RunId,
) -> Result<Option<Run>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM run r JOIN run_dispatch d ON d.run_id = r.run_id WHERE r.user_id = $1 AND r.run_id = $2"
    );
    let found = query!(sqlx::AssertSqlSafe(sql); user, id.to_string())
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let mut runs = vec![run(&row)?];
    add_files(db, user, &mut runs).await?;
    Ok(runs.pop())
}

/// A run that is known to be there.
pub(super) async fn reload(db: &mut AnyConnection, user: &str, id: RunId) -> Result<Run, Error> {
    load(db, user, id).await?.ok_or(Error::RowNotFound)
}

/// Reads the files of these runs of the user's.
pub(super) async fn add_files(
    db: &mut AnyConnection,
    user: &str,
    runs: &mut [Run],
) -> Result<(), Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let ids = placeholders(1, runs.len());
    let owner = runs.len() + 1;
    let sql = format!(
        "SELECT run_id, name, size, content_type, sha256, error, file_key FROM run_file
         WHERE run_id IN {ids} AND user_id = ${owner} ORDER BY run_id, number"
    );
    let mut asked = sqlx::query(sqlx::AssertSqlSafe(sql));
    for run in runs.iter() {
        asked = asked.bind(run.id.to_string());
    }
    let rows = asked.bind(user).fetch_all(db).await?;
    let mut files: HashMap<RunId, Vec<RunFile>> = HashMap::new();
    for row in &rows {
        let id = run_id(row.try_get("run_id")?)?;
        files.entry(id).or_default().push(file(row)?);
    }
    for run in runs {
        run.files = files.remove(&run.id).unwrap_or_default();
    }
    Ok(())
}

pub(super) fn file(row: &AnyRow) -> Result<RunFile, Error> {
    Ok(RunFile {
        name: row.try_get("name")?,
        size: to_u64(row.try_get("size")?),
        content_type: row.try_get("content_type")?,
        sha256: row.try_get("sha256")?,
        error: row.try_get("error")?,
        key: row.try_get("file_key")?,
    })
}

pub(super) fn entry(row: &AnyRow) -> Result<Entry, Error> {
    Ok(Entry {
        seq: to_u64(row.try_get("seq")?),
        at: timestamp(row, "at")?,
        kind: from_json(row.try_get("body")?)?,
    })
}

/// Writes an entry. The caller has made its number by raising `last_seq`.
pub(super) async fn insert_entry(
    db: &mut AnyConnection,
    user: &str,
    id: RunId,
    seq: i64,
    kind: &EntryKind,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO run_entry (run_id, seq, user_id, at, body) VALUES ($1, $2, $3, $4, $5)";
    query!(sql; id.to_string(), seq, user, now.as_millisecond(), to_json(kind)?)
        .execute(db)
        .await?;
    Ok(())
}
