//! Opening: connect, bring the schema up to date under a lock, ship the catalogue.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AnyConnection, AnyPool, Connection, Executor, Row, any::AnyPoolOptions, error::DatabaseError,
    migrate::Migrator,
};
use tokio::sync::Semaphore;

use super::{ACQUIRE_TIMEOUT, Database, Kind};
use crate::workout::catalogue::seed;

static SQLITE: Migrator = sqlx::migrate!("src/workout/migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("src/workout/migrations/postgres");

/// Readers do not wait for each other in WAL mode; more than a few only cost memory.
const SQLITE_CONNECTIONS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const IDLE: Duration = Duration::from_secs(300);
/// Connecting, migrating and shipping altogether, waiting for another process's lock included.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// The primary result code, of <https://www.sqlite.org/rescode.html#busy>.
const SQLITE_BUSY: i32 = 5;

/// `FULL`: a commit that was reported is on the disk. `MEMORY`: the image has no folder for temporary files. The busy
/// time-out of 5 s is the driver's own.
const SQLITE_SETTINGS: &str =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY";

/// The database cannot be used; whoever opens it says which one. The texts name neither password nor host, and their
/// causes: those are no sources, whose own texts would say it all over again.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    Url(&'static str),
    #[error("cannot open the database: {}", why(.0))]
    Connect(sqlx::Error),
    #[error("cannot open the database: no answer within {} s", ACQUIRE_TIMEOUT.as_secs())]
    Silent,
    #[error("cannot bring its schema up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    #[error("cannot write the exercise catalogue: {}", why(.0))]
    Ship(sqlx::Error),
    #[error("the database did not get ready within {} s", START_TIMEOUT.as_secs())]
    Slow,
}

/// A database's own words, without codes and lines of its source.
fn why(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

impl Database {
    /// Connects to `sqlite:FILE` (created if missing) or `postgres://…`, and brings schema and catalogue up to date.
    pub async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let opened = tokio::time::timeout(START_TIMEOUT, open(url.expose_secret())).await;
        opened.map_err(|_| OpenError::Slow)?
    }
}

async fn open(url: &str) -> Result<Database, OpenError> {
    sqlx::any::install_default_drivers();
    let (kind, url) = classify(url)?;
    let first = probe(kind, &url).await?;
    let pool = connect(kind, &url).await.map_err(OpenError::Connect)?;
    let mut connection = pool.acquire().await.map_err(OpenError::Connect)?;
    // Not before: the last to leave an SQLite file puts its log away.
    first.close().await.map_err(OpenError::Connect)?;
    match kind {
        Kind::Sqlite => prepare_sqlite(&mut connection).await?,
        Kind::Postgres => prepare_postgres(&mut connection).await?,
    }
    drop(connection);
    let writer = (kind == Kind::Sqlite).then(|| Arc::new(Semaphore::new(1)));
    Ok(Database { pool, kind, writer })
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

/// One connection by itself: where it fails, a pool would try again for seconds, and then not say why. It also turns
/// `SQLite`'s log on, once and for all; a process that does so at the same moment is waited for.
async fn probe(kind: Kind, url: &str) -> Result<AnyConnection, OpenError> {
    let probing = async {
        loop {
            match first(kind, url).await {
                Err(error) if is_busy(kind, &error) => tokio::time::sleep(BUSY_PAUSE).await,
                first => return first,
            }
        }
    };
    let probed = tokio::time::timeout(ACQUIRE_TIMEOUT, probing).await;
    probed
        .map_err(|_| OpenError::Silent)?
        .map_err(OpenError::Connect)
}

async fn first(kind: Kind, url: &str) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    if kind == Kind::Sqlite {
        connection.execute("PRAGMA journal_mode = WAL").await?;
    }
    Ok(connection)
}

/// Some changes of the file do not wait for a lock as all others do.
fn is_busy(kind: Kind, error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let code = code.and_then(|code| code.parse::<i32>().ok());
    kind == Kind::Sqlite && code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
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

/// `SQLite` has one writer at a time: an immediate transaction around everything is the lock.
async fn prepare_sqlite(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    let mut tx = begun.map_err(OpenError::Connect)?;
    let migrated = SQLITE.run_direct(None, &mut *tx, false).await;
    migrated.map_err(OpenError::Migrate)?;
    seed::seed(&mut tx).await.map_err(OpenError::Ship)?;
    tx.commit().await.map_err(OpenError::Ship)
}

/// Row-level security does not bind everybody.
async fn warn_of_too_much_power(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let role = "SELECT CASE WHEN rolsuper OR rolbypassrls THEN 1 ELSE 0 END FROM pg_roles WHERE rolname = current_user";
    let row = connection.fetch_one(role).await?;
    if row.try_get::<i32, _>(0)? == 1 {
        tracing::warn!(
            "the role of DATABASE_URL is a superuser or has BYPASSRLS: row-level security does not hold for it; use another"
        );
    }
    Ok(())
}

/// The migrator takes an advisory lock of its own; shipping takes one that ends with its transaction.
async fn prepare_postgres(connection: &mut AnyConnection) -> Result<(), OpenError> {
    let asked = warn_of_too_much_power(connection).await;
    asked.map_err(OpenError::Connect)?;
    let migrated = POSTGRES.run_direct(None, connection, false).await;
    migrated.map_err(OpenError::Migrate)?;
    let mut tx = connection.begin().await.map_err(OpenError::Ship)?;
    tx.execute("SELECT pg_advisory_xact_lock(7310471), set_config('app.shipping', 'on', true)")
        .await
        .map_err(OpenError::Ship)?;
    seed::seed(&mut tx).await.map_err(OpenError::Ship)?;
    tx.commit().await.map_err(OpenError::Ship)
}
