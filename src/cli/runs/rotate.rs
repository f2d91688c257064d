//! `runs rotate-keys`: encrypts all stored secrets with the first key, beside running servers.

use std::process::ExitCode;

use anyhow::Context;

use crate::{
    config::{ConfigError, RotationConfig},
    runs::{
        rotation::{self, RotationError},
        secrets::KeyRing,
        store::Store,
    },
};

pub(super) async fn rotate() -> anyhow::Result<ExitCode> {
    let config = RotationConfig::from_env()?;
    let Some(keys) = KeyRing::new(&config.encryption_keys) else {
        let what = "is missing; set it to the new key, followed by the old ones";
        return Err(ConfigError::new("RUNS_ENCRYPTION_KEYS", what).into());
    };
    let store = Store::open(&config.database_url).await;
    let store = store.context("DATABASE_URL")?;
    let rotated = rotation::rotate_keys(&store, &keys).await;
    store.close().await;
    let count = rotated.map_err(|error| match error {
        RotationError::Key(key) => ConfigError::new(
            "RUNS_ENCRYPTION_KEYS",
            format!("lacks the key `{key}`, with which stored secrets are encrypted"),
        )
        .into(),
        error => anyhow::Error::from(error),
    })?;
    say!("{count} secrets are encrypted anew");
    Ok(ExitCode::SUCCESS)
}
