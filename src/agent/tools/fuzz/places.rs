//! Reference implementation of injection: the places where a schema declares `user_id`.

use serde_json::Value;

use super::{SUB, USER_ID, looks_like_json};

/// The caller is in `arguments` exactly where `schema` declares a user.
pub(super) fn hold_the_caller(schema: &Value, arguments: &Value) {
    check(schema, &[schema], arguments);
}

fn check(root: &Value, schemas: &[&Value], value: &Value) {
    let mut all = schemas.to_vec();
    spread(root, &mut all);
    match value {
        Value::Object(object) => {
            let declared = all
                .iter()
                .any(|schema| schema["properties"].get(USER_ID).is_some());
            let expected = declared.then(|| Value::from(SUB));
            assert_eq!(
                object.get(USER_ID),
                expected.as_ref(),
                "in {value} by {all:?}"
            );
            for (key, value) in object.iter().filter(|(key, _)| *key != USER_ID) {
                let below: Vec<_> = all.iter().flat_map(|schema| of_key(schema, key)).collect();
                check(root, &below, value);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let below: Vec<_> = all.iter().flat_map(|schema| of_item(schema, at)).collect();
                check(root, &below, item);
            }
        }
        // A server that parses the text finds an object in it.
        Value::String(text) if looks_like_json(text) => {
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                check(root, &all, &inner);
            }
        }
        _ => {}
    }
}

/// Adds the branches of the schemas and the targets of their references.
fn spread<'a>(root: &'a Value, all: &mut Vec<&'a Value>) {
    let mut at = 0;
    while let Some(schema) = all.get(at).copied() {
        at += 1;
        let branches = ["allOf", "anyOf", "oneOf"]
            .iter()
            .filter_map(|union| schema[*union].as_array())
            .flatten();
        let target = match schema["$ref"].as_str() {
            Some("#named") => root["$defs"].get("N"),
            Some(pointer) => pointer
                .strip_prefix('#')
                .and_then(|pointer| root.pointer(pointer)),
            None => None,
        };
        for more in branches.chain(target) {
            if !all.iter().any(|known| std::ptr::eq(*known, more)) {
                all.push(more);
            }
        }
    }
}

fn of_key<'a>(schema: &'a Value, key: &str) -> Vec<&'a Value> {
    let named = schema["properties"].get(key);
    let patterns = schema["patternProperties"]
        .as_object()
        .into_iter()
        .flatten();
    let matching = patterns.filter(|(pattern, _)| match pattern.as_str() {
        "^a" => key.starts_with('a'),
        // The regex engine has no look-ahead. A pattern that it cannot parse counts as matching.
        ".*" | "(?=a" => true,
        word => key.contains(word),
    });
    let found: Vec<_> = named
        .into_iter()
        .chain(matching.map(|(_, schema)| schema))
        .collect();
    if found.is_empty() {
        schema.get("additionalProperties").into_iter().collect()
    } else {
        found
    }
}

fn of_item(schema: &Value, at: usize) -> Vec<&Value> {
    let listed = schema["prefixItems"]
        .as_array()
        .or_else(|| schema["items"].as_array());
    if let Some(item) = listed.and_then(|list| list.get(at)) {
        return vec![item];
    }
    let rest = ["items", "additionalItems"];
    rest.iter()
        .filter_map(|keyword| schema.get(*keyword))
        .filter(|schema| schema.is_object())
        .collect()
}
