//! Parses the JSON bodies of requests, and says at which place one is wrong.

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Value, error::Category};

use crate::{
    http::{
        json,
        problem::{Code, Problem},
    },
    process::memory::json::{MAX_VALUES, check},
};

/// The longest place in an error, in characters: its names are the client's.
const MAX_PLACE: usize = 200;

/// Parses a body of so many JSON values, or fewer: an object.
pub(super) fn parse<T: DeserializeOwned>(body: &Bytes, values: usize) -> Result<T, Problem> {
    let text = json::text(body)?;
    if values > MAX_VALUES {
        let why = format!("must not hold more than {MAX_VALUES} values");
        return Err(invalid("body", why));
    }
    match check(text.as_bytes()) {
        Err(error) if error.classify() == Category::Data => {
            return Err(invalid("body", "has a key that is not allowed"));
        }
        Err(error) => return Err(json::not_json(error.line(), error.column())),
        Ok(_) => {}
    }
    if !text.trim_ascii_start().starts_with('{') {
        return Err(invalid("body", "must be an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| explain(&error))
}

/// A struct that is read from an object alone: serde reads structs from lists as well.
#[derive(Debug)]
pub(super) struct FromObject<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FromObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields(PhantomData);
        deserializer.deserialize_map(fields).map(Self)
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Reads a value that was parsed before.
pub(super) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| explain(&error))
}

/// A 422: the field, and what is wrong with it (`must be …`, `is …`).
pub(super) fn invalid(field: &str, why: impl AsRef<str>) -> Problem {
    Problem::new(Code::InvalidRequest, format!("{field}: {}", why.as_ref()))
}

/// Removes the fields that are `null`, at any depth: they count as absent.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Says what a value must be, without quoting what it is: it may be a secret.
fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let place = error.path().to_string();
    let place = if place == "." { "" } else { place.as_str() };
    let message = error.inner().to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(text, _)| text);
    let field = message.split('`').nth(1).unwrap_or_default();
    let within = match place {
        "" => field.to_owned(),
        _ if place == field || place.ends_with(&format!(".{field}")) => place.to_owned(),
        _ => format!("{place}.{field}"),
    };
    for (beginning, why) in [
        ("unknown field", "is no field of this request"),
        ("missing field", "is missing"),
        ("duplicate field", "is given twice"),
    ] {
        if message.starts_with(beginning) {
            return invalid(&shown(&within), why);
        }
    }
    let place = if place.is_empty() {
        "body".to_owned()
    } else {
        shown(place)
    };
    // What was given comes first, and may hold these words too.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => invalid(&place, format!("must be {}", in_words(expected))),
        None => invalid(&place, message),
    }
}

fn shown(place: &str) -> String {
    let visible = place.chars().filter(|c| !c.is_control());
    visible.take(MAX_PLACE).collect()
}

/// Rust's types by their JSON names.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number that is not negative, and not too large",
        "a map" => "an object",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") => "an object",
        other => other,
    }
}

#[cfg(test)]
mod tests;
