//! `DATABASE_URL`: the kind of database, and its URL as `sqlx` takes it.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::{Kind, error::OpenError};

/// The parameters that `sqlx` knows. It logs the others with their values, which may be secrets (`sslpassword`).
const PARAMETERS: [&str; 17] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

/// Parameters of other software, which URLs often have. They are named in the warning; others are counted alone, since an
/// unescaped password may look like a parameter.
const FOREIGN: [&str; 13] = [
    "schema",
    "connection_limit",
    "pool_timeout",
    "pool_size",
    "pgbouncer",
    "connect_timeout",
    "socket_timeout",
    "statement_cache_size",
    "sslaccept",
    "sslidentity",
    "sslpassword",
    "target_session_attrs",
    "channel_binding",
];

/// `sqlite:FILE` (created if missing) or `postgres://…`.
pub(super) fn classify(url: &str) -> Result<(Kind, String), OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok((Kind::Postgres, postgres(url)?));
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

/// The URL without unknown parameters. Neither the warning nor the error quotes it: any part of a URL may be a secret.
fn postgres(text: &str) -> Result<String, OpenError> {
    let bad = || OpenError::Url("is no URL, or one of its parameters has a wrong value");
    let mut url = Url::parse(text).map_err(|_| bad())?;
    let is_known =
        |key: &str| PARAMETERS.contains(&key) || key == "options" || key.starts_with("options[");
    let (known, unknown): (Vec<_>, Vec<_>) = url
        .query_pairs()
        .into_owned()
        .partition(|(key, _)| is_known(key));
    if !unknown.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(known);
        let foreign: Vec<&str> = FOREIGN
            .into_iter()
            .filter(|name| unknown.iter().any(|(key, _)| key == name))
            .collect();
        tracing::warn!(
            ignored = unknown.len(),
            foreign = foreign.join(", "),
            known = PARAMETERS.join(", "),
            "DATABASE_URL has parameters that are not known"
        );
    }
    PgConnectOptions::from_str(url.as_str()).map_err(|_| bad())?;
    Ok(url.into())
}
