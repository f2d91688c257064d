//! The writes of a worker. Each is done only while its claim is the run's latest, in the same transaction. The clock is read in
//! it: the wait for the database is not between an entry's time and its commit.

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row};

use super::{
    Store, WriteError, blob_row,
    run_row::{insert_entry, reload},
    text::{from_json, storable, to_i64, to_json, to_u64},
    transition::{self, Before, WORKED},
};
use crate::{
    database::query,
    runs::model::{Claim, End, EntryKind, NewReply, Run, RunFile, Usage},
};

impl Store {
    /// Adds entries to the journal. Returns the number of the last one.
    pub async fn append(
        &self,
        claim: &Claim,
        entries: &[EntryKind],
        clock: impl FnOnce() -> Timestamp,
    ) -> Result<u64, WriteError> {
        let mut tx = self.db.write(&claim.owner).await?;
        let last = append(tx.parts().0, claim, entries.iter(), clock()).await?;
        tx.commit().await?;
        Ok(to_u64(last))
    }

    /// Keeps a reply, adds its usage to the run's, and journals `entries`, then the usage. Returns the number of the last entry.
    pub async fn add_reply(
        &self,
        claim: &Claim,
        reply: &NewReply,
        entries: &[EntryKind],
        clock: impl FnOnce() -> Timestamp,
    ) -> Result<u64, WriteError> {
        let mut tx = self.db.write(&claim.owner).await?;
        let (db, user) = tx.parts();
        let usage = EntryKind::Usage(reply.usage);
        let last = append(db, claim, entries.iter().chain([&usage]), clock()).await?;
        let sql = "INSERT INTO run_reply (run_id, number, user_id, step, seq, message)
                   SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5 FROM run_reply WHERE run_id = $1";
        // In JSON, NUL is escaped.
        query!(sql; claim.run.to_string(), user, i64::from(reply.step), last, &reply.message)
            .execute(&mut *db)
            .await?;
        add_usage(db, user, claim, reply.usage).await?;
        tx.commit().await?;
        Ok(to_u64(last))
    }

    /// Adds a file to the run, or replaces the one of its name, and journals it. Returns the number of the entry.
    pub async fn add_file(
        &self,
        claim: &Claim,
        file: &RunFile,
        clock: impl FnOnce() -> Timestamp,
    ) -> Result<u64, WriteError> {
        let mut tx = self.db.write(&claim.owner).await?;
        let (db, user) = tx.parts();
        let entry = EntryKind::File(file.clone());
        let last = append(db, claim, [&entry].into_iter(), clock()).await?;
        write_file(db, user, claim, file).await?;
        blob_row::forget(db, user, claim.run, Some(&file.name)).await?;
        tx.commit().await?;
        Ok(to_u64(last))
    }

    /// Ends the run: its status, the last entry of its journal and its callback.
    pub async fn finish(
        &self,
        claim: &Claim,
        end: End,
        clock: impl FnOnce() -> Timestamp,
    ) -> Result<Run, WriteError> {
        let mut tx = self.db.write(&claim.owner).await?;
        let (db, user) = tx.parts();
        let before = Before::Running(claim.number);
        if !transition::end(db, user, claim.run, before, &end.into(), clock()).await? {
            return Err(WriteError::Lost);
        }
        let run = reload(db, user, claim.run).await?;
        tx.commit().await?;
        Ok(run)
    }
}

/// Journals the entries, if the claim is the latest. Returns the number of the last one.
pub(super) async fn append(
    db: &mut AnyConnection,
    claim: &Claim,
    entries: impl Iterator<Item = &EntryKind> + Clone,
    now: Timestamp,
) -> Result<i64, WriteError> {
    let sql = format!(
        "UPDATE run_dispatch SET last_seq = last_seq + $3, worked = {WORKED}
         WHERE run_id = $1 AND owner = $4 AND state = 'running' AND claim = $5 RETURNING last_seq"
    );
    let count = to_i64(entries.clone().count() as u64);
    let owner = claim.owner.as_str();
    let moved = query!(sqlx::AssertSqlSafe(sql); claim.run.to_string(), now.as_millisecond(), count, owner, claim.number)
        .fetch_optional(&mut *db)
        .await?;
    let last: i64 = moved.ok_or(WriteError::Lost)?.try_get(0)?;
    for (seq, entry) in (last - count + 1..).zip(entries) {
        insert_entry(db, owner, claim.run, seq, entry, now).await?;
    }
    Ok(last)
}

async fn add_usage(
    db: &mut AnyConnection,
    user: &str,
    claim: &Claim,
    usage: Usage,
) -> Result<(), Error> {
    let id = claim.run.to_string();
    let sql = "SELECT usage FROM run WHERE run_id = $1 AND user_id = $2";
    let row = query!(sql; &id, user).fetch_one(&mut *db).await?;
    let mut sum: Usage = from_json(row.try_get(0)?)?;
    sum.add(usage);
    let sql = "UPDATE run SET usage = $3 WHERE run_id = $1 AND user_id = $2";
    query!(sql; id, user, to_json(&sum)?).execute(db).await?;
    Ok(())
}

async fn write_file(
    db: &mut AnyConnection,
    user: &str,
    claim: &Claim,
    file: &RunFile,
) -> Result<(), Error> {
    let sql = "INSERT INTO run_file (run_id, number, user_id, name, size, content_type, sha256, error, file_key)
               SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM run_file WHERE run_id = $1
               ON CONFLICT (run_id, name) DO UPDATE SET size = excluded.size, content_type = excluded.content_type,
                   sha256 = excluded.sha256, error = excluded.error, file_key = excluded.file_key";
    let text = |text: &str| storable(text).into_owned();
    query!(sql; claim.run.to_string(), user, text(&file.name), to_i64(file.size), text(&file.content_type),
        file.sha256.as_deref(), file.error.as_deref().map(text), file.key.as_deref())
    .execute(db)
    .await?;
    Ok(())
}
