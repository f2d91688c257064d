//! Values as text: JSON columns, digests, and text that both databases can store.

use std::{borrow::Cow, fmt::Write};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::Error;

use crate::{auth::Subject, database::row::decode};

pub(super) fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Encode(error.into()))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(decode)
}

pub(super) fn subject(text: &str) -> Result<Subject, Error> {
    Subject::parse(text).map_err(decode)
}

/// The text without NUL, which `PostgreSQL` cannot store.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// A number that is at most 2^63 - 1 wherever it is stored.
pub(super) fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn to_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(super) fn to_u32(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// The SHA-256 of a JSON value, equal for equal values: keys in any order, `1` or `1.0`.
pub(super) fn value_digest(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (key, field) in fields {
                canonical(&Value::String(key.clone()), out);
                out.push(':');
                canonical(field, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            // Writing to a string does not fail. Without an exponent, and integers without a point.
            let _ = write!(out, "{}", if number == 0.0 { 0.0 } else { number });
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_have_one_digest() {
        let text = r#"{"b": [1.0, -0.0, 1e2], "a": {"y": null, "x": "é"}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        let same = json!({"a": {"x": "é", "y": null}, "b": [1, 0, 100]});
        assert_eq!(value_digest(&value), value_digest(&same));
    }

    #[test]
    fn different_values_have_different_digests() {
        let values = [
            json!(null),
            json!("null"),
            json!(1),
            json!("1"),
            json!(1.5),
            json!([1, 2]),
            json!([12]),
            json!([[1], 2]),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": 1, "b": 2}),
            json!({"a": {"b": 2}}),
            json!({"a\":1,\"b": 2}),
        ];
        let mut digests: Vec<String> = values.iter().map(value_digest).collect();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), values.len());
    }

    #[test]
    fn nul_is_replaced() {
        assert_eq!(storable("a\0b"), "a\u{fffd}b");
        assert_eq!(storable("ab"), "ab");
    }
}
