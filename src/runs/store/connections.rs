//! Queries for the connections that users store.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::{AnyConnection, Error, Row, any::AnyRow};

use super::{
    Saved, Store, StoreError,
    queue::insert_owner,
    text::{from_json, storable, to_json},
};
use crate::{
    database::{
        query,
        row::{is_storable, timestamp},
    },
    runs::model::{NewConnection, StoredConnection, UserId},
};

impl Store {
    /// The owner's connections, by name.
    pub async fn connections(&self, owner: &UserId) -> Result<Vec<StoredConnection>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT name, url, headers, version, created_at, updated_at FROM connection WHERE user_id = $1 ORDER BY name";
        let rows = query!(sql; user).fetch_all(db).await?;
        let connections: Result<_, Error> = rows.iter().map(connection).collect();
        Ok(connections?)
    }

    /// The names of the owner's connections.
    pub async fn connection_names(&self, owner: &UserId) -> Result<BTreeSet<String>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let sql = "SELECT name FROM connection WHERE user_id = $1";
        let rows = query!(sql; user).fetch_all(db).await?;
        let names: Result<_, Error> = rows.iter().map(|row| row.try_get(0)).collect();
        Ok(names?)
    }

    /// The owner's connection of this name.
    pub async fn connection(
        &self,
        owner: &UserId,
        name: &str,
    ) -> Result<Option<StoredConnection>, StoreError> {
        if !is_storable(name) {
            return Ok(None);
        }
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        Ok(load(db, user, name).await?)
    }

    /// Stores a connection of the owner's: a new one, or in place of the one with this version.
    pub async fn save_connection(
        &self,
        owner: &UserId,
        new: &NewConnection,
        version: Option<i64>,
        now: Timestamp,
    ) -> Result<Saved<StoredConnection>, StoreError> {
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let saved = match version {
            None => insert(db, user, new, now).await?,
            Some(version) => update(db, user, new, version, now).await?,
        };
        let stored = load(db, user, &new.name).await?;
        tx.commit().await?;
        Ok(match (saved, stored) {
            (true, Some(stored)) => Saved::Done(stored),
            (_, Some(_)) => Saved::Changed,
            (_, None) => Saved::Gone,
        })
    }

    /// Deletes the owner's connection; false if there is none of this name.
    pub async fn delete_connection(&self, owner: &UserId, name: &str) -> Result<bool, StoreError> {
        if !is_storable(name) {
            return Ok(false);
        }
        let mut tx = self.db.write(owner).await?;
        let (db, user) = tx.parts();
        let sql = "DELETE FROM connection WHERE user_id = $1 AND name = $2";
        let deleted = query!(sql; user, name).execute(db).await?;
        tx.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }
}

fn connection(row: &AnyRow) -> Result<StoredConnection, Error> {
    Ok(StoredConnection {
        name: row.try_get("name")?,
        url: row.try_get("url")?,
        headers: from_json(row.try_get("headers")?)?,
        version: row.try_get("version")?,
        created_at: timestamp(row, "created_at")?,
        updated_at: timestamp(row, "updated_at")?,
    })
}

async fn load(
    db: &mut AnyConnection,
    user: &str,
    name: &str,
) -> Result<Option<StoredConnection>, Error> {
    let sql = "SELECT name, url, headers, version, created_at, updated_at FROM connection WHERE user_id = $1 AND name = $2";
    let row = query!(sql; user, name).fetch_optional(db).await?;
    row.as_ref().map(connection).transpose()
}

async fn insert(
    db: &mut AnyConnection,
    user: &str,
    new: &NewConnection,
    now: Timestamp,
) -> Result<bool, Error> {
    insert_owner(db, user).await?;
    let sql =
        "INSERT INTO connection (user_id, name, url, headers, version, created_at, updated_at)
               VALUES ($1, $2, $3, $4, 1, $5, $5) ON CONFLICT (user_id, name) DO NOTHING";
    let url = storable(&new.url).into_owned();
    let inserted = query!(sql; user, &new.name, url, to_json(&new.headers)?, now.as_millisecond())
        .execute(db)
        .await?;
    Ok(inserted.rows_affected() > 0)
}

async fn update(
    db: &mut AnyConnection,
    user: &str,
    new: &NewConnection,
    version: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE connection SET url = $3, headers = $4, updated_at = $5, version = version + 1
               WHERE user_id = $1 AND name = $2 AND version = $6";
    let url = storable(&new.url).into_owned();
    let updated =
        query!(sql; user, &new.name, url, to_json(&new.headers)?, now.as_millisecond(), version)
            .execute(db)
            .await?;
    Ok(updated.rows_affected() > 0)
}
