//! What Claude may see of a schema.

use serde_json::{Map, Value};

use super::USER_ID;

/// Whether the name `user_id` stands where Claude would read it as a property's.
pub(super) fn mentions(schema: &Value) -> bool {
    let named = |value: &Value| {
        value
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name == USER_ID))
    };
    match schema {
        Value::Object(object) => object.iter().any(|(key, value)| {
            let data = matches!(
                &**key,
                "enum" | "const" | "default" | "examples" | "example"
            );
            key == USER_ID
                || (key == "required" && named(value))
                || if data { keyed(value) } else { mentions(value) }
        }),
        Value::Array(items) => items.iter().any(mentions),
        _ => false,
    }
}

fn keyed(data: &Value) -> bool {
    match data {
        Value::Object(object) => object.contains_key(USER_ID) || object.values().any(keyed),
        Value::Array(items) => items.iter().any(keyed),
        _ => false,
    }
}

/// Where no reference leads to what is hidden, the two schemas differ in `user_id` alone.
pub(super) fn nothing_else_is_hidden(original: &Map<String, Value>, shown: &Value) {
    let mut original = original.clone();
    original.entry("type").or_insert_with(|| "object".into());
    let original = Value::from(original);
    if original.to_string().contains("\"$ref\"") {
        return;
    }
    assert_eq!(
        without_user(shown),
        without_user(&original),
        "something else is hidden"
    );
}

/// A schema without any `user_id`: neither as a key, nor among names.
fn without_user(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| *key != USER_ID);
            kept.map(|(key, value)| (key.clone(), without_user(value)))
                .collect()
        }
        Value::Array(items) => items
            .iter()
            .filter(|item| *item != USER_ID)
            .map(without_user)
            .collect(),
        other => other.clone(),
    }
}

/// Whether there is no reason to leave a tool out.
pub(super) fn is_fine(schema: &Map<String, Value>) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    let text = Value::from(schema.clone());
    schema.get("type").is_none_or(|kind| kind == "object")
        && !["oneOf", "anyOf", "allOf"]
            .iter()
            .any(|union| schema.contains_key(*union))
        && schema
            .get("properties")
            .and_then(Value::as_object)
            .is_none_or(|properties| {
                properties
                    .keys()
                    .all(|key| (1..=64).contains(&key.len()) && key.bytes().all(plain))
            })
        && jsonschema::draft202012::meta::is_valid(&text)
        && !text.to_string().contains("\"$ref\"")
}
