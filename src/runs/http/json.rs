//! Parses the JSON bodies of requests, and says at which place one is wrong.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};

use crate::{
    http::{
        json,
        problem::{Code, Problem},
    },
    process::memory::json::{MAX_VALUES, check},
};

/// Parses a body of so many JSON values, or fewer.
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
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| explain(&error))
}

/// The same for a value.
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
            return invalid(&within, why);
        }
    }
    let place = if place.is_empty() { "body" } else { place };
    match message.split_once(", expected ") {
        Some((_, expected)) => invalid(place, format!("must be {}", in_words(expected))),
        None => invalid(place, message),
    }
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
