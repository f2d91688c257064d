//! A session advisory lock of `PostgreSQL`, on a connection of its own.

use std::time::Duration;

use sqlx::{AnyConnection, Connection, Executor, Row};
use tokio::time::timeout;

use super::LockError;
use crate::database::Database;

/// Of one statement.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// The server ends the session, and so the lock, some seconds after a holder's machine has gone without a word.
const SETTINGS: &str = "
    SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2; SET tcp_user_timeout = 8000";

/// Two 32-bit keys: the migrations of sqlx take a lock with one of 64 bits.
const TRY_LOCK: &str =
    "SELECT CASE WHEN pg_try_advisory_lock(1886547559, 1920298611) THEN 1 ELSE 0 END";

/// Asks for the lock in the session that answers: behind a pooler that changes sessions it is another one.
const IS_HELD: &str = "
    SELECT CASE WHEN EXISTS (
        SELECT 1 FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 2
            AND classid = 1886547559 AND objid = 1920298611
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) THEN 1 ELSE 0 END";

pub(in crate::runs::engine) struct SessionLock(AnyConnection);

impl SessionLock {
    pub(super) async fn acquire(database: &Database) -> Result<Option<Self>, LockError> {
        let mut connection = database.dedicated().await?;
        // Managed servers may forbid some of them.
        if let Err(error) = timeout(ANSWER_TIMEOUT, connection.execute(SETTINGS)).await? {
            tracing::debug!(%error, "no keep-alive for the session of the lock");
        }
        let locked = is_one(&mut connection, TRY_LOCK).await?;
        if !locked {
            let _ = timeout(ANSWER_TIMEOUT, connection.close()).await;
            return Ok(None);
        }
        Ok(Some(Self(connection)))
    }

    pub(super) async fn is_held(&mut self) -> bool {
        let held = is_one(&mut self.0, IS_HELD).await;
        held.unwrap_or_else(|error| {
            tracing::warn!(%error, "the session of the lock does not answer");
            false
        })
    }

    /// Ends the session, and with it the lock.
    pub(super) async fn release(self) {
        let _ = timeout(ANSWER_TIMEOUT, self.0.close()).await;
    }
}

async fn is_one(connection: &mut AnyConnection, query: &'static str) -> Result<bool, LockError> {
    let row = timeout(ANSWER_TIMEOUT, connection.fetch_one(query)).await??;
    Ok(row.try_get::<i32, _>(0)? == 1)
}
