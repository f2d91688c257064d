//! Normalizes tool input schemas for Claude's API: mends them, or refuses those that would change their meaning or take long to
//! process.

pub(super) mod mend;
mod tuple_references;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::identity::descendants;

/// In one schema, at any depth.
const MAX_PATTERNS: usize = 32;
const MAX_PATTERN_BYTES: usize = 1024;

/// The schema in a form that Claude's API accepts, not yet stripped of identity, or the keyword (or another reason) that
/// makes this impossible.
pub(super) fn normalize(schema: Map<String, Value>) -> Result<Value, Cow<'static, str>> {
    let mut schema = Value::Object(schema);
    mend::mend(&mut schema);
    tuple_references::mend(&mut schema);
    let Value::Object(mut schema) = schema else {
        return Err("inputSchema".into());
    };
    let is_object = |it: &Value| it == "object";
    let input_type = schema.entry("type").or_insert_with(|| "object".into());
    // An input is always an object.
    if is_object(input_type)
        || input_type
            .as_array()
            .is_some_and(|it| it.iter().any(is_object))
    {
        *input_type = "object".into();
    } else {
        return Err("type".into());
    }
    let unions = ["oneOf", "anyOf", "allOf"];
    if let Some(union) = unions.into_iter().find(|it| schema.contains_key(*it)) {
        return Err(union.into());
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if properties.is_some_and(|all| !all.keys().all(|name| is_property(name))) {
        return Err("property name".into());
    }
    let schema = Value::Object(schema);
    let patterns: Vec<&str> = descendants(&schema).flat_map(patterns).collect();
    if patterns.len() > MAX_PATTERNS {
        return Err("more than 32 patterns".into());
    }
    if patterns.iter().any(|it| it.len() > MAX_PATTERN_BYTES) {
        return Err("pattern of more than 1024 bytes".into());
    }
    if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
        return Err(format!("invalid schema: {}", error.instance_path()).into());
    }
    Ok(schema)
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
