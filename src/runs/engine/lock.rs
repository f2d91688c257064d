//! The lock of the one process that works on the runs of a database: a locked file beside `SQLite`'s, or a session
//! advisory lock of `PostgreSQL`. It ends with the process that holds it.

mod file;
mod session;

use std::io;

use crate::database::Database;
use file::FileLock;
use session::SessionLock;

#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    #[error("the lock file cannot be used")]
    File(#[from] io::Error),
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("the database does not answer in time")]
    TimedOut(#[from] tokio::time::error::Elapsed),
}

/// A held lock. Dropping it releases it.
pub(super) enum Lock {
    File(FileLock),
    Session(Box<SessionLock>),
}

impl Lock {
    /// `None`: another process holds it.
    pub(super) async fn acquire(database: &Database) -> Result<Option<Self>, LockError> {
        if let Some(file) = database.sqlite_file() {
            return Ok(FileLock::acquire(file)?.map(Self::File));
        }
        let lock = SessionLock::acquire(database).await?;
        Ok(lock.map(|lock| Self::Session(Box::new(lock))))
    }

    /// Asks for it. What does not answer is lost.
    pub(super) async fn is_held(&mut self) -> bool {
        match self {
            Self::File(lock) => lock.is_held(),
            Self::Session(lock) => lock.is_held().await,
        }
    }

    pub(super) async fn release(self) {
        match self {
            Self::File(lock) => drop(lock),
            Self::Session(lock) => lock.release().await,
        }
    }
}
