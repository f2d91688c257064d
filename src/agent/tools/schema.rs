//! Normalizes tool input schemas for Claude's API, or refuses those that would change their meaning.

use serde_json::{Map, Value};

/// The schema in a form that Claude's API accepts, not yet stripped of identity; `None` if that would change its meaning.
pub(super) fn normalize(mut schema: Map<String, Value>) -> Option<Value> {
    schema
        .entry("type")
        .or_insert_with(|| Value::from("object"));
    let is_union = ["oneOf", "anyOf", "allOf"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword));
    let properties = schema.get("properties").and_then(Value::as_object);
    let has_bad_name = properties.is_some_and(|all| !all.keys().all(|name| is_property(name)));
    if schema["type"] != "object" || is_union || has_bad_name {
        return None;
    }
    let schema = Value::Object(schema);
    jsonschema::draft202012::meta::is_valid(&schema).then_some(schema)
}

fn is_property(name: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed)
}
