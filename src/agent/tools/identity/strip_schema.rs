//! Strips the property `user_id` from a tool's schema, at any depth, before Claude sees it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    inject::compile,
    is_user_id,
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
const MAX_INLINED: usize = 2_000;

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
        // Each of them: a target is inlined as often as it is referred to.
        let targets = dangling.iter().filter_map(|it| resolve(schema, it));
        if targets.flat_map(descendants).nth(MAX_INLINED).is_some() {
            return None;
        }
        let dangling = dangling.into_iter().collect();
        inline(&mut stripped, schema, &dangling);
    }
    None
}

/// Replaces the `dangling` references by their targets in `original`, stripped too.
fn inline(value: &mut Value, original: &Value, dangling: &HashSet<String>) {
    match value {
        Value::Object(object) => {
            let reference = object.get("$ref").and_then(Value::as_str);
            let target = reference
                .filter(|reference| dangling.contains(*reference))
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
    strip_keys(object);
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            (keyword, value) if DATA.contains(&keyword) => strip_data(value),
            ("required", names @ Value::Array(_)) => strip_names(names),
            ("dependentRequired", Value::Object(rules)) => {
                strip_keys(rules);
                rules.values_mut().for_each(strip_names);
            }
            ("propertyNames", names) => {
                strip(names);
                strip_property_names(names);
            }
            (keyword, Value::Object(schemas)) if MAPS.contains(&keyword) => {
                strip_keys(schemas);
                if keyword == "patternProperties" {
                    schemas.retain(|pattern, _| !names_user_id(pattern));
                }
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

fn strip_keys(object: &mut Map<String, Value>) {
    object.retain(|key, _| !is_user_id(key));
}

/// Removes the key `user_id` from data. Texts stay as they are.
fn strip_data(value: &mut Value) {
    match value {
        Value::Object(object) => {
            strip_keys(object);
            object.values_mut().for_each(strip_data);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_data),
        _ => {}
    }
}

/// Removes `user_id` from a list of property names.
fn strip_names(names: &mut Value) {
    if let Value::Array(names) = names {
        names.retain(|name| !name.as_str().is_some_and(is_user_id));
    }
}

/// Removes what names `user_id` from a schema of property names, at any depth.
fn strip_property_names(schema: &mut Value) {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter_mut().for_each(strip_property_names),
        _ => return,
    };
    object.retain(|keyword, value| match (keyword.as_str(), value.as_str()) {
        ("const", Some(name)) => !is_user_id(name),
        ("pattern", Some(pattern)) => !names_user_id(pattern),
        _ => true,
    });
    for (keyword, value) in object.iter_mut() {
        match keyword.as_str() {
            "enum" | "examples" => strip_names(value),
            _ => strip_property_names(value),
        }
    }
}

/// True for a pattern in which `user_id` stands as a word, in any case: `^(user_id|name)$`, `(?i)\buser[_]id`.
fn names_user_id(pattern: &str) -> bool {
    let anchors = [r"\b", r"\A", r"\z", r"\Z"];
    let text = anchors
        .iter()
        .fold(pattern.to_owned(), |text, it| text.replace(it, " "));
    let text = text.replace(['\\', '[', ']'], "");
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(is_user_id) || matches_only_user_id(pattern)
}

/// True for a pattern such as `^user.id$`: it matches `user_id` and none of some other names.
fn matches_only_user_id(pattern: &str) -> bool {
    const OTHERS: [&str; 4] = ["notes", "exercise_name", "set_id", "user_name"];
    compile(pattern).is_some_and(|regex| {
        regex.is_match("user_id") && !OTHERS.iter().any(|name| regex.is_match(name))
    })
}
