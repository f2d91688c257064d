//! The queries of runs, for `SQLite` and `PostgreSQL`.
//!
//! A run's status, owner and times are in `run_dispatch`, which has no row-level security, so that runs can be dispatched
//! without knowing their owners. Everything with contents is read and written in a transaction of its owner. Such
//! transactions are serialised, so that what one has read stays valid until it commits.

mod batch;
mod blob_row;
mod blobs;
mod cancel;
mod claim;
mod connections;
mod create;
mod deliveries;
mod delivery_row;
mod fenced;
mod offer;
mod profile;
mod queue;
mod read;
mod recover;
mod retention;
mod run_row;
mod schedule;
mod sealed;
mod skill_row;
mod skills;
mod text;
mod transition;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::time::timeout;

pub use crate::database::{Database, Kind, OpenError};
use batch::Batches;
pub use create::Created;
pub use offer::Taken;
pub use queue::{Counts, Turn};
pub use read::{Progress, RunQuery};
pub use recover::Running;
pub use retention::OldRun;
pub use schedule::{Fire, Fired, Planned};
pub use skills::SkillUpdate;

const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The database did not do what was asked. The cause is for the log.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be used at the moment")]
pub struct StoreError(#[from] sqlx::Error);

impl StoreError {
    /// True if what is stored cannot be read: trying again gives the same.
    pub fn is_damage(&self) -> bool {
        is_damage(&self.0)
    }
}

fn is_damage(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }
    )
}

/// Why a worker's write was not done.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is a later claim, or the run has ended: the work must stop.
    #[error("the claim of the run is lost")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The result of a change to something that others may change too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved<T> {
    Done(T),
    /// It is not as it was read; or it was to be new, and exists.
    Changed,
    Gone,
}

/// The database of the runs.
#[derive(Clone)]
pub struct Store {
    db: Database,
    /// On `SQLite`, which has one writer: runs that are created at the same time share a transaction.
    batches: Option<Arc<Batches>>,
}

impl Store {
    /// Connects to `sqlite:FILE` (created if missing) or `postgres://…`, and updates the schema.
    pub async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let db = Database::open(url, &profile::PROFILE).await?;
        let batches = (db.kind() == Kind::Sqlite).then(|| Arc::new(Batches::new(db.clone())));
        Ok(Self { db, batches })
    }

    pub fn database(&self) -> &Database {
        &self.db
    }

    /// Asks the database for an answer, for at most 5 s.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let asked = sqlx::query("SELECT 1").execute(self.db.pool());
        let answered = timeout(PING_TIMEOUT, asked).await;
        answered.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(())
    }

    /// Waits for running transactions.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
