//! The database: `SQLite` or `PostgreSQL` behind one pool, one set of queries for both.
//!
//! A user's rows are reached through a [`UserTransaction`] transaction alone, which knows its user. The queries in `store` scope
//! themselves by it; on `PostgreSQL` row-level security does so once more, by a setting of the transaction.
//!
//! What both understand: `$1` placeholders, TEXT, 64-bit integers, doubles, booleans going in. Booleans coming out go
//! through `CASE`, since `SQLite` has none.

mod open;

use std::{sync::Arc, time::Duration};

use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use open::OpenError;

/// One statement may take no longer than this on `PostgreSQL`.
const STATEMENT_TIMEOUT: &str = "10s";
/// Longest wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Whose data a call is about. Made where the caller is known, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// `None` unless it could be the subject of a token: 1 to 256 characters, no control characters.
    pub fn new(id: &str) -> Option<Self> {
        crate::auth::is_subject(id).then(|| Self(id.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    kind: Kind,
    /// `SQLite` has one writer at a time: the others wait here, and leave the connections to readers.
    writer: Option<Arc<Semaphore>>,
}

impl Database {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The bare pool: for start-up, and for tests that try to get around [`UserTransaction`].
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// One consistent view of the user's data, not to be changed.
    pub async fn read(&self, user: &UserId) -> Result<UserTransaction, sqlx::Error> {
        self.begin(user, Access::Read).await
    }

    /// A transaction that may write. Dropped without [`UserTransaction::commit`], it leaves nothing.
    pub async fn write(&self, user: &UserId) -> Result<UserTransaction, sqlx::Error> {
        self.begin(user, Access::Write).await
    }

    async fn begin(&self, user: &UserId, access: Access) -> Result<UserTransaction, sqlx::Error> {
        let statement = match (self.kind, access) {
            (Kind::Sqlite, Access::Read) | (Kind::Postgres, Access::Write) => "BEGIN",
            // A deferred transaction that turns to writing may find its view outdated, and fail.
            (Kind::Sqlite, Access::Write) => "BEGIN IMMEDIATE",
            (Kind::Postgres, Access::Read) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let turn = self.turn(access).await?;
        let mut tx = self.pool.begin_with(statement).await?;
        if self.kind == Kind::Postgres {
            sqlx::query(
                "SELECT set_config('app.user_id', $1, true), set_config('statement_timeout', $2, true)",
            )
            .bind(user.as_str())
            .bind(STATEMENT_TIMEOUT)
            .execute(&mut *tx)
            .await?;
        }
        if (self.kind, access) == (Kind::Postgres, Access::Write) {
            // A user's writes go one after the other, as on SQLite: what one has read, no other changes meanwhile.
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(user.as_str())
                .execute(&mut *tx)
                .await?;
        }
        Ok(UserTransaction {
            tx,
            user: user.clone(),
            _turn: turn,
        })
    }

    /// The writer's turn, where there is one.
    async fn turn(&self, access: Access) -> Result<Option<OwnedSemaphorePermit>, sqlx::Error> {
        let (Access::Write, Some(writer)) = (access, &self.writer) else {
            return Ok(None);
        };
        let turn = tokio::time::timeout(ACQUIRE_TIMEOUT, writer.clone().acquire_owned()).await;
        turn.map_err(|_| sqlx::Error::PoolTimedOut)?
            .map(Some)
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Lets what runs end, and writes `SQLite`'s log back into its file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction on behalf of one user.
pub struct UserTransaction {
    tx: Transaction<'static, Any>,
    user: UserId,
    /// Given back after the transaction has ended: fields are dropped in this order.
    _turn: Option<OwnedSemaphorePermit>,
}

impl UserTransaction {
    /// The connection, and the user to scope the query by.
    pub fn parts(&mut self) -> (&mut AnyConnection, &str) {
        (&mut *self.tx, self.user.as_str())
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}
