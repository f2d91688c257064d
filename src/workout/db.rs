//! Database access: `SQLite` or `PostgreSQL` behind one pool, with the same queries for both.
//!
//! Isolation of users: their rows are read and written only through a [`UserTransaction`]. The queries in `store` are scoped
//! to its user; on `PostgreSQL`, row-level security (`migrations/postgres`) enforces the same by the setting `app.user_id`.
//!
//! Both databases support `$1` placeholders, TEXT, 64-bit integers, doubles, and booleans as parameters. Booleans in results
//! are selected through `CASE`, since `SQLite` has none.

mod open;

use std::{sync::Arc, time::Duration};

use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::query::query;
pub use crate::auth::Subject as UserId;
pub use open::OpenError;

/// Maximum duration of a statement on `PostgreSQL`.
const STATEMENT_TIMEOUT: &str = "10s";
/// Maximum wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The database system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// The connection pool, with the rules for beginning transactions.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    kind: Kind,
    /// `SQLite` has one writer at a time: other writers wait here, so that they hold no connections.
    writer_lock: Option<Arc<Semaphore>>,
}

impl Database {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The pool itself, for start-up and for tests that bypass [`UserTransaction`].
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a read-only transaction: a consistent view of the user's data.
    pub async fn read(&self, user: &UserId) -> Result<UserTransaction, sqlx::Error> {
        self.begin(user, Access::Read).await
    }

    /// Begins a transaction that may write; it is rolled back unless [`UserTransaction::commit`] is called.
    pub async fn write(&self, user: &UserId) -> Result<UserTransaction, sqlx::Error> {
        self.begin(user, Access::Write).await
    }

    async fn begin(&self, user: &UserId, access: Access) -> Result<UserTransaction, sqlx::Error> {
        let statement = match (self.kind, access) {
            (Kind::Sqlite, Access::Read) | (Kind::Postgres, Access::Write) => "BEGIN",
            // A deferred transaction fails at its first write if its view is outdated.
            (Kind::Sqlite, Access::Write) => "BEGIN IMMEDIATE",
            (Kind::Postgres, Access::Read) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let permit = self.write_permit(access).await?;
        let mut tx = self.pool.begin_with(statement).await?;
        if self.kind == Kind::Postgres {
            let sql = "SELECT set_config('app.user_id', $1, true), set_config('statement_timeout', $2, true)";
            query!(sql; user.as_str(), STATEMENT_TIMEOUT)
                .execute(&mut *tx)
                .await?;
        }
        if (self.kind, access) == (Kind::Postgres, Access::Write) {
            // Writes of one user are serialised, as on SQLite, so that data read in one stays valid until it commits.
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            query!(sql; user.as_str()).execute(&mut *tx).await?;
        }
        Ok(UserTransaction {
            tx,
            user: user.clone(),
            _permit: permit,
        })
    }

    /// Waits for the write lock of `SQLite`.
    async fn write_permit(
        &self,
        access: Access,
    ) -> Result<Option<OwnedSemaphorePermit>, sqlx::Error> {
        let (Access::Write, Some(lock)) = (access, &self.writer_lock) else {
            return Ok(None);
        };
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, lock.clone().acquire_owned()).await;
        permit
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map(Some)
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Waits for running transactions, and checkpoints `SQLite`'s write-ahead log.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction for one user's data.
pub struct UserTransaction {
    tx: Transaction<'static, Any>,
    user: UserId,
    /// Released after the transaction: fields are dropped in this order.
    _permit: Option<OwnedSemaphorePermit>,
}

impl UserTransaction {
    /// The connection, and the user id for scoping the query.
    pub fn parts(&mut self) -> (&mut AnyConnection, &str) {
        (&mut *self.tx, self.user.as_str())
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}
