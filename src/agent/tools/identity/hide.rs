//! A schema as Claude sees it: without the property `user_id`, at any depth.

use serde_json::Value;

use super::{
    USER_ID,
    references::{references, resolve},
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

/// How often what a reference pointed to is put in its place: nested ones need more than one pass.
const PASSES: usize = 4;
/// Values put in the place of references in one pass: a definition that refers to itself grows with every one.
const MAX_PUT: usize = 10_000;

/// The schema as Claude sees it: without the property `user_id`, at any depth. `None` if a reference would point to
/// what is gone.
pub(in crate::agent::tools) fn hidden(schema: &Value) -> Option<Value> {
    let mut shown = schema.clone();
    hide(&mut shown);
    for _ in 0..PASSES {
        let mut dangling = Vec::new();
        references(&shown, &mut dangling);
        dangling.retain(|reference| {
            resolve(schema, reference).is_some() && resolve(&shown, reference).is_none()
        });
        if dangling.is_empty() {
            return Some(shown);
        }
        let mut room = MAX_PUT;
        let fits =
            |reference: &String| resolve(schema, reference).is_none_or(|it| fits(it, &mut room));
        if !dangling.iter().all(fits) {
            return None;
        }
        put_in_place(&mut shown, schema, &dangling);
    }
    None
}

/// Takes the room that a value needs, if it is there.
fn fits(value: &Value, room: &mut usize) -> bool {
    if *room == 0 {
        return false;
    }
    *room -= 1;
    match value {
        Value::Object(object) => object.values().all(|value| fits(value, room)),
        Value::Array(items) => items.iter().all(|value| fits(value, room)),
        _ => true,
    }
}

/// Replaces the `dangling` references by what they point to in `original`, identity hidden there too.
fn put_in_place(value: &mut Value, original: &Value, dangling: &[String]) {
    match value {
        Value::Object(object) => {
            let target = object
                .get("$ref")
                .and_then(Value::as_str)
                .filter(|r| dangling.iter().any(|d| d == r));
            if let Some(Value::Object(mut target)) = target
                .and_then(|r| resolve(original, r))
                .cloned()
                .map(|mut t| {
                    hide(&mut t);
                    t
                })
            {
                object.shift_remove("$ref");
                target.append(object);
                *object = target;
                return;
            }
            object
                .values_mut()
                .for_each(|value| put_in_place(value, original, dangling));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| put_in_place(value, original, dangling)),
        _ => {}
    }
}

/// Unknown keywords are walked like schemas, since a `$ref` may point into them; they hide nobody either.
fn hide(schema: &mut Value) {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter_mut().for_each(hide),
        _ => return,
    };
    object.shift_remove(USER_ID);
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            (keyword, value) if DATA.contains(&keyword) => forget_keys(value),
            ("required", Value::Array(names)) => names.retain(|name| name != USER_ID),
            ("dependentRequired", Value::Object(rules)) => {
                rules.shift_remove(USER_ID);
                rules.values_mut().for_each(unmention);
            }
            (keyword, Value::Object(schemas)) if MAPS.contains(&keyword) => {
                schemas.shift_remove(USER_ID);
                for schema in schemas.values_mut() {
                    if keyword == "dependencies" {
                        unmention(schema);
                    }
                    hide(schema);
                }
            }
            (_, value) => hide(value),
        }
    }
}

/// The key `user_id` taken out of data; text stays as it is.
fn forget_keys(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.shift_remove(USER_ID);
            object.values_mut().for_each(forget_keys);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_keys),
        _ => {}
    }
}

/// `user_id` taken out of a list of names.
fn unmention(names: &mut Value) {
    if let Value::Array(names) = names {
        names.retain(|name| name != USER_ID);
    }
}
