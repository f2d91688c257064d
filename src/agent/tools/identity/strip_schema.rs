//! Strips the property `user_id` from a tool's schema, at any depth, before Claude sees it.

use serde_json::Value;

use super::{
    USER_ID,
    references::{descendants, resolve},
};

/// Keywords whose value maps names to schemas.
const MAPS: [&str; 6] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
];
/// Keywords whose value is data, not a schema.
const DATA: [&str; 5] = ["default", "examples", "example", "const", "enum"];

/// Rounds of inlining: a target may contain dangling references itself.
const MAX_ROUNDS: usize = 4;
/// Values inlined in one round: a definition that refers to itself grows with every round.
const MAX_INLINED: usize = 10_000;

/// The schema without the property `user_id`. A reference to what was removed is replaced by its target; `None` if that
/// is impossible.
pub(in crate::agent::tools) fn strip_schema(schema: &Value) -> Option<Value> {
    let mut stripped = schema.clone();
    strip(&mut stripped);
    for _ in 0..MAX_ROUNDS {
        let references = descendants(&stripped).filter_map(|value| value.get("$ref")?.as_str());
        let dangling: Vec<String> = references
            .filter(|reference| resolve(&stripped, reference).is_none())
            .filter(|reference| resolve(schema, reference).is_some())
            .map(str::to_owned)
            .collect();
        if dangling.is_empty() {
            return Some(stripped);
        }
        let targets = dangling.iter().filter_map(|it| resolve(schema, it));
        if targets.flat_map(descendants).nth(MAX_INLINED).is_some() {
            return None;
        }
        inline(&mut stripped, schema, &dangling);
    }
    None
}

/// Replaces the `dangling` references by their targets in `original`, stripped too.
fn inline(value: &mut Value, original: &Value, dangling: &[String]) {
    match value {
        Value::Object(object) => {
            let reference = object.get("$ref").and_then(Value::as_str);
            let target = reference
                .filter(|reference| dangling.iter().any(|other| other == reference))
                .and_then(|reference| resolve(original, reference));
            if let Some(target @ Value::Object(_)) = target {
                let mut target = target.clone();
                strip(&mut target);
                object.shift_remove("$ref");
                if let Value::Object(target) = &mut target {
                    target.append(object);
                }
                *value = target;
                return;
            }
            let values = object.values_mut();
            values.for_each(|value| inline(value, original, dangling));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| inline(value, original, dangling)),
        _ => {}
    }
}

/// Unknown keywords are stripped like schemas, since a `$ref` may point into them.
fn strip(schema: &mut Value) {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter_mut().for_each(strip),
        _ => return,
    };
    object.shift_remove(USER_ID);
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            (keyword, value) if DATA.contains(&keyword) => strip_data(value),
            ("required", names @ Value::Array(_)) => strip_names(names),
            ("dependentRequired", Value::Object(rules)) => {
                rules.shift_remove(USER_ID);
                rules.values_mut().for_each(strip_names);
            }
            (keyword, Value::Object(schemas)) if MAPS.contains(&keyword) => {
                schemas.shift_remove(USER_ID);
                for schema in schemas.values_mut() {
                    if keyword == "dependencies" {
                        strip_names(schema);
                    }
                    strip(schema);
                }
            }
            (_, value) => strip(value),
        }
    }
}

/// Removes the key `user_id` from data. Texts stay as they are.
fn strip_data(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.shift_remove(USER_ID);
            object.values_mut().for_each(strip_data);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_data),
        _ => {}
    }
}

/// Removes `user_id` from a list of property names.
fn strip_names(names: &mut Value) {
    if let Value::Array(names) = names {
        names.retain(|name| name != USER_ID);
    }
}
