//! Database access: `SQLite` or `PostgreSQL` behind one pool, with the same queries for both.
//!
//! A system describes its database by a [`Profile`] (schema, migrations, limits), and opens it with [`Database::open`].
//!
//! Isolation of users: their rows are read and written only through a [`UserTransaction`]. Queries are scoped to its user; on
//! `PostgreSQL`, row-level security enforces the same by the setting `app.user_id`. A [`SystemTransaction`] is for tables that
//! do not belong to users.
//!
//! Both databases support `$1` placeholders, TEXT, 64-bit integers, doubles, and booleans as parameters. Booleans in results
//! are selected through `CASE`, since `SQLite` has none.

mod error;
mod file;
mod open;
mod profile;
mod query;
mod queue;
mod reach;
pub(crate) mod row;
mod schema;
mod transaction;
mod url;
mod waits;

use std::{path::Path, sync::Arc, time::Duration};

use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AnyConnection, AnyPool};
use tokio::sync::Semaphore;

pub use crate::auth::Subject as UserId;
pub use error::OpenError;
pub use profile::{Profile, Script, Seed};
pub(crate) use query::query;
use queue::Queues;
pub use reach::Reached;
pub use transaction::{SystemTransaction, UserTransaction};
use waits::Waits;

const READERS_PER_USER: usize = 2;
/// Maximum wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The database system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The connection pool, with the rules for beginning transactions.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    kind: Kind,
    profile: &'static Profile,
    url: Arc<SecretString>,
    /// Of `SQLite`.
    file: Option<Arc<Path>>,
    /// Calls wait here and hold no connections. A user has one writer and two readers at a time.
    writing: Arc<Queues>,
    reading: Arc<Queues>,
    /// The writers of all users: `SQLite` has one at a time, and some connections of `PostgreSQL` are for readers alone.
    writers: Arc<Semaphore>,
    waits: Waits,
}

impl Database {
    fn new(
        pool: AnyPool,
        kind: Kind,
        profile: &'static Profile,
        url: String,
        file: Option<Arc<Path>>,
    ) -> Self {
        let writers = match kind {
            Kind::Sqlite => 1,
            Kind::Postgres => profile.writers,
        };
        Self {
            pool,
            kind,
            profile,
            url: Arc::new(url.into()),
            file,
            writing: Queues::new(1),
            reading: Queues::new(READERS_PER_USER),
            writers: Arc::new(Semaphore::new(writers)),
            waits: Waits::new(),
        }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file of an `SQLite` database.
    pub fn sqlite_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The pool itself, for start-up and for tests that bypass [`UserTransaction`].
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Adds the waits of transactions to a system's metrics.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.waits.register(registry);
    }

    /// A connection outside the pool, for what lasts as long as a session: an advisory lock of `PostgreSQL`'s.
    pub async fn dedicated(&self) -> Result<AnyConnection, sqlx::Error> {
        let url = self.url.expose_secret();
        let connected = open::open_dedicated(self.kind, url, self.profile);
        tokio::time::timeout(ACQUIRE_TIMEOUT, connected)
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// Waits for running transactions, and checkpoints `SQLite`'s write-ahead log.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
