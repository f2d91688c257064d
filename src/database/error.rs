//! Why a database cannot be opened.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::ACQUIRE_TIMEOUT;

/// For connecting, migrating and seeding together, including the wait for another process's lock.
pub(super) const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a database cannot be opened. The texts contain the cause, but neither password nor host; causes are not sources,
/// which would repeat them.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    Url(&'static str),
    #[error("cannot open the database: {}", message(.0))]
    Connect(sqlx::Error),
    #[error("cannot open the database {}: {}{}", .0.display(), message(.1), missing_folder(.0))]
    File(PathBuf, sqlx::Error),
    #[error("cannot open the database: no answer within {} s", ACQUIRE_TIMEOUT.as_secs())]
    NoAnswer,
    #[error(
        "its role needs a schema of its own ({}): as the database's owner, CREATE SCHEMA {} AUTHORIZATION <the role>; \
         tables of an earlier version must belong to the role", message(.1), .0
    )]
    Schema(&'static str, sqlx::Error),
    #[error("cannot bring its schema up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    #[error("cannot write {}: {}", .0, message(.1))]
    Seed(&'static str, sqlx::Error),
    #[error("the database did not get ready within {} s", START_TIMEOUT.as_secs())]
    Timeout,
}

impl OpenError {
    /// The same error, naming the file of an `SQLite` database.
    pub(super) fn of_file(self, file: &Path) -> Self {
        match self {
            Self::Connect(error) => {
                let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
                Self::File(file, error)
            }
            other => other,
        }
    }
}

/// The usual cause, which `SQLite` does not tell.
fn missing_folder(file: &Path) -> String {
    match file.parent() {
        Some(folder) if !folder.exists() => format!(" (there is no folder {})", folder.display()),
        _ => String::new(),
    }
}

/// The database's message, without codes and source lines.
fn message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        // It quotes the value, which may be a secret.
        sqlx::Error::Configuration(_) => "a parameter of the URL has a wrong value".to_owned(),
        other => other.to_string(),
    }
}
