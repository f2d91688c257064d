//! What Claude's API would refuse in an input schema: mended where the meaning stays, else the tool is left out.

use serde_json::{Map, Value};

/// The schema as Claude's API accepts it, identity still in it; `None` if that would change its meaning.
pub(super) fn mended(mut schema: Map<String, Value>) -> Option<Value> {
    if !schema.contains_key("type") {
        schema.insert("type".into(), "object".into());
    }
    let refused = schema["type"] != "object"
        || ["oneOf", "anyOf", "allOf"]
            .iter()
            .any(|key| schema.contains_key(*key))
        || schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|p| !p.keys().all(|key| is_key(key)));
    let schema = Value::Object(schema);
    (!refused && jsonschema::draft202012::meta::is_valid(&schema)).then_some(schema)
}

fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}
