//! Results of tools besides text, kept from the result of the call until the file store has them.

use bytes::Bytes;
use jiff::Timestamp;
use sqlx::{Error, Row};

use super::{Store, StoreError, WriteError, fenced::append, text::to_u64};
use crate::{
    database::query,
    runs::model::{Blob, Claim, EntryKind, RunId, UserId},
};

impl Store {
    /// Journals the result of a call, and keeps these until they are [files](Self::add_file). Returns the number of the entry.
    pub async fn add_result(
        &self,
        claim: &Claim,
        result: &EntryKind,
        blobs: &[Blob],
        clock: impl FnOnce() -> Timestamp,
    ) -> Result<u64, WriteError> {
        let mut tx = self.db.write(&claim.owner).await?;
        let (db, user) = tx.parts();
        let last = append(db, claim, [result].into_iter(), clock()).await?;
        for blob in blobs {
            let sql = "INSERT INTO run_blob (run_id, name, user_id, data) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (run_id, name) DO UPDATE SET data = excluded.data";
            query!(sql; claim.run.to_string(), &blob.name, user, blob.data.to_vec())
                .execute(&mut *db)
                .await?;
        }
        tx.commit().await?;
        Ok(to_u64(last))
    }

    /// What is kept of the owner's run.
    pub async fn blobs(&self, owner: &UserId, run: RunId) -> Result<Vec<Blob>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql =
            "SELECT name, data FROM run_blob WHERE run_id = $1 AND user_id = $2 ORDER BY name";
        let rows = query!(sql; run.to_string(), user).fetch_all(db).await?;
        let blobs = rows.iter().map(|row| {
            let data: Vec<u8> = row.try_get("data")?;
            Ok(Blob {
                name: row.try_get("name")?,
                data: Bytes::from(data),
            })
        });
        let blobs: Result<_, Error> = blobs.collect();
        Ok(blobs?)
    }
}
