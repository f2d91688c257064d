//! Database access: `SQLite` or `PostgreSQL` behind one pool, with the same queries for both.
//!
//! Isolation of users: their rows are read and written only through a [`UserTransaction`]. The queries in `store` are scoped
//! to its user; on `PostgreSQL`, row-level security (`migrations/postgres`) enforces the same by the setting `app.user_id`.
//!
//! Both databases support `$1` placeholders, TEXT, 64-bit integers, doubles, and booleans as parameters. Booleans in results
//! are selected through `CASE`, since `SQLite` has none.

mod error;
mod file;
mod open;
mod queue;
mod schema;
mod url;

use std::{sync::Arc, time::Duration};

use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::query::query;
pub use crate::auth::Subject as UserId;
pub use error::OpenError;
use queue::{Place, Queues};

const READERS_PER_USER: usize = 2;
/// Fewer than the connections.
const POSTGRES_WRITERS: usize = 12;
/// Maximum duration of a statement on `PostgreSQL`.
const STATEMENT_TIMEOUT: &str = "10s";
/// Maximum wait for one's turn; with the waits after it, less than the deadline of a call, so that what was not begun is known
/// not to have been done.
const TURN_TIMEOUT: Duration = Duration::from_secs(15);
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
    /// Calls wait here and hold no connections. A user has one writer and two readers at a time.
    writing: Arc<Queues>,
    reading: Arc<Queues>,
    /// The writers of all users: `SQLite` has one at a time, and some connections of `PostgreSQL` are for readers alone.
    writers: Arc<Semaphore>,
}

impl Database {
    fn new(pool: AnyPool, kind: Kind) -> Self {
        let writers = match kind {
            Kind::Sqlite => 1,
            Kind::Postgres => POSTGRES_WRITERS,
        };
        Self {
            pool,
            kind,
            writing: Queues::new(1),
            reading: Queues::new(READERS_PER_USER),
            writers: Arc::new(Semaphore::new(writers)),
        }
    }

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
        let turn = self.turn(user, access).await?;
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
            _turn: turn,
        })
    }

    /// Waits for the user's turn.
    async fn turn(&self, user: &UserId, access: Access) -> Result<Turn, sqlx::Error> {
        let waiting = async {
            let (place, writer) = match access {
                Access::Read => (self.reading.enter(user).await?, None),
                Access::Write => (
                    self.writing.enter(user).await?,
                    Some(self.writers.clone().acquire_owned().await?),
                ),
            };
            Ok::<_, AcquireError>(Turn {
                _place: place,
                _writer: writer,
            })
        };
        let turn = timeout(TURN_TIMEOUT, waiting).await;
        turn.map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Waits for running transactions, and checkpoints `SQLite`'s write-ahead log.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The right to a connection: a place in the user's queue, and for writers one among all users'.
struct Turn {
    _place: Place,
    _writer: Option<OwnedSemaphorePermit>,
}

/// A transaction for one user's data.
pub struct UserTransaction {
    tx: Transaction<'static, Any>,
    user: UserId,
    /// Ends after the transaction: fields are dropped in this order.
    _turn: Turn,
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
