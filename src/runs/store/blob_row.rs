//! The rows of what tools have returned besides text.

use sqlx::{AnyConnection, Error};

use crate::{database::query, runs::model::RunId};

/// Forgets what is a file now; with `None`, all.
pub(super) async fn forget(
    db: &mut AnyConnection,
    user: &str,
    run: RunId,
    name: Option<&str>,
) -> Result<(), Error> {
    let sql =
        "DELETE FROM run_blob WHERE run_id = $1 AND user_id = $2 AND name = COALESCE($3, name)";
    query!(sql; run.to_string(), user, name).execute(db).await?;
    Ok(())
}
