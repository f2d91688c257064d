//! Queries for completed write calls, which make a repeated call known.

use jiff::Timestamp;
use sqlx::Row;

use crate::{
    database::query,
    workout::{db::UserTransaction, meta::Call},
};

/// A write call that has been executed.
pub struct CompletedCall {
    /// The digest of its arguments.
    pub arguments: String,
    /// The id of the workout, plan or exercise that it wrote; empty for settings.
    pub result_id: String,
}

impl UserTransaction {
    /// The completed call of this id. Writes of one user are serialised: no other can complete before this transaction ends.
    pub async fn completed_call(&mut self, id: &str) -> Result<Option<CompletedCall>, sqlx::Error> {
        let (db, user) = self.parts();
        let sql =
            "SELECT arguments, result_id FROM completed_call WHERE user_id = $1 AND call_id = $2";
        let row = query!(sql; user, id).fetch_optional(db).await?;
        row.map(|row| {
            Ok(CompletedCall {
                arguments: row.try_get("arguments")?,
                result_id: row.try_get("result_id")?,
            })
        })
        .transpose()
    }

    pub async fn insert_completed_call(
        &mut self,
        call: &Call,
        result_id: &str,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (db, user) = self.parts();
        let sql =
            "INSERT INTO completed_call (user_id, call_id, arguments, result_id, completed_at)
                   VALUES ($1, $2, $3, $4, $5)";
        query!(sql; user, &call.id, &call.arguments, result_id, now.as_millisecond())
            .execute(db)
            .await?;
        Ok(())
    }
}
