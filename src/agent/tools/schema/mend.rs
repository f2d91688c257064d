//! Mends schemas that Claude's API would refuse although their meaning is plain: `null` keywords, as serializers of Go, C# and
//! Python write them, repeated names, and what drafts 3 to 7 of JSON Schema wrote otherwise than 2020-12.

use serde_json::{Map, Value, json};

/// Keywords whose value is data: a `null` in it means `null`.
const DATA: [&str; 3] = ["default", "const", "example"];
/// Keywords whose value is a list of data.
const DATA_LISTS: [&str; 2] = ["enum", "examples"];
/// Keywords whose value maps names to schemas.
const MAPS: [&str; 6] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
];
/// Keywords whose value is a schema.
const SCHEMAS: [&str; 11] = [
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "propertyNames",
    "contains",
    "items",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
];
/// Keywords whose value is a list of schemas of which each is an alternative or a condition.
const UNIONS: [&str; 3] = ["anyOf", "oneOf", "allOf"];
/// Keywords whose value is a list of different names.
const NAMES: [&str; 2] = ["required", "type"];

/// Mends a schema and all schemas in it.
pub(in crate::agent::tools) fn mend(schema: &mut Value) {
    let object = match schema {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter_mut().for_each(mend),
        _ => return,
    };
    object.retain(|keyword, value| !value.is_null() || DATA.contains(&keyword.as_str()));
    for union in UNIONS {
        mend_union(object, union);
    }
    mend_limits(object);
    mend_anchor(object);
    mend_tuple(object);
    mend_type(object);
    require(object);
    for (keyword, value) in object.iter_mut() {
        match (keyword.as_str(), value) {
            (keyword, _) if DATA.contains(&keyword) || DATA_LISTS.contains(&keyword) => {}
            (keyword, value) if MAPS.contains(&keyword) => mend_map(keyword, value),
            (keyword, Value::Array(names)) if NAMES.contains(&keyword) => mend_names(names),
            ("dependentRequired", Value::Object(rules)) => {
                rules.retain(|_, names| !names.is_null());
                rules.values_mut().for_each(mend_dependency);
            }
            ("dependentRequired", rules) if is_empty_list(rules) => *rules = json!({}),
            ("prefixItems" | "anyOf" | "oneOf" | "allOf", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(mend_schema);
            }
            (keyword, value) if SCHEMAS.contains(&keyword) => mend_schema(value),
            (_, value) => mend(value),
        }
    }
}

/// PHP writes an empty map so.
fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// Mends what must be a schema: `null` says nothing about a value, nor does an empty map.
fn mend_schema(schema: &mut Value) {
    if schema.is_null() || is_empty_list(schema) {
        *schema = json!({});
    }
    mend(schema);
}

/// Drops what is no alternative; a union without any stays empty, if it was so.
fn mend_union(object: &mut Map<String, Value>, union: &str) {
    if let Some(Value::Array(schemas)) = object.get_mut(union) {
        let is_empty = schemas.is_empty();
        schemas.retain(|schema| !schema.is_null());
        if schemas.is_empty() && !is_empty {
            object.shift_remove(union);
        }
    }
}

fn mend_map(keyword: &str, value: &mut Value) {
    if is_empty_list(value) {
        *value = json!({});
    }
    let Value::Object(schemas) = value else {
        return;
    };
    for schema in schemas.values_mut() {
        if keyword == "dependencies" && matches!(schema, Value::String(_) | Value::Array(_)) {
            mend_dependency(schema);
        } else {
            mend_schema(schema);
        }
    }
}

/// The names that a property requires. Draft 3 wrote a single one without a list.
fn mend_dependency(names: &mut Value) {
    if names.is_string() {
        *names = json!([names.take()]);
    }
    if let Value::Array(names) = names {
        mend_names(names);
    }
}

/// Says each name once.
fn mend_names(names: &mut Vec<Value>) {
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| {
        !name.is_null() && name.as_str().is_none_or(|it| seen.insert(it.to_owned()))
    });
}

/// Drafts 3 and 4: `exclusiveMinimum: true` makes `minimum` exclusive. Draft 3: `divisibleBy` is `multipleOf`.
fn mend_limits(object: &mut Map<String, Value>) {
    for (exclusive, limit) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        let Some(Value::Bool(is_exclusive)) = object.get(exclusive) else {
            continue;
        };
        let moved = is_exclusive.then(|| object.shift_remove(limit)).flatten();
        match moved {
            Some(moved) => object.insert(exclusive.to_owned(), moved),
            None => object.shift_remove(exclusive),
        };
    }
    if let Some(divisor) = object.shift_remove("divisibleBy") {
        object.entry("multipleOf").or_insert(divisor);
    }
}

/// Drafts 4 to 7: an `id` that is a fragment names its schema, as `$anchor` does.
fn mend_anchor(object: &mut Map<String, Value>) {
    let is_name = |name: &&str| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(is_allowed)
    };
    for id in ["id", "$id"] {
        let name = object.get(id).and_then(Value::as_str);
        let name = name.and_then(|it| it.strip_prefix('#')).filter(is_name);
        if let Some(name) = name.map(Value::from) {
            object.shift_remove(id);
            object.insert("$anchor".to_owned(), name);
        }
    }
}

/// Up to 2019-09: a list of `items` is a tuple, and `additionalItems` are those after it.
fn mend_tuple(object: &mut Map<String, Value>) {
    let rest = object.shift_remove("additionalItems");
    if object.get("items").is_none_or(|items| !items.is_array()) {
        return;
    }
    if let Some(tuple) = object.shift_remove("items")
        && tuple.as_array().is_some_and(|tuple| !tuple.is_empty())
    {
        object.entry("prefixItems").or_insert(tuple);
    }
    if let Some(rest) = rest {
        object.insert("items".to_owned(), rest);
    }
}

/// Draft 3: the type `any`, and schemas as types. A `null` beside other types is the type of that name.
fn mend_type(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        for name in types.iter_mut().filter(|name| name.is_null()) {
            *name = "null".into();
        }
    }
    let is_any = |it: &Value| it == "any";
    match object.get("type") {
        Some(Value::Array(types)) if types.iter().any(is_any) => {}
        Some(Value::Array(types)) if types.iter().any(Value::is_object) => {
            let alternatives = types.iter().map(|it| match it {
                Value::String(_) => json!({"type": it}),
                schema => schema.clone(),
            });
            let alternatives: Value = alternatives.collect();
            if object.contains_key("anyOf") {
                return;
            }
            object.insert("anyOf".to_owned(), alternatives);
        }
        Some(one) if is_any(one) => {}
        _ => return,
    }
    object.shift_remove("type");
}

/// Draft 3: `required: true` in a property is its name in the object's `required`.
fn require(object: &mut Map<String, Value>) {
    if matches!(object.get("required"), Some(Value::Object(it)) if it.is_empty()) {
        object.shift_remove("required");
    }
    let mut named = Vec::new();
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (name, property) in properties {
            let required = property.as_object_mut().and_then(|property| {
                let is_flag = property.get("required").is_some_and(Value::is_boolean);
                is_flag.then(|| property.shift_remove("required")).flatten()
            });
            if required == Some(Value::Bool(true)) {
                named.push(Value::from(name.as_str()));
            }
        }
    }
    // Where there is no object to be required in.
    if object.get("required").is_some_and(Value::is_boolean) {
        object.shift_remove("required");
    }
    if named.is_empty() {
        return;
    }
    if let Value::Array(required) = object.entry("required").or_insert_with(|| json!([])) {
        required.extend(named);
    }
}

#[cfg(test)]
mod tests;
