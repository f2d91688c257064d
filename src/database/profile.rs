//! The profile of a system's database: its schema, migrations, seed data and limits.

use futures_util::future::BoxFuture;
use sqlx::AnyConnection;

use super::Kind;

/// A migration: version, description, SQL.
pub type Script = (i64, &'static str, &'static str);

/// Writes data that the system ships, at each start, under the lock of the migrations and in a transaction of its own.
pub struct Seed {
    /// For the error: `the exercise catalogue`.
    pub what: &'static str,
    pub write: for<'a> fn(Kind, &'a mut AnyConnection) -> BoxFuture<'a, Result<(), sqlx::Error>>,
}

/// A system's database: its schema, and limits.
pub struct Profile {
    /// The migrations, oldest first. `sqlx::migrate!` does the same from the file names, but builds sqlx and `SQLite` a second
    /// time, for the compiler.
    pub sqlite: &'static [Script],
    pub postgres: &'static [Script],
    /// The name of the schema on `PostgreSQL`.
    pub schema: &'static str,
    /// Creates the schema and makes it the search path; runs at each start, before the migrations.
    pub create_schema: &'static str,
    /// `SET search_path = <schema>`, for each connection: queries name no schema.
    pub search_path: &'static str,
    pub seed: Option<Seed>,
    /// The connections of the pool on `PostgreSQL`.
    pub connections: u32,
    /// How many of them may write at once. Fewer than the connections.
    pub writers: usize,
    /// Maximum duration of a statement on `PostgreSQL`, as `10s`.
    pub statement_timeout: &'static str,
}
