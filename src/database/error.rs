//! Why a database cannot be opened.

use std::time::Duration;

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

/// The database's message, without codes and source lines.
fn message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        // It quotes the value, which may be a secret.
        sqlx::Error::Configuration(_) => "a parameter of the URL has a wrong value".to_owned(),
        other => other.to_string(),
    }
}
