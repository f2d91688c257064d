//! JSON Schemas of the tools, generated from their Rust types (`schemars`) and then made plain.
//!
//! Plain means: one scalar `type` everywhere, no `$ref`, `$defs`, `anyOf`, `oneOf` or `allOf`, and an optional property is one
//! that is not `required`. Many clients read no more of JSON Schema than that. Short, too: each schema costs tokens in
//! every chat. What an input schema says is what [`super::intake`] enforces.

use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Keywords that tell a model nothing.
const NOISE: [&str; 3] = ["$schema", "title", "format"];

/// The JSON Schema of a tool's arguments.
pub(super) fn input<T: JsonSchema>() -> JsonObject {
    plain::<T>(SchemaSettings::draft2020_12())
}

/// The JSON Schema of a tool's result: fields that may be left out are not required. Each may have a `notice`.
pub(super) fn output<T: JsonSchema>() -> JsonObject {
    let mut schema = plain::<T>(SchemaSettings::draft2020_12().for_serialize());
    let notice = json!({"type": "string", "description": "What the user should know"});
    properties(&mut schema).insert("notice".into(), notice);
    schema
}

fn plain<T: JsonSchema>(settings: SchemaSettings) -> JsonObject {
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    simplify(&mut schema);
    let mut schema = schema.as_object().cloned().unwrap_or_default();
    properties(&mut schema);
    schema
}

fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for key in NOISE {
                // A property of this name has a schema, which is an object.
                if map.get(key).is_some_and(Value::is_string) {
                    map.remove(key);
                }
            }
            if map.get("default").is_some_and(|value| !value.is_object()) {
                map.remove("default");
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                text.retain(|c| c != '`');
            }
            remove_null(map);
            map.values_mut().for_each(simplify);
            join_choices(map);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// `type: [T, null]` becomes `type: T`, and a choice between a schema and null becomes the schema.
fn remove_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get("type") {
        let other = types.iter().find(|name| *name != "null").cloned();
        map.insert("type".into(), other.unwrap_or_else(|| "null".into()));
    }
    if let Some(Value::Array(values)) = map.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(choices)) = map.get_mut(key) {
            choices.retain(|choice| choice["type"] != "null");
            if let [Value::Object(only)] = &choices[..] {
                let only = only.clone();
                map.remove(key);
                for (key, value) in only {
                    map.entry(key).or_insert(value);
                }
            }
        }
    }
}

/// A choice between single values, as of an enum whose variants have descriptions, becomes an `enum`.
fn join_choices(map: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = map.get("oneOf") else {
        return;
    };
    let values = |choice: &Value| match (&choice["const"], &choice["enum"]) {
        (Value::String(value), _) => Some(vec![json!(value)]),
        (_, Value::Array(values)) => Some(values.clone()),
        _ => None,
    };
    if let Some(values) = choices.iter().map(values).collect::<Option<Vec<_>>>() {
        map.remove("oneOf");
        map.insert("type".into(), "string".into());
        map.insert("enum".into(), values.concat().into());
    }
}

/// Leaves out the descriptions inside, which the schema of another tool has.
pub(super) fn terse(schema: &mut Schema) {
    fn strip(schema: &mut Value) {
        match schema {
            Value::Object(map) => {
                if map.get("description").is_some_and(Value::is_string) {
                    map.remove("description");
                }
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    if let Some(items) = schema.get_mut("items") {
        strip(items);
    }
}

/// Adds the optional `client_timezone`.
pub(super) fn add_time_zone(input: &mut JsonObject) {
    let description = "IANA; default the user's";
    let zone = json!({"type": "string", "description": description});
    properties(input).insert("client_timezone".into(), zone);
}

/// Adds a required `user_id` before the other properties.
pub(super) fn add_user_id(input: &mut JsonObject) {
    let others = std::mem::take(properties(input));
    let user = json!({"type": "string", "minLength": 1, "maxLength": 256});
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
