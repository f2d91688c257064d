//! Sealed values wherever they are stored, for a change of keys.

use std::collections::BTreeMap;

use futures_util::{Stream, TryStreamExt, stream};
use sqlx::{AnyConnection, Error, Row};

use super::{
    Store, StoreError,
    text::{from_json, subject, to_json},
};
use crate::{
    database::query,
    runs::model::{InlineConnection, SealedRow, UserId},
};

const CONNECTION: &str = "connection";
const RUN: &str = "run";
const SKILL: &str = "skill";

/// The inline connections of a run.
type Inline = BTreeMap<String, InlineConnection>;

impl Store {
    /// Everybody who may have rows, in order, read in pages of `limit`.
    pub fn owners(&self, limit: u32) -> impl Stream<Item = Result<UserId, StoreError>> {
        let pages = stream::try_unfold(None, move |after: Option<UserId>| async move {
            let page = self.owners_after(after.as_ref(), limit).await?;
            let last = page.last().cloned();
            let page = stream::iter(page.into_iter().map(Ok));
            Ok::<_, StoreError>(last.map(|last| (page, Some(last))))
        });
        pages.try_flatten()
    }

    async fn owners_after(
        &self,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StoreError> {
        let mut tx = self.db.system_read().await?;
        let sql = "SELECT owner FROM run_owner WHERE owner > $1 ORDER BY owner LIMIT $2";
        let after = after.map_or("", UserId::as_str);
        let rows = query!(sql; after, i64::from(limit))
            .fetch_all(tx.connection())
            .await?;
        let owners: Result<_, Error> = rows.iter().map(|row| subject(row.try_get(0)?)).collect();
        Ok(owners?)
    }

    /// The owner's rows with sealed values.
    pub async fn sealed_rows(&self, owner: &UserId) -> Result<Vec<SealedRow>, StoreError> {
        let mut tx = self.db.read(owner).await?;
        let (db, user) = tx.parts();
        let connections = "SELECT name, headers FROM connection WHERE user_id = $1";
        let runs = "SELECT run_id, inline_connections FROM run_input WHERE user_id = $1 AND inline_connections <> ''";
        let skills = "SELECT skill_id, secret FROM skill WHERE user_id = $1 AND secret IS NOT NULL";
        let mut found = Vec::new();
        for (table, sql) in [(CONNECTION, connections), (RUN, runs), (SKILL, skills)] {
            for (id, stored) in pairs(db, sql, user).await? {
                let values = values(table, &stored)?;
                if !values.is_empty() {
                    found.push(SealedRow {
                        table,
                        id,
                        owner: owner.clone(),
                        values,
                        stored,
                    });
                }
            }
        }
        Ok(found)
    }

    /// Writes the values of the row; false, and nothing written, if it has changed since it was read.
    pub async fn reseal(&self, row: &SealedRow) -> Result<bool, StoreError> {
        let sql = match row.table {
            // Raises the version: who has read the old values must not write them back.
            CONNECTION => {
                "UPDATE connection SET headers = $4, version = version + 1 WHERE user_id = $1 AND name = $2 AND headers = $3"
            }
            RUN => {
                "UPDATE run_input SET inline_connections = $4 WHERE user_id = $1 AND run_id = $2 AND inline_connections = $3"
            }
            _ => {
                "UPDATE skill SET secret = $4 WHERE user_id = $1 AND skill_id = $2 AND secret = $3"
            }
        };
        let resealed = stored(row)?;
        let mut tx = self.db.write(&row.owner).await?;
        let (db, user) = tx.parts();
        let written = query!(sql; user, &row.id, &row.stored, resealed)
            .execute(db)
            .await?;
        tx.commit().await?;
        Ok(written.rows_affected() > 0)
    }
}

/// Rows of an id and a text.
async fn pairs(
    db: &mut AnyConnection,
    sql: &'static str,
    user: &str,
) -> Result<Vec<(String, String)>, Error> {
    let rows = query!(sql; user).fetch_all(db).await?;
    let pairs = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    pairs.collect()
}

/// The sealed values in a stored text, by field.
fn values(table: &str, stored: &str) -> Result<BTreeMap<String, String>, Error> {
    Ok(match table {
        CONNECTION => from_json::<BTreeMap<String, String>>(stored)?
            .into_iter()
            .map(|(header, value)| (format!("headers.{header}"), value))
            .collect(),
        RUN => from_json::<Inline>(stored)?
            .into_iter()
            .flat_map(|(name, inline)| {
                let fields = inline.headers.into_iter();
                fields.map(move |(header, value)| (inline_field(&name, &header), value))
            })
            .collect(),
        _ => BTreeMap::from([("secret".to_owned(), stored.to_owned())]),
    })
}

/// The text to be stored for the values of a row.
fn stored(row: &SealedRow) -> Result<String, Error> {
    match row.table {
        CONNECTION => {
            let headers = row.values.iter();
            let headers = headers
                .map(|(field, value)| (field.strip_prefix("headers.").unwrap_or(field), value));
            to_json(&headers.collect::<BTreeMap<_, _>>())
        }
        RUN => {
            let mut all: Inline = from_json(&row.stored)?;
            for (name, inline) in &mut all {
                for (header, value) in &mut inline.headers {
                    if let Some(new) = row.values.get(&inline_field(name, header)) {
                        value.clone_from(new);
                    }
                }
            }
            to_json(&all)
        }
        _ => Ok(row.values.values().next().cloned().unwrap_or_default()),
    }
}

fn inline_field(name: &str, header: &str) -> String {
    format!("inline.{name}.{header}")
}
