//! Rotation of encryption keys: seals every stored secret with the first key, beside running servers.

use std::pin::pin;

use futures_util::TryStreamExt;

use super::{
    model::SealedRow,
    secrets::{KeyRing, OpenError, Place},
    store::{Store, StoreError},
};

/// Owners read at once.
const BATCH: u32 = 200;
/// Attempts at a row that others change at the same time.
const ATTEMPTS: u32 = 10;

/// Why not all secrets have the first key now. Those that have it keep it.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("the key {0} is not there")]
    Key(String),
    /// Changed outside of this program, or stored in the clear.
    #[error("a secret in `{table}`, row {row}, cannot be decrypted: {error}")]
    Damaged {
        table: &'static str,
        row: String,
        error: OpenError,
    },
    #[error("a row in `{0}` is being changed all the time; try again")]
    Busy(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns the number of secrets that were sealed anew.
pub async fn rotate_keys(store: &Store, keys: &KeyRing) -> Result<u64, RotationError> {
    let mut count = 0;
    let mut owners = pin!(store.owners(BATCH));
    while let Some(owner) = owners.try_next().await? {
        for row in store.sealed_rows(&owner).await? {
            count += rotate_row(store, keys, row).await?;
        }
    }
    Ok(count)
}

async fn rotate_row(
    store: &Store,
    keys: &KeyRing,
    mut row: SealedRow,
) -> Result<u64, RotationError> {
    for _ in 0..ATTEMPTS {
        let count = reseal(keys, &mut row)?;
        if count == 0 || store.reseal(&row).await? {
            return Ok(count);
        }
        // Changed meanwhile: read again.
        let mut rows = store.sealed_rows(&row.owner).await?.into_iter();
        match rows.find(|again| (again.table, &again.id) == (row.table, &row.id)) {
            Some(again) => row = again,
            None => return Ok(0),
        }
    }
    Err(RotationError::Busy(row.table))
}

/// Seals the row's values with the first key; how many were not.
fn reseal(keys: &KeyRing, row: &mut SealedRow) -> Result<u64, RotationError> {
    let mut count = 0;
    for (field, value) in &mut row.values {
        let place = Place {
            table: row.table,
            row: &row.id,
            field,
            owner: row.owner.as_str(),
        };
        let resealed = keys.reseal(&place, value).map_err(|error| match error {
            OpenError::UnknownKey(key) => RotationError::Key(key),
            error => RotationError::Damaged {
                table: row.table,
                row: row.id.clone(),
                error,
            },
        })?;
        if let Some(resealed) = resealed {
            *value = resealed;
            count += 1;
        }
    }
    Ok(count)
}
