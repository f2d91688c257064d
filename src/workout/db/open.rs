//! Reservation a database: connect, migrate the schema under a lock, write the seed data.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AnyConnection, AnyPool, Connection, Executor, Row, SqlSafeStr,
    any::AnyPoolOptions,
    error::DatabaseError,
    migrate::{Migration, MigrationType, Migrator},
};
use tokio::sync::Semaphore;

use super::{ACQUIRE_TIMEOUT, Database, Kind};
use crate::workout::catalogue::seed;

/// The migrations of a database, oldest first: version, description, SQL. `sqlx::migrate!` does the same from the file
/// names, but builds sqlx and `SQLite` a second time, for the compiler.
const SQLITE: [(i64, &str, &str); 1] = [(
    1,
    "training",
    include_str!("../migrations/sqlite/0001_training.sql"),
)];
const POSTGRES: [(i64, &str, &str); 1] = [(
    1,
    "training",
    include_str!("../migrations/postgres/0001_training.sql"),
)];

/// Readers do not block each other in WAL mode; more than a few connections only cost memory.
const SQLITE_CONNECTIONS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const IDLE: Duration = Duration::from_secs(300);
/// For connecting, migrating and seeding together, including the wait for another process's lock.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// The primary result code, of <https://www.sqlite.org/rescode.html#busy>.
const SQLITE_BUSY: i32 = 5;

/// `FULL`: reported commits are on disk. `MEMORY`: the image has no folder for temporary files. The busy timeout of 5 s is
/// the driver's default.
const SQLITE_SETTINGS: &str =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY";

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
    #[error("cannot bring its schema up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    #[error("cannot write the exercise catalogue: {}", message(.0))]
    Seed(sqlx::Error),
    #[error("the database did not get ready within {} s", START_TIMEOUT.as_secs())]
    Timeout,
}

/// The database's message, without codes and source lines.
fn message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

impl Database {
    /// Connects to `sqlite:FILE` (created if missing) or `postgres://…`, and updates schema and seed data.
    pub async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let opened = tokio::time::timeout(START_TIMEOUT, open(url.expose_secret())).await;
        opened.map_err(|_| OpenError::Timeout)?
    }
}

async fn open(url: &str) -> Result<Database, OpenError> {
    sqlx::any::install_default_drivers();
    let (kind, url) = classify(url)?;
    let first = probe(kind, &url).await?;
    let pool = connect(kind, &url).await.map_err(OpenError::Connect)?;
    let mut connection = pool.acquire().await.map_err(OpenError::Connect)?;
    // Only now: the last connection to close an SQLite file removes its write-ahead log.
    first.close().await.map_err(OpenError::Connect)?;
    match kind {
        Kind::Sqlite => prepare_sqlite(&mut connection).await?,
        Kind::Postgres => prepare_postgres(&mut connection).await?,
    }
    drop(connection);
    let writer_lock = (kind == Kind::Sqlite).then(|| Arc::new(Semaphore::new(1)));
    Ok(Database {
        pool,
        kind,
        writer_lock,
    })
}

fn classify(url: &str) -> Result<(Kind, String), OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok((Kind::Postgres, url.to_owned()));
    }
    let Some(file) = url.strip_prefix("sqlite:") else {
        return Err(OpenError::Url("must begin with sqlite: or postgres://"));
    };
    if file.contains(":memory:") {
        return Err(OpenError::Url("an SQLite database needs a file"));
    }
    let url = if file.contains("mode=") {
        url.to_owned()
    } else if file.contains('?') {
        format!("{url}&mode=rwc")
    } else {
        format!("{url}?mode=rwc")
    };
    Ok((Kind::Sqlite, url))
}

/// Opens a single connection first, whose failure has a cause: a pool would retry for seconds and report a timeout. Also
/// enables `SQLite`'s write-ahead log, and waits for another process that does so at the same time.
async fn probe(kind: Kind, url: &str) -> Result<AnyConnection, OpenError> {
    let probing = async {
        loop {
            match open_first(kind, url).await {
                Err(error) if is_busy(kind, &error) => tokio::time::sleep(BUSY_PAUSE).await,
                first => return first,
            }
        }
    };
    let probed = tokio::time::timeout(ACQUIRE_TIMEOUT, probing).await;
    probed
        .map_err(|_| OpenError::NoAnswer)?
        .map_err(OpenError::Connect)
}

async fn open_first(kind: Kind, url: &str) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    if kind == Kind::Sqlite {
        connection.execute("PRAGMA journal_mode = WAL").await?;
    }
    Ok(connection)
}

/// Enabling the write-ahead log does not wait for locks, unlike other statements.
fn is_busy(kind: Kind, error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let code = code.and_then(|code| code.parse::<i32>().ok());
    kind == Kind::Sqlite && code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = migrations.iter().map(|&(version, description, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

async fn connect(kind: Kind, url: &str) -> Result<AnyPool, sqlx::Error> {
    let pool = AnyPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE);
    if kind == Kind::Postgres {
        return pool
            .max_connections(POSTGRES_CONNECTIONS)
            .connect(url)
            .await;
    }
    pool.max_connections(SQLITE_CONNECTIONS)
        .min_connections(1)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(SQLITE_SETTINGS).await?;
                Ok(())
            })
        })
        .connect(url)
        .await
}

/// An immediate transaction is the lock, since `SQLite` has one writer at a time.
async fn prepare_sqlite(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut tx = begun.map_err(OpenError::Connect)?;
    let migrated = migrator(&SQLITE).run_direct(None, &mut *tx, false).await;
    migrated.map_err(OpenError::Migrate)?;
    seed::seed(&mut tx).await.map_err(OpenError::Seed)?;
    tx.commit().await.map_err(OpenError::Seed)
}

/// Warns if row-level security does not apply to the role.
async fn warn_if_row_security_is_bypassed(
    connection: &mut AnyConnection,
) -> Result<(), sqlx::Error> {
    let role = "SELECT CASE WHEN rolsuper OR rolbypassrls THEN 1 ELSE 0 END FROM pg_roles WHERE rolname = current_user";
    let row = connection.fetch_one(role).await?;
    if row.try_get::<i32, _>(0)? == 1 {
        tracing::warn!(
            "the role of DATABASE_URL is a superuser or has BYPASSRLS: row-level security does not hold for it; use another"
        );
    }
    Ok(())
}

/// The migrator takes an advisory lock of its own; seeding takes one that ends with its transaction.
async fn prepare_postgres(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let checked = warn_if_row_security_is_bypassed(connection).await;
    checked.map_err(OpenError::Connect)?;
    let migrated = migrator(&POSTGRES)
        .run_direct(None, connection, false)
        .await;
    migrated.map_err(OpenError::Migrate)?;
    let mut tx = connection.begin().await.map_err(OpenError::Seed)?;
    tx.execute("SELECT pg_advisory_xact_lock(7310471), set_config('app.shipping', 'on', true)")
        .await
        .map_err(OpenError::Seed)?;
    seed::seed(&mut tx).await.map_err(OpenError::Seed)?;
    tx.commit().await.map_err(OpenError::Seed)
}
