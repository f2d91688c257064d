//! Normalizes tool input schemas for Claude's API, or refuses those that would change their meaning or take long to process.

use serde_json::{Map, Value};

use super::identity::descendants;

/// In one schema, at any depth.
const MAX_PATTERNS: usize = 32;
const MAX_PATTERN_BYTES: usize = 1024;

/// The schema in a form that Claude's API accepts, not yet stripped of identity, or the keyword (or another reason) that
/// makes this impossible.
pub(super) fn normalize(mut schema: Map<String, Value>) -> Result<Value, &'static str> {
    schema
        .entry("type")
        .or_insert_with(|| Value::from("object"));
    if schema["type"] != "object" {
        return Err("type");
    }
    let unions = ["oneOf", "anyOf", "allOf"];
    if let Some(union) = unions.into_iter().find(|it| schema.contains_key(*it)) {
        return Err(union);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if properties.is_some_and(|all| !all.keys().all(|name| is_property(name))) {
        return Err("property name");
    }
    let schema = Value::Object(schema);
    let patterns: Vec<&str> = descendants(&schema).flat_map(patterns).collect();
    if patterns.len() > MAX_PATTERNS {
        return Err("more than 32 patterns");
    }
    if patterns.iter().any(|it| it.len() > MAX_PATTERN_BYTES) {
        return Err("pattern of more than 1024 bytes");
    }
    let is_valid = jsonschema::draft202012::meta::is_valid(&schema);
    is_valid.then_some(schema).ok_or("invalid schema")
}

fn is_property(name: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed)
}

/// The patterns of one schema.
fn patterns(schema: &Value) -> impl Iterator<Item = &str> {
    let names = schema.get("patternProperties").and_then(Value::as_object);
    let names = names.into_iter().flat_map(Map::keys).map(String::as_str);
    names.chain(schema.get("pattern").and_then(Value::as_str))
}
