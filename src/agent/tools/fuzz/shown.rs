//! Checks that the schemas for Claude contain no `user_id` and are otherwise unchanged.

use serde_json::{Map, Value};

use crate::agent::tools::identity::is_user_id;

/// True if `user_id` is anywhere the name of a property.
pub(super) fn mentions(schema: &Value) -> bool {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter().any(mentions),
        _ => return false,
    };
    let named = |value: &Value| {
        let names = value.as_array();
        names.is_some_and(|names| names.iter().any(is_name))
    };
    object
        .iter()
        .any(|(key, value)| match (key.as_str(), value) {
            (key, _) if is_user_id(key) => true,
            (
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
                Value::Object(parts),
            ) => has_user_id(parts) || parts.values().any(mentions),
            ("dependentRequired" | "dependencies", Value::Object(rules)) => {
                has_user_id(rules) || rules.values().any(|rule| named(rule) || mentions(rule))
            }
            ("enum" | "const" | "default" | "examples" | "example", data) => keyed(data),
            ("propertyNames", names) => {
                named(&names["enum"]) || is_name(&names["const"]) || mentions(names)
            }
            ("required", names) => named(names) || mentions(names),
            (_, value) => mentions(value),
        })
}

fn is_name(value: &Value) -> bool {
    value.as_str().is_some_and(is_user_id)
}

fn has_user_id(object: &Map<String, Value>) -> bool {
    object.keys().any(|key| is_user_id(key))
}

fn keyed(data: &Value) -> bool {
    match data {
        Value::Object(object) => has_user_id(object) || object.values().any(keyed),
        Value::Array(items) => items.iter().any(keyed),
        _ => false,
    }
}

/// Without references to removed parts, the two schemas differ only in `user_id`.
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
            let kept = object.iter().filter(|(key, _)| !is_user_id(key));
            kept.map(|(key, value)| (key.clone(), without_user(value)))
                .collect()
        }
        Value::Array(items) => items
            .iter()
            .filter(|item| !is_name(item))
            .map(without_user)
            .collect(),
        other => other.clone(),
    }
}

/// True if there is no reason to leave the tool out.
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
        && patterns(&text) <= 32
        && jsonschema::draft202012::meta::is_valid(&text)
        && !text.to_string().contains("\"$ref\"")
}

fn patterns(schema: &Value) -> usize {
    match schema {
        Value::Object(object) => {
            let named = object.get("patternProperties").and_then(Value::as_object);
            let own = named.map_or(0, Map::len) + usize::from(object.contains_key("pattern"));
            own + object.values().map(patterns).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(patterns).sum(),
        _ => 0,
    }
}
