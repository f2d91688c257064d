//! Transactions: of one user, and of the system.

use std::time::{Duration, Instant};

use sqlx::{Any, AnyConnection, Transaction};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit},
    time::timeout,
};

use super::{Database, Kind, UserId, query, queue::Place};

/// Maximum wait for one's turn; with the waits after it, less than the deadline of a call, so that what was not begun is known
/// not to have been done.
const TURN_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Access {
    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Database {
    /// Begins a read-only transaction: a consistent view of the user's data.
    pub async fn read(&self, user: &UserId) -> Result<UserTransaction, sqlx::Error> {
        self.begin_for(user, Access::Read).await
    }

    /// Begins a transaction that may write; it is rolled back unless [`UserTransaction::commit`] is called.
    pub async fn write(&self, user: &UserId) -> Result<UserTransaction, sqlx::Error> {
        self.begin_for(user, Access::Write).await
    }

    /// Begins a read-only transaction without a user.
    pub async fn system_read(&self) -> Result<SystemTransaction, sqlx::Error> {
        self.begin(None, Access::Read).await
    }

    /// Begins a transaction without a user that may write; it is rolled back unless [`SystemTransaction::commit`] is called.
    pub async fn system_write(&self) -> Result<SystemTransaction, sqlx::Error> {
        self.begin(None, Access::Write).await
    }

    async fn begin_for(
        &self,
        user: &UserId,
        access: Access,
    ) -> Result<UserTransaction, sqlx::Error> {
        let mut system = self.begin(Some(user), access).await?;
        system.act_as(user).await?;
        Ok(UserTransaction {
            system,
            user: user.clone(),
        })
    }

    async fn begin(
        &self,
        user: Option<&UserId>,
        access: Access,
    ) -> Result<SystemTransaction, sqlx::Error> {
        let statement = match (self.kind, access) {
            (Kind::Sqlite, Access::Read) | (Kind::Postgres, Access::Write) => "BEGIN",
            // A deferred transaction fails at its first write if its view is outdated.
            (Kind::Sqlite, Access::Write) => "BEGIN IMMEDIATE",
            (Kind::Postgres, Access::Read) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let asked = Instant::now();
        let waited = async {
            let turn = self.turn(user, access).await?;
            Ok::<_, sqlx::Error>((turn, self.pool.begin_with(statement).await?))
        };
        let waited = waited.await;
        self.waits.record(access.as_str(), asked.elapsed());
        let (turn, tx) = waited?;
        let mut begun = SystemTransaction {
            tx,
            kind: self.kind,
            access,
            statement_timeout: self.profile.statement_timeout,
            _turn: turn,
        };
        if user.is_none() {
            begun.configure("").await?;
        }
        Ok(begun)
    }

    /// Waits for the user's turn.
    async fn turn(&self, user: Option<&UserId>, access: Access) -> Result<Turn, sqlx::Error> {
        let queues = match access {
            Access::Read => &self.reading,
            Access::Write => &self.writing,
        };
        let waiting = async {
            let place = match user {
                Some(user) => Some(queues.enter(user).await?),
                None => None,
            };
            let writer = match access {
                Access::Read => None,
                Access::Write => Some(self.writers.clone().acquire_owned().await?),
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
}

/// The right to a connection: a place in the user's queue, and for writers one among all users'.
struct Turn {
    _place: Option<Place>,
    _writer: Option<OwnedSemaphorePermit>,
}

/// A transaction for one user's data.
pub struct UserTransaction {
    system: SystemTransaction,
    user: UserId,
}

impl UserTransaction {
    /// The connection, and the user id for scoping the query.
    pub fn parts(&mut self) -> (&mut AnyConnection, &str) {
        (&mut *self.system.tx, self.user.as_str())
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.system.commit().await
    }
}

/// A transaction without a user: on `PostgreSQL`, it sees the rows of no user until it [acts as](Self::act_as) one.
pub struct SystemTransaction {
    tx: Transaction<'static, Any>,
    kind: Kind,
    access: Access,
    statement_timeout: &'static str,
    /// Ends after the transaction: fields are dropped in this order.
    _turn: Turn,
}

impl SystemTransaction {
    pub fn connection(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// From now on, the transaction is about this user's rows.
    pub async fn act_as(&mut self, user: &UserId) -> Result<(), sqlx::Error> {
        self.configure(user.as_str()).await?;
        if (self.kind, self.access) == (Kind::Postgres, Access::Write) {
            // Writes of one user are serialised, as on SQLite, so that data read in one stays valid until it commits.
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            query!(sql; user.as_str()).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    async fn configure(&mut self, user: &str) -> Result<(), sqlx::Error> {
        if self.kind == Kind::Postgres {
            let sql = "SELECT set_config('app.user_id', $1, true), set_config('statement_timeout', $2, true)";
            query!(sql; user, self.statement_timeout)
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}
