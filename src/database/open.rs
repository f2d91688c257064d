//! Opens a database: connects, brings the schema up to date, makes the pool.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AnyConnection, AnyPool, Connection, Executor, any::AnyPoolOptions, error::DatabaseError,
    sqlite::SqliteConnectOptions,
};

use super::{
    ACQUIRE_TIMEOUT, Database, Kind,
    error::{OpenError, START_TIMEOUT},
    file,
    profile::Profile,
    schema::{prepare_postgres, prepare_sqlite},
    url::classify,
};

/// Readers do not block each other in WAL mode; more than a few connections only cost memory.
const SQLITE_CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(300);
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// The primary result code, of <https://www.sqlite.org/rescode.html#busy>.
const SQLITE_BUSY: i32 = 5;

/// `FULL`: reported commits are on disk. `MEMORY`: the image has no folder for temporary files. The busy timeout of 5 s is
/// the driver's default.
const SQLITE_SETTINGS: &str =
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY";

impl Database {
    /// Connects to `sqlite:FILE` (created if missing) or `postgres://…`, and updates schema and seed data.
    pub async fn open(url: &SecretString, profile: &'static Profile) -> Result<Self, OpenError> {
        let opened = open(url.expose_secret(), profile);
        let opened = tokio::time::timeout(START_TIMEOUT, opened).await;
        opened.map_err(|_| OpenError::Timeout)?
    }
}

async fn open(url: &str, profile: &'static Profile) -> Result<Database, OpenError> {
    sqlx::any::install_default_drivers();
    let (kind, url) = classify(url)?;
    let file = sqlite_file(kind, &url).map_err(OpenError::Connect)?;
    let opened = open_at(kind, url, file.clone(), profile).await;
    opened.map_err(|error| match &file {
        Some(file) => error.of_file(file),
        None => error,
    })
}

async fn open_at(
    kind: Kind,
    url: String,
    file: Option<Arc<Path>>,
    profile: &'static Profile,
) -> Result<Database, OpenError> {
    if kind == Kind::Sqlite {
        file::create_private(&url).map_err(OpenError::Connect)?;
    }
    let mut first = probe(kind, &url).await?;
    match kind {
        Kind::Sqlite => {
            prepare_sqlite(&mut first, profile).await?;
            // Only now it is known to be a database of ours.
            file::make_private(&url).map_err(OpenError::Connect)?;
        }
        Kind::Postgres => prepare_postgres(&mut first, profile).await?,
    }
    let pool = connect(kind, &url, profile)
        .await
        .map_err(OpenError::Connect)?;
    // Only now: the last connection to close an SQLite file removes its write-ahead log.
    first.close().await.map_err(OpenError::Connect)?;
    Ok(Database::new(pool, kind, profile, url, file))
}

pub(super) fn sqlite_file(kind: Kind, url: &str) -> Result<Option<Arc<Path>>, sqlx::Error> {
    if kind == Kind::Postgres {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(url)?;
    Ok(Some(options.get_filename().into()))
}

/// A connection as those of the pool are.
pub(super) async fn open_dedicated(
    kind: Kind,
    url: &str,
    profile: &Profile,
) -> Result<AnyConnection, sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    connection.execute(settings(kind, profile)).await?;
    Ok(connection)
}

/// What each connection begins with.
fn settings(kind: Kind, profile: &Profile) -> &'static str {
    match kind {
        Kind::Sqlite => SQLITE_SETTINGS,
        Kind::Postgres => profile.search_path,
    }
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
        connection.execute(SQLITE_SETTINGS).await?;
    }
    Ok(connection)
}

/// Enabling the write-ahead log does not wait for locks, unlike other statements.
fn is_busy(kind: Kind, error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let code = code.and_then(|code| code.parse::<i32>().ok());
    kind == Kind::Sqlite && code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

async fn connect(kind: Kind, url: &str, profile: &Profile) -> Result<AnyPool, sqlx::Error> {
    let (min, max) = match kind {
        Kind::Sqlite => (1, SQLITE_CONNECTIONS),
        Kind::Postgres => (0, profile.connections),
    };
    let settings = settings(kind, profile);
    AnyPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE)
        .min_connections(min)
        .max_connections(max)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(settings).await?;
                Ok(())
            })
        })
        .connect(url)
        .await
}
