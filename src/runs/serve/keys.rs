//! The check of the encryption keys at start: every key that a stored value needs is there.

use std::{collections::BTreeSet, pin::pin};

use futures_util::TryStreamExt;

use crate::{
    config::ConfigError,
    runs::{
        secrets::{KeyRing, kid_of},
        store::{Store, StoreError},
    },
};

const SETTING: &str = "RUNS_ENCRYPTION_KEYS";
/// Owners whose values are looked through at once.
const BATCH: u32 = 200;

/// Fails with a [`ConfigError`] that names the keys that are missing.
pub(super) async fn check(store: &Store, keys: Option<&KeyRing>) -> anyhow::Result<()> {
    let missing = missing(store, keys).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|kid| format!("`{kid}`")).collect();
    let what = format!(
        "lacks the key {}, with which stored secrets are encrypted; add it, and keep it until `rotate-keys` has run",
        names.join(", ")
    );
    Err(ConfigError::new(SETTING, what).into())
}

async fn missing(store: &Store, keys: Option<&KeyRing>) -> Result<BTreeSet<String>, StoreError> {
    let mut missing = BTreeSet::new();
    let mut owners = pin!(store.owners(BATCH));
    while let Some(owner) = owners.try_next().await? {
        for row in store.sealed_rows(&owner).await? {
            let kids = row.values.values().filter_map(|value| kid_of(value));
            let unknown = kids.filter(|kid| !keys.is_some_and(|keys| keys.has(kid)));
            missing.extend(unknown.map(str::to_owned));
        }
    }
    Ok(missing)
}
