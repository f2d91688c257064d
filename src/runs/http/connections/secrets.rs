//! The secrets of stored connections: masks, and values that stay as they are.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use crate::{
    http::problem::Problem,
    runs::{
        http::{app::App, checks::Headers, json::invalid, refused::no_encryption},
        model::{StoredConnection, UserId},
        secrets::{KeyRing, Place},
    },
};

const DOTS: &str = "••••••••";
/// Of a shorter secret nothing is shown.
const MIN_SHOWN: usize = 12;
const SHOWN: usize = 4;

/// The headers, each value as its mask. Values that do not open are dots.
pub(super) fn masked(
    app: &App,
    owner: &UserId,
    connection: &StoredConnection,
) -> BTreeMap<String, String> {
    let names = connection.headers.keys();
    names
        .map(|name| {
            let value = app
                .keys
                .as_ref()
                .and_then(|keys| open(keys, owner, connection, name));
            let masked = value.map_or_else(|| DOTS.to_owned(), |value| mask(&value));
            (name.clone(), masked)
        })
        .collect()
}

/// The last characters of a secret that is long enough.
fn mask(secret: &str) -> String {
    let length = secret.chars().count();
    if length < MIN_SHOWN {
        return DOTS.to_owned();
    }
    let end: String = secret.chars().skip(length - SHOWN).collect();
    format!("{DOTS}{end}")
}

/// A client that sends back what it was shown would store the mask.
pub(super) fn refuse_masks(headers: &Headers) -> Result<(), Problem> {
    let is_mask = |value: &Option<String>| value.as_ref().is_some_and(|it| it.contains('•'));
    if headers.values().any(is_mask) {
        let why = "has a mask in place of a secret; `null` in its place keeps the old one";
        return Err(invalid("headers", why));
    }
    Ok(())
}

/// The stored values.
pub(super) fn opened(
    app: &App,
    owner: &UserId,
    stored: &StoredConnection,
) -> Result<Headers, Problem> {
    let all = stored.headers.keys().map(|name| (name.clone(), None));
    filled(app, owner, stored, all.collect())
}

/// The headers, with the stored values of those that have none.
pub(super) fn filled(
    app: &App,
    owner: &UserId,
    stored: &StoredConnection,
    headers: Headers,
) -> Result<Headers, Problem> {
    let fill = |(name, value): (String, Option<String>)| {
        let known = stored.headers.contains_key(&name.to_ascii_lowercase());
        if value.is_some() || !known {
            return Ok((name, value));
        }
        let keys = app.keys.as_ref().ok_or_else(no_encryption)?;
        let value = open(keys, owner, stored, &name.to_ascii_lowercase());
        let value = value.ok_or_else(|| {
            let why = "has a value that cannot be read any more; send it again";
            invalid("headers", why)
        });
        Ok((name, Some(value?)))
    };
    headers.into_iter().map(fill).collect()
}

fn open(
    keys: &KeyRing,
    owner: &UserId,
    connection: &StoredConnection,
    name: &str,
) -> Option<String> {
    let field = format!("headers.{name}");
    let place = Place {
        table: "connection",
        row: &connection.name,
        field: &field,
        owner: owner.as_str(),
    };
    let opened = keys.open(&place, connection.headers.get(name)?);
    let opened = opened.inspect_err(|error| tracing::error!(%error, "a connection's secret"));
    Some(opened.ok()?.expose_secret().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_characters_of_a_long_secret_are_shown_and_none_of_a_short_one() {
        assert_eq!(mask("Bearer 1234567890"), "••••••••7890");
        assert_eq!(mask("12345678901"), "••••••••");
        assert_eq!(mask("123456789012"), "••••••••9012");
        assert_eq!(mask("éééééééééééé"), "••••••••éééé");
        let headers = |value: &str| [("a".to_owned(), Some(value.to_owned()))].into();
        assert!(refuse_masks(&headers("••••••••7890")).is_err());
        assert!(refuse_masks(&headers("Bearer 7890")).is_ok());
    }
}
