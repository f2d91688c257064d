//! Whether a database can be used, for a check of the settings. Changes nothing in it.

use std::{fmt, io, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AnyConnection, Connection};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Database, OpenError, open::sqlite_file, url::classify};

/// What a URL leads to.
#[derive(Debug)]
pub enum Reached {
    /// With the version of the library.
    File(PathBuf, String),
    /// A file that does not exist yet, in a folder that does.
    NewFile(PathBuf),
    /// With the server's version.
    Postgres(String),
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file, version) => write!(f, "{} (SQLite {version})", file.display()),
            Self::NewFile(file) => {
                write!(f, "{} (SQLite), which the start creates", file.display())
            }
            Self::Postgres(version) => write!(f, "PostgreSQL {version}"),
        }
    }
}

impl Database {
    /// Connects. A missing `SQLite` file is not created.
    pub async fn reach(url: &SecretString) -> Result<Reached, OpenError> {
        sqlx::any::install_default_drivers();
        let (kind, url) = classify(url.expose_secret())?;
        let Some(file) = sqlite_file(kind, &url).map_err(OpenError::Connect)? else {
            let sql = "SELECT current_setting('server_version')";
            return Ok(Reached::Postgres(ask(&url, sql).await?));
        };
        let file = std::path::absolute(&file).unwrap_or_else(|_| file.to_path_buf());
        if !file.exists() {
            return match file.parent() {
                Some(folder) if folder.is_dir() => Ok(Reached::NewFile(file)),
                _ => Err(OpenError::File(
                    file,
                    io::Error::from(io::ErrorKind::NotFound).into(),
                )),
            };
        }
        // Reads the file, too: else any file would do.
        let sql = "SELECT sqlite_version() FROM (SELECT count(*) FROM sqlite_master)";
        let url = url.replace("mode=rwc", "mode=rw");
        let version = ask(&url, sql).await.map_err(|error| error.of_file(&file))?;
        Ok(Reached::File(file, version))
    }
}

/// The text that a query gives.
async fn ask(url: &str, sql: &'static str) -> Result<String, OpenError> {
    let asked = async {
        let mut connection = AnyConnection::connect(url).await?;
        let text = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(text)
    };
    let asked = timeout(ACQUIRE_TIMEOUT, asked).await;
    asked
        .map_err(|_| OpenError::NoAnswer)?
        .map_err(OpenError::Connect)
}
