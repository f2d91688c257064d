//! JSON Schemas of the tools, generated from their Rust types (`schemars`) and kept short: each costs tokens in every chat.

use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Value, json};

/// The JSON Schema of a tool's arguments.
pub(super) fn input<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// The JSON Schema of a tool's result: fields that may be left out are not required.
pub(super) fn output<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// The schema without keywords that tell a model nothing.
pub(super) fn compact(schema: Schema) -> JsonObject {
    let mut schema = schema.to_value();
    remove_noise(&mut schema);
    schema.as_object().cloned().unwrap_or_default()
}

fn remove_noise(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for key in ["$schema", "title", "format"] {
                if map.get(key).is_some_and(Value::is_string) {
                    map.remove(key);
                }
            }
            if map.get("default").is_some_and(Value::is_null) {
                map.remove("default");
            }
            map.values_mut().for_each(remove_noise);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_noise),
        _ => {}
    }
}

/// Adds the optional `client_timezone`.
pub(super) fn add_time_zone(input: &mut JsonObject) {
    let zone = json!({"type": ["string", "null"], "description": "IANA zone; default: the user's setting"});
    properties(input).insert("client_timezone".into(), zone);
}

/// Adds a required `user_id` before the other properties.
pub(super) fn add_user_id(input: &mut JsonObject) {
    let others = std::mem::take(properties(input));
    let user = json!({"type": "string", "description": "Whose data"});
    let all = properties(input);
    all.insert("user_id".into(), user);
    all.extend(others);
    let required = input.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(required) = required {
        required.insert(0, "user_id".into());
    }
}

fn properties(schema: &mut JsonObject) -> &mut JsonObject {
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties.as_object_mut().expect("an object's schema")
}
